/* SPDX-License-Identifier: MIT */
/* openai_responses_read - what the Responses API answers, streamed or whole. */
#include "base/mem.h"
#include "llm/openai_responses.h"

static const struct stop_row stops[] = {
	{ "completed", STOP_END },
	{ "max_output_tokens", STOP_LENGTH },
	{ "content_filter", STOP_FILTER },
	{ "incomplete", STOP_LENGTH }, /* no reason given: a filter always gives its own */
	{ "queued", STOP_PAUSE }, /* in the background: to be asked for */
	{ "in_progress", STOP_PAUSE },
	{ "failed", STOP_ERROR },
	{ NULL, STOP_NONE },
};

struct state {
	int64_t index; /* of the item last named */
	bool refused;
};

static struct state *
state_of(struct answer *a)
{
	if (!a->dialect_state)
		a->dialect_state = xcalloc(1, sizeof(struct state));
	return a->dialect_state;
}

/* The key of an item's part: items are numbered, and so are the texts of a message. */
static int64_t
key_of(int64_t item, int64_t text)
{
	enum { TEXTS = 1 << 16 };

	return item * TEXTS + (text > 0 && text < TEXTS ? text : 0);
}

/* The item that an event is about; one that does not say is about the last. */
static int64_t
item_of(struct answer *a, struct json event)
{
	struct state *s = state_of(a);
	int64_t n;

	if (json_i64(json_get(event, "output_index"), &n) && n >= 0 && n < INT32_MAX)
		s->index = n;
	return s->index;
}

/* --- the parts of the turn --- */

static bool
is_commentary(struct json message)
{
	return json_eq(json_get(message, "phase"), "commentary");
}

/* A text of message, which is known from when the item began. Commentary is no answer. */
static struct part *
text_part(struct answer *a, int64_t item, int64_t text, struct json message)
{
	struct part *part = answer_find(a, PART_TEXT, key_of(item, text)), *first;

	if (part)
		return part;
	first = answer_find(a, PART_TEXT, key_of(item, 0));
	part = answer_part(a, PART_TEXT, key_of(item, text));
	if (part) /* first may have moved */
		part->hidden = first ? answer_find(a, PART_TEXT, key_of(item, 0))->hidden
				     : is_commentary(message);
	return part;
}

static bool
is_call(struct json item)
{
	struct json type = json_get(item, "type");

	return json_eq(type, "function_call") || json_eq(type, "custom_tool_call");
}

static struct part *
call_part(struct answer *a, int64_t item, struct json call)
{
	struct json id = json_get(call, "call_id");
	struct part *part;

	part = answer_tool(a, key_of(item, 0), json_exists(id) ? id : json_get(call, "id"),
	    json_get(call, "name"), JSON_ABSENT);
	if (part && json_eq(json_get(call, "type"), "custom_tool_call"))
		part->custom_tool = true;
	return part;
}

/* An item begins: its part takes its place in the turn. */
static void
open_item(struct answer *a, int64_t at, struct json item)
{
	struct json type = json_get(item, "type");

	if (item.kind != JSON_OBJECT)
		return;
	if (json_eq(type, "message")) {
		(void)text_part(a, at, 0, item);
	} else if (json_eq(type, "reasoning")) {
		if (!answer_find(a, PART_REASONING, key_of(at, 0)))
			(void)answer_part(a, PART_REASONING, key_of(at, 0));
	} else if (is_call(item)) {
		(void)call_part(a, at, item);
	} else if (!answer_find(a, PART_PROVIDER, key_of(at, 0))) {
		(void)answer_provider_block(a, key_of(at, 0), item);
	}
}

/* What a message's text needs to go back: null members are not said. */
static void
keep_text(struct part *part, struct json message, struct json text)
{
	struct json annotations = json_get(text, "annotations");
	bool refusal = json_eq(json_get(text, "type"), "refusal");
	struct jsonw w;

	buf_reset(&part->opaque);
	if (!json_exists(json_get(message, "id")) && !json_exists(json_get(message, "phase")) &&
	    !refusal)
		return;
	jsonw_start(&w, &part->opaque);
	jsonw_object(&w);
	if (json_exists(json_get(message, "id")))
		jsonw_kjson(&w, "id", json_get(message, "id"));
	if (json_exists(json_get(message, "phase")))
		jsonw_kjson(&w, "phase", json_get(message, "phase"));
	if (refusal)
		jsonw_kstr(&w, "type", "refusal");
	if (json_count(annotations))
		jsonw_kjson(&w, "annotations", annotations);
	jsonw_end(&w);
}

