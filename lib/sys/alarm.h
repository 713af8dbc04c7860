/* SPDX-License-Identifier: MIT */
/*
 * alarm - break into work that cannot be told of the loop, when it has taken too long.
 *
 * One alarm a process, by SIGVTALRM: it counts the time that the process itself computes, so that
 * what others do on the machine has no part in it. For code that offers nothing but to be halted
 * from outside.
 *
 *	alarm_set(10000, halt, state);
 *	work(state);
 *	alarm_clear();
 */
#ifndef SYS_ALARM_H
#define SYS_ALARM_H

#include <stdint.h>

/* fn(user) is called once, when ms more were computed, inside a signal handler: it may do only what
 * may be done there. */
void alarm_set(int64_t ms, void (*fn)(void *user), void *user);
/* It will not be called after this. */
void alarm_clear(void);

#endif
