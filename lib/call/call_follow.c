/* SPDX-License-Identifier: MIT */
/* call_follow - what comes after an exchange: the answer checked, and where that is asked for,
 * another exchange. */
#include <stdlib.h>

#include "base/mem.h"
#include "call/call_state.h"
#include "json/edit.h"
#include "json/jsonw.h"
#include "json/schema.h"
#include "llm/record.h"
#include "llm/structured.h"
#include "sys/clock.h"

enum {
	FOLLOWS_MAX = 100, /* pauses in a row; the deadline ends most long before */
	POLL_FIRST_MS = 500,
	POLL_MOST_MS = 10 * 1000,
	TOLD_MAX = 20, /* failures that the model is told of */
};

#define SCHEMA_OPTION "options.responseSchema"

void
call_past_init(struct call_past *past)
{
	*past = (struct call_past){
		.usage = USAGE_UNKNOWN,
		.base = BUF_INIT(BUF_UNLIMITED),
		.messages = BUF_INIT(BUF_UNLIMITED),
		.options = BUF_INIT(BUF_UNLIMITED),
	};
}

void
call_past_release(struct call_past *past)
{
	buf_release(&past->base);
	buf_release(&past->messages);
	buf_release(&past->options);
}

/* --- the answer and its schema --- */

/* The schema that the answer must fit, compiled once where it stays the same; NULL: there is none,
 * or it is no schema. */
static const struct schema *
schema_of(struct call *c)
{
	struct caller *caller = c->caller;
	struct json text = c->request.options.response_schema;
	struct err err = ERR_INIT;

	if (!json_exists(text))
		return NULL;
	if (!caller->schema || !str_is(json_raw(text), caller->schema_text)) {
		schema_free(caller->schema);
		free(caller->schema_text);
		caller->schema_text = xmemdup(text.p, text.len);
		caller->schema = schema_compile(text, &err);
	}
	if (!caller->schema)
		answer_warn(&c->answer, SCHEMA_OPTION, "the answer is not checked against it: %s",
		    err.text);
	return caller->schema;
}

static bool
tell(void *user, const struct schema_failure *failure)
{
	struct buf *told = user;
	size_t lines = 0, i;

	buf_addf(told, "- %s: %s\n",
	    failure->instance_path.len ? failure->instance_path.p : "value", failure->message.p);
	for (i = 0; i < told->len; i++)
		lines += told->p[i] == '\n';
	return lines < TOLD_MAX;
}

/* Take the value out of the answer; where it does not fit, misfit says how. False: it does not. */
static bool
take_object(struct call *c, struct err *misfit)
{
	const struct schema *schema;
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	bool fits = true;

	buf_reset(&c->object);
	if (c->caller->config->count || c->answer.error.kind != ERROR_NONE ||
	    c->answer.tool_count || c->answer.stop == STOP_PAUSE)
		return true;
	schema = schema_of(c);
	if (schema) {
		answer_content(&c->answer, &text);
		fits = structured_value(&c->answer, buf_str(&text), schema, &c->object, misfit);
	}
	buf_release(&text);
	return fits;
}

/* All that is wrong with the answer, as lines for the model. */
static void
explain(struct call *c, const struct err *misfit, struct buf *out)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED), told = BUF_INIT(BUF_UNLIMITED);

	answer_content(&c->answer, &text);
	buf_adds(out, "This does not fit the JSON Schema that was asked for:\n");
	if (!structured_explain(&c->answer, buf_str(&text), schema_of(c), tell, &told))
		buf_addf(&told, "- %s\n", misfit->text);
	buf_addstr(out, buf_str(&told));
	buf_adds(out, "Answer again with the whole value, corrected, and nothing else.");
	buf_release(&text);
	buf_release(&told);
}

/* --- --strict --- */

static void
fail_strictly(struct call *c, enum error_kind kind)
{
	struct answer *a = &c->answer;
	struct buf list = BUF_INIT(BUF_UNLIMITED), text = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct json v;

	if (!c->caller->config->strict || !a->warnings.len || a->error.kind != ERROR_NONE)
		return;
	buf_addf(&list, "[%s]", a->warnings.p);
	if (json_parse(list.p, list.len, &v, &err) == 0) {
		json_text(json_find(v, "0.option"), &text);
		buf_adds(&text, ": ");
		json_text(json_find(v, "0.message"), &text);
	}
	answer_fail(a, kind, "refused under --strict: %s", text.p);
	buf_release(&list);
	buf_release(&text);
}