/* The whole text, at its end: what did not come in pieces is added. */
static void
complete_text(struct answer *a, struct part *part, struct json text)
{
	struct buf whole = BUF_INIT(ANSWER_TEXT_MAX), hold = BUF_INIT(ANSWER_TEXT_MAX);
	size_t n = part->text.len;

	json_text(text, &whole);
	if (n < whole.len && str_starts(buf_str(&whole), part->text.p))
		(void)answer_text(a, part->type, part->key,
		    jsonw_quoted(&hold, (struct str){ whole.p + n, whole.len - n }));
	buf_release(&whole);
	buf_release(&hold);
}

static void
close_message(struct answer *a, int64_t at, struct json message)
{
	struct json_iter texts = json_each(json_get(message, "content")), each;
	struct part *part;
	int64_t n = 0;

	for (; json_next(&texts); n++) {
		struct json text = json_get(texts.value, "text");

		if (json_eq(json_get(texts.value, "type"), "refusal")) {
			text = json_get(texts.value, "refusal");
			state_of(a)->refused = true;
		}
		part = text_part(a, at, n, message);
		if (!part)
			return;
		complete_text(a, part, text);
		keep_text(part, message, texts.value);
		each = json_each(json_get(texts.value, "annotations"));
		while (json_next(&each))
			answer_cite_annotation(a, part, each.value);
	}
}

static void
add_texts(struct answer *a, int64_t key, struct json list)
{
	struct json_iter it = json_each(list);

	while (json_next(&it))
		(void)answer_text(a, PART_REASONING, key, json_get(it.value, "text"));
}

/* Each event may bear another ciphertext; the last one counts. Some servers leave it out of the
 * last one. */
static void
close_reasoning(struct answer *a, int64_t at, struct json item)
{
	int64_t key = key_of(at, 0);
	struct part *part;
	struct json kept = JSON_ABSENT;
	struct err err = ERR_INIT;

	open_item(a, at, item);
	part = answer_find(a, PART_REASONING, key);
	if (!part)
		return;
	if (!part->text.len)
		add_texts(a, key, json_get(item, "summary"));
	if (!part->text.len)
		add_texts(a, key, json_get(item, "content"));
	if (part->opaque.len && json_parse(part->opaque.p, part->opaque.len, &kept, &err) == 0 &&
	    json_exists(json_get(kept, "encrypted_content")) &&
	    !json_exists(json_get(item, "encrypted_content")))
		return;
	part_opaque(part, item);
}

static void
close_call(struct answer *a, int64_t at, struct json item)
{
	static const char *const told[] = { "arguments", "input", "call_id", "name", NULL };
	struct part *part = call_part(a, at, item);
	struct jsonw w;

	if (!part)
		return;
	if (!part->text.len)
		(void)answer_tool(a, part->key, JSON_ABSENT, JSON_ABSENT,
		    json_get(item, part->custom_tool ? "input" : "arguments"));
	buf_reset(&part->opaque);
	jsonw_start(&w, &part->opaque);
	jsonw_object(&w);
	openai_responses_members(&w, item, told);
	jsonw_end(&w);
}

/* An item is whole, as its own event says, and the answer's last once more. */
static void
close_item(struct answer *a, int64_t at, struct json item)
{
	struct json type = json_get(item, "type");
	struct part *part;

	if (item.kind != JSON_OBJECT)
		return;
	if (json_eq(type, "message")) {
		close_message(a, at, item);
	} else if (json_eq(type, "reasoning")) {
		close_reasoning(a, at, item);
	} else if (is_call(item)) {
		close_call(a, at, item);
	} else {
		open_item(a, at, item);
		part = answer_find(a, PART_PROVIDER, key_of(at, 0));
		if (!part)
			return;
		buf_reset(&part->value);
		buf_addstr(&part->value, json_raw(item));
	}
}

/* --- the answer whole --- */

static void
read_stop(struct answer *a, struct json response, const char *otherwise)
{
	struct json reason = json_find(response, "incomplete_details.reason");
	struct json status = json_get(response, "status");
	struct buf hold = BUF_INIT(64);

	if (!json_exists(status))
		status = jsonw_quoted(&hold, str_of(otherwise));
	if (json_eq(status, "cancelled"))
		answer_fail(a, ERROR_CANCELLED, "the provider says that it was cancelled");
	answer_stop(a, stops, json_exists(reason) ? reason : status);
	if (a->stop == STOP_END && state_of(a)->refused)
		a->stop = STOP_REFUSAL;
	buf_release(&hold);
}

