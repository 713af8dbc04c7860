/* SPDX-License-Identifier: MIT */
/* openai_responses_input - a conversation as items. */
#include <stdlib.h>

#include "base/mem.h"
#include "llm/call_id.h"
#include "llm/media.h"
#include "llm/openai_responses.h"
#include "llm/tool_result.h"

/* Items on their way into a list. Texts and media that belong together go into one message, which
 * stays open for the next of them. */
struct input {
	struct openai_request *q;
	enum role role; /* of the turn */
	bool open; /* a message is */
	struct json message; /* its id, where it had one */
	struct json *custom; /* the ids of calls whose input is text */
	size_t custom_count, custom_cap;
};

/* The part's state where it comes from this provider and model. */
static struct json
opaque_of(const struct input *in, struct json part)
{
	return request_opaque(part, in->q->b->provider->name, in->q->model);
}

/* --- messages --- */

static void
close_message(struct input *in)
{
	if (!in->open)
		return;
	jsonw_end(&in->q->w);
	jsonw_end(&in->q->w);
	in->open = false;
}

static const char *
role_name(const struct input *in)
{
	switch (in->role) {
	case ROLE_ASSISTANT:
		return "assistant";
	case ROLE_SYSTEM:
		return in->q->own_reasoning ? "developer" : "system";
	case ROLE_USER:
	case ROLE_TOOL:
		break;
	}
	return "user";
}

/* The message that a text or medium goes into; opaque is that of an assistant's own text. */
static void
open_message(struct input *in, struct json opaque)
{
	struct json id = json_get(opaque, "id");
	struct jsonw *w = &in->q->w;

	if (in->open && (json_exists(id) ? json_equal(id, in->message) : !json_exists(in->message)))
		return;
	close_message(in);
	in->open = true;
	in->message = id;
	jsonw_object(w);
	if (json_exists(id)) {
		jsonw_kstr(w, "type", "message");
		jsonw_kjson(w, "id", id);
		jsonw_kstr(w, "status", "completed");
	}
	jsonw_kstr(w, "role", role_name(in));
	jsonw_kjson_opt(w, "phase", json_get(opaque, "phase"));
	jsonw_key(w, "content");
	jsonw_array(w);
}

static void
write_text(struct input *in, const struct request_parts *p)
{
	struct json opaque = opaque_of(in, p->part);
	bool said = in->role == ROLE_ASSISTANT;
	bool refusal = said && json_eq(json_get(opaque, "type"), "refusal");
	struct jsonw *w = &in->q->w;

	if (said && json_is_empty_string(p->text))
		return;
	open_message(in, said ? opaque : JSON_ABSENT);
	jsonw_object(w);
	jsonw_kstr(w, "type", refusal ? "refusal" : said ? "output_text" : "input_text");
	jsonw_kjson(w, refusal ? "refusal" : "text", p->text);
	if (said && !refusal && json_exists(json_get(opaque, "id"))) {
		jsonw_key(w, "annotations");
		if (json_exists(json_get(opaque, "annotations")))
			jsonw_json(w, json_get(opaque, "annotations"));
		else
			jsonw_raw(w, STR_LIT("[]"));
	}
	jsonw_end(w);
}

/* --- media --- */

static void
write_image(struct openai_request *q, struct json part)
{
	struct buf url;

	jsonw_kstr(&q->w, "type", "input_image");
	if (json_exists(json_get(part, "fileId"))) {
		jsonw_kjson(&q->w, "file_id", json_get(part, "fileId"));
		return;
	}
	url = media_url(part);
	openai_raw_member(q, "image_url", &url);
}

static void
write_file(struct openai_request *q, struct json part)
{
	struct json name = json_get(part, "name"), text = json_get(part, "text");
	struct buf data = BUF_INIT(BUF_UNLIMITED);

	jsonw_kstr(&q->w, "type", json_exists(text) ? "input_text" : "input_file");
	if (json_exists(text)) {
		buf_addc(&data, '"');
		media_text(part, &data);
		buf_addc(&data, '"');
		openai_raw_member(q, "text", &data);
	} else if (json_exists(json_get(part, "fileId"))) {
		jsonw_kjson(&q->w, "file_id", json_get(part, "fileId"));
	} else if (json_exists(json_get(part, "url"))) {
		jsonw_kjson(&q->w, "file_url", json_get(part, "url"));
	} else {
		if (json_exists(name))
			jsonw_kjson(&q->w, "filename", name);
		else
			jsonw_kstr(&q->w, "filename", "file");
		data = media_url(part);
		openai_raw_member(q, "file_data", &data);
	}
}

