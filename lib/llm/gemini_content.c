/* SPDX-License-Identifier: MIT */
/* gemini-content - write a conversation as Gemini wants it: systemInstruction, contents, parts. */
#include "json/jsonw.h"
#include "llm/gemini.h"
#include "llm/media.h"

static bool
fail(struct gemini_writer *x, const char *what, struct json v)
{
	(void)dialect_refuse(x->b, what, v, x->err);
	x->failed = true;
	return false;
}

static void
begin_part(struct gemini_writer *x)
{
	if (!x->content_open) {
		jsonw_object(&x->w);
		jsonw_kstr(&x->w, "role", x->side == ROLE_ASSISTANT ? "model" : "user");
		jsonw_key(&x->w, "parts");
		jsonw_array(&x->w);
		x->content_open = true;
		x->call_written = false;
	}
	jsonw_object(&x->w);
}

static void
end_content(struct gemini_writer *x)
{
	if (x->content_open) {
		jsonw_end(&x->w);
		jsonw_end(&x->w);
	}
	x->content_open = false;
}

static void
write_signature(struct gemini_writer *x, struct json opaque)
{
	if (opaque.kind == JSON_STRING)
		jsonw_kjson(&x->w, "thoughtSignature", opaque);
}

static bool
write_media(struct gemini_writer *x, struct json part)
{
	struct json data = json_get(part, "data"), url = json_get(part, "url"),
		    file = json_get(part, "fileId"), text = json_get(part, "text"),
		    mime = json_get(part, "mediaType");
	struct str media_type, bytes;

	if (!json_exists(data) && !json_exists(url) && !json_exists(file) && !json_exists(text))
		return fail(x,
		    "messages: a part has no data, url, fileId or text: ", json_get(part, "type"));
	if (json_exists(data)) {
		jsonw_key(&x->w, "inlineData");
		jsonw_object(&x->w);
		jsonw_kjson_opt(&x->w, "mimeType", mime);
		jsonw_kjson(&x->w, "data", data);
		jsonw_end(&x->w);
	} else if (media_data_url(url, &media_type, &bytes)) {
		jsonw_key(&x->w, "inlineData");
		jsonw_object(&x->w);
		jsonw_kstrn(&x->w, "mimeType", media_type);
		jsonw_kstrn(&x->w, "data", bytes);
		jsonw_end(&x->w);
	} else if (json_exists(url) || json_exists(file)) {
		jsonw_key(&x->w, "fileData");
		jsonw_object(&x->w);
		jsonw_kjson_opt(&x->w, "mimeType", mime);
		jsonw_kjson(&x->w, "fileUri", json_exists(url) ? url : file);
		jsonw_end(&x->w);
	} else {
		struct buf inner = BUF_INIT(BUF_UNLIMITED);

		buf_addc(&inner, '"');
		media_text(part, &inner);
		buf_addc(&inner, '"');
		jsonw_key(&x->w, "text");
		jsonw_raw(&x->w, buf_str(&inner));
		buf_release(&inner);
	}
	return true;
}

/* Whether an id is the provider's own, and not one that was made on reading. */
static bool
is_own_id(const struct gemini_writer *x, struct json id)
{
	struct str text;

	if (x->door == GEMINI_VERTEX && x->family->no_ids)
		return false;
	return id.kind == JSON_STRING && !json_is_empty_string(id) &&
	       !(json_plain(id, &text) && str_starts(text, GEMINI_ID_PREFIX));
}

static void
write_call(struct gemini_writer *x, struct json part, struct json opaque)
{
	struct json id = json_get(part, "id");

	begin_part(x);
	jsonw_key(&x->w, "functionCall");
	jsonw_object(&x->w);
	if (is_own_id(x, id))
		jsonw_kjson(&x->w, "id", id);
	jsonw_kjson(&x->w, "name", json_get(part, "name"));
	jsonw_key(&x->w, "args");
	request_write_arguments(&x->w, part);
	jsonw_end(&x->w);
	/* A call that another model made has no signature; this word is the documented stand-in. */
	if (opaque.kind != JSON_STRING && !x->call_written && x->family->signed_calls)
		jsonw_kstr(&x->w, "thoughtSignature", "skip_thought_signature_validator");
	write_signature(x, opaque);
	jsonw_end(&x->w);
	x->call_written = true;
}

/* A result has to be an object: whatever else it is goes under one name. */
static void
write_response(struct gemini_writer *x, struct json content, bool is_error)
{
	struct request_parts parts = request_parts(content);
	const char *key = is_error ? "error" : "output";
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	jsonw_key(&x->w, "response");
	if (content.kind == JSON_OBJECT && !is_error) {
		jsonw_json(&x->w, content);
		return;
	}
	jsonw_object(&x->w);
	if (request_is_parts(content)) {
		while (request_next_part(&parts)) {
			if (parts.type == PART_TEXT)
				json_text(parts.text, &text);
		}
		jsonw_kstrn(&x->w, key, buf_str(&text));
	} else if (json_exists(content)) {
		jsonw_kjson(&x->w, key, content);
	}
	jsonw_end(&x->w);
	buf_release(&text);
}

