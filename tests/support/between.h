/* SPDX-License-Identifier: MIT */
/* between - a process between a store and the Redis server of support/redis: it counts, and loses
 * what it is told to. */
#ifndef TESTS_SUPPORT_BETWEEN_H
#define TESTS_SUPPORT_BETWEEN_H

struct between {
	const char *url; /* to reach the server through it */
	/* How often something was asked after something was answered, or first of all: round trips.
	 * It is counted before it is passed on. */
	volatile unsigned *trips;
};

/* Where that is part of what is asked, or answered, the connection breaks instead; once. */
struct between_loss {
	const char *question, *answer; /* NULL: never */
	/* What somebody else asks the server first, as a line; NULL: nobody does. */
	const char *meanwhile;
};
/* lost NULL: nothing is. One at a time, until between_stop. */
const struct between *between_start(const struct between_loss *lost);
void between_stop(void);

#endif