/* A picture, a file or a sound, as an element of a message's or a result's content. */
static int
write_medium(struct input *in, const struct request_parts *p)
{
	struct openai_request *q = in->q;
	int r = 0;

	jsonw_object(&q->w);
	if (p->type == PART_IMAGE) {
		write_image(q, p->part);
	} else if (p->type == PART_FILE) {
		write_file(q, p->part);
	} else if (p->type == PART_AUDIO) {
		jsonw_kstr(&q->w, "type", "input_audio");
		r = openai_audio(q, p->part);
	} else {
		r = err_set(q->err, EXIT_NO, "this API takes no video parts");
	}
	jsonw_end(&q->w);
	return r;
}

/* --- calls and results --- */

static void
write_id(struct openai_request *q, struct json id)
{
	static const struct call_id_form form = { .max = 64 };

	call_id_write(&q->w, "call_id", id, &form);
}

static void
write_call(struct input *in, struct json part)
{
	struct json arguments = json_get(part, "arguments"), text = json_get(part, "input");
	struct json opaque = opaque_of(in, part), type = json_get(opaque, "type");
	bool custom = json_exists(type) ? json_eq(type, "custom_tool_call")
					: !json_exists(arguments) && json_exists(text);
	struct openai_request *q = in->q;
	struct buf quoted = BUF_INIT(BUF_UNLIMITED);

	jsonw_object(&q->w);
	if (!json_exists(type))
		jsonw_kstr(&q->w, "type", custom ? "custom_tool_call" : "function_call");
	jsonw_members(&q->w, opaque);
	write_id(q, json_get(part, "id"));
	jsonw_kjson(&q->w, "name", json_get(part, "name"));
	if (custom || !json_exists(arguments)) { /* cut arguments are text too */
		jsonw_kjson(&q->w, custom ? "input" : "arguments", text);
	} else {
		jsonw_quote(&quoted, json_raw(arguments));
		openai_raw_member(q, "arguments", &quoted);
	}
	jsonw_end(&q->w);
	if (!custom)
		return;
	VEC_GROW(in->custom, in->custom_count, in->custom_cap);
	in->custom[in->custom_count++] = json_get(part, "id");
}

static bool
is_custom(const struct input *in, struct json id)
{
	size_t i;

	for (i = 0; i < in->custom_count; i++) {
		if (json_equal(in->custom[i], id))
			return true;
	}
	return false;
}

/* Text alone goes as one string, which every server takes. */
static bool
is_all_text(struct json content)
{
	struct request_parts p = request_parts(content);

	while (request_next_part(&p)) {
		if (p.type != PART_TEXT && p.type != PART_PROVIDER)
			return false;
	}
	return true;
}

static void
write_result_text(struct openai_request *q, struct json text)
{
	jsonw_object(&q->w);
	jsonw_kstr(&q->w, "type", "input_text");
	jsonw_kjson(&q->w, "text", text);
	jsonw_end(&q->w);
}

static int
write_result_parts(struct input *in, struct json part)
{
	struct request_parts p = request_parts(json_get(part, "content"));
	struct openai_request *q = in->q;

	jsonw_key(&q->w, "output");
	jsonw_array(&q->w);
	if (json_is_true(json_get(part, "isError")))
		write_result_text(q, json_literal("\"Error:\""));
	while (request_next_part(&p)) {
		if (p.type == PART_PROVIDER) {
			if (dialect_carries(q->b, p.part))
				jsonw_json(&q->w, json_get(p.part, "value"));
		} else if (p.type == PART_TEXT) {
			write_result_text(q, p.text);
		} else if (write_medium(in, &p) < 0) {
			return -1;
		}
	}
	jsonw_end(&q->w);
	return 0;
}

static int
write_output(struct input *in, struct json part)
{
	struct json content = json_get(part, "content");
	struct request_parts p = request_parts(content);
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	if (request_is_parts(content) && !is_all_text(content))
		return write_result_parts(in, part);
	if (tool_result_text(part, &text)) {
		while (request_next_part(&p)) {
			if (p.type == PART_PROVIDER)
				(void)dialect_carries(in->q->b, p.part); /* no place here */
		}
	}
	openai_raw_member(in->q, "output", &text);
	return 0;
}

static int
write_result(struct input *in, struct json part)
{
	struct json id = json_get(part, "id");
	struct openai_request *q = in->q;
	int r;

	jsonw_object(&q->w);
	jsonw_kstr(
	    &q->w, "type", is_custom(in, id) ? "custom_tool_call_output" : "function_call_output");
	write_id(q, id);
	r = write_output(in, part);
	jsonw_end(&q->w);
	return r;
}

/* --- items that go back as they came --- */

