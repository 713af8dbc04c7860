/* SPDX-License-Identifier: MIT */
/* bedrock-content - write a conversation as Converse wants it: system, turns, blocks. */
#include "json/jsonw.h"
#include "llm/bedrock.h"
#include "llm/call_id.h"
#include "llm/marks.h"

/* --- lists and blocks --- */

static void
end_message(struct bedrock_writer *x)
{
	if (x->message_open) {
		jsonw_end(&x->w);
		jsonw_end(&x->w);
	}
	x->message_open = x->holds_results = x->markable = false;
}

static void
begin_message(struct bedrock_writer *x)
{
	jsonw_object(&x->w);
	jsonw_kstr(&x->w, "role", x->side == ROLE_ASSISTANT ? "assistant" : "user");
	jsonw_key(&x->w, "content");
	jsonw_array(&x->w);
	x->message_open = true;
	x->open_side = x->side;
}

static void write_text(struct bedrock_writer *x, struct str text);

/* Some families take nothing behind tool results in their turn. A turn of the model's keeps the two
 * apart; this is about the least that it can have said. */
static void
stand_alone(struct bedrock_writer *x)
{
	x->side = ROLE_ASSISTANT;
	write_text(x, STR_LIT("OK."));
	x->side = ROLE_USER;
}

/* A message ends where a block of the other side comes, and not where its turn does: turns whose
 * parts are all left out must not leave two messages of one side beside each other. */
void
bedrock_begin(struct bedrock_writer *x)
{
	if (x->holds_results && !x->in_result && x->side == ROLE_USER)
		stand_alone(x);
	if (x->in_system && !x->list_open) {
		jsonw_key(&x->w, "system");
		jsonw_array(&x->w);
		x->list_open = true;
	}
	if (x->message_open && x->open_side != x->side && !x->list_open)
		end_message(x);
	if (!x->message_open && !x->list_open)
		begin_message(x);
	jsonw_object(&x->w);
	x->markable = true;
}

static void
write_text(struct bedrock_writer *x, struct str text)
{
	if (!str_trim(text).len) /* the API refuses blank text */
		return;
	bedrock_begin(x);
	jsonw_kstrn(&x->w, "text", text);
	jsonw_end(&x->w);
}

/* Text with the citations that it came with. */
static void
write_cited(struct bedrock_writer *x, struct json text, struct json opaque)
{
	struct buf plain = BUF_INIT(BUF_UNLIMITED);

	json_text(text, &plain);
	if (text.p && text.p == x->prefill.p) { /* Claude refuses white space at its end */
		while (plain.len && strchr(" \t\r\n", plain.p[plain.len - 1]))
			buf_truncate(&plain, plain.len - 1);
	}
	if (opaque.kind != JSON_OBJECT) {
		write_text(x, buf_str(&plain));
	} else {
		bedrock_begin(x);
		jsonw_key(&x->w, "citationsContent");
		jsonw_object(&x->w);
		jsonw_key(&x->w, "content");
		jsonw_array(&x->w);
		jsonw_object(&x->w);
		jsonw_kstrn(&x->w, "text", buf_str(&plain));
		jsonw_end(&x->w);
		jsonw_end(&x->w);
		jsonw_members(&x->w, opaque);
		jsonw_end(&x->w);
		jsonw_end(&x->w);
	}
	buf_release(&plain);
}

static void
write_provider_block(struct bedrock_writer *x, struct json part)
{
	struct json value = json_get(part, "value");

	if (!dialect_carries(x->b, part))
		return;
	bedrock_begin(x);
	jsonw_members(&x->w, value);
	jsonw_end(&x->w);
	if (json_exists(json_get(value, "cachePoint"))) {
		x->marks++;
		x->markable = false;
	}
}

/* --- cache points --- */

enum { MARKS_MAX = 4 }; /* the API takes no more in one request */

static void
write_mark(struct bedrock_writer *x, bool hour)
{
	bedrock_begin(x);
	jsonw_key(&x->w, "cachePoint");
	jsonw_object(&x->w);
	jsonw_kstr(&x->w, "type", "default");
	if (hour)
		jsonw_kstr(&x->w, "ttl", "1h");
	jsonw_end(&x->w);
	jsonw_end(&x->w);
	x->markable = false;
	x->marks++;
}

bool
bedrock_mark(struct bedrock_writer *x, struct json cache)
{
	if (x->r->options.cache_off || !marks_is(cache))
		return false;
	x->owed--;
	if (!(x->family->flags & BEDROCK_CACHE))
		answer_warn(x->b->answer, "cache", "this model's prompts are not cached");
	else if (x->marks == MARKS_MAX)
		answer_warn(x->b->answer, "cache", "the API takes at most %d marks: one is dropped",
		    MARKS_MAX);
	else if (!x->markable)
		answer_warn(x->b->answer, "cache", "no mark may stand here: it is dropped");
	else
		write_mark(x, json_eq(cache, "1h"));
	return true;
}

