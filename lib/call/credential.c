/* SPDX-License-Identifier: MIT */
/* credential - keys for calls, without stopping the loop. */
#include "call/credential.h"

#include <stdlib.h>

#include "base/mem.h"
#include "sys/clock.h"

enum { RENEW_MS = 60 * 1000 }; /* before a token's end, or at half of a short one's life */

/* A secret that takes time, shared by all who refer to it. */
struct source {
	struct source *next;
	struct credentials *set;
	char *reference;
	struct secret_fetch *fetch; /* NULL: none is under way */
	char *secret; /* NULL: there is none */
	char *refused; /* what a provider refused; the same again is kept */
	struct err err; /* why there is none; code 0: it is not known yet */
	int64_t end_us; /* of the secret; CLOCK_NEVER */
	int64_t due_us; /* when to fetch again */
	uint64_t turn; /* when it was fetched */
};

struct credentials {
	const struct secret_tools *tools;
	struct source *sources;
	struct credential_wait line; /* the head of a ring */
	uv_timer_t *timer; /* for the earliest deadline in the line; freed by the loop */
	int64_t armed_us; /* when it fires; CLOCK_NEVER: it does not run */
	uint64_t turn; /* how many secrets were fetched */
};

/* --- sources --- */

static void
forget(char **secret)
{
	if (*secret)
		explicit_bzero(*secret, strlen(*secret));
	free(*secret);
	*secret = NULL;
}

static void tell_all(struct credentials *cs);

static void
settle(struct source *s, const char *secret, int64_t lifetime_ms, const struct err *err)
{
	int64_t now_us = clock_mono_us();

	if (!secret) {
		s->err = *err;
		s->due_us = now_us + (int64_t)CREDENTIAL_RETRY_MS * 1000;
		return;
	}
	forget(&s->secret);
	s->secret = xstrdup(secret);
	s->err = (struct err)ERR_INIT;
	s->turn = ++s->set->turn;
	s->end_us = s->due_us = CLOCK_NEVER;
	if (lifetime_ms > 0) {
		int64_t before_ms = lifetime_ms < 2 * RENEW_MS ? lifetime_ms / 2 : RENEW_MS;

		s->end_us = now_us + lifetime_ms * 1000;
		s->due_us = s->end_us - before_ms * 1000;
	}
}

static void
on_fetched(void *user, const char *secret, int64_t lifetime_ms, const struct err *err)
{
	struct source *s = user;

	s->fetch = NULL;
	settle(s, secret, lifetime_ms, err);
	tell_all(s->set);
}

static struct source *
source_find(const struct credentials *cs, struct str reference)
{
	struct source *s = cs->sources;

	while (s && !str_is(reference, s->reference))
		s = s->next;
	return s;
}

static struct source *
source_of(struct credentials *cs, const char *reference)
{
	struct source *s = source_find(cs, str_of(reference));

	if (s)
		return s;
	s = xcalloc(1, sizeof *s);
	*s = (struct source){
		.next = cs->sources, .set = cs, .reference = xstrdup(reference), .err = ERR_INIT
	};
	cs->sources = s;
	return s;
}

/* As provider_key_from wants it. A secret that is being renewed serves until it ends, and what
 * failed stays failed until it is had. */
static int
source_get(void *user, const char *reference, char **secret, struct err *err)
{
	struct credentials *cs = user;
	int64_t now_us = clock_mono_us();
	struct err failed = ERR_INIT;
	struct source *s;

	if (!secret_takes_time(reference)) {
		*secret = secret_resolve(reference, cs->tools->env, err);
		return *secret ? 0 : -1;
	}
	s = source_of(cs, reference);
	if (!s->fetch && now_us >= s->due_us) {
		s->fetch = secret_fetch_start(cs->tools, reference, on_fetched, s, &failed);
		if (!s->fetch)
			settle(s, NULL, -1, &failed);
	}
	if (s->secret && now_us < s->end_us) {
		*secret = xstrdup(s->secret);
		return 0;
	}
	if (!s->err.code)
		return 1;
	*err = s->err;
	return -1;
}

/* --- the line of those who wait --- */

static bool
is_empty(const struct credential_wait *line)
{
	return line->next == line;
}

static void on_time(uv_timer_t *timer);

