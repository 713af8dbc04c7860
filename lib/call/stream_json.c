/* SPDX-License-Identifier: MIT */
/*
 * stream_json - Claude Code's --input-format stream-json --output-format stream-json, which others
 * speak too: a message a line in, events a line out, until a result.
 *
 * What one process was told stays with it: its /clear leaves words of its own in the next prompt,
 * and its conversation cannot be wound back before the first answer. So a process is good for one
 * prompt; it is warm in that it was started before there was one. Its totals are that prompt's.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "call/talk.h"
#include "json/jsonw.h"
#include "json/ndjson.h"
#include "sys/clock.h"

#define LINE_MAX_BYTES ((size_t)64 << 20)
enum { SHOWN_MAX = 200 };

struct stream_json {
	struct talk talk;
	struct lines lines;
	bool partial; /* text came in pieces: whole messages repeat it */
};

static struct stream_json *
stream_of(const struct talk *t)
{
	return (struct stream_json *)(uintptr_t)t; /* its first member */
}

/* --- what it says --- */

static void
read_delta(struct answer *a, struct json delta)
{
	struct json type = json_get(delta, "type");

	if (json_eq(type, "text_delta"))
		(void)answer_text(a, PART_TEXT, KEY_NONE, json_get(delta, "text"));
	else if (json_eq(type, "thinking_delta"))
		(void)answer_text(a, PART_REASONING, KEY_NONE, json_get(delta, "thinking"));
}

/* An event of the Messages API, passed on. */
static void
read_stream_event(struct stream_json *s, struct json line)
{
	struct json event = json_get(line, "event"), type = json_get(event, "type");

	s->partial = true;
	if (json_eq(type, "content_block_delta"))
		read_delta(s->talk.answer, json_get(event, "delta"));
	else if (json_eq(type, "content_block_start"))
		answer_seal(s->talk.answer);
}

/* A message's block: the tools that it uses are its own business, and kept as they are. */
static void
read_block(struct stream_json *s, struct json block)
{
	struct answer *a = s->talk.answer;
	struct json type = json_get(block, "type");

	if (json_eq(type, "tool_use") || json_eq(type, "tool_result")) {
		(void)answer_provider_block(a, KEY_NONE, block);
	} else if (!s->partial && json_eq(type, "text")) {
		answer_seal(a);
		(void)answer_text(a, PART_TEXT, KEY_NONE, json_get(block, "text"));
	} else if (!s->partial && json_eq(type, "thinking")) {
		answer_seal(a);
		(void)answer_text(a, PART_REASONING, KEY_NONE, json_get(block, "thinking"));
	}
}

static void
read_message(struct stream_json *s, struct json line)
{
	struct json message = json_get(line, "message");
	struct json_iter it = json_each(json_get(message, "content"));

	if (json_get(message, "content").kind != JSON_ARRAY)
		return;
	if (json_eq(json_get(line, "type"), "assistant"))
		answer_model(s->talk.answer, json_get(message, "model"));
	while (json_next(&it))
		read_block(s, it.value);
}

/* --- its result --- */

static void
read_usage(struct answer *a, struct json usage)
{
	int64_t fresh = TOKENS_UNKNOWN;

	usage_set(&fresh, json_get(usage, "input_tokens"));
	usage_set(&a->usage.out, json_get(usage, "output_tokens"));
	usage_set(&a->usage.cache_read, json_get(usage, "cache_read_input_tokens"));
	usage_set(&a->usage.cache_write, json_get(usage, "cache_creation_input_tokens"));
	usage_set(
	    &a->usage.cache_write_1h, json_find(usage, "cache_creation.ephemeral_1h_input_tokens"));
	usage_set(&a->usage.reasoning, json_find(usage, "output_tokens_details.thinking_tokens"));
	if (fresh == TOKENS_UNKNOWN)
		return;
	a->usage.in = fresh;
	usage_add(&a->usage.in, a->usage.cache_read);
	usage_add(&a->usage.in, a->usage.cache_write);
}

/* A cost is told for every model, also by a guess: only one by the list is one. */
static void
read_cost(struct answer *a, struct json result)
{
	struct json_iter it = json_each(json_get(result, "modelUsage"));
	int64_t pusd;

	while (json_next(&it)) {
		struct json basis = json_get(it.value, "costBasis");

		if (json_exists(basis) && !json_eq(basis, "list"))
			return;
	}
	if (json_scaled(json_get(result, "total_cost_usd"), 12, &pusd) && pusd > 0)
		a->cost_pusd = pusd;
}