void
bedrock_mark_auto(struct bedrock_writer *x)
{
	if (x->r->options.cache_auto && x->markable && (x->family->flags & BEDROCK_CACHE) &&
	    x->marks + x->owed < MARKS_MAX)
		write_mark(x, false);
}

/* --- reasoning, calls, results --- */

/* Thoughts are only taken back signed or sealed, by the model that thought them. */
static void
write_reasoning(struct bedrock_writer *x, struct json part, struct json opaque)
{
	if (opaque.kind != JSON_OBJECT)
		return;
	bedrock_begin(x);
	jsonw_key(&x->w, "reasoningContent");
	jsonw_object(&x->w);
	if (json_exists(json_get(opaque, "redactedContent"))) {
		jsonw_members(&x->w, opaque);
	} else {
		jsonw_key(&x->w, "reasoningText");
		jsonw_object(&x->w);
		jsonw_kjson(&x->w, "text", json_get(part, "text"));
		jsonw_members(&x->w, opaque);
		jsonw_end(&x->w);
	}
	jsonw_end(&x->w);
	jsonw_end(&x->w);
	x->markable = false;
}

static void
write_id(struct bedrock_writer *x, struct json id)
{
	static const struct call_id_form form = { .max = 64, .others = "_-" };

	call_id_write(&x->w, "toolUseId", id, &form);
}

static void
write_call(struct bedrock_writer *x, struct json part)
{
	bedrock_begin(x);
	jsonw_key(&x->w, "toolUse");
	jsonw_object(&x->w);
	write_id(x, json_get(part, "id"));
	jsonw_kjson(&x->w, "name", json_get(part, "name"));
	jsonw_key(&x->w, "input");
	request_write_arguments(&x->w, part);
	jsonw_end(&x->w);
	jsonw_end(&x->w);
}

static int
write_result_parts(struct bedrock_writer *x, struct json content)
{
	struct request_parts parts = request_parts(content);
	int rc = 0;

	while (rc == 0 && request_next_part(&parts)) {
		if (parts.type == PART_TEXT)
			write_cited(x, parts.text, JSON_ABSENT);
		else if (parts.type == PART_PROVIDER)
			write_provider_block(x, parts.part);
		else
			rc = bedrock_media(x, parts.part);
	}
	return rc;
}

/* A result's content is a list of blocks; JSON must be an object there, so anything else is text.
 */
static int
write_result_content(struct bedrock_writer *x, struct json content)
{
	int rc = 0;

	jsonw_key(&x->w, "content");
	jsonw_array(&x->w);
	x->list_open = true;
	if (content.kind == JSON_STRING) {
		write_cited(x, content, JSON_ABSENT);
	} else if (request_is_parts(content)) {
		rc = write_result_parts(x, content);
	} else if (content.kind == JSON_OBJECT) {
		bedrock_begin(x);
		jsonw_kjson(&x->w, "json", content);
		jsonw_end(&x->w);
	} else if (json_exists(content)) {
		write_text(x, json_raw(content));
	}
	x->list_open = false;
	jsonw_end(&x->w);
	return rc;
}

static int
write_result(struct bedrock_writer *x, struct json part)
{
	int rc;

	x->in_result = true;
	bedrock_begin(x);
	jsonw_key(&x->w, "toolResult");
	jsonw_object(&x->w);
	write_id(x, json_get(part, "id"));
	rc = write_result_content(x, json_get(part, "content"));
	if (json_is_true(json_get(part, "isError")))
		jsonw_kstr(&x->w, "status", "error");
	jsonw_end(&x->w);
	jsonw_end(&x->w);
	x->in_result = false;
	x->holds_results = (x->family->flags & BEDROCK_ALONE) != 0;
	x->markable = true;
	return rc;
}

/* --- turns --- */

static bool
is_last(const struct bedrock_writer *x, struct json part)
{
	return part.p && part.p == x->last.p;
}

/* A mark that must not stand behind stands before. */
static void
mark_before(struct bedrock_writer *x, struct json part)
{
	if (x->open_side != x->side)
		x->markable = false; /* it would open the message */
	if (marks_is(json_get(part, "cache")))
		(void)bedrock_mark(x, json_get(part, "cache"));
	else if (is_last(x, part))
		bedrock_mark_auto(x);
}

static int
write_part(struct bedrock_writer *x, const struct request_parts *p)
{
	struct json opaque = JSON_ABSENT;

	if (p->part.kind == JSON_OBJECT)
		opaque = request_opaque(p->part, x->b->provider->name, x->model);
	switch (p->type) {
	case PART_TEXT:
		write_cited(x, p->text, opaque);
		break;
	case PART_IMAGE:
	case PART_AUDIO:
	case PART_VIDEO:
	case PART_FILE:
		if (!bedrock_marks_behind(p->part))
			mark_before(x, p->part);
		return bedrock_media(x, p->part);
	case PART_REASONING:
		write_reasoning(x, p->part, opaque);
		break;
	case PART_TOOL_CALL:
		write_call(x, p->part);
		break;
	case PART_TOOL_RESULT:
		return write_result(x, p->part);
	case PART_PROVIDER:
		write_provider_block(x, p->part);
		break;
	}
	return 0;
}

