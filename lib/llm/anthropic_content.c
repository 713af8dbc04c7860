/* SPDX-License-Identifier: MIT */
/* anthropic-content - write a conversation as the Messages API wants it: system, turns, blocks. */
#include "json/jsonw.h"
#include "llm/anthropic.h"
#include "llm/call_id.h"
#include "llm/media.h"

static bool
fail(struct anthropic_writer *x, const char *what, struct json v)
{
	(void)dialect_refuse(x->b, what, v, x->err);
	x->failed = true;
	return false;
}

static void
end_block(struct anthropic_writer *x)
{
	if (x->block_open)
		jsonw_end(&x->w);
	x->block_open = false;
}

static void
end_message(struct anthropic_writer *x)
{
	end_block(x);
	if (x->message_open) {
		jsonw_end(&x->w);
		jsonw_end(&x->w);
	}
	x->message_open = false;
}

/* Open a block of that type, and the message around it where it is the first; the block stays open
 * until the next one begins. */
static void
begin_block(struct anthropic_writer *x, const char *type)
{
	end_block(x);
	if (x->in_system && !x->content_open) {
		jsonw_key(&x->w, "system");
		jsonw_array(&x->w);
		x->content_open = true;
	}
	if (!x->message_open && !x->content_open) {
		jsonw_object(&x->w);
		jsonw_kstr(&x->w, "role", request_roles[x->side]);
		jsonw_key(&x->w, "content");
		jsonw_array(&x->w);
		x->message_open = true;
	}
	jsonw_object(&x->w);
	x->block_open = true;
	x->markable = true;
	if (type)
		jsonw_kstr(&x->w, "type", type);
}

static void
mark_block(struct anthropic_writer *x, struct json cache)
{
	if (x->block_open && x->markable && anthropic_mark(x, cache))
		x->markable = false;
}

static void
write_text(struct anthropic_writer *x, struct str text)
{
	if (!str_trim(text).len) /* the API refuses blank text blocks */
		return;
	begin_block(x, "text");
	jsonw_kstrn(&x->w, "text", text);
}

static void
write_json_text(struct anthropic_writer *x, struct json text)
{
	struct buf plain = BUF_INIT(BUF_UNLIMITED);
	bool blank;

	json_text(text, &plain);
	blank = !str_trim(buf_str(&plain)).len;
	if (!blank && text.p == x->prefill.p) { /* white space at its end is refused */
		while (strchr(" \t\r\n", plain.p[plain.len - 1]))
			buf_truncate(&plain, plain.len - 1);
		write_text(x, buf_str(&plain));
	} else if (!blank) {
		begin_block(x, "text");
		jsonw_kjson(&x->w, "text", text);
	}
	buf_release(&plain);
}

/* The source of an image or a document: bytes, an address or a file that was uploaded before. */
static bool
write_source(struct anthropic_writer *x, struct json part)
{
	struct json data = json_get(part, "data"), url = json_get(part, "url"),
		    file = json_get(part, "fileId"), text = json_get(part, "text");
	struct str media_type, bytes;

	jsonw_key(&x->w, "source");
	jsonw_object(&x->w);
	if (json_exists(data)) {
		jsonw_kstr(&x->w, "type", "base64");
		jsonw_kjson(&x->w, "media_type", json_get(part, "mediaType"));
		jsonw_kjson(&x->w, "data", data);
	} else if (media_data_url(url, &media_type, &bytes)) {
		jsonw_kstr(&x->w, "type", "base64");
		jsonw_kstrn(&x->w, "media_type", media_type);
		jsonw_kstrn(&x->w, "data", bytes);
	} else if (json_exists(url)) {
		jsonw_kstr(&x->w, "type", "url");
		jsonw_kjson(&x->w, "url", url);
	} else if (json_exists(file)) {
		x->files = true;
		jsonw_kstr(&x->w, "type", "file");
		jsonw_kjson(&x->w, "file_id", file);
	} else if (json_exists(text)) {
		jsonw_kstr(&x->w, "type", "text");
		jsonw_kstr(&x->w, "media_type", "text/plain");
		jsonw_kjson(&x->w, "data", text);
	}
	jsonw_end(&x->w);
	return json_exists(data) || json_exists(url) || json_exists(file) || json_exists(text);
}

static bool
write_media(struct anthropic_writer *x, enum part_type type, struct json part)
{
	struct json media_type = json_get(part, "mediaType");
	struct str media = STR_NONE;

	if (type == PART_AUDIO || type == PART_VIDEO)
		return fail(x, "messages: the API takes no ", json_get(part, "type"));
	(void)json_plain(media_type, &media);
	if (type == PART_FILE && str_starts(media, "image/"))
		type = PART_IMAGE;
	if (type == PART_FILE && json_exists(json_get(part, "data")) &&
	    !str_is(media, "application/pdf"))
		return fail(x, "messages: no file of this type is taken as data: ", media_type);
	begin_block(x, type == PART_IMAGE ? "image" : "document");
	if (!write_source(x, part))
		return fail(x,
		    "messages: a part has no data, url, fileId or text: ", json_get(part, "type"));
	if (type == PART_FILE && json_get(part, "name").kind == JSON_STRING)
		jsonw_kjson(&x->w, "title", json_get(part, "name"));
	return true;
}

