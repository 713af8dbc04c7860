/* SPDX-License-Identifier: MIT */
/* alarm - a function called from SIGVTALRM, unless it is cleared before. */
#include "sys/alarm.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/time.h>

/* Written only while the timer is stopped, so that the handler sees both as they belong together.
 */
static void (*ring)(void *user);
static void *ring_user;

static void
rang(int signum)
{
	(void)signum;
	if (ring)
		ring(ring_user);
}

static void
start_timer(int64_t ms)
{
	struct itimerval timer = { .it_value = {
				       .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 } };

	(void)setitimer(ITIMER_VIRTUAL, &timer, NULL); /* fails for malformed times only */
}

void
alarm_set(int64_t ms, void (*fn)(void *user), void *user)
{
	static bool installed;
	struct sigaction action = { .sa_handler = rang, .sa_flags = SA_RESTART };
	sigset_t own;

	if (!installed) {
		sigemptyset(&action.sa_mask);
		(void)sigaction(SIGVTALRM, &action, NULL); /* fails for unknown signals only */
		sigemptyset(&own);
		sigaddset(&own, SIGVTALRM);
		(void)sigprocmask(SIG_UNBLOCK, &own, NULL); /* whoever started us may block it */
		installed = true;
	}
	ring = fn;
	ring_user = user;
	start_timer(ms > 0 ? ms : 1);
}

void
alarm_clear(void)
{
	start_timer(0);
	ring = NULL;
}
