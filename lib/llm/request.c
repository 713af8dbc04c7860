/* SPDX-License-Identifier: MIT */
/* request - the words of a request, and the walk through its conversation. */
#include "llm/request.h"

#include "json/jsonw.h"

const char *const request_part_types[] = {
	[PART_TEXT] = "text",
	[PART_IMAGE] = "image",
	[PART_AUDIO] = "audio",
	[PART_VIDEO] = "video",
	[PART_FILE] = "file",
	[PART_REASONING] = "reasoning",
	[PART_TOOL_CALL] = "toolCall",
	[PART_TOOL_RESULT] = "toolResult",
	[PART_PROVIDER] = "provider",
	NULL,
};

const char *const request_roles[] = {
	[ROLE_SYSTEM] = "system",
	[ROLE_USER] = "user",
	[ROLE_ASSISTANT] = "assistant",
	[ROLE_TOOL] = "tool",
	[ROLE_TOOL + 1] = "developer", /* OpenAI's word for the system */
	NULL,
};

const char *const request_levels[] = {
	[REASONING_UNSET] = "",
	[REASONING_OFF] = "off",
	[REASONING_MINIMAL] = "minimal",
	[REASONING_LOW] = "low",
	[REASONING_MEDIUM] = "medium",
	[REASONING_HIGH] = "high",
	[REASONING_XHIGH] = "xhigh",
	NULL,
};

const char *
part_type_name(enum part_type type)
{
	return request_part_types[type];
}

const char *
reasoning_name(enum reasoning_level level)
{
	return level == REASONING_BUDGET ? "budget" : request_levels[level];
}

/* The index of v's text in words, which was checked when the record was read. */
static int
word_index(struct json v, const char *const *words)
{
	int i = 0;

	while (words[i + 1] && !json_eq(v, words[i]))
		i++;
	return i;
}

enum role
request_role(int word)
{
	return word > ROLE_TOOL ? ROLE_SYSTEM : (enum role)word;
}

struct request_turns
request_turns(const struct request *r)
{
	return (struct request_turns){ .request = r, .it = json_each(r->messages) };
}

bool
request_next_turn(struct request_turns *t)
{
	t->message = t->content = JSON_ABSENT;
	t->text = STR_NONE;
	if (t->stage == 0) {
		t->stage = 1;
		if (t->request->system.len) {
			t->role = ROLE_SYSTEM;
			t->text = t->request->system;
			return true;
		}
	}
	if (t->stage == 1) {
		if (json_next(&t->it)) {
			t->message = t->it.value;
			t->content = json_get(t->message, "content");
			t->role = request_role(
			    word_index(json_get(t->message, "role"), request_roles));
			return true;
		}
		t->stage = 2;
	}
	if (t->stage == 2 && json_exists(t->request->prompt)) {
		t->stage = 3;
		t->role = ROLE_USER;
		t->content = t->request->prompt;
		return true;
	}
	return false;
}

/* A turn's content as elements of the array that is open. */
static void
write_parts(struct jsonw *w, const struct request_turns *t)
{
	struct json_iter it = json_each(t->content);

	while (t->content.kind == JSON_ARRAY && json_next(&it))
		jsonw_json(w, it.value);
	if (t->content.kind == JSON_STRING || t->text.p) {
		jsonw_object(w);
		jsonw_kstr(w, "type", part_type_name(PART_TEXT));
		if (t->text.p)
			jsonw_kstrn(w, "text", t->text);
		else
			jsonw_kjson(w, "text", t->content);
		jsonw_end(w);
	}
}

struct request
request_alternate(const struct request *r, struct buf *hold)
{
	struct request_turns t = request_turns(r);
	struct request merged = *r;
	enum role open = ROLE_SYSTEM;
	bool any = false;
	struct err err = ERR_INIT;
	struct jsonw w;

	jsonw_start(&w, hold);
	jsonw_array(&w);
	while (request_next_turn(&t)) {
		if (!any || t.role != open || t.role == ROLE_SYSTEM || t.role == ROLE_TOOL) {
			if (any) {
				jsonw_end(&w);
				jsonw_end(&w);
			}
			jsonw_object(&w);
			jsonw_kstr(&w, "role", request_roles[t.role]);
			jsonw_key(&w, "content");
			jsonw_array(&w);
		}
		write_parts(&w, &t);
		open = t.role;
		any = true;
	}
	if (any) {
		jsonw_end(&w);
		jsonw_end(&w);
	}
	jsonw_end(&w);
	if (json_parse(hold->p, hold->len, &merged.messages, &err) < 0)
		return *r; /* it is our own text; were it none, the API would say so */
	merged.prompt = JSON_ABSENT;
	merged.system = STR_NONE;
	return merged;
}

