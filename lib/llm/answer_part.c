/* SPDX-License-Identifier: MIT */
/* answer_part - the assistant's turn, put together from pieces as they come. */
#include "base/mem.h"
#include "json/jsonw.h"
#include "llm/answer.h"
#include "llm/structured.h"

enum { NAME_MAX_BYTES = 64 << 10 };

struct part *
answer_part(struct answer *a, enum part_type type, int64_t key)
{
	struct part *part = a->part_count ? &a->parts[a->part_count - 1] : NULL;

	if (part && part->key == KEY_NONE)
		part->sealed = true;
	if (a->part_count == ANSWER_PARTS_MAX) {
		a->overflow = true;
		return NULL;
	}
	VEC_GROW(a->parts, a->part_count, a->part_cap);
	part = &a->parts[a->part_count++];
	*part = (struct part){
		.type = type,
		.key = key,
		.text = BUF_INIT(ANSWER_TEXT_MAX),
		.id = BUF_INIT(NAME_MAX_BYTES),
		.name = BUF_INIT(NAME_MAX_BYTES),
		.media_type = BUF_INIT(NAME_MAX_BYTES),
		.opaque = BUF_INIT(ANSWER_TEXT_MAX),
		.value = BUF_INIT(ANSWER_TEXT_MAX),
	};
	if (type == PART_TOOL_CALL)
		part->tool_index = a->tool_count++;
	return part;
}

struct part *
answer_find(struct answer *a, enum part_type type, int64_t key)
{
	size_t i;

	for (i = a->part_count; i-- > 0;) {
		if (a->parts[i].type == type && a->parts[i].key == key)
			return &a->parts[i];
	}
	return NULL;
}

void
answer_seal(struct answer *a)
{
	if (a->part_count)
		a->parts[a->part_count - 1].sealed = true;
}

/* A part without a key is open only while it is the newest; one with a key until it is sealed. */
static struct part *
open_part(struct answer *a, enum part_type type, int64_t key)
{
	struct part *part;

	if (!a->part_count)
		return NULL;
	part = &a->parts[a->part_count - 1];
	if (part->type == type && part->key == key && !part->sealed)
		return part;
	if (key == KEY_NONE)
		return NULL;
	part = answer_find(a, type, key);
	return part && !part->sealed ? part : NULL;
}

/* Append a JSON string's text. */
static void
append_text(struct answer *a, struct buf *to, struct json v)
{
	struct str plain;

	if (json_plain(v, &plain))
		buf_addstr(to, plain);
	else
		json_text(v, to);
	if (buf_is_full(to))
		a->overflow = true;
}

struct part *
answer_text(struct answer *a, enum part_type type, int64_t key, struct json v)
{
	struct buf text = BUF_INIT(ANSWER_TEXT_MAX);

	if (type != PART_TEXT || key != KEY_NONE || a->lead.at == LEAD_NONE)
		return answer_say(a, type, key, v);
	json_text(v, &text);
	if (text.len)
		lead_text(a, buf_str(&text));
	buf_release(&text);
	return NULL;
}

struct part *
answer_say(struct answer *a, enum part_type type, int64_t key, struct json v)
{
	struct part *part;

	if (v.kind != JSON_STRING || json_is_empty_string(v))
		return NULL;
	part = open_part(a, type, key);
	if (!part)
		part = answer_part(a, type, key);
	if (!part)
		return NULL;
	append_text(a, &part->text, v);
	a->output_seen = true;
	if (a->on_delta && !part->hidden && (type == PART_TEXT || type == PART_REASONING))
		a->on_delta(
		    a->user, &(struct delta){
				 .kind = type == PART_TEXT ? DELTA_CONTENT : DELTA_REASONING,
				 .raw = json_raw(v),
			     });
	return part;
}

static struct part *
newest_tool(struct answer *a)
{
	size_t i;

	for (i = a->part_count; i-- > 0;) {
		if (a->parts[i].type == PART_TOOL_CALL)
			return &a->parts[i];
	}
	return NULL;
}

static struct part *
tool_of_id(struct answer *a, struct json id)
{
	size_t i;

	for (i = a->part_count; i-- > 0;) {
		if (a->parts[i].type == PART_TOOL_CALL && a->parts[i].id.len &&
		    json_eq(id, a->parts[i].id.p))
			return &a->parts[i];
	}
	return NULL;
}

static bool
says_something(struct json v)
{
	return v.kind == JSON_STRING && !json_is_empty_string(v);
}

