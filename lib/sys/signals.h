/* SPDX-License-Identifier: MIT */
/*
 * signals - SIGINT, SIGTERM and SIGHUP to a program that has work in flight.
 *
 * The first one asks for an end in order: cancel, say so, flush. A reader that takes nothing must
 * not hold that up, so some seconds later the program is told to go without. A second one ends it
 * at once, unless it is the first one's twin: timeout(1) sends two, to the child and to its group.
 * What a shell ignores on behalf of its background, or nohup, stays ignored.
 */
#ifndef SYS_SIGNALS_H
#define SYS_SIGNALS_H

#include <stdint.h>
#include <uv.h>

struct signals_events {
	void (*first)(void *user);
	void (*late)(void *user); /* NULL, or three seconds after the first */
	void (*second)(void *user); /* NULL, or the process ends when it returns */
};

enum { SIGNALS_CAUGHT = 3 };

struct signals {
	uv_signal_t handles[SIGNALS_CAUGHT];
	uv_timer_t farewell;
	struct signals_events on;
	void *user;
	int number; /* of the signal that came; 0: none did */
	int64_t at_us; /* when */
};

/* Dies where signals can't be caught. */
void signals_open(struct signals *s, uv_loop_t *loop, const struct signals_events *on, void *user);
/* From now on signals do what they do by themselves. */
void signals_quit(struct signals *s);
/* The loop must run once more. */
void signals_close(struct signals *s);

#endif