struct request_parts
request_parts(struct json content)
{
	struct request_parts p = { .it = json_each(content), .only = JSON_ABSENT };

	if (json_is(content, JSON_STRING))
		p.only = content;
	return p;
}

bool
request_next_part(struct request_parts *p)
{
	p->part = p->text = JSON_ABSENT;
	p->type = PART_TEXT;
	if (json_exists(p->only)) {
		p->text = p->only;
		p->only = JSON_ABSENT;
		return true;
	}
	if (!json_next(&p->it))
		return false;
	p->part = p->it.value;
	p->type = (enum part_type)word_index(json_get(p->part, "type"), request_part_types);
	if (p->type == PART_TEXT || p->type == PART_REASONING)
		p->text = json_get(p->part, "text");
	return true;
}

bool
request_is_parts(struct json content)
{
	static const enum part_type types[] = { PART_TEXT, PART_IMAGE, PART_AUDIO, PART_VIDEO,
		PART_FILE, PART_PROVIDER };
	struct json_iter it = json_each(content);
	size_t i, n = 0;

	if (content.kind != JSON_ARRAY)
		return false;
	for (; json_next(&it); n++) {
		for (i = 0; i < sizeof types / sizeof *types; i++) {
			if (json_eq(json_get(it.value, "type"), request_part_types[types[i]]))
				break;
		}
		if (i == sizeof types / sizeof *types)
			return false;
	}
	return n > 0;
}

bool
request_is_strict(const struct request *r)
{
	struct json_iter it = json_each(r->tools);

	while (json_next(&it)) {
		if (json_is_true(json_get(it.value, "strict")))
			return true;
	}
	return false;
}

struct json
request_opaque(struct json part, const char *provider, const char *model)
{
	struct json opaque = json_get(part, "opaque");
	struct json for_model = json_get(opaque, "model");

	if (!json_eq(json_get(opaque, "provider"), provider))
		return JSON_ABSENT;
	if (json_exists(for_model) && !json_eq(for_model, model))
		return JSON_ABSENT;
	return json_get(opaque, "value");
}

struct json
request_prefill(const struct request *r)
{
	struct request_turns t = request_turns(r);
	struct json text = JSON_ABSENT;
	struct request_parts parts;

	while (request_next_turn(&t)) {
		text = JSON_ABSENT;
		if (t.role != ROLE_ASSISTANT)
			continue;
		for (parts = request_parts(t.content); request_next_part(&parts);)
			text = parts.type == PART_TEXT ? parts.text : JSON_ABSENT;
	}
	return text;
}

void
request_write_stops(struct jsonw *w, const char *key, struct json stop)
{
	if (!json_exists(stop))
		return;
	jsonw_key(w, key);
	if (stop.kind == JSON_ARRAY) {
		jsonw_json(w, stop);
	} else {
		jsonw_array(w);
		jsonw_json(w, stop);
		jsonw_end(w);
	}
}

void
request_write_arguments(struct jsonw *w, struct json part)
{
	struct json arguments = json_get(part, "arguments");

	if (arguments.kind == JSON_OBJECT) {
		jsonw_json(w, arguments);
		return;
	}
	jsonw_object(w);
	jsonw_kjson_opt(w, "input", json_get(part, "input"));
	jsonw_end(w);
}

void
request_take_id(struct json id, uint64_t *made, struct buf *out)
{
	if (json_is(id, JSON_STRING) || json_is(id, JSON_NUMBER)) {
		buf_addstr(out, json_raw(id));
	} else {
		buf_addc(out, '"');
		buf_addi(out, (int64_t)++ * made);
		buf_addc(out, '"');
	}
}