/* Thinking is only taken back signed, by the model that thought it. */
static void
write_reasoning(struct anthropic_writer *x, struct json part, struct json opaque)
{
	if (opaque.kind != JSON_OBJECT)
		return;
	if (json_exists(json_get(opaque, "type"))) { /* a whole block: redacted_thinking */
		begin_block(x, NULL);
	} else {
		begin_block(x, "thinking");
		jsonw_kjson(&x->w, "thinking", json_get(part, "text"));
	}
	jsonw_members(&x->w, opaque);
	x->markable = false;
}

static void
write_id(struct anthropic_writer *x, const char *key, struct json id)
{
	static const struct call_id_form form = { .others = "_-" };

	call_id_write(&x->w, key, id, &form);
}

static void
write_tool_call(struct anthropic_writer *x, struct json part, struct json opaque)
{
	begin_block(x, "tool_use");
	write_id(x, "id", json_get(part, "id"));
	jsonw_kjson(&x->w, "name", json_get(part, "name"));
	jsonw_key(&x->w, "input");
	request_write_arguments(&x->w, part);
	jsonw_members(&x->w, opaque);
}

static void
write_provider_block(struct anthropic_writer *x, struct json part)
{
	struct json value = json_get(part, "value");

	if (!dialect_carries(x->b, part))
		return;
	begin_block(x, NULL);
	jsonw_members(&x->w, value);
	if (json_exists(json_get(value, "cache_control"))) {
		x->marks++;
		x->markable = false;
	}
}

/* --- tool results --- */

static bool
write_result_parts(struct anthropic_writer *x, struct json content)
{
	struct request_parts parts = request_parts(content);
	bool ok = true;

	x->block_open = false;
	x->content_open = true;
	jsonw_key(&x->w, "content");
	jsonw_array(&x->w);
	while (ok && request_next_part(&parts)) {
		if (parts.type == PART_TEXT)
			write_json_text(x, parts.text);
		else if (parts.type == PART_PROVIDER)
			write_provider_block(x, parts.part);
		else
			ok = write_media(x, parts.type, parts.part);
	}
	end_block(x);
	jsonw_end(&x->w);
	x->content_open = false;
	x->block_open = true; /* the tool_result around them */
	return ok;
}

static bool
write_result(struct anthropic_writer *x, struct json id, struct json content, struct json is_error)
{
	bool ok = true;

	begin_block(x, "tool_result");
	write_id(x, "tool_use_id", id);
	if (content.kind == JSON_STRING)
		jsonw_kjson(&x->w, "content", content);
	else if (request_is_parts(content))
		ok = write_result_parts(x, content);
	else if (json_exists(content))
		jsonw_kstrn(&x->w, "content", json_raw(content));
	if (json_is_true(is_error))
		jsonw_kbool(&x->w, "is_error", true);
	x->markable = true;
	return ok;
}

/* --- turns --- */

static bool
write_part(struct anthropic_writer *x, const struct request_parts *p)
{
	struct json opaque = JSON_ABSENT;

	if (p->part.kind == JSON_OBJECT)
		opaque = request_opaque(p->part, x->b->provider->name, x->model);
	switch (p->type) {
	case PART_TEXT:
		end_block(x);
		write_json_text(x, p->text);
		if (x->block_open)
			jsonw_members(&x->w, opaque);
		break;
	case PART_IMAGE:
	case PART_AUDIO:
	case PART_VIDEO:
	case PART_FILE:
		return write_media(x, p->type, p->part);
	case PART_REASONING:
		write_reasoning(x, p->part, opaque);
		break;
	case PART_TOOL_CALL:
		write_tool_call(x, p->part, opaque);
		break;
	case PART_TOOL_RESULT:
		break; /* written before the rest of the turn */
	case PART_PROVIDER:
		write_provider_block(x, p->part);
		break;
	}
	return true;
}

static bool
write_results(struct anthropic_writer *x, const struct request_turns *t)
{
	struct request_parts parts = request_parts(t->content);

	while (request_next_part(&parts)) {
		if (parts.type != PART_TOOL_RESULT)
			continue;
		if (!write_result(x, json_get(parts.part, "id"), json_get(parts.part, "content"),
			json_get(parts.part, "isError")))
			return false;
		mark_block(x, json_get(parts.part, "cache"));
	}
	return true;
}

