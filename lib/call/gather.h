/* SPDX-License-Identifier: MIT */
/* gather - lines on their way into one call, where many of them go together. */
#ifndef CALL_GATHER_H
#define CALL_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct gather {
	size_t most, most_bytes; /* most 0: every line is a call of its own */
	struct buf lines; /* joined by newlines */
	int64_t *numbers;
	size_t count, cap;
};

void gather_init(struct gather *g, size_t most, size_t most_bytes);
void gather_release(struct gather *g);
/* Whether so many bytes more still go with what is there; the first line always does. */
bool gather_takes(const struct gather *g, size_t bytes);
void gather_add(struct gather *g, struct str line, int64_t number);
void gather_clear(struct gather *g);

#endif
