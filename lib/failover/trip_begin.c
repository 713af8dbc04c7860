/* SPDX-License-Identifier: MIT */
/* trip_begin - a line of input: what it is, what guards leave of it, and who may serve it. */
#include <stdlib.h>

#include "base/mem.h"
#include "failover/plan.h"
#include "failover/trip_state.h"
#include "json/ndjson.h"
#include "policy/guard.h"

static struct trip *
new_trip(struct failover *f)
{
	struct trip *t = xcalloc(1, sizeof *t);

	t->f = f;
	buf_init(&t->redacted, BUF_UNLIMITED);
	buf_init(&t->id, BUF_UNLIMITED);
	buf_init(&t->said, BUF_UNLIMITED);
	buf_init(&t->thought, BUF_UNLIMITED);
	buf_init(&t->warnings, BUF_UNLIMITED);
	buf_init(&t->why, BUF_UNLIMITED);
	t->spent = (struct usage)USAGE_UNKNOWN;
	f->in_flight++;
	turns_add(&f->turns, &t->turn);
	return t;
}

static void
take_id(struct trip *t, struct json id)
{
	request_take_id(id, &t->f->made_ids, &t->id);
}

/* What stands there is no record at all. */
static void
refuse_line(struct trip *t, uint64_t number, const char *file, const char *why)
{
	struct buf record = BUF_INIT(BUF_UNLIMITED), text = BUF_INIT(BUF_UNLIMITED);

	failover_count(t->f, ERROR_INVALID_INPUT);
	if (!t->f->config->text) {
		ndjson_bad_line(&record, number, file, why);
	} else {
		if (strcmp(file, "-") != 0)
			buf_addf(&text, "%s: ", file);
		buf_addf(&text, "line %llu: invalid_input: %s", (unsigned long long)number, why);
		failover_complain(t->f, text.p);
	}
	trip_say(t, buf_str(&record));
	buf_release(&record);
	buf_release(&text);
}

/* --- a request --- */

/* What guards take out of it goes to nobody. */
static void
redact(struct trip *t)
{
	struct buf hits = BUF_INIT(BUF_UNLIMITED);
	struct str rest, name;
	struct err err = ERR_INIT;

	t->record = t->request.record;
	if (guard_redact_request(t->f->config->policy, t->record, &t->redacted, &hits) &&
	    json_parse(t->redacted.p, t->redacted.len, &t->record, &err) < 0)
		BUG("trip_begin: a redacted request: %s", err.text);
	for (rest = buf_str(&hits); str_split(&rest, '\n', &name);)
		if (name.len)
			buf_addf(&t->warnings, "guard \"%.*s\" found something in the request\n",
			    (int)name.len, name.p);
	buf_release(&hits);
}

static int
decide(struct trip *t, struct err *err)
{
	struct json route = json_get(t->request.record, "route");
	struct router *router = t->f->config->router;

	facts_start(&t->facts, &t->request);
	if (json_exists(route))
		return router_read_route(router, &t->request, route, &t->decision, err);
	router_decide(router, &t->request, &t->facts, failover_now(t->f), &t->decision);
	return 0;
}

/* Why nobody may serve it, in a sentence. */
static void
refuse_all(struct trip *t)
{
	struct buf why = BUF_INIT(BUF_UNLIMITED);
	struct str rest = buf_str(&t->decision.reasons), line;

	while (str_split(&rest, '\n', &line))
		if (line.len)
			buf_addf(&why, "%s%.*s", why.len ? "; " : "", (int)line.len, line.p);
	if (!why.len)
		buf_adds(&why, "there is no candidate");
	trip_refuse(t, t->decision.refused != ERROR_NONE ? t->decision.refused : ERROR_POLICY,
	    buf_str(&why));
	buf_release(&why);
}

static void
plan(struct trip *t)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	plan_write(t, &text);
	trip_say(t, buf_str(&text));
	buf_release(&text);
}