static bool
write_rest(struct anthropic_writer *x, const struct request_turns *t)
{
	struct request_parts parts = request_parts(t->content);

	if (t->text.p)
		write_text(x, t->text);
	while (request_next_part(&parts)) {
		if (!write_part(x, &parts))
			return false;
		if (parts.type != PART_TOOL_RESULT)
			mark_block(x, json_get(parts.part, "cache"));
	}
	mark_block(x, json_get(t->message, "cache"));
	return true;
}

static enum role
side_of(enum role role)
{
	return role == ROLE_TOOL ? ROLE_USER : role;
}

/* Whether a system turn stays where it is: the beta was asked for, or the turn holds what only
 * the API itself can have said there (a tool that is added). */
static bool
stays(const struct anthropic_writer *x, const struct request_turns *t)
{
	const char *beta = http_headers_get(&x->b->provider->headers, "anthropic-beta");
	struct request_parts parts = request_parts(t->content);

	if (t->role != ROLE_SYSTEM)
		return false;
	if (beta && str_has_nocase(str_of(beta), "mid-conversation-system"))
		return true;
	while (request_next_part(&parts)) {
		if (parts.type == PART_PROVIDER && dialect_owns(x->b, parts.part))
			return true;
	}
	return false;
}

/* Whether t is a turn of the other side, at which a message ends. System turns that do not stay
 * stand elsewhere. */
static bool
ends_run(const struct anthropic_writer *x, const struct request_turns *t)
{
	if (t->role == ROLE_SYSTEM)
		return stays(x, t);
	return side_of(t->role) != x->side;
}

/*
 * Write the turns that t stands at, up to one of the other side: the API wants one message, with
 * the results of tools before everything else. Returns whether t has a turn after them.
 */
static bool
write_run(struct anthropic_writer *x, struct request_turns *t)
{
	struct request_turns first = *t;
	bool more = true;

	x->side = side_of(t->role);
	for (; more && !x->failed && !ends_run(x, t); more = request_next_turn(t)) {
		if (t->role != ROLE_SYSTEM)
			(void)write_results(x, t); /* failed says so */
	}
	*t = first;
	for (more = true; more && !x->failed && !ends_run(x, t); more = request_next_turn(t)) {
		if (t->role != ROLE_SYSTEM)
			(void)write_rest(x, t); /* failed says so */
	}
	if (!more && x->block_open && x->markable)
		anthropic_mark_auto(x);
	end_message(x);
	return more && !x->failed;
}

void
anthropic_messages(struct anthropic_writer *x)
{
	struct request_turns t = request_turns(x->r);
	bool more = request_next_turn(&t), begun = false;

	x->prefill = request_prefill(x->r);
	if (json_exists(x->prefill) && (x->family->flags & FAMILY_NO_PREFILL))
		answer_warn(x->b->answer, "messages",
		    "this model goes on from no answer that was begun: the API refuses it");
	jsonw_key(&x->w, "messages");
	jsonw_array(&x->w);
	while (more && !x->failed) {
		if (t.role != ROLE_SYSTEM) {
			more = write_run(x, &t);
			begun = true;
			continue;
		}
		if (begun && stays(x, &t)) {
			x->side = ROLE_SYSTEM;
			(void)write_rest(x, &t); /* failed says so */
			end_message(x);
		}
		more = request_next_turn(&t);
	}
	jsonw_end(&x->w);
}

/* A system turn's share of the system's list. */
static void
write_system(struct anthropic_writer *x, const struct request_turns *t)
{
	struct request_parts parts = request_parts(t->content);

	if (t->text.p)
		write_text(x, t->text);
	while (request_next_part(&parts)) {
		if (parts.type == PART_TEXT)
			write_json_text(x, parts.text);
		else
			answer_warn(x->b->answer, "messages",
			    "a system turn's %s part cannot be carried",
			    part_type_name(parts.type));
		mark_block(x, json_get(parts.part, "cache"));
	}
	mark_block(x, json_get(t->message, "cache"));
}

void
anthropic_system(struct anthropic_writer *x)
{
	struct request_turns t = request_turns(x->r);
	bool begun = false, moved = false;

	x->in_system = true;
	while (request_next_turn(&t)) {
		if (t.role != ROLE_SYSTEM) {
			begun = true;
		} else if (!begun || !stays(x, &t)) {
			write_system(x, &t);
			moved = moved || begun;
		}
	}
	if (moved)
		answer_warn(x->b->answer, "messages",
		    "a system turn inside the conversation is put before it");
	x->in_system = false;
	if (!x->content_open)
		return;
	if (x->block_open && x->markable)
		anthropic_mark_auto(x);
	end_block(x);
	jsonw_end(&x->w);
	x->content_open = false;
}
