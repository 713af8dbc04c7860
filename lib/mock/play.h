/* SPDX-License-Identifier: MIT */
/* play - send an answer over its exchange, each piece when its time has come. */
#ifndef MOCK_PLAY_H
#define MOCK_PLAY_H

#include <uv.h>

#include "mock/reply.h"
#include "mock/wire.h"
#include "serve/serve.h"

struct mock_play;

/* Both are borrowed until mock_play_free. wire NULL: the reply is sent by HTTP's own rules. */
struct mock_play *mock_play_start(uv_loop_t *loop, struct serve_exchange *x,
    const struct mock_reply *reply, const struct mock_wire *wire);
void mock_play_drained(struct mock_play *p);
size_t mock_play_bytes(const struct mock_play *p); /* of the body (of the tape) sent so far */
void mock_play_free(struct mock_play *p);

#endif
