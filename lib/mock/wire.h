/* SPDX-License-Identifier: MIT */
/*
 * wire - faults applied to a reply: first to what it says, then to how its bytes travel.
 *
 * Faults of content (status, html, no-end, gzip, ...) change the reply itself, which then is sent
 * as any other. Faults of transport (cut, stall, stride, ...) need the connection to themselves:
 * the whole answer, head and framing included, becomes one tape of raw bytes and a way to end.
 * Pure: no clock, no socket.
 */
#ifndef MOCK_WIRE_H
#define MOCK_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "mock/fault.h"
#include "mock/reply.h"
#include "mock/request.h"

enum mock_ending { MOCK_END_CLOSE, MOCK_END_RESET };

struct mock_wire {
	struct mock_tape tape; /* all bytes of the connection from here on */
	enum mock_ending ending;
	bool headless; /* nothing of the answer is sent, not even its status */
	bool complete; /* the answer is whole: nothing was cut off or put in its way */
};

/* faults: those in force for this request. */
void mock_wire_content(struct mock_reply *r, const struct mock_faults *faults,
    enum mock_family family, uint64_t serial);
bool mock_wire_is_raw(const struct mock_reply *r, const struct mock_faults *faults);
void mock_wire_build(
    struct mock_wire *w, const struct mock_reply *r, const struct mock_faults *faults);
void mock_wire_release(struct mock_wire *w);

#endif
