/* SPDX-License-Identifier: MIT */
/* openai_chat_turns - a conversation in the form of chat completions' messages. */
#include <stdlib.h>

#include "base/mem.h"
#include "llm/openai_chat.h"

struct turns {
	const struct build *b;
	const struct openai_server *server;
	struct jsonw *w;
	struct err *err;
	char *model; /* b->model as a C string */
	bool developer; /* the system speaks as "developer" */
};

/* A JSON string's bytes between its quotes: escaped as they are, so strings can be joined. */
static void
add_inner(struct buf *out, struct json v)
{
	if (v.kind == JSON_STRING)
		buf_add(out, v.p + 1, v.len - 2);
}

/* The part's state where it comes from this provider and model. */
static struct json
opaque_of(const struct turns *t, struct json part)
{
	return request_opaque(part, t->b->provider->name, t->model);
}

static void
write_raw(struct turns *t, const char *key, struct buf *raw)
{
	jsonw_key(t->w, key);
	jsonw_raw(t->w, buf_str(raw));
	buf_release(raw);
}

static void
write_url(struct turns *t, const char *type, struct buf *url)
{
	jsonw_kstr(t->w, "type", type);
	jsonw_key(t->w, type);
	jsonw_object(t->w);
	write_raw(t, "url", url);
	jsonw_end(t->w);
}

/* --- media --- */

/* The part's url, or its data as a data URI, as a raw JSON string. */
static struct buf
data_url(struct json part)
{
	struct json url = json_get(part, "url");
	struct buf out = BUF_INIT(BUF_UNLIMITED);

	if (json_exists(url)) {
		buf_addstr(&out, json_raw(url));
		return out;
	}
	buf_adds(&out, "\"data:");
	add_inner(&out, json_get(part, "mediaType"));
	buf_adds(&out, ";base64,");
	add_inner(&out, json_get(part, "data"));
	buf_addc(&out, '"');
	return out;
}

static int
write_file_id(struct turns *t, struct json id)
{
	jsonw_kstr(t->w, "type", "file");
	jsonw_key(t->w, "file");
	jsonw_object(t->w);
	jsonw_kjson(t->w, "file_id", id);
	jsonw_end(t->w);
	return 0;
}

static int
write_image(struct turns *t, struct json part)
{
	struct buf url;

	if (json_exists(json_get(part, "fileId")))
		return write_file_id(t, json_get(part, "fileId"));
	url = data_url(part);
	write_url(t, "image_url", &url);
	return 0;
}

static int
write_video(struct turns *t, struct json part)
{
	struct buf url;

	if (!(t->server->flags & OPENAI_VIDEO) || json_exists(json_get(part, "fileId")))
		return err_set(t->err, EXIT_NO, "this provider takes no video parts");
	url = data_url(part);
	write_url(t, "video_url", &url);
	return 0;
}

/* The API names formats, not media types: "audio/mpeg" is "mp3". */
static int
write_audio(struct turns *t, struct json part)
{
	static const char *const renamed[][2] = { { "mpeg", "mp3" }, { "x-wav", "wav" },
		{ "wave", "wav" }, { "vnd.wave", "wav" }, { "x-m4a", "m4a" }, { NULL, NULL } };
	struct json data = json_get(part, "data");
	struct str type = STR_NONE, family;
	size_t i;

	if (!json_exists(data))
		return err_set(t->err, EXIT_NO, "this provider takes audio as data only");
	if (json_plain(json_get(part, "mediaType"), &type))
		(void)str_split(&type, '/', &family); /* what is left is the subtype */
	for (i = 0; renamed[i][0] && !str_eq_nocase(type, renamed[i][0]); i++)
		;
	jsonw_kstr(t->w, "type", "input_audio");
	jsonw_key(t->w, "input_audio");
	jsonw_object(t->w);
	jsonw_kjson(t->w, "data", data);
	jsonw_kstrn(t->w, "format", renamed[i][0] ? str_of(renamed[i][1]) : type);
	jsonw_end(t->w);
	return 0;
}