bool
call_refuses(struct call *c)
{
	fail_strictly(c, ERROR_UNSUPPORTED);
	return c->answer.error.kind != ERROR_NONE;
}

/* --- another exchange --- */

static void
start_turn(struct jsonw *w, struct buf *out, const char *role)
{
	buf_adds(out, out->len ? "," : "");
	jsonw_start(w, out);
	jsonw_object(w);
	jsonw_kstr(w, "role", role);
	jsonw_key(w, "content");
}

/* The conversation before the answer, as messages. */
static void
put_base(struct call *c)
{
	const struct request *r = &c->request;
	struct json_iter it = json_each(r->messages);
	struct buf *base = &c->past.base;
	struct jsonw w;

	if (base->len)
		return;
	while (json_next(&it)) {
		buf_adds(base, base->len ? "," : "");
		buf_addstr(base, json_raw(it.value));
	}
	if (!json_exists(r->prompt))
		return;
	start_turn(&w, base, "user");
	jsonw_json(&w, r->prompt);
	jsonw_end(&w);
}

static void
put_answer(struct call *c, struct buf *messages)
{
	struct response_facts facts = {
		.provider = c->provider->name,
		.requested_model = c->model,
	};
	struct jsonw w;

	if (!c->answer.part_count)
		return;
	start_turn(&w, messages, "assistant");
	record_turn(&w, &c->answer, &facts);
	jsonw_end(&w);
}

static int
take_messages(struct call *c, const struct buf *turns)
{
	struct request *r = &c->request;
	struct buf *all = &c->past.messages;
	struct err err = ERR_INIT;

	buf_reset(all);
	buf_addf(all, "[%s]", turns->p);
	if (json_parse(all->p, all->len, &r->messages, &err) < 0)
		return -1;
	r->prompt = JSON_ABSENT;
	return 0;
}

/* What the provider wants to be told next time goes into the request's own options for it. */
static int
take_carry(struct call *c)
{
	struct request *r = &c->request;
	struct buf own = BUF_INIT(BUF_UNLIMITED), patch = BUF_INIT(BUF_UNLIMITED);
	struct buf merged = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct json v;
	struct jsonw w;
	int rc = -1;

	if (!c->answer.carry.len)
		return 0;
	buf_addf(&own, "{%s}", c->answer.carry.p);
	jsonw_start(&w, &patch);
	jsonw_object(&w);
	jsonw_key(&w, c->provider->name);
	jsonw_raw(&w, buf_str(&own));
	jsonw_end(&w);
	buf_release(&own);
	if (json_parse(patch.p, patch.len, &v, &err) == 0) {
		json_merge_patch(
		    json_exists(r->provider_options) ? r->provider_options : json_literal("{}"), v,
		    &merged);
		buf_release(&c->past.options);
		c->past.options = merged;
		rc = json_parse(c->past.options.p, c->past.options.len, &r->provider_options, &err);
	}
	buf_release(&patch);
	return rc;
}

static void
add_up(struct call *c)
{
	struct call_past *past = &c->past;

	usage_sum(&past->usage, &c->answer.usage);
	if (past->exchanges <= 1)
		past->cost_pusd = c->answer.cost_pusd;
	else if (c->answer.cost_pusd < 0)
		past->cost_pusd = -1;
	else if (past->cost_pusd >= 0)
		past->cost_pusd += c->answer.cost_pusd;
	if (!past->sent_us) {
		past->sent_us = c->sent_us;
		past->first_us = c->first_us;
	}
}

void
call_sum_up(struct call *c)
{
	const struct call_past *past = &c->past;

	if (!past->exchanges)
		return;
	c->answer.usage = past->usage;
	usage_settle(&c->answer.usage);
	c->answer.cost_pusd = past->cost_pusd;
	c->sent_us = past->sent_us;
	c->first_us = past->first_us;
}

/* Nothing of the call may be touched behind this: it may have ended. */
static void
send_again(struct call *c, bool poll)
{
	reader_free(c->reader);
	c->reader = NULL;
	wire_release(&c->wire);
	buf_reset(&c->raw);
	c->sent_us = c->first_us = c->end_us = 0;
	c->past.polls_next = poll;
	call_send(c);
}

