/* SPDX-License-Identifier: MIT */
/*
 * program_render - a conversation as text, for programs that take nothing else.
 *
 * The rule is agentflow-programs(5)'s: one turn of the user's is its text and nothing more; a
 * longer conversation has each turn under its role's name, and ends with the turn that is to be
 * answered.
 */
#include "json/jsonw.h"
#include "llm/program.h"

struct render {
	const struct build *build;
	struct buf *out;
	bool names_roles;
};

static const char *const role_titles[] = {
	[ROLE_SYSTEM] = "System",
	[ROLE_USER] = "User",
	[ROLE_ASSISTANT] = "Assistant",
	[ROLE_TOOL] = "Tool",
};

/* Turns but those of the system, and whether all of them are the user's. */
static size_t
count_turns(const struct build *b, bool *users_only)
{
	struct request_turns t = request_turns(b->request);
	size_t n = 0;

	*users_only = true;
	while (request_next_turn(&t)) {
		if (t.role == ROLE_SYSTEM)
			continue;
		n++;
		if (t.role != ROLE_USER)
			*users_only = false;
	}
	return n;
}

/* An empty line between what is there and what comes, but for a title. */
static void
begin_block(struct buf *out)
{
	if (!out->len || str_ends(buf_str(out), ":\n"))
		return;
	if (out->p[out->len - 1] != '\n')
		buf_addc(out, '\n');
	buf_addc(out, '\n');
}

static void
put_file(const struct render *r, struct json part)
{
	struct json text = json_get(part, "text");

	if (!json_exists(text)) {
		answer_warn(r->build->answer, "messages",
		    "%s reads no files from a request: one is left out", r->build->provider->name);
		return;
	}
	begin_block(r->out);
	if (json_exists(json_get(part, "name"))) {
		buf_adds(r->out, "File ");
		json_text(json_get(part, "name"), r->out);
		buf_adds(r->out, ":\n");
	}
	json_text(text, r->out);
}

static void
put_call(struct buf *out, struct json part)
{
	struct str arguments = json_raw(json_get(part, "arguments"));

	begin_block(out);
	buf_adds(out, "[calls ");
	json_text(json_get(part, "name"), out);
	if (arguments.len) {
		buf_addc(out, ' ');
		buf_addstr(out, arguments);
	}
	buf_addc(out, ']');
}

static void put_content(const struct render *r, struct json content);

/* A tool's answer: text as it is, parts as parts, anything else as JSON. */
static void
put_result(const struct render *r, struct json part)
{
	struct json content = json_get(part, "content");

	begin_block(r->out);
	buf_adds(r->out, json_is_true(json_get(part, "isError")) ? "[error: " : "[result: ");
	if (content.kind == JSON_STRING || request_is_parts(content))
		put_content(r, content);
	else if (json_exists(content))
		buf_addstr(r->out, json_raw(content));
	buf_addc(r->out, ']');
}

/* Where a warm process gets it: beside the text. False: it can't be carried. */
static bool
find_image(const struct build *b, struct json part, struct json *type, struct json *data)
{
	*type = json_get(part, "mediaType");
	*data = json_get(part, "data");
	return b->warm && type->kind == JSON_STRING && data->kind == JSON_STRING;
}

static void
put_part(const struct render *r, const struct request_parts *p)
{
	struct json type, data;

	switch (p->type) {
	case PART_TEXT:
		json_text(p->text, r->out);
		break;
	case PART_FILE:
		put_file(r, p->part);
		break;
	case PART_TOOL_CALL:
		put_call(r->out, p->part);
		break;
	case PART_TOOL_RESULT:
		put_result(r, p->part);
		break;
	case PART_REASONING: /* it thinks for itself */
		break;
	case PART_IMAGE:
		if (find_image(r->build, p->part, &type, &data))
			break;
		/* fallthrough */
	case PART_AUDIO:
	case PART_VIDEO:
	case PART_PROVIDER:
		answer_warn(r->build->answer, "messages",
		    "%s takes text only: a part of type %s is left out", r->build->provider->name,
		    part_type_name(p->type));
		break;
	}
}

static void
put_content(const struct render *r, struct json content)
{
	struct request_parts parts = request_parts(content);

	while (request_next_part(&parts))
		put_part(r, &parts);
}

static void
put_turn(const struct render *r, const struct request_turns *t)
{
	begin_block(r->out);
	if (r->names_roles)
		buf_addf(r->out, "%s:\n", role_titles[t->role]);
	if (t->text.p)
		buf_addstr(r->out, t->text);
	else
		put_content(r, t->content);
}

static void
put_turns(const struct render *r, bool of_system)
{
	struct request_turns t = request_turns(r->build->request);

	while (request_next_turn(&t))
		if ((t.role == ROLE_SYSTEM) == of_system)
			put_turn(r, &t);
}

void
program_render(const struct build *b, struct buf *text, struct buf *system)
{
	bool users_only;
	size_t turns = count_turns(b, &users_only);
	struct render conversation = { b, text, turns > 1 || !users_only };
	struct render priming = { b, system ? system : text, false };

	put_turns(&priming, true);
	put_turns(&conversation, false);
}

static void
render_images_of(const struct build *b, struct json content, struct jsonw *w)
{
	struct request_parts parts = request_parts(content);
	struct json type, data;

	while (request_next_part(&parts)) {
		if (parts.type != PART_IMAGE || !find_image(b, parts.part, &type, &data))
			continue;
		jsonw_object(w);
		jsonw_kstr(w, "type", "image");
		jsonw_kjson(w, "mimeType", type);
		jsonw_kjson(w, "data", data);
		jsonw_end(w);
	}
}

void
program_render_images(const struct build *b, struct jsonw *w)
{
	struct request_turns t = request_turns(b->request);

	while (request_next_turn(&t))
		if (!t.text.p)
			render_images_of(b, t.content, w);
}