static int
write_file(struct turns *t, struct json part)
{
	struct json name = json_get(part, "name"), text = json_get(part, "text");
	struct buf data;

	if (json_exists(json_get(part, "fileId")))
		return write_file_id(t, json_get(part, "fileId"));
	if (json_exists(text)) {
		jsonw_kstr(t->w, "type", "text");
		jsonw_kjson(t->w, "text", text);
		return 0;
	}
	if (json_exists(json_get(part, "url")) && (t->server->flags & OPENAI_OWN))
		return err_set(
		    t->err, EXIT_NO, "this provider takes files as data or fileId, not by url");
	data = data_url(part);
	jsonw_kstr(t->w, "type", "file");
	jsonw_key(t->w, "file");
	jsonw_object(t->w);
	if (json_exists(name))
		jsonw_kjson(t->w, "filename", name);
	else
		jsonw_kstr(t->w, "filename", "file");
	write_raw(t, "file_data", &data);
	jsonw_end(t->w);
	return 0;
}

/* --- content --- */

static bool
wants_cache(const struct turns *t, struct json part)
{
	struct json cache = json_get(part, "cache");

	return (t->server->flags & OPENAI_CACHE_CONTROL) && !t->b->request->options.cache_off &&
	       (json_is_true(cache) || cache.kind == JSON_STRING);
}

static void
write_cache(struct turns *t, struct json part)
{
	if (!wants_cache(t, part))
		return;
	jsonw_key(t->w, "cache_control");
	jsonw_object(t->w);
	jsonw_kstr(t->w, "type", "ephemeral");
	if (json_eq(json_get(part, "cache"), "1h"))
		jsonw_kstr(t->w, "ttl", "1h");
	jsonw_end(t->w);
}

/* A block of this provider's own. */
static bool
is_ours(const struct turns *t, struct json part)
{
	struct json name = json_get(part, "provider");

	return json_eq(name, t->b->provider->name) || json_eq(name, t->b->provider->dialect->name);
}

/* One part as an element of a content array. */
static int
write_part(struct turns *t, const struct request_parts *p)
{
	int r = 0;

	if (p->type == PART_PROVIDER) {
		if (is_ours(t, p->part))
			jsonw_json(t->w, json_get(p->part, "value"));
		return 0;
	}
	if (p->type == PART_REASONING || p->type == PART_TOOL_CALL || p->type == PART_TOOL_RESULT)
		return 0;
	jsonw_object(t->w);
	switch (p->type) {
	case PART_TEXT:
		jsonw_kstr(t->w, "type", "text");
		jsonw_kjson(t->w, "text", p->text);
		break;
	case PART_IMAGE:
		r = write_image(t, p->part);
		break;
	case PART_AUDIO:
		r = write_audio(t, p->part);
		break;
	case PART_VIDEO:
		r = write_video(t, p->part);
		break;
	case PART_FILE:
		r = write_file(t, p->part);
		break;
	case PART_REASONING:
	case PART_TOOL_CALL:
	case PART_TOOL_RESULT:
	case PART_PROVIDER:
		break;
	}
	write_cache(t, p->part);
	jsonw_end(t->w);
	return r;
}

/* Whether one string says it all. */
static bool
is_one_text(const struct turns *t, struct json content)
{
	struct request_parts p = request_parts(content);
	size_t n = 0;

	while (request_next_part(&p)) {
		if (p.type != PART_TEXT || wants_cache(t, p.part) || ++n > 1)
			return false;
	}
	return n == 1;
}

static int
write_content(struct turns *t, struct json content)
{
	struct request_parts p = request_parts(content);

	jsonw_key(t->w, "content");
	if (is_one_text(t, content)) {
		(void)request_next_part(&p); /* it is there */
		jsonw_json(t->w, p.text);
		return 0;
	}
	jsonw_array(t->w);
	while (request_next_part(&p)) {
		if (write_part(t, &p) < 0)
			return -1;
	}
	jsonw_end(t->w);
	return 0;
}

/* --- tool results --- */

static void
write_result_parts(struct turns *t, struct json content)
{
	struct request_parts p = request_parts(content);
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	buf_addc(&text, '"');
	while (request_next_part(&p)) {
		if (p.type == PART_TEXT)
			add_inner(&text, p.text);
		else if (json_exists(json_get(p.part, "text")))
			add_inner(&text, json_get(p.part, "text"));
		else
			answer_warn(t->b->answer, "messages",
			    "a tool result's %s part cannot be carried", part_type_name(p.type));
	}
	buf_addc(&text, '"');
	write_raw(t, "content", &text);
}