/* The assistant's turn goes on where it paused. */
static bool
resume(struct call *c)
{
	struct buf turns = BUF_INIT(BUF_UNLIMITED);
	int rc;

	put_base(c);
	buf_addstr(&turns, buf_str(&c->past.base));
	put_answer(c, &turns);
	rc = take_messages(c, &turns) == 0 ? take_carry(c) : -1;
	buf_release(&turns);
	if (rc < 0)
		return false;
	answer_continue(&c->answer);
	send_again(c, false);
	return true;
}

static bool
repair(struct call *c, const struct err *misfit)
{
	struct buf *base = &c->past.base;
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	bool told = c->answer.on_delta && c->answer.output_seen;
	struct jsonw w;

	put_base(c);
	put_answer(c, base);
	explain(c, misfit, &text);
	start_turn(&w, base, "user");
	jsonw_strn(&w, buf_str(&text));
	jsonw_end(&w);
	buf_release(&text);
	if (take_messages(c, base) < 0 || take_carry(c) < 0)
		return false;
	c->past.repairs++;
	answer_restart(&c->answer);
	if (told)
		c->caller->on->restart(c->caller->user, c);
	send_again(c, false);
	return true;
}

/* --- answers that are written in the background --- */

static void
free_timer(uv_handle_t *handle)
{
	free(handle);
}

static void
stop_timer(struct call *c)
{
	uv_close((uv_handle_t *)c->past.timer, free_timer);
	c->past.timer = NULL;
}

static void
on_timer(uv_timer_t *timer)
{
	struct call *c = timer->data;

	stop_timer(c);
	if (clock_mono_us() < call_deadline_us(c)) {
		send_again(c, true);
		return;
	}
	answer_fail(&c->answer, ERROR_TIMEOUT, "the answer was not there in time");
	call_finish(c);
}

static bool
wait_for_it(struct call *c)
{
	struct call_past *past = &c->past;
	int64_t wait_ms = POLL_FIRST_MS,
		left_ms = (call_deadline_us(c) - clock_mono_us()) / 1000 + 1;
	int64_t i;

	for (i = 0; i < past->polls && wait_ms < POLL_MOST_MS; i++)
		wait_ms += wait_ms / 2;
	if (wait_ms > POLL_MOST_MS)
		wait_ms = POLL_MOST_MS;
	past->polls++;
	past->timer = xmalloc(sizeof *past->timer);
	(void)uv_timer_init(c->caller->loop, past->timer); /* cannot fail */
	past->timer->data = c;
	(void)uv_timer_start(past->timer, on_timer,
	    (uint64_t)(wait_ms < left_ms ? wait_ms : left_ms), 0); /* fails without a callback */
	return true;
}

bool
call_stop_waiting(struct call *c)
{
	if (!c->past.timer)
		return false;
	stop_timer(c);
	answer_fail(&c->answer, ERROR_CANCELLED, "cancelled while the answer was being written");
	call_finish(c);
	return true;
}

/* --- what is to be done --- */

static bool
may_go_on(const struct call *c)
{
	return !c->cancelled && c->answer.error.kind == ERROR_NONE &&
	       clock_mono_us() < call_deadline_us(c);
}

static bool
follow(struct call *c)
{
	if (c->answer.stop != STOP_PAUSE || c->past.exchanges > FOLLOWS_MAX)
		return false;
	return c->provider->dialect->poll ? wait_for_it(c) : resume(c);
}

/* Whether the model had its say: what was cut, filtered or refused, another try does not mend. */
static bool
is_repairable(const struct call *c)
{
	return c->past.repairs < c->caller->config->repairs &&
	       (c->answer.stop == STOP_END || c->answer.stop == STOP_STOP ||
		   c->answer.stop == STOP_OTHER);
}

bool
call_goes_on(struct call *c)
{
	struct err misfit = ERR_INIT;
	bool fits;

	add_up(c);
	structured_settle(&c->answer, &c->request);
	fits = take_object(c, &misfit);
	if (may_go_on(c) && ((c->caller->config->follow && follow(c)) ||
				(!fits && is_repairable(c) && repair(c, &misfit))))
		return true;
	if (!fits)
		answer_warn(&c->answer, SCHEMA_OPTION, "the answer does not fit: %s", misfit.text);
	fail_strictly(c, fits ? ERROR_UNSUPPORTED : ERROR_PROTOCOL);
	return false;
}