/* The turn's tool results, or all but them. */
static int
write_turn(struct bedrock_writer *x, const struct request_turns *t, bool results)
{
	struct request_parts parts = request_parts(t->content);

	if (t->text.p && !results)
		write_text(x, t->text);
	while (request_next_part(&parts)) {
		if ((parts.type == PART_TOOL_RESULT) != results)
			continue;
		if (write_part(x, &parts) < 0)
			return -1;
		if (x->markable)
			(void)bedrock_mark(x, json_get(parts.part, "cache"));
	}
	if (!results && x->markable)
		(void)bedrock_mark(x, json_get(t->message, "cache"));
	return 0;
}

static enum role
side_of(enum role role)
{
	return role == ROLE_TOOL ? ROLE_USER : role;
}

/*
 * Write the turns of one side that t stands at, their tool results before all else, as the API
 * wants them. System turns stand elsewhere. Returns whether t has a turn after them.
 */
static bool
write_run(struct bedrock_writer *x, struct request_turns *t)
{
	struct request_turns first = *t;
	bool more = true;
	int pass;

	x->side = side_of(t->role);
	for (pass = 0; pass < 2; pass++) {
		*t = first;
		for (more = true; more && !x->failed; more = request_next_turn(t)) {
			if (t->role != ROLE_SYSTEM && side_of(t->role) != x->side)
				break;
			if (t->role != ROLE_SYSTEM)
				x->failed = write_turn(x, t, pass == 0) < 0;
		}
	}
	return more && !x->failed;
}

static struct json
last_part(const struct request *r)
{
	struct request_turns t = request_turns(r);
	struct json last = JSON_ABSENT;
	struct request_parts parts;

	while (request_next_turn(&t)) {
		if (t.role == ROLE_SYSTEM)
			continue;
		last = JSON_ABSENT;
		for (parts = request_parts(t.content); request_next_part(&parts);)
			last = parts.part;
	}
	return last;
}

void
bedrock_messages(struct bedrock_writer *x)
{
	struct request_turns t = request_turns(x->r);
	bool more = request_next_turn(&t);

	x->last = last_part(x->r);
	if (x->claude)
		x->prefill = request_prefill(x->r);
	if (json_exists(x->prefill) && (x->claude->flags & FAMILY_NO_PREFILL))
		answer_warn(x->b->answer, "messages",
		    "this model goes on from no answer that was begun: the API refuses it");
	jsonw_key(&x->w, "messages");
	jsonw_array(&x->w);
	while (more) {
		if (t.role == ROLE_SYSTEM)
			more = request_next_turn(&t);
		else
			more = write_run(x, &t);
	}
	if (x->failed)
		return;
	if (x->side == ROLE_USER)
		bedrock_mark_auto(x);
	end_message(x);
	jsonw_end(&x->w);
}

void
bedrock_system(struct bedrock_writer *x)
{
	struct request_turns t = request_turns(x->r);
	bool begun = false, moved = false;
	struct request_parts parts;

	x->in_system = true;
	while (request_next_turn(&t)) {
		if (t.role != ROLE_SYSTEM) {
			begun = true;
			continue;
		}
		moved = moved || begun;
		if (t.text.p)
			write_text(x, t.text);
		for (parts = request_parts(t.content); request_next_part(&parts);) {
			if (parts.type == PART_TEXT)
				write_cited(x, parts.text, JSON_ABSENT);
			else if (parts.type == PART_PROVIDER)
				write_provider_block(x, parts.part);
			else
				answer_warn(x->b->answer, "messages",
				    "a system turn's %s part cannot be carried",
				    part_type_name(parts.type));
			if (x->markable)
				(void)bedrock_mark(x, json_get(parts.part, "cache"));
		}
		if (x->markable)
			(void)bedrock_mark(x, json_get(t.message, "cache"));
	}
	if (moved)
		answer_warn(x->b->answer, "messages",
		    "a system turn inside the conversation is put before it");
	bedrock_mark_auto(x);
	if (x->list_open)
		jsonw_end(&x->w);
	x->list_open = x->in_system = x->markable = false;
}

bool
bedrock_has_calls(const struct request *r)
{
	struct request_turns t = request_turns(r);
	struct request_parts parts;

	while (request_next_turn(&t)) {
		for (parts = request_parts(t.content); request_next_part(&parts);) {
			if (parts.type == PART_TOOL_CALL || parts.type == PART_TOOL_RESULT)
				return true;
		}
	}
	return false;
}