static void
write_result(struct turns *t, struct json part)
{
	struct json content = json_get(part, "content");
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	jsonw_object(t->w);
	jsonw_kstr(t->w, "role", "tool");
	jsonw_kjson(t->w, "tool_call_id", json_get(part, "id"));
	if (content.kind == JSON_STRING) {
		jsonw_kjson(t->w, "content", content);
	} else if (request_is_parts(content)) {
		write_result_parts(t, content);
	} else if (json_exists(content)) {
		jsonw_quote(&text, json_raw(content));
		write_raw(t, "content", &text);
	} else {
		jsonw_kstr(t->w, "content", "");
	}
	jsonw_end(t->w);
}

/* Results are messages of their own, before what else the turn says. True where it says more. */
static bool
write_results(struct turns *t, struct json content)
{
	struct request_parts p = request_parts(content);
	bool more = false;

	while (request_next_part(&p)) {
		if (p.type == PART_TOOL_RESULT)
			write_result(t, p.part);
		else
			more = true;
	}
	return more;
}

/* --- the assistant's turn --- */

static void
write_call(struct turns *t, struct json part)
{
	struct json arguments = json_get(part, "arguments"), input = json_get(part, "input");
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	bool custom = !json_exists(arguments) && json_exists(input);

	jsonw_object(t->w);
	jsonw_kjson(t->w, "id", json_get(part, "id"));
	jsonw_kstr(t->w, "type", custom ? "custom" : "function");
	jsonw_key(t->w, custom ? "custom" : "function");
	jsonw_object(t->w);
	jsonw_kjson(t->w, "name", json_get(part, "name"));
	if (custom) {
		jsonw_kjson(t->w, "input", input);
	} else {
		jsonw_quote(&text, json_exists(arguments) ? json_raw(arguments) : STR_LIT("{}"));
		write_raw(t, "arguments", &text);
	}
	jsonw_end(t->w);
	jsonw_members(t->w, opaque_of(t, part));
	write_cache(t, part);
	jsonw_end(t->w);
}