static void
warn_denied(struct answer *a, struct json denials)
{
	struct json_iter it = json_each(denials);
	struct buf name = BUF_INIT(SHOWN_MAX);

	while (json_next(&it)) {
		buf_reset(&name);
		json_text(json_get(it.value, "tool_name"), &name);
		answer_warn(a, "permissions", "refused: %s", name.len ? name.p : "a tool");
	}
	buf_release(&name);
}

/* The result is the last message's text: what was said before it, on the way, is not the answer. */
static void
settle_text(struct answer *a, struct json result)
{
	struct part *last = NULL;

	for (size_t i = 0; i < a->part_count; i++)
		if (a->parts[i].type == PART_TEXT)
			last = &a->parts[i];
	if (!last)
		(void)answer_text(a, PART_TEXT, KEY_NONE, result);
	else if (json_eq(result, last->text.p))
		for (size_t i = 0; i < a->part_count; i++)
			a->parts[i].hidden = a->parts[i].type == PART_TEXT && &a->parts[i] != last;
}

static void
fail_result(struct answer *a, struct json result)
{
	struct json errors = json_get(result, "errors"), text = json_get(result, "result");
	struct json status = json_get(result, "api_error_status");
	struct buf body = BUF_INIT(BUF_UNLIMITED);
	struct jsonw w;

	if (text.kind != JSON_STRING)
		text = json_find(errors, "0");
	if (text.kind != JSON_STRING || json_is_empty_string(text))
		text = json_get(result, "subtype");
	jsonw_start(&w, &body);
	jsonw_object(&w);
	jsonw_kjson(&w, "message", text);
	jsonw_kjson_opt(&w, "type", json_get(result, "subtype"));
	if (status.kind == JSON_NUMBER)
		jsonw_kjson(&w, "status", status);
	jsonw_end(&w);
	answer_error_json(a, 0, json_literal(body.p));
	buf_release(&body);
}

static void
read_result(struct stream_json *s, struct json result)
{
	static const struct stop_row stops[] = {
		{ "end_turn", STOP_END },
		{ "stop_sequence", STOP_STOP },
		{ "max_tokens", STOP_LENGTH },
		{ "tool_use", STOP_END }, /* its own tools, which it has run */
		{ "refusal", STOP_REFUSAL },
		{ "error_max_turns", STOP_LENGTH },
		{ NULL, STOP_NONE },
	};
	struct answer *a = s->talk.answer;
	struct json subtype = json_get(result, "subtype");

	answer_response_id(a, json_get(result, "session_id"));
	read_usage(a, json_get(result, "usage"));
	read_cost(a, result);
	warn_denied(a, json_get(result, "permission_denials"));
	if (json_eq(subtype, "error_max_turns"))
		answer_stop(a, stops, subtype);
	else if (json_eq(subtype, "error_max_budget_usd"))
		answer_fail(a, ERROR_BUDGET, "the program's own budget is spent");
	else if (!json_eq(subtype, "success") || json_is_true(json_get(result, "is_error")))
		fail_result(a, result);
	else
		answer_stop(a, stops, json_get(result, "stop_reason"));
	if (a->error.kind == ERROR_NONE) {
		settle_text(a, json_get(result, "result"));
		answer_end(a);
	}
	s->talk.answer = NULL;
}

/* --- what it asks --- */

/* Leave to use a tool; anything else is not offered. */
static void
answer_request(struct stream_json *s, struct json line)
{
	struct json request = json_get(line, "request");
	bool asks_leave = json_eq(json_get(request, "subtype"), "can_use_tool");
	bool allow = s->talk.allow;
	struct jsonw w;

	if (asks_leave && !allow)
		answer_warn(s->talk.answer, "permissions", "refused: a tool");
	jsonw_start(&w, &s->talk.out);
	jsonw_object(&w);
	jsonw_kstr(&w, "type", "control_response");
	jsonw_key(&w, "response");
	jsonw_object(&w);
	jsonw_kstr(&w, "subtype", asks_leave ? "success" : "error");
	jsonw_kjson(&w, "request_id", json_get(line, "request_id"));
	if (asks_leave) {
		jsonw_key(&w, "response");
		jsonw_object(&w);
		jsonw_kstr(&w, "behavior", allow ? "allow" : "deny");
		if (allow)
			jsonw_kjson(&w, "updatedInput", json_get(request, "input"));
		else
			jsonw_kstr(&w, "message", "not allowed");
		jsonw_end(&w);
	} else {
		jsonw_kstr(&w, "error", "not offered");
	}
	jsonw_end(&w);
	jsonw_end(&w);
	buf_addc(&s->talk.out, '\n');
}

