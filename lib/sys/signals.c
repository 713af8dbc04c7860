/* SPDX-License-Identifier: MIT */
/* signals - SIGINT, SIGTERM and SIGHUP to a program that has work in flight. */
#include "sys/signals.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include "base/die.h"
#include "sys/clock.h"

enum { TWIN_US = 250 * 1000, FAREWELL_MS = 3000 };

static const int caught[SIGNALS_CAUGHT] = { SIGINT, SIGTERM, SIGHUP };

static void
on_farewell(uv_timer_t *timer)
{
	struct signals *s = timer->data;

	s->on.late(s->user);
}

static void
on_signal(uv_signal_t *handle, int number)
{
	struct signals *s = handle->data;
	int64_t now_us = clock_mono_us();

	if (s->number && now_us - s->at_us >= TWIN_US) {
		if (s->on.second)
			s->on.second(s->user);
		_exit(EXIT_SIGNAL + number);
	}
	if (s->number)
		return;
	s->number = number;
	s->at_us = now_us;
	if (s->on.late) /* the start fails without a callback */
		(void)uv_timer_start(&s->farewell, on_farewell, FAREWELL_MS, 0);
	s->on.first(s->user);
}

static bool
is_ignored(int number)
{
	struct sigaction now;

	return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

void
signals_open(struct signals *s, uv_loop_t *loop, const struct signals_events *on, void *user)
{
	*s = (struct signals){ .on = *on, .user = user };
	(void)uv_timer_init(loop, &s->farewell); /* cannot fail */
	s->farewell.data = s;
	for (size_t i = 0; i < SIGNALS_CAUGHT; i++) {
		(void)uv_signal_init(loop, &s->handles[i]); /* fails only where no pipe can be */
		s->handles[i].data = s;
		if (!is_ignored(caught[i]) &&
		    uv_signal_start(&s->handles[i], on_signal, caught[i]) < 0)
			die(EXIT_SYSTEM, "cannot catch signals");
	}
}

void
signals_quit(struct signals *s)
{
	(void)uv_timer_stop(&s->farewell);
	for (size_t i = 0; i < SIGNALS_CAUGHT; i++)
		(void)uv_signal_stop(&s->handles[i]);
}

void
signals_close(struct signals *s)
{
	uv_close((uv_handle_t *)&s->farewell, NULL);
	for (size_t i = 0; i < SIGNALS_CAUGHT; i++)
		uv_close((uv_handle_t *)&s->handles[i], NULL);
}