static void
write_item(struct openai_request *q, struct json item)
{
	jsonw_object(&q->w);
	openai_responses_members(&q->w, item, NULL);
	jsonw_end(&q->w);
}

/* What was thought goes back sealed, or in words where the model's thoughts are open. With neither,
 * an item is only looked up by its id, and nothing is kept. */
static void
write_reasoning(struct input *in, struct json part)
{
	struct json item = opaque_of(in, part);

	if (!json_eq(json_get(item, "type"), "reasoning"))
		return;
	if (!json_exists(json_get(item, "encrypted_content")) &&
	    !json_count(json_get(item, "content")) && !openai_responses_stored(in->q)) {
		answer_warn(in->q->b->answer, "messages",
		    "reasoning that is neither sealed nor open is left out");
		return;
	}
	close_message(in);
	write_item(in->q, item);
}

/* Whether an element belongs into a message: all others are items. */
static bool
is_content(struct json value)
{
	static const char *const types[] = { "input_text", "input_image", "input_file",
		"input_audio", "output_text", "refusal", NULL };
	size_t i;

	for (i = 0; types[i]; i++) {
		if (json_eq(json_get(value, "type"), types[i]))
			return true;
	}
	return false;
}

static void
write_own(struct input *in, struct json part)
{
	struct json value = json_get(part, "value");

	if (!dialect_carries(in->q->b, part))
		return;
	if (is_content(value)) {
		open_message(in, JSON_ABSENT);
		jsonw_json(&in->q->w, value);
	} else {
		close_message(in);
		write_item(in->q, value);
	}
}

/* --- the conversation --- */

static int
write_part(struct input *in, const struct request_parts *p)
{
	switch (p->type) {
	case PART_TEXT:
		write_text(in, p);
		break;
	case PART_IMAGE:
	case PART_AUDIO:
	case PART_VIDEO:
	case PART_FILE:
		if (in->role != ROLE_ASSISTANT) {
			open_message(in, JSON_ABSENT);
			return write_medium(in, p);
		}
		answer_warn(in->q->b->answer, "messages",
		    "an assistant's %s part cannot be carried", part_type_name(p->type));
		break;
	case PART_REASONING:
		write_reasoning(in, p->part);
		break;
	case PART_TOOL_CALL:
		close_message(in);
		write_call(in, p->part);
		break;
	case PART_TOOL_RESULT:
		close_message(in);
		return write_result(in, p->part);
	case PART_PROVIDER:
		write_own(in, p->part);
		break;
	}
	return 0;
}

/* A turn that is one text needs no list. */
static void
write_plain(struct input *in, struct str text, struct json raw)
{
	struct jsonw *w = &in->q->w;

	jsonw_object(w);
	jsonw_kstr(w, "role", role_name(in));
	if (text.p)
		jsonw_kstrn(w, "content", text);
	else
		jsonw_kjson(w, "content", raw);
	jsonw_end(w);
}

static int
write_turn(struct input *in, const struct request_turns *turn)
{
	struct request_parts p = request_parts(turn->content);

	in->role = turn->role;
	if (turn->text.p || (turn->role != ROLE_ASSISTANT && turn->content.kind == JSON_STRING)) {
		write_plain(in, turn->text, turn->content);
		return 0;
	}
	while (request_next_part(&p)) {
		if (write_part(in, &p) < 0)
			return -1;
	}
	close_message(in);
	return 0;
}

/* The first turn as instructions, where it is the system's and nothing but text. */
static bool
write_instructions(struct openai_request *q, const struct request_turns *turn)
{
	struct request_parts p = request_parts(turn->content);
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	if (turn->role != ROLE_SYSTEM ||
	    (!turn->text.p && !json_count(turn->content) && turn->content.kind != JSON_STRING))
		return false;
	if (turn->text.p) {
		jsonw_kstrn(&q->w, "instructions", turn->text);
		return true;
	}
	buf_addc(&text, '"');
	while (request_next_part(&p)) {
		if (p.type != PART_TEXT) {
			buf_release(&text);
			return false;
		}
		openai_inner(&text, p.text);
	}
	buf_addc(&text, '"');
	openai_raw_member(q, "instructions", &text);
	return true;
}

int
openai_responses_input(struct openai_request *q)
{
	struct request_turns turn = request_turns(q->b->request);
	struct input in = { .q = q };
	bool more = request_next_turn(&turn);
	int r = 0;

	if (more && write_instructions(q, &turn))
		more = request_next_turn(&turn);
	jsonw_key(&q->w, "input");
	jsonw_array(&q->w);
	for (; r == 0 && more; more = request_next_turn(&turn))
		r = write_turn(&in, &turn);
	free(in.custom);
	if (r == 0)
		jsonw_end(&q->w);
	return r;
}
