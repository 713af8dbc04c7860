/* SPDX-License-Identifier: MIT */
/* decision - what a router decided, as a value and as the member `route`. */
#include <stdlib.h>

#include "base/mem.h"
#include "policy/router_state.h"

static void
buffers_init(struct decision *d)
{
	if (d->hold.p)
		return;
	buf_init(&d->reasons, BUF_UNLIMITED);
	buf_init(&d->warnings, BUF_UNLIMITED);
	buf_init(&d->explain, BUF_UNLIMITED);
	buf_init(&d->hold, BUF_UNLIMITED);
}

void
decision_reset(struct decision *d)
{
	buffers_init(d);
	d->rule = NULL;
	d->guard = NULL;
	d->count = 0;
	d->limits = (struct policy_limits){ 0 };
	d->hedge = (struct policy_hedge){ 0 };
	d->refused = ERROR_NONE;
	buf_reset(&d->reasons);
	buf_reset(&d->warnings);
	buf_reset(&d->explain);
	buf_reset(&d->hold);
}

void
decision_release(struct decision *d)
{
	buffers_init(d);
	free(d->items);
	buf_release(&d->reasons);
	buf_release(&d->warnings);
	buf_release(&d->explain);
	buf_release(&d->hold);
	*d = (struct decision){ 0 };
}

struct choice *
decision_add(struct decision *d)
{
	VEC_GROW(d->items, d->count, d->cap);
	d->items[d->count] = (struct choice){ .target = NULL };
	return &d->items[d->count++];
}

static void
write_choice(const struct choice *c, struct jsonw *w)
{
	if (c->json.p) {
		jsonw_raw(w, c->json);
		return;
	}
	jsonw_object(w);
	jsonw_kstr(w, "model", c->target->spec);
	if (c->options.len) {
		jsonw_key(w, "options");
		jsonw_raw(w, c->options);
	}
	if (c->profile)
		jsonw_kstr(w, "profile", c->profile);
	jsonw_kstr(w, "reason", c->reason);
	jsonw_end(w);
}

void
decision_write(const struct router *r, const struct decision *d, struct jsonw *w)
{
	struct str rest = buf_str(&d->explain), line;

	jsonw_object(w);
	jsonw_key(w, "candidates");
	jsonw_array(w);
	for (size_t i = 0; i < d->count; i++)
		write_choice(&d->items[i], w);
	jsonw_end(w);
	jsonw_kstr(w, "rule", d->rule ? d->rule->name : NULL);
	if (router_policy(r))
		jsonw_kstr(w, "policy", router_policy(r));
	if (rest.len) {
		jsonw_key(w, "explain");
		jsonw_array(w);
		while (str_split(&rest, '\n', &line))
			if (line.len)
				jsonw_raw(w, line);
		jsonw_end(w);
	}
	jsonw_end(w);
}

/* The choice's options; absent where there are none, or what stands there is none. */
static struct json
options_of(const struct choice *c)
{
	struct json options;
	struct err err = ERR_INIT;

	if (!c->options.len || json_parse(c->options.p, c->options.len, &options, &err) < 0)
		return JSON_ABSENT;
	return options;
}

struct target_wish
decision_wish(const struct choice *c, const struct request *request)
{
	return target_wish_over(target_wish(options_of(c)), request);
}

struct choice_times
decision_times(const struct choice *c)
{
	struct json options = options_of(c);
	struct choice_times t = { 0 };

	(void)json_count_of(json_get(options, "timeoutMs"), &t.timeout_ms); /* else it stays 0 */
	(void)json_count_of(json_get(options, "ttftTimeoutMs"), &t.ttft_ms);
	return t;
}
