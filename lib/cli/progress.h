/* SPDX-License-Identifier: MIT */
/*
 * progress - one status line on a terminal: a bar, counts, the rate and the time that is left.
 *
 * Where the descriptor is no terminal nothing is ever written. The line is drawn at most ten times
 * a second, in place, and gone after progress_finish. Environment and clock are the caller's.
 *
 *	struct progress p;
 *	progress_start(&p, &(struct progress_config){ .what = "requests", .total = n, .fd = 2,
 *	    .no_color = getenv("NO_COLOR") }, clock_mono_us());
 *	progress_update(&p, (struct progress_count){ done, failed }, clock_mono_us());
 *	progress_clear(&p);			// before anything else is printed there
 *	progress_finish(&p);
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct progress_config {
	const char *what; /* of what there are so many: "requests"; borrowed */
	uint64_t total; /* 0: not known, no bar and no time left */
	int fd;
	const char *no_color; /* NO_COLOR's value: set and not empty means none */
};

struct progress_count {
	uint64_t done; /* over, well or badly */
	uint64_t failed; /* of them */
};

struct progress {
	const char *what;
	const char *note; /* what goes on right now, behind the rest, cut to the room left;
			     borrowed; NULL: nothing */
	uint64_t total;
	int fd;
	bool is_terminal, has_color;
	bool is_drawn;
	int64_t start_us, next_us; /* next_us: not drawn again before */
};

void progress_start(struct progress *p, const struct progress_config *config, int64_t now_us);
void progress_update(struct progress *p, struct progress_count count, int64_t now_us);
void progress_clear(struct progress *p); /* the next update draws again */
void progress_finish(struct progress *p);

/* The line for a terminal of so many columns, without the codes that put it in its place. */
void progress_line(const struct progress *p, struct progress_count count, int64_t now_us,
    unsigned columns, struct buf *out);

#endif