static void
set_out(struct trip *t)
{
	(void)uv_timer_init(&t->f->loop, &t->timer); /* cannot fail */
	t->timer.data = t;
	t->has_timer = true;
	if (t->f->config->live && t->decision.limits.after_output == POLICY_FAIL)
		t->decision.limits.after_output = POLICY_RESTART; /* people see what is void */
	t->walk = walk_new(&t->f->world, &t->decision, &t->facts, failover_now(t->f));
	t->keeps_said = t->request.options.stream &&
			t->decision.limits.after_output == POLICY_CONTINUE;
	trip_go(t);
}

/* Whether the decision rests on what the store has yet to tell: then it is made anew. */
static bool
was_asking(const struct failover *f)
{
	const struct failover_config *c = f->config;
	bool health = c->health && health_was_asking(c->health);

	return (c->budgets && budgets_was_asking(c->budgets)) || health;
}

void
trip_decide(struct trip *t)
{
	struct err err = ERR_INIT;

	decision_release(&t->decision);
	(void)was_asking(t->f); /* on behalf of others */
	t->is_deciding = false;
	if (decide(t, &err) < 0) {
		trip_refuse(t, ERROR_INVALID_INPUT, str_of(err.text));
		return;
	}
	if (was_asking(t->f)) {
		t->is_deciding = true;
		return;
	}
	buf_addstr(&t->warnings, buf_str(&t->decision.warnings));
	if (t->f->config->dry_run) {
		plan(t);
	} else if (!t->decision.count) {
		refuse_all(t);
	} else {
		redact(t);
		set_out(t);
	}
}

static void
begin_request(struct trip *t, struct json record)
{
	struct request_defaults defaults = {
		.model = str_of(t->f->config->model),
		.options = t->f->config->live ? json_literal("{\"stream\":true}") : JSON_ABSENT,
	};
	struct err err = ERR_INIT;

	t->is_request = request_read(&t->request, record, &defaults, &err) == 0;
	take_id(t, t->request.id);
	if (!t->is_request) {
		t->request.model = STR_NONE;
		trip_refuse(t, ERROR_INVALID_INPUT, str_of(err.text));
		return;
	}
	trip_decide(t);
}

/* --- a line --- */

/* Whether it is a request under way with that id. */
static bool
has_id(const struct trip *t, struct json id)
{
	struct err err = ERR_INIT;
	struct json own;

	return (t->walk || t->is_deciding) && json_parse(t->id.p, t->id.len, &own, &err) == 0 &&
	       json_equal(own, id);
}

static void
cancel_all(struct failover *f, struct json id)
{
	for (struct turn *turn = f->turns.first; turn; turn = turn->next)
		if (!turn->done && has_id((struct trip *)turn, id))
			trip_cancel((struct trip *)turn);
}

static void
begin_record(struct trip *t, struct json record)
{
	struct json type = json_get(record, "type"), id = json_get(record, "id");

	if (request_is(record)) {
		begin_request(t, record);
	} else if (request_is_cancel(record, &id)) {
		cancel_all(t->f, id);
		trip_say(t, STR_NONE);
	} else if (json_exists(type)) {
		trip_say(t, t->f->config->text ? STR_NONE : json_raw(record));
	} else {
		take_id(t, id);
		trip_refuse(t, ERROR_INVALID_INPUT,
		    STR_LIT("not a request: it has neither messages nor prompt"));
	}
}

void
trip_begin(struct failover *f, struct str line, const char *file, uint64_t number)
{
	struct trip *t = new_trip(f);
	struct err err = ERR_INIT;
	struct json record;

	t->line = xmemdup(line.p, line.len);
	if (json_parse(t->line, line.len, &record, &err) < 0)
		refuse_line(t, number, file, err.text);
	else if (record.kind != JSON_OBJECT)
		refuse_line(t, number, file, "not a JSON object");
	else
		begin_record(t, record);
}

void
trip_begin_overlong(struct failover *f, const char *file, uint64_t number)
{
	refuse_line(new_trip(f), number, file, "the line is longer than 64 MiB");
}
