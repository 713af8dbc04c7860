/* SPDX-License-Identifier: MIT */
/* openai_chat_turns - a conversation in the form of chat completions' messages. */
#include <stdlib.h>

#include "llm/marks.h"
#include "llm/openai_chat.h"

/* The part's state where it comes from this provider and model. */
static struct json
opaque_of(const struct openai_request *q, struct json part)
{
	return request_opaque(part, q->b->provider->name, q->model);
}

/* --- the assistant's turn --- */

static void
write_call(struct openai_request *q, struct json part)
{
	struct json arguments = json_get(part, "arguments"), input = json_get(part, "input");
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	bool custom = !json_exists(arguments) && json_exists(input);

	jsonw_object(&q->w);
	openai_chat_id(q, "id", json_get(part, "id"));
	jsonw_kstr(&q->w, "type", custom ? "custom" : "function");
	jsonw_key(&q->w, custom ? "custom" : "function");
	jsonw_object(&q->w);
	jsonw_kjson(&q->w, "name", json_get(part, "name"));
	if (custom) {
		jsonw_kjson(&q->w, "input", input);
	} else {
		jsonw_quote(&text, json_exists(arguments) ? json_raw(arguments) : STR_LIT("{}"));
		openai_raw_member(q, "arguments", &text);
	}
	jsonw_end(&q->w);
	jsonw_members(&q->w, opaque_of(q, part));
	openai_chat_cache(q, part);
	jsonw_end(&q->w);
}

static void
write_calls(struct openai_request *q, struct json content)
{
	struct request_parts p = request_parts(content);

	jsonw_key(&q->w, "tool_calls");
	jsonw_array(&q->w);
	while (request_next_part(&p)) {
		if (p.type == PART_TOOL_CALL)
			write_call(q, p.part);
	}
	jsonw_end(&q->w);
}

/* What the parts of an assistant's turn come to. */
struct turn {
	struct buf text; /* raw JSON string without its last quote */
	struct buf reasoning; /* the same */
	struct json field; /* the member that the reasoning goes back into */
	struct buf details; /* reasoning_details, comma-separated */
	struct json audio; /* {"audio":{"id":...}} */
	struct json annotations;
	size_t texts, calls;
};

static void
add_list(struct buf *out, struct json list)
{
	struct json_iter it = json_each(list);

	while (json_next(&it)) {
		if (out->len)
			buf_addc(out, ',');
		buf_addstr(out, json_raw(it.value));
	}
}

/* Only parsed files need go back (OpenRouter); to send sources back is an error elsewhere. */
static void
gather_own(struct openai_request *q, struct turn *turn, struct json part)
{
	struct json list = json_find(json_get(part, "value"), "annotations");

	if (dialect_carries(q->b, part) && json_eq(json_find(list, "0.type"), "file"))
		turn->annotations = list;
}

static void
gather_reasoning(struct openai_request *q, struct turn *turn, const struct request_parts *p)
{
	struct json opaque = opaque_of(q, p->part), field = json_get(opaque, "field");

	/* The first reasoner refuses its own reasoning; its successors ask for it. */
	if (str_has_nocase(q->b->model, "deepseek-r1"))
		return;
	add_list(&turn->details, json_get(opaque, "reasoning_details"));
	if (json_eq(field, "think")) { /* it came in the text, between tags */
		openai_inner(&turn->text, json_get(opaque, "open"));
		openai_inner(&turn->text, p->text);
		openai_inner(&turn->text, json_get(opaque, "close"));
		turn->texts++;
	}
	if (!json_eq(field, "reasoning_content") && !json_eq(field, "reasoning") &&
	    !json_eq(field, "thinking"))
		return;
	turn->field = field;
	openai_inner(&turn->reasoning, p->text);
}

static void
gather(struct openai_request *q, struct turn *turn, struct json content)
{
	struct request_parts p = request_parts(content);

	while (request_next_part(&p)) {
		switch (p.type) {
		case PART_TEXT:
			openai_inner(&turn->text, p.text);
			turn->texts++;
			break;
		case PART_REASONING:
			gather_reasoning(q, turn, &p);
			break;
		case PART_TOOL_CALL:
			turn->calls++;
			break;
		case PART_AUDIO: /* its transcript is in the text */
			if (json_exists(opaque_of(q, p.part)))
				turn->audio = opaque_of(q, p.part);
			break;
		case PART_PROVIDER:
			gather_own(q, turn, p.part);
			break;
		case PART_IMAGE:
		case PART_VIDEO:
		case PART_FILE:
			answer_warn(q->b->answer, "messages",
			    "an assistant's %s part cannot be carried", part_type_name(p.type));
			break;
		case PART_TOOL_RESULT:
			break;
		}
	}
}

/* Content that begins with Mistral's thinking. */
static void
write_thinking_content(struct openai_request *q, struct turn *turn)
{
	jsonw_array(&q->w);
	jsonw_object(&q->w);
	jsonw_kstr(&q->w, "type", "thinking");
	jsonw_key(&q->w, "thinking");
	jsonw_array(&q->w);
	jsonw_object(&q->w);
	jsonw_kstr(&q->w, "type", "text");
	openai_raw_member(q, "text", &turn->reasoning);
	jsonw_end(&q->w);
	jsonw_end(&q->w);
	jsonw_end(&q->w);
	if (turn->texts) {
		jsonw_object(&q->w);
		jsonw_kstr(&q->w, "type", "text");
		openai_raw_member(q, "text", &turn->text);
		jsonw_end(&q->w);
	}
	jsonw_end(&q->w);
}