static struct part *
tool_find(struct answer *a, int64_t key, struct json id, struct json name)
{
	struct part *part;

	if (key == KEY_NONE) {
		if (says_something(id))
			return tool_of_id(a, id);
		return says_something(name) ? NULL : newest_tool(a);
	}
	part = answer_find(a, PART_TOOL_CALL, key);
	if (part && part->name.len && part->id.len && says_something(name) && says_something(id) &&
	    !json_eq(id, part->id.p))
		return NULL;
	return part;
}

/* Pass on what came. Whoever streams hears of a call when its name is known, and then of all that
 * came before at once. */
static void
tool_emit(struct answer *a, struct part *part, struct delta *delta)
{
	delta->kind = DELTA_TOOL_CALL;
	delta->tool_index = part->tool_index;
	if (!part->announced) {
		if (!part->name.len)
			return;
		part->announced = true;
		if (!part->id.len)
			buf_addf(&part->id, "call_%zu", part->tool_index);
		delta->id = buf_str(&part->id);
		delta->name = buf_str(&part->name);
		delta->raw = STR_NONE;
		delta->text = buf_str(&part->text);
	} else if (!delta->raw.p && !delta->text.len) {
		return;
	}
	if (a->on_delta)
		a->on_delta(a->user, delta);
}

/* The key of the text below, apart from those of other texts: providers number calls and texts
 * alike. A number that is past all counting is no reason to overflow. */
static int64_t
called_key(int64_t key)
{
	return (int64_t)((uint64_t)key + (UINT64_C(1) << 40));
}

/* The text that a call of the tool that carries a schema's answer becomes, where this is one. */
static struct part *
called_text(struct answer *a, int64_t key, struct json id, struct json name)
{
	struct part *part;

	if (json_eq(name, STRUCTURED_TOOL)) {
		part = answer_part(a, PART_TEXT, called_key(key));
		if (part) {
			part->called = true;
			json_text(id, &part->id);
		}
		return part;
	}
	part = answer_find(a, PART_TEXT, called_key(key));
	if (!part || !part->called || says_something(name))
		return NULL;
	return !says_something(id) || json_eq(id, part->id.p) ? part : NULL;
}

static struct part *
called_input(struct answer *a, struct part *part, struct json arguments)
{
	struct buf text = BUF_INIT(ANSWER_TEXT_MAX);
	struct part *same;

	if (arguments.kind == JSON_OBJECT && !part->text.len && json_count(arguments))
		arguments = jsonw_quoted(&text, json_raw(arguments));
	same = answer_text(a, PART_TEXT, part->key, arguments);
	buf_release(&text);
	return same ? same : part;
}

struct part *
answer_tool(struct answer *a, int64_t key, struct json id, struct json name, struct json arguments)
{
	struct part *part = called_text(a, key, id, name);
	struct delta delta = { .raw = STR_NONE };

	if (part)
		return called_input(a, part, arguments);
	part = tool_find(a, key, id, name);
	if (!part)
		part = answer_part(a, PART_TOOL_CALL, key);
	if (!part)
		return NULL;
	a->output_seen = true;
	if (!part->id.len)
		json_text(id, &part->id);
	if (!part->name.len)
		json_text(name, &part->name);
	if (says_something(arguments)) {
		append_text(a, &part->text, arguments);
		delta.raw = json_raw(arguments);
	} else if (arguments.kind == JSON_OBJECT) {
		if (!part->text.len || !part->announced)
			delta.text = json_raw(arguments);
		buf_reset(&part->text);
		buf_addstr(&part->text, json_raw(arguments));
	}
	tool_emit(a, part, &delta);
	return part;
}

struct part *
answer_provider_block(struct answer *a, int64_t key, struct json value)
{
	struct part *part = answer_part(a, PART_PROVIDER, key);

	if (part)
		buf_addstr(&part->value, json_raw(value));
	return part;
}

void
part_opaque(struct part *part, struct json v)
{
	if (!part)
		return;
	buf_reset(&part->opaque);
	buf_addstr(&part->opaque, json_raw(v));
}

void
part_opaque_member(struct part *part, const char *key, struct str v)
{
	struct buf raw = BUF_INIT(ANSWER_TEXT_MAX);
	struct json opaque;
	struct err err = ERR_INIT;
	struct jsonw w;

	jsonw_start(&w, &raw);
	jsonw_object(&w);
	jsonw_key(&w, key);
	jsonw_raw(&w, v);
	jsonw_end(&w);
	if (json_parse(raw.p, raw.len, &opaque, &err) == 0)
		part_opaque(part, opaque);
	buf_release(&raw);
}
