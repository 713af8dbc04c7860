/* SPDX-License-Identifier: MIT */
/* router_read - a decision that was made before: what a record's `route` says; and further lists.
 */
#include "base/mem.h"
#include "policy/router_state.h"

/* --- route --- */

static int
malformed(struct err *err, size_t i, const char *what)
{
	return err_set(err, EXIT_NO, "route.candidates[%zu]%s", i, what);
}

static const struct policy_route *
rule_of(const struct policy *p, struct json name)
{
	for (size_t i = 0; json_is(name, JSON_STRING) && i < p->route_count; i++)
		if (json_eq(name, p->routes[i].name))
			return &p->routes[i];
	return NULL;
}

/* A copy that lives as long as the decision; hold has room for it. */
static struct str
keep(struct decision *d, struct str text)
{
	size_t at = d->hold.len;

	buf_addstr(&d->hold, text);
	buf_addc(&d->hold, '\0');
	return (struct str){ d->hold.p + at, text.len };
}

static const char *
keep_text(struct decision *d, struct json text)
{
	size_t at = d->hold.len;

	json_text(text, &d->hold);
	buf_addc(&d->hold, '\0');
	return d->hold.p + at;
}

static void
add_choice(struct decision *d, const struct target *t, struct json v)
{
	struct json options = json_get(v, "options"), profile = json_get(v, "profile");
	struct choice *c = decision_add(d);
	struct str reason;
	size_t len;

	c->target = t;
	if (json_exists(options))
		c->options = keep(d, json_raw(options));
	if (json_exists(profile))
		c->profile = keep_text(d, profile);
	reason = str_of(keep_text(d, json_get(v, "reason")));
	len = str_cut_utf8(reason, sizeof c->reason - 1);
	memcpy(c->reason, reason.p, len);
	c->reason[len] = '\0';
}

static int
read_candidate(struct router *r, const struct sieve_ask *ask, struct json v, size_t i,
    struct decision *d, struct err *err)
{
	struct json model = json_get(v, "model"), options = json_get(v, "options");
	struct json profile = json_get(v, "profile");
	struct err unknown = ERR_INIT;
	const struct target *t;
	const char *name, *why;

	if (!json_is(v, JSON_OBJECT))
		return malformed(err, i, ": must be an object with model");
	if (!json_is(model, JSON_STRING))
		return malformed(err, i, ".model: must be a string");
	if (json_exists(options) && !json_is(options, JSON_OBJECT))
		return malformed(err, i, ".options: must be an object");
	if (json_exists(profile) && !json_is(profile, JSON_STRING))
		return malformed(err, i, ".profile: must be a string");
	name = keep_text(d, model);
	t = target_of(r->targets, str_of(name), &unknown);
	why = t ? router_never(r, t) : unknown.text;
	buf_reset(&r->why);
	if (!why && !sieve_sees(ask, t, &r->why))
		why = r->why.p;
	if (why)
		router_leave(r, name, why, d);
	else
		add_choice(d, t, v);
	return 0;
}

int
router_read_route(struct router *r, const struct request *request, struct json route,
    struct decision *d, struct err *err)
{
	struct sieve_ask ask = { .policy = r->policy, .facts = &r->facts, .limits = &d->limits };
	struct json candidates = json_get(route, "candidates");
	struct json_iter it = json_each(candidates);
	const struct picks *list;

	decision_reset(d);
	if (!json_is(route, JSON_OBJECT))
		return err_set(err, EXIT_NO, "route: must be an object with candidates");
	if (!json_is(candidates, JSON_ARRAY))
		return err_set(err, EXIT_NO, "route.candidates: must be a list");
	/* what choices point to must not move: every text is at most as long as its JSON */
	(void)buf_reserve(&d->hold, route.len + 4 * json_count(candidates) + 1);
	d->rule = rule_of(r->policy, json_get(route, "rule"));
	router_limits(r, request, d);
	facts_start(&r->facts, request);
	sieve_start(&ask);
	buf_reset(&r->why);
	if (sieve_is_denied(&ask, &r->why)) {
		buf_addstr(&d->reasons, buf_str(&r->why));
		d->refused = ERROR_POLICY;
		return 0;
	}
	list = router_guard(r, &r->facts, d);
	if (d->refused)
		return 0;
	if (list) {
		d->rule = NULL;
		router_take(r, &ask, list, d);
		router_settle(r, &ask, POLICY_ORDERED, d);
	}
	for (size_t i = 0; !list && json_next(&it); i++)
		if (read_candidate(r, &ask, it.value, i, d, err) < 0)
			return -1;
	if (!d->count) {
		d->refused = ERROR_POLICY;
		if (!d->reasons.len)
			buf_adds(&d->reasons, "its route has no candidates");
	}
	return 0;
}

/* --- further lists --- */

/* Who is said to be bigger than the candidates. */
static void
take_bigger(struct router *r, const struct sieve_ask *ask, struct decision *d)
{
	size_t count = d->count;

	for (size_t i = 0; i < count; i++) {
		const struct policy_model *said = d->items[i].target->said;
		const struct picks *list;

		if (!said || !said->bigger)
			continue;
		list = router_named(r, str_of(said->bigger), "bigger than who was asked", d);
		if (list)
			router_take(r, ask, list, d);
		router_settle(r, ask, POLICY_ORDERED, d);
	}
}

size_t
router_more(struct router *r, enum router_list list, struct facts *facts, int64_t now_us,
    struct decision *d)
{
	struct sieve_ask ask = router_begin(r, facts, now_us, d);
	enum error_kind refused = d->refused;
	size_t count = d->count;

	if (d->guard)
		return 0;
	sieve_start(&ask);
	switch (list) {
	case ROUTER_LOCAL:
		router_take(r, &ask, &r->local, d);
		break;
	case ROUTER_CONTENT_FILTER:
		router_take(r, &ask, &r->content_filter, d);
		break;
	case ROUTER_CONTEXT_LENGTH:
		take_bigger(r, &ask, d);
		router_take(r, &ask, &r->context_length, d);
		break;
	}
	router_settle(r, &ask, POLICY_ORDERED, d);
	d->refused = refused;
	return d->count - count;
}