/* The response object that the last event bears, and that a whole body is. */
static void
read_response(struct answer *a, struct json response, const char *otherwise)
{
	struct json_iter items = json_each(json_get(response, "output"));
	struct json error = json_get(response, "error");
	int64_t at = 0;

	while (json_next(&items))
		close_item(a, at++, items.value);
	answer_response_id(a, json_get(response, "id"));
	answer_model(a, json_get(response, "model"));
	openai_usage(a, json_get(response, "usage"));
	a->kept = json_is_true(json_get(response, "store")) ||
		  json_is_true(json_get(response, "background"));
	read_stop(a, response, otherwise);
	if (json_exists(error))
		answer_error_json(a, 0, error);
	answer_end(a);
}

/* --- events --- */

static void
on_begun(struct answer *a, struct json event)
{
	struct json response = json_get(event, "response");

	answer_response_id(a, json_get(response, "id"));
	answer_model(a, json_get(response, "model"));
}

static void
on_item_added(struct answer *a, struct json event)
{
	open_item(a, item_of(a, event), json_get(event, "item"));
}

static void
on_item_done(struct answer *a, struct json event)
{
	close_item(a, item_of(a, event), json_get(event, "item"));
}

static void
on_text(struct answer *a, struct json event)
{
	int64_t at = item_of(a, event), text = 0;

	(void)json_i64(json_get(event, "content_index"), &text); /* else the only one */
	if (text_part(a, at, text, JSON_ABSENT))
		(void)answer_text(a, PART_TEXT, key_of(at, text), json_get(event, "delta"));
}

static void
on_refusal(struct answer *a, struct json event)
{
	state_of(a)->refused = true;
	on_text(a, event);
}

static void
on_reasoning(struct answer *a, struct json event)
{
	(void)answer_text(
	    a, PART_REASONING, key_of(item_of(a, event), 0), json_get(event, "delta"));
}

static void
on_arguments(struct answer *a, struct json event)
{
	(void)answer_tool(
	    a, key_of(item_of(a, event), 0), JSON_ABSENT, JSON_ABSENT, json_get(event, "delta"));
}

static void
on_completed(struct answer *a, struct json event)
{
	read_response(a, json_get(event, "response"), "completed");
}

static void
on_incomplete(struct answer *a, struct json event)
{
	read_response(a, json_get(event, "response"), "incomplete");
}

static void
on_failed(struct answer *a, struct json event)
{
	read_response(a, json_get(event, "response"), "failed");
}

static void
on_error(struct answer *a, struct json event)
{
	answer_error_json(a, 0, event);
}

/* What is not here says nothing that these don't say too: the beginnings and ends of pieces, whose
 * text was told already, and the progress of tools that the server runs. */
static const struct {
	const char *type;
	void (*read)(struct answer *a, struct json event);
} events[] = {
	{ "response.output_text.delta", on_text },
	{ "response.refusal.delta", on_refusal },
	{ "response.reasoning_summary_text.delta", on_reasoning },
	{ "response.reasoning_text.delta", on_reasoning },
	{ "response.function_call_arguments.delta", on_arguments },
	{ "response.custom_tool_call_input.delta", on_arguments },
	{ "response.output_item.added", on_item_added },
	{ "response.output_item.done", on_item_done },
	{ "response.created", on_begun },
	{ "response.completed", on_completed },
	{ "response.incomplete", on_incomplete },
	{ "response.failed", on_failed },
	{ "error", on_error },
};

void
openai_responses_event(struct answer *a, struct str name, struct json data)
{
	struct json type = json_get(data, "type");
	size_t i;

	(void)json_plain(type, &name); /* else as the stream calls it */
	for (i = 0; i < sizeof events / sizeof *events; i++) {
		if (!str_is(name, events[i].type))
			continue;
		events[i].read(a, data);
		return;
	}
	if (json_exists(json_get(data, "error")))
		on_error(a, data);
}

/* Some servers add the other format's end to their own; it proves nothing. */
bool
openai_responses_raw(struct answer *a, struct str data)
{
	(void)a;
	return str_is(data, "[DONE]");
}

void
openai_responses_body(struct answer *a, struct json body)
{
	if (json_get(body, "output").kind == JSON_ARRAY) {
		read_response(a, body, "completed");
		return;
	}
	if (json_exists(json_get(body, "error")) || json_exists(json_get(body, "detail")) ||
	    json_exists(json_get(body, "message")))
		answer_error_json(a, 0, body);
	answer_fail(a, ERROR_PROTOCOL, "the body has no output");
}