/* The answer is to go on from this text. */
static void
write_prefix(struct openai_request *q, struct str raw)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	if (q->server->flags & OPENAI_PREFIX) {
		jsonw_kbool(&q->w, "prefix", true);
		json_text((struct json){ raw.p, raw.len, JSON_STRING }, &text);
		lead_skip(&q->b->answer->lead, buf_str(&text));
		buf_release(&text);
	} else if (q->server->flags & OPENAI_OWN) {
		answer_warn(q->b->answer, "messages",
		    "this provider goes on from no answer that was begun: it answers anew");
	}
}

static void
write_assistant(struct openai_request *q, struct json content, bool is_last)
{
	struct turn turn = { .text = BUF_INIT(BUF_UNLIMITED),
		.reasoning = BUF_INIT(BUF_UNLIMITED),
		.details = BUF_INIT(BUF_UNLIMITED) };
	char *field;

	buf_addc(&turn.text, '"');
	buf_addc(&turn.reasoning, '"');
	gather(q, &turn, content);
	buf_addc(&turn.text, '"');
	buf_addc(&turn.reasoning, '"');
	field = json_strdup(turn.field);
	jsonw_kstr(&q->w, "role", "assistant");
	jsonw_key(&q->w, "content");
	if (json_eq(turn.field, "thinking"))
		write_thinking_content(q, &turn);
	else if (turn.texts || !turn.calls)
		jsonw_raw(&q->w, buf_str(&turn.text));
	else
		jsonw_null(&q->w);
	if (turn.details.len) {
		jsonw_key(&q->w, "reasoning_details");
		jsonw_array(&q->w);
		jsonw_raw(&q->w, buf_str(&turn.details));
		jsonw_end(&q->w);
	} else if (field && strcmp(field, "thinking") != 0) {
		openai_raw_member(q, field, &turn.reasoning);
	} else if (turn.calls && (q->server->flags & OPENAI_REASONING_BACK)) {
		jsonw_kstr(&q->w, "reasoning_content", "");
	}
	if (is_last && turn.texts && !turn.calls)
		write_prefix(q, buf_str(&turn.text));
	jsonw_members(&q->w, turn.audio);
	if (json_exists(turn.annotations))
		jsonw_kjson(&q->w, "annotations", turn.annotations);
	if (turn.calls)
		write_calls(q, content);
	free(field);
	buf_release(&turn.text);
	buf_release(&turn.reasoning);
	buf_release(&turn.details);
}

/* --- the conversation --- */

enum { MARKS = 4, OWN_MARKS = 2 }; /* what Claude takes; what "auto" puts */

/* Whether "auto" puts a mark at this turn's end: the system's last, and the user's at the end. Of
 * the models behind such a server only Claude has to be told. */
static bool
wants_mark(const struct openai_request *q, const struct request_turns *turn)
{
	struct request_turns next = *turn;
	bool more = request_next_turn(&next);

	if (!q->o->cache_auto || !(q->server->flags & OPENAI_CACHE_CONTROL) ||
	    !str_starts(q->b->model, "anthropic/") ||
	    marks_count(q->b->request) + OWN_MARKS > MARKS)
		return false;
	return turn->role == ROLE_SYSTEM ? more && next.role != ROLE_SYSTEM
					 : turn->role == ROLE_USER && !more;
}

/* The text that stands before the conversation. */
static void
write_system_text(struct openai_request *q, struct str text)
{
	jsonw_key(&q->w, "content");
	if (!q->mark_turn) {
		jsonw_strn(&q->w, text);
		return;
	}
	q->mark_part = true;
	jsonw_array(&q->w);
	jsonw_object(&q->w);
	jsonw_kstr(&q->w, "type", "text");
	jsonw_kstrn(&q->w, "text", text);
	openai_chat_cache(q, JSON_ABSENT);
	jsonw_end(&q->w);
	jsonw_end(&q->w);
	q->mark_part = false;
}

static int
write_turn(struct openai_request *q, const struct request_turns *turn)
{
	struct request_turns next = *turn;
	bool is_user = turn->role == ROLE_TOOL || turn->role == ROLE_USER, more = true;
	int r = 0;

	if (is_user && openai_chat_results(q, turn->content, &more) < 0)
		return -1;
	if (!more)
		return 0;
	if (openai_chat_result_media(q) < 0)
		return -1;
	if (is_user)
		openai_chat_bridge(q);
	q->after_result = false;
	q->mark_turn = wants_mark(q, turn);
	jsonw_object(&q->w);
	switch (turn->role) {
	case ROLE_ASSISTANT:
		write_assistant(q, turn->content, !request_next_turn(&next));
		break;
	case ROLE_SYSTEM:
		jsonw_kstr(&q->w, "role", q->own_reasoning ? "developer" : "system");
		if (turn->text.p)
			write_system_text(q, turn->text);
		else
			r = openai_chat_content(q, turn->content);
		break;
	case ROLE_USER:
	case ROLE_TOOL:
		jsonw_kstr(&q->w, "role", "user");
		r = openai_chat_content(q, turn->content);
		break;
	}
	q->mark_turn = false;
	jsonw_end(&q->w);
	return r;
}

static int
write_turns(struct openai_request *q, const struct request *r)
{
	struct request_turns turn = request_turns(r);

	while (request_next_turn(&turn)) {
		if (write_turn(q, &turn) < 0)
			return -1;
	}
	return openai_chat_result_media(q);
}

int
openai_chat_messages(struct openai_request *q)
{
	struct buf merged = BUF_INIT(BUF_UNLIMITED);
	struct request alternating = *q->b->request;
	int r;

	if (q->server->flags & OPENAI_ALTERNATE)
		alternating = request_alternate(q->b->request, &merged);
	jsonw_key(&q->w, "messages");
	jsonw_array(&q->w);
	r = write_turns(q, &alternating);
	if (r == 0)
		jsonw_end(&q->w);
	buf_release(&merged);
	return r;
}
