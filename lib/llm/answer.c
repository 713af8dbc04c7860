/* SPDX-License-Identifier: MIT */
/* answer - an answer's life, its facts, its troubles, and how it is settled at the end. */
#include "llm/answer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "json/jsonw.h"

enum { WORD_MAX = 4096, MESSAGE_MAX = 500, NOTES_MAX = 1 << 20 };

void
answer_init(struct answer *a, delta_fn *on_delta, void *user)
{
	*a = (struct answer){
		.on_delta = on_delta,
		.user = user,
		.model = BUF_INIT(WORD_MAX),
		.usage = USAGE_UNKNOWN,
		.stop_raw = BUF_INIT(WORD_MAX),
		.response_id = BUF_INIT(WORD_MAX),
		.error = {
			.message = BUF_INIT(WORD_MAX),
			.code = BUF_INIT(WORD_MAX),
			.request_id = BUF_INIT(WORD_MAX),
			.retry_after_ms = -1,
		},
		.warnings = BUF_INIT(NOTES_MAX),
		.perf = BUF_INIT(NOTES_MAX),
		.carry = BUF_INIT(NOTES_MAX),
		.stop_details = BUF_INIT(NOTES_MAX),
		.cost_pusd = -1,
		.asked_model = BUF_INIT(WORD_MAX),
	};
	lead_init(&a->lead);
}

static void
part_release(struct part *part)
{
	buf_release(&part->text);
	buf_release(&part->id);
	buf_release(&part->name);
	buf_release(&part->media_type);
	buf_release(&part->opaque);
	buf_release(&part->value);
}

void
answer_release(struct answer *a)
{
	size_t i;

	for (i = 0; i < a->part_count; i++)
		part_release(&a->parts[i]);
	free(a->parts);
	for (i = 0; i < a->citation_count; i++) {
		buf_release(&a->citations[i].source);
		buf_release(&a->citations[i].value);
	}
	free(a->citations);
	free(a->dialect_state);
	lead_release(&a->lead);
	buf_release(&a->model);
	buf_release(&a->asked_model);
	buf_release(&a->stop_raw);
	buf_release(&a->response_id);
	buf_release(&a->error.message);
	buf_release(&a->error.code);
	buf_release(&a->error.request_id);
	buf_release(&a->warnings);
	buf_release(&a->perf);
	buf_release(&a->carry);
	buf_release(&a->stop_details);
	answer_init(a, a->on_delta, a->user);
}

/* No block of another exchange has it. */
#define KEY_OVER INT64_MIN

void
answer_continue(struct answer *a)
{
	size_t i;

	for (i = 0; i < a->part_count; i++) {
		a->parts[i].key = KEY_OVER;
		a->parts[i].sealed = true;
	}
	free(a->dialect_state);
	a->dialect_state = NULL;
	a->usage = (struct usage)USAGE_UNKNOWN;
	a->cost_pusd = -1;
	a->stop = STOP_NONE;
	a->ended = a->choice_done = a->finished = false;
	buf_reset(&a->stop_raw);
	buf_reset(&a->stop_details);
	buf_reset(&a->response_id);
	buf_reset(&a->perf);
	buf_reset(&a->carry);
}

void
answer_restart(struct answer *a)
{
	struct buf warnings = a->warnings;

	buf_init(&a->warnings, NOTES_MAX);
	answer_release(a);
	a->warnings = warnings;
}

void
answer_reread(struct answer *a)
{
	struct buf asked_model = a->asked_model;
	int64_t sent_tokens = a->sent_tokens;
	bool nulls = a->nulls, wrapped = a->wrapped, tool_nulls = a->tool_nulls;

	buf_init(&a->asked_model, WORD_MAX);
	answer_restart(a);
	a->asked_model = asked_model;
	a->sent_tokens = sent_tokens;
	a->nulls = nulls;
	a->wrapped = wrapped;
	a->tool_nulls = tool_nulls;
}

void
answer_carry(struct answer *a, const char *key, struct json v)
{
	struct buf one = BUF_INIT(BUF_UNLIMITED);
	struct jsonw w;

	jsonw_start(&w, &one);
	jsonw_str(&w, key);
	buf_addc(&one, ':');
	buf_addstr(&one, json_raw(v));
	if (!strstr(a->carry.p, one.p)) { /* restated */
		buf_adds(&a->carry, a->carry.len ? "," : "");
		buf_addstr(&a->carry, buf_str(&one));
	}
	buf_release(&one);
}

void
answer_model(struct answer *a, struct json v)
{
	if (!a->model.len)
		json_text(v, &a->model);
}

void
answer_response_id(struct answer *a, struct json v)
{
	if (!a->response_id.len)
		json_text(v, &a->response_id);
}

void
answer_stop(struct answer *a, const struct stop_row *rows, struct json v)
{
	if (v.kind != JSON_STRING || json_is_empty_string(v))
		return;
	buf_reset(&a->stop_raw);
	json_text(v, &a->stop_raw);
	while (rows->raw && !str_is(buf_str(&a->stop_raw), rows->raw))
		rows++;
	a->stop = rows->raw ? rows->stop : STOP_OTHER;
	a->choice_done = true;
}

void
answer_end(struct answer *a)
{
	a->ended = true;
}