static void
hear(struct stream_json *s, struct str text)
{
	static const struct {
		const char *type;
		void (*read)(struct stream_json *s, struct json line);
	} kinds[] = {
		{ "stream_event", read_stream_event },
		{ "assistant", read_message },
		{ "user", read_message },
		{ "result", read_result },
		{ "control_request", answer_request },
	};
	struct err err = ERR_INIT;
	struct json line, type;

	if (json_parse(text.p, text.len, &line, &err) < 0) /* a note of somebody's: not for us */
		return;
	type = json_get(line, "type");
	if (json_exists(json_get(line, "parent_tool_use_id"))) /* what a helper of its own says */
		return;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds && s->talk.answer; i++)
		if (json_eq(type, kinds[i].type))
			kinds[i].read(s, line);
}

/* --- the talk --- */

static struct talk *
stream_open(int64_t start_ms, int64_t now_us)
{
	struct stream_json *s = xcalloc(1, sizeof *s);

	(void)start_ms; /* it greets nobody: its first answer tells that it is there */
	(void)now_us;
	s->talk.protocol = &talk_stream_json;
	buf_init(&s->talk.out, BUF_UNLIMITED);
	lines_init(&s->lines, LINE_MAX_BYTES);
	return &s->talk;
}

static void
stream_close(struct talk *t)
{
	struct stream_json *s = stream_of(t);

	lines_release(&s->lines);
	buf_release(&t->out);
	free(s);
}

/* A block in the form of the Messages API. */
static void
write_block(struct jsonw *w, struct json block)
{
	if (!json_eq(json_get(block, "type"), "image")) {
		jsonw_json(w, block);
		return;
	}
	jsonw_object(w);
	jsonw_kstr(w, "type", "image");
	jsonw_key(w, "source");
	jsonw_object(w);
	jsonw_kstr(w, "type", "base64");
	jsonw_kjson(w, "media_type", json_get(block, "mimeType"));
	jsonw_kjson(w, "data", json_get(block, "data"));
	jsonw_end(w);
	jsonw_end(w);
}

static void
stream_prompt(struct talk *t, const struct talk_prompt *prompt, struct answer *a, int64_t now_us)
{
	struct json_iter it = json_each(prompt->content);
	struct jsonw w;

	(void)now_us;
	t->allow = prompt->allow;
	t->answer = a;
	jsonw_start(&w, &t->out);
	jsonw_object(&w);
	jsonw_kstr(&w, "type", "user");
	jsonw_key(&w, "message");
	jsonw_object(&w);
	jsonw_kstr(&w, "role", "user");
	jsonw_key(&w, "content");
	jsonw_array(&w);
	while (json_next(&it))
		write_block(&w, it.value);
	jsonw_end(&w);
	jsonw_end(&w);
	jsonw_end(&w);
	buf_addc(&t->out, '\n');
}

static void
stream_cancel(struct talk *t)
{
	struct jsonw w;

	jsonw_start(&w, &t->out);
	jsonw_object(&w);
	jsonw_kstr(&w, "type", "control_request");
	jsonw_kstr(&w, "request_id", "cancel");
	jsonw_key(&w, "request");
	jsonw_object(&w);
	jsonw_kstr(&w, "subtype", "interrupt");
	jsonw_end(&w);
	jsonw_end(&w);
	buf_addc(&t->out, '\n');
}

static void
stream_feed(struct talk *t, const char *p, size_t n, int64_t now_us)
{
	struct stream_json *s = stream_of(t);
	enum lines_status status;
	struct str line;

	(void)now_us;
	lines_push(&s->lines, p, n);
	while ((status = lines_next(&s->lines, &line)) != LINES_MORE) {
		if (status == LINES_LINE) {
			hear(s, line);
			continue;
		}
		t->broken = true;
		if (t->answer)
			answer_fail(
			    t->answer, ERROR_PROTOCOL, "it sent a line that is longer than 64 MiB");
		t->answer = NULL;
	}
}

static int64_t
stream_deadline(const struct talk *t)
{
	(void)t;
	return CLOCK_NEVER;
}

static void
stream_expire(struct talk *t, int64_t now_us)
{
	(void)t;
	(void)now_us;
}

const struct talk_protocol talk_stream_json = {
	.name = "stream-json",
	.once = true,
	.open = stream_open,
	.close = stream_close,
	.prompt = stream_prompt,
	.cancel = stream_cancel,
	.feed = stream_feed,
	.deadline = stream_deadline,
	.expire = stream_expire,
};