static void
write_calls(struct turns *t, struct json content)
{
	struct request_parts p = request_parts(content);

	jsonw_key(t->w, "tool_calls");
	jsonw_array(t->w);
	while (request_next_part(&p)) {
		if (p.type == PART_TOOL_CALL)
			write_call(t, p.part);
	}
	jsonw_end(t->w);
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
static struct json
annotations_of(const struct turns *t, struct json part)
{
	struct json list = json_find(json_get(part, "value"), "annotations");

	if (!is_ours(t, part) || !json_eq(json_find(list, "0.type"), "file"))
		return JSON_ABSENT;
	return list;
}

static void
gather_reasoning(struct turns *t, struct turn *turn, const struct request_parts *p)
{
	struct json opaque = opaque_of(t, p->part), field = json_get(opaque, "field");

	/* The first reasoner refuses its own reasoning; its successors ask for it. */
	if (str_has_nocase(t->b->model, "deepseek-r1"))
		return;
	add_list(&turn->details, json_get(opaque, "reasoning_details"));
	if (!json_exists(field))
		return;
	turn->field = field;
	add_inner(&turn->reasoning, p->text);
}

static void
gather(struct turns *t, struct turn *turn, struct json content)
{
	struct request_parts p = request_parts(content);

	while (request_next_part(&p)) {
		switch (p.type) {
		case PART_TEXT:
			add_inner(&turn->text, p.text);
			turn->texts++;
			break;
		case PART_REASONING:
			gather_reasoning(t, turn, &p);
			break;
		case PART_TOOL_CALL:
			turn->calls++;
			break;
		case PART_AUDIO:
			if (json_exists(opaque_of(t, p.part)))
				turn->audio = opaque_of(t, p.part);
			break;
		case PART_PROVIDER:
			if (json_exists(annotations_of(t, p.part)))
				turn->annotations = annotations_of(t, p.part);
			break;
		case PART_IMAGE:
		case PART_VIDEO:
		case PART_FILE:
			answer_warn(t->b->answer, "messages",
			    "an assistant's %s part cannot be carried", part_type_name(p.type));
			break;
		case PART_TOOL_RESULT:
			break;
		}
	}
}

/* Content that begins with Mistral's thinking. */
static void
write_thinking_content(struct turns *t, struct turn *turn)
{
	jsonw_array(t->w);
	jsonw_object(t->w);
	jsonw_kstr(t->w, "type", "thinking");
	jsonw_key(t->w, "thinking");
	jsonw_array(t->w);
	jsonw_object(t->w);
	jsonw_kstr(t->w, "type", "text");
	write_raw(t, "text", &turn->reasoning);
	jsonw_end(t->w);
	jsonw_end(t->w);
	jsonw_end(t->w);
	if (turn->texts) {
		jsonw_object(t->w);
		jsonw_kstr(t->w, "type", "text");
		write_raw(t, "text", &turn->text);
		jsonw_end(t->w);
	}
	jsonw_end(t->w);
}

static void
write_assistant(struct turns *t, struct json content)
{
	struct turn turn = { .text = BUF_INIT(BUF_UNLIMITED),
		.reasoning = BUF_INIT(BUF_UNLIMITED),
		.details = BUF_INIT(BUF_UNLIMITED) };
	char *field;

	buf_addc(&turn.text, '"');
	buf_addc(&turn.reasoning, '"');
	gather(t, &turn, content);
	buf_addc(&turn.text, '"');
	buf_addc(&turn.reasoning, '"');
	field = json_strdup(turn.field);
	jsonw_kstr(t->w, "role", "assistant");
	jsonw_key(t->w, "content");
	if (json_eq(turn.field, "thinking"))
		write_thinking_content(t, &turn);
	else if (turn.texts || !turn.calls)
		jsonw_raw(t->w, buf_str(&turn.text));
	else
		jsonw_null(t->w);
	if (turn.details.len) {
		jsonw_key(t->w, "reasoning_details");
		jsonw_array(t->w);
		jsonw_raw(t->w, buf_str(&turn.details));
		jsonw_end(t->w);
	} else if (field && strcmp(field, "thinking") != 0) {
		write_raw(t, field, &turn.reasoning);
	} else if (turn.calls && (t->server->flags & OPENAI_REASONING_BACK)) {
		jsonw_kstr(t->w, "reasoning_content", "");
	}
	jsonw_members(t->w, turn.audio);
	if (json_exists(turn.annotations))
		jsonw_kjson(t->w, "annotations", turn.annotations);
	if (turn.calls)
		write_calls(t, content);
	free(field);
	buf_release(&turn.text);
	buf_release(&turn.reasoning);
	buf_release(&turn.details);
}

/* --- the conversation --- */

static int
write_turn(struct turns *t, const struct request_turns *turn)
{
	int r = 0;

	if (turn->role == ROLE_TOOL || turn->role == ROLE_USER) {
		if (!write_results(t, turn->content))
			return 0;
	}
	jsonw_object(t->w);
	switch (turn->role) {
	case ROLE_ASSISTANT:
		write_assistant(t, turn->content);
		break;
	case ROLE_SYSTEM:
		jsonw_kstr(t->w, "role", t->developer ? "developer" : "system");
		if (turn->text.p)
			jsonw_kstrn(t->w, "content", turn->text);
		else
			r = write_content(t, turn->content);
		break;
	case ROLE_USER:
	case ROLE_TOOL:
		jsonw_kstr(t->w, "role", "user");
		r = write_content(t, turn->content);
		break;
	}
	jsonw_end(t->w);
	return r;
}

int
openai_chat_messages(
    const struct build *b, const struct openai_server *server, struct jsonw *w, struct err *err)
{
	struct request_turns turn = request_turns(b->request);
	struct turns t = {
		.b = b,
		.server = server,
		.w = w,
		.err = err,
		.model = xmemdup(b->model.p, b->model.len),
		.developer = (server->flags & OPENAI_OWN) && openai_chat_model_reasons(b->model),
	};
	int r = 0;

	jsonw_key(w, "messages");
	jsonw_array(w);
	while (r == 0 && request_next_turn(&turn))
		r = write_turn(&t, &turn);
	if (r == 0)
		jsonw_end(w);
	free(t.model);
	return r;
}