static bool
write_result_media(struct gemini_writer *x, struct json content)
{
	struct request_parts parts = request_parts(content);
	bool any = false, ok = true;

	if (!request_is_parts(content))
		return true;
	while (ok && request_next_part(&parts)) {
		if (parts.type == PART_PROVIDER)
			answer_warn(x->b->answer, "messages",
			    "a tool result's provider part cannot be carried");
		if (parts.type == PART_TEXT || parts.type == PART_PROVIDER)
			continue;
		if (!any) {
			jsonw_key(&x->w, "parts");
			jsonw_array(&x->w);
		}
		any = true;
		jsonw_object(&x->w);
		ok = write_media(x, parts.part);
		jsonw_end(&x->w);
	}
	if (any)
		jsonw_end(&x->w);
	return ok;
}

static bool
write_result(struct gemini_writer *x, struct json part)
{
	struct json id = json_get(part, "id"), content = json_get(part, "content");
	struct json name = request_calls_name(&x->calls, part);
	bool ok;

	if (!json_exists(name))
		return fail(x, "messages: a toolResult answers no toolCall: ", id);
	begin_part(x);
	jsonw_key(&x->w, "functionResponse");
	jsonw_object(&x->w);
	if (is_own_id(x, id))
		jsonw_kjson(&x->w, "id", id);
	jsonw_kjson(&x->w, "name", name);
	write_response(x, content, json_is_true(json_get(part, "isError")));
	ok = write_result_media(x, content);
	jsonw_end(&x->w);
	jsonw_end(&x->w);
	return ok;
}

static void
write_provider_part(struct gemini_writer *x, struct json part)
{
	if (!dialect_carries(x->b, part))
		return;
	begin_part(x);
	jsonw_members(&x->w, json_get(part, "value"));
	jsonw_end(&x->w);
}

static void
write_text(struct gemini_writer *x, struct json text, bool thought, struct json opaque)
{
	if (json_is_empty_string(text) && opaque.kind != JSON_STRING)
		return;
	begin_part(x);
	jsonw_kjson(&x->w, "text", text);
	if (thought)
		jsonw_kbool(&x->w, "thought", true);
	write_signature(x, opaque);
	jsonw_end(&x->w);
}

static bool
write_part(struct gemini_writer *x, const struct request_parts *p)
{
	struct json opaque = JSON_ABSENT;
	bool ok = true;

	if (p->part.kind == JSON_OBJECT)
		opaque = request_opaque(p->part, x->b->provider->name, x->model);
	switch (p->type) {
	case PART_TEXT:
		write_text(x, p->text, false, opaque);
		break;
	case PART_IMAGE:
	case PART_AUDIO:
	case PART_VIDEO:
	case PART_FILE:
		begin_part(x);
		ok = write_media(x, p->part);
		write_signature(x, opaque);
		jsonw_end(&x->w);
		break;
	case PART_REASONING:
		if (opaque.kind == JSON_STRING) /* thoughts are only taken back signed */
			write_text(x, p->text, true, opaque);
		break;
	case PART_TOOL_CALL:
		write_call(x, p->part, opaque);
		break;
	case PART_TOOL_RESULT:
		return write_result(x, p->part);
	case PART_PROVIDER:
		write_provider_part(x, p->part);
		break;
	}
	return ok;
}

static enum role
side_of(enum role role)
{
	return role == ROLE_TOOL ? ROLE_USER : role;
}

/* Turns of one side become one content; system turns stand elsewhere. */
void
gemini_contents(struct gemini_writer *x)
{
	struct request_turns t = request_turns(x->r);
	struct request_parts parts;

	jsonw_key(&x->w, "contents");
	jsonw_array(&x->w);
	while (request_next_turn(&t)) {
		if (t.role == ROLE_SYSTEM)
			continue;
		if (x->content_open && side_of(t.role) != x->side)
			end_content(x);
		x->side = side_of(t.role);
		for (parts = request_parts(t.content); request_next_part(&parts);) {
			if (!write_part(x, &parts))
				return;
		}
	}
	end_content(x);
	jsonw_end(&x->w);
}

void
gemini_system(struct gemini_writer *x)
{
	struct request_turns t = request_turns(x->r);
	struct request_parts parts;
	bool any = false;

	while (request_next_turn(&t)) {
		if (t.role != ROLE_SYSTEM)
			continue;
		if (!any) {
			jsonw_key(&x->w, "systemInstruction");
			jsonw_object(&x->w);
			jsonw_key(&x->w, "parts");
			jsonw_array(&x->w);
		}
		any = true;
		if (t.text.p) {
			jsonw_object(&x->w);
			jsonw_kstrn(&x->w, "text", t.text);
			jsonw_end(&x->w);
		}
		for (parts = request_parts(t.content); request_next_part(&parts);) {
			if (parts.type != PART_TEXT) {
				answer_warn(x->b->answer, "messages",
				    "a system turn's %s part cannot be carried",
				    part_type_name(parts.type));
				continue;
			}
			jsonw_object(&x->w);
			jsonw_kjson(&x->w, "text", parts.text);
			jsonw_end(&x->w);
		}
	}
	if (!any)
		return;
	jsonw_end(&x->w);
	jsonw_end(&x->w);
}