/* The timer may be early, and is never late. */
static void
arm(struct credentials *cs, int64_t deadline_us)
{
	if (deadline_us >= cs->armed_us)
		return;
	cs->armed_us = deadline_us;
	(void)uv_timer_start(/* fails without a callback */
	    cs->timer, on_time, (uint64_t)clock_left_ms(deadline_us), 0);
}

static void
arm_for_all(struct credentials *cs)
{
	const struct credential_wait *w;

	(void)uv_timer_stop(cs->timer); /* does not fail */
	cs->armed_us = CLOCK_NEVER;
	for (w = cs->line.next; w != &cs->line; w = w->next)
		arm(cs, w->deadline_us);
}

static void
on_time(uv_timer_t *timer)
{
	struct credentials *cs = timer->data;
	int64_t now_us = clock_mono_us();
	struct credential_wait *w = cs->line.next;

	while (w != &cs->line) {
		if (now_us < w->deadline_us) {
			w = w->next;
			continue;
		}
		credential_leave(w);
		w->told(w, true);
		w = cs->line.next; /* what it did may have changed the line */
	}
	arm_for_all(cs);
}

void
credential_wait(struct credentials *cs, struct credential_wait *w)
{
	w->next = &cs->line;
	w->prev = cs->line.prev;
	w->prev->next = w;
	cs->line.prev = w;
	arm(cs, w->deadline_us);
}

void
credential_leave(struct credential_wait *w)
{
	if (!w->next)
		return;
	w->next->prev = w->prev;
	w->prev->next = w->next;
	w->next = w->prev = NULL;
}

/* Those who find that they must go on waiting stand in a new line. */
static void
tell_all(struct credentials *cs)
{
	struct credential_wait told, *w;

	if (is_empty(&cs->line))
		return;
	told = cs->line;
	told.next->prev = told.prev->next = &told;
	cs->line.next = cs->line.prev = &cs->line;
	while (!is_empty(&told)) {
		w = told.next;
		credential_leave(w);
		w->told(w, false);
	}
	arm_for_all(cs);
}

/* --- all --- */

struct credentials *
credentials_new(const struct secret_tools *tools)
{
	struct credentials *cs = xcalloc(1, sizeof *cs);

	cs->tools = tools;
	cs->line.next = cs->line.prev = &cs->line;
	cs->armed_us = CLOCK_NEVER;
	cs->timer = xmalloc(sizeof *cs->timer);
	(void)uv_timer_init(tools->loop, cs->timer); /* cannot fail */
	cs->timer->data = cs;
	return cs;
}

static void
free_timer(uv_handle_t *handle)
{
	free(handle);
}

void
credentials_free(struct credentials *cs)
{
	struct source *s, *next;

	if (!cs)
		return;
	for (s = cs->sources; s; s = next) {
		next = s->next;
		secret_fetch_free(s->fetch);
		forget(&s->secret);
		forget(&s->refused);
		free(s->reference);
		free(s);
	}
	uv_close((uv_handle_t *)cs->timer, free_timer);
	free(cs);
}

/* Whether any of the provider's references takes time; what it has may be old by now. */
static bool
takes_time(const struct provider *p)
{
	struct str rest = str_of(p->key_ref), ref;

	while (str_split(&rest, '\n', &ref)) {
		char *reference = xmemdup(ref.p, ref.len);
		bool yes = secret_takes_time(reference);

		free(reference);
		if (yes)
			return true;
	}
	return false;
}

enum credential_state
credential_get(struct credentials *cs, struct provider *p, const char **key, struct err *err)
{
	struct secret_source source = { .get = source_get, .user = cs };
	int r;

	if (takes_time(p))
		provider_forget(p);
	r = provider_key_from(p, &source, key, err);
	return r == 0 ? CREDENTIAL_READY : r < 0 ? CREDENTIAL_FAILED : CREDENTIAL_WAIT;
}

uint64_t
credential_turn(const struct credentials *cs)
{
	return cs->turn;
}

static void
refuse(struct source *s)
{
	bool again = s->refused && strcmp(s->refused, s->secret) == 0;

	if (again) /* what gives it out has no other */
		return;
	forget(&s->refused);
	s->refused = s->secret;
	s->secret = NULL;
	s->due_us = 0;
}

void
credential_refused(struct credentials *cs, const struct provider *p, uint64_t turn)
{
	struct str rest = str_of(p->key_ref), ref;
	struct source *s;

	while (str_split(&rest, '\n', &ref)) {
		s = source_find(cs, ref);
		if (s && s->secret && s->turn <= turn)
			refuse(s);
	}
}