void
answer_fail(struct answer *a, enum error_kind kind, const char *fmt, ...)
{
	char text[2 * MESSAGE_MAX]; /* a message is cut at MESSAGE_MAX anyway */
	struct str cut;
	va_list ap;

	if (a->error.kind != ERROR_NONE)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap); /* cut where too long */
	va_end(ap);
	cut = str_of(text);
	a->error.kind = kind;
	buf_reset(&a->error.message);
	buf_add(&a->error.message, text, str_cut_utf8(cut, MESSAGE_MAX));
}

void
answer_warn(struct answer *a, const char *option, const char *fmt, ...)
{
	char text[2 * MESSAGE_MAX];
	struct buf one = BUF_INIT(BUF_UNLIMITED);
	struct jsonw w;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap); /* cut where too long */
	va_end(ap);
	jsonw_start(&w, &one);
	jsonw_object(&w);
	jsonw_kstr(&w, "option", option);
	jsonw_kstr(&w, "message", text);
	jsonw_end(&w);
	if (!strstr(a->warnings.p, one.p)) {
		buf_adds(&a->warnings, a->warnings.len ? "," : "");
		buf_addstr(&a->warnings, buf_str(&one));
	}
	buf_release(&one);
}

/* Nothing at all, or null, is how some servers say that a tool takes no arguments. */
static bool
arguments_are_empty(struct str text)
{
	text = str_trim(text);
	return !text.len || str_is(text, "null");
}

static void
settle_tool(struct answer *a, struct part *part)
{
	struct err err = ERR_INIT;
	struct json v = JSON_ABSENT;
	bool cut = a->stop == STOP_LENGTH;

	if (!part->id.len)
		buf_addf(&part->id, "call_%zu", part->tool_index);
	if (!part->name.len && !cut)
		answer_fail(a, ERROR_PROTOCOL, "tool call %s has no name", part->id.p);
	if (part->custom_tool)
		return;
	if (arguments_are_empty(buf_str(&part->text))) {
		buf_reset(&part->text);
		buf_adds(&part->text, "{}");
	}
	part->malformed = json_parse(part->text.p, part->text.len, &v, &err) < 0 ||
			  v.kind != JSON_OBJECT;
	if (part->malformed && !cut)
		answer_fail(a, ERROR_PROTOCOL,
		    "the arguments of tool call %s are not a JSON object", part->name.p);
}

/* Whether what was called, and that it ended, decides the stop: providers say "stop" for tool
 * calls, or nothing, or "tool_calls" where the calls were run on their side. */
static void
settle_stop(struct answer *a)
{
	bool calls = a->tool_count > 0;

	switch (a->stop) {
	case STOP_NONE:
		if (a->ended)
			a->stop = calls ? STOP_TOOL : STOP_OTHER;
		break;
	case STOP_END:
	case STOP_STOP:
		if (calls)
			a->stop = STOP_TOOL;
		break;
	case STOP_TOOL:
		if (!calls)
			a->stop = STOP_END;
		break;
	case STOP_LENGTH:
	case STOP_FILTER:
	case STOP_REFUSAL:
	case STOP_PAUSE:
	case STOP_ERROR:
	case STOP_OTHER:
		break;
	}
}

/* What the builder expected, and what came. */
static void
compare_expected(struct answer *a)
{
	int64_t read = a->usage.in;

	if (a->asked_model.len && a->model.len &&
	    !str_has_nocase(buf_str(&a->model), a->asked_model.p) &&
	    !str_has_nocase(buf_str(&a->asked_model), a->model.p))
		answer_warn(
		    a, "model", "%s was asked for, and %s answered", a->asked_model.p, a->model.p);
	if (read > 0 && a->sent_tokens / 2 > read)
		answer_warn(a, "messages",
		    "at least %lld tokens were sent, as estimated, and %lld were read: the server "
		    "may have cut the prompt to the size of its context",
		    (long long)a->sent_tokens, (long long)read);
}

void
answer_finish(struct answer *a, bool done_optional, bool transport_proven)
{
	bool proven = a->ended || (done_optional && a->choice_done && transport_proven);
	size_t i;

	if (a->finished)
		return;
	a->finished = true;
	lead_end(a);
	if (a->overflow)
		answer_fail(a, ERROR_PROTOCOL, "the answer is too large");
	if (a->stop == STOP_ERROR)
		answer_fail(
		    a, ERROR_SERVER, "the provider ended its answer with \"%s\"", a->stop_raw.p);
	if (!proven)
		answer_fail(a, ERROR_TRUNCATED,
		    "the answer ended before the provider said that it was done");
	for (i = 0; i < a->part_count; i++) {
		if (a->parts[i].type == PART_TOOL_CALL)
			settle_tool(a, &a->parts[i]);
	}
	settle_stop(a);
	if (a->error.kind == ERROR_NONE)
		compare_expected(a);
	usage_settle(&a->usage);
}

static void
join_parts(const struct answer *a, enum part_type type, struct buf *out)
{
	size_t i;

	for (i = 0; i < a->part_count; i++) {
		if (a->parts[i].type == type && !a->parts[i].hidden)
			buf_addstr(out, buf_str(&a->parts[i].text));
	}
}

void
answer_content(const struct answer *a, struct buf *out)
{
	join_parts(a, PART_TEXT, out);
}

void
answer_reasoning(const struct answer *a, struct buf *out)
{
	join_parts(a, PART_REASONING, out);
}
