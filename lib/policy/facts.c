/* SPDX-License-Identifier: MIT */
/* facts - what routing asks of a request, worked out only when it is asked for. */
#include "policy/facts.h"

#include "json/edit.h"
#include "llm/media.h"
#include "policy/policy.h"

const char *const fact_needs[] = { "tools", "schema", "image", "pdf", "audio", "video", "stream",
	NULL };

/* --- one request --- */

static void
reuse(struct buf *b)
{
	if (!b->p)
		buf_init(b, BUF_UNLIMITED);
	buf_reset(b);
}

void
facts_start(struct facts *f, const struct request *request)
{
	reuse(&f->text);
	reuse(&f->role);
	reuse(&f->json);
	reuse(&f->value);
	f->request = request;
	f->has_tokens = f->has_text = f->has_shape = f->has_complexity = f->has_json = false;
}

void
facts_release(struct facts *f)
{
	buf_release(&f->text);
	buf_release(&f->role);
	buf_release(&f->json);
	buf_release(&f->value);
}

/* --- what it holds --- */

const struct tokens *
facts_tokens(struct facts *f)
{
	if (!f->has_tokens) {
		tokens_measure(f->request, &f->measure);
		f->tokens = tokens_count(&f->measure, tokens_family(STR_NONE));
	}
	f->has_tokens = true;
	return &f->tokens;
}

struct tokens
facts_tokens_of(struct facts *f, const struct tokens_family *family)
{
	(void)facts_tokens(f);
	return tokens_count(&f->measure, family);
}

static void
add_text(struct facts *f, struct json content)
{
	struct request_parts parts = request_parts(content);

	while (request_next_part(&parts)) {
		if (parts.type != PART_TEXT)
			continue;
		if (f->text.len)
			buf_addc(&f->text, '\n');
		json_text(parts.text, &f->text);
	}
}

struct str
facts_text(struct facts *f)
{
	struct request_turns turns = request_turns(f->request);

	while (!f->has_text && request_next_turn(&turns))
		if (turns.role == ROLE_USER)
			add_text(f, turns.content);
	f->has_text = true;
	return buf_str(&f->text);
}

/* The media type of a part, appended: said, or told by the name or the end of the url. */
static void
add_media_type(struct json part, struct buf *type)
{
	static const struct str binary = { "\xff", 1 }; /* so that only the name can tell */
	struct json said = json_get(part, "mediaType"), url = json_get(part, "url"), name;
	struct str of_url, data;
	struct media media;

	if (json_exists(said)) {
		json_text(said, type);
	} else if (media_data_url(url, &of_url, &data)) {
		buf_addstr(type, of_url);
	} else {
		name = json_get(part, "name");
		json_text(json_exists(name) ? name : url, type);
		if (!media_of(type->p, binary, &media))
			media.media_type = "";
		buf_reset(type);
		buf_adds(type, media.media_type);
	}
}

/* A part of type file may be of any kind. Of one that doesn't say which we take it that it is a
 * document; one that is text is read as such by whoever gets it. */
static unsigned
file_needs(struct facts *f, struct json part)
{
	struct str type;

	if (json_exists(json_get(part, "text")))
		return 0;
	buf_reset(&f->value);
	add_media_type(part, &f->value);
	type = buf_str(&f->value);
	switch (media_part_type(type)) {
	case PART_IMAGE:
		return NEED_IMAGE;
	case PART_AUDIO:
		return NEED_AUDIO;
	case PART_VIDEO:
		return NEED_VIDEO;
	default:
		return media_is_text(type) ? 0 : NEED_PDF;
	}
}

static void
read_media(struct facts *f, struct json content)
{
	struct request_parts parts = request_parts(content);
	struct json result;
	unsigned need;

	while (request_next_part(&parts)) {
		need = 0;
		if (parts.type == PART_IMAGE)
			need = NEED_IMAGE;
		else if (parts.type == PART_AUDIO)
			need = NEED_AUDIO;
		else if (parts.type == PART_VIDEO)
			need = NEED_VIDEO;
		else if (parts.type == PART_FILE)
			need = file_needs(f, parts.part);
		f->needs |= need;
		f->holds_calls |= parts.type == PART_TOOL_CALL || parts.type == PART_TOOL_RESULT;
		f->counts[COMPLEXITY_MEDIA] += need != 0;
		result = parts.type == PART_TOOL_RESULT ? json_get(parts.part, "content")
							: JSON_ABSENT;
		if (request_is_parts(result))
			read_media(f, result);
	}
}

/* What can be seen from the members, without looking into texts. */
static void
read_shape(struct facts *f)
{
	const struct request *r = f->request;
	struct request_turns turns = request_turns(r);
	int64_t *counts = f->counts;

	if (f->has_shape)
		return;
	f->has_shape = true;
	f->needs = 0;
	f->holds_calls = false;
	counts[COMPLEXITY_TURNS] = counts[COMPLEXITY_MEDIA] = 0;
	while (request_next_turn(&turns)) {
		counts[COMPLEXITY_TURNS] += turns.role != ROLE_SYSTEM;
		if (turns.content.kind == JSON_ARRAY)
			read_media(f, turns.content);
	}
	counts[COMPLEXITY_TOOLS] = r->tool_choice == TOOLS_NONE ? 0 : (int64_t)json_count(r->tools);
	counts[COMPLEXITY_SCHEMA] = json_is(r->options.response_schema, JSON_OBJECT);
	if (counts[COMPLEXITY_TOOLS])
		f->needs |= NEED_TOOLS;
	if (counts[COMPLEXITY_SCHEMA])
		f->needs |= NEED_SCHEMA;
	if (r->options.stream)
		f->needs |= NEED_STREAM;
}

unsigned
facts_needs(struct facts *f)
{
	read_shape(f);
	return f->needs;
}

bool
facts_holds_calls(struct facts *f)
{
	read_shape(f);
	return f->holds_calls;
}

static int64_t
reasoning_count(const struct request_options *options)
{
	enum { SOME = 4096, MUCH = 16384 };

	switch (options->reasoning) {
	case REASONING_UNSET:
	case REASONING_OFF:
	case REASONING_MINIMAL:
	case REASONING_LOW:
		return 0;
	case REASONING_MEDIUM:
		return 1;
	case REASONING_HIGH:
	case REASONING_XHIGH:
		return 2;
	case REASONING_BUDGET:
		return (options->reasoning_budget >= SOME) + (options->reasoning_budget >= MUCH);
	}
	return 0;
}

enum complexity
facts_complexity(struct facts *f)
{
	int64_t *counts = f->counts;

	if (!f->has_complexity) {
		f->has_complexity = true;
		read_shape(f);
		counts[COMPLEXITY_TOKENS] = facts_tokens(f)->in;
		counts[COMPLEXITY_REASONING] = reasoning_count(&f->request->options);
		complexity_read(
		    facts_text(f), &counts[COMPLEXITY_CODE], &counts[COMPLEXITY_KEYWORDS]);
		f->complexity_points = 0;
		for (int i = 0; i < COMPLEXITY_ROWS; i++)
			f->complexity_points += complexity_points(
			    (enum complexity_what)i, counts[i]);
	}
	return complexity_of(f->complexity_points);
}

/* --- what it says of itself --- */

struct json
facts_sensitivity(const struct facts *f)
{
	struct json label = json_get(f->request->tags, "sensitivity");

	return json_exists(label) ? label : json_get(f->request->tags, "data_sensitivity");
}

struct json
facts_residency(const struct facts *f)
{
	return json_get(f->request->tags, "residency");
}

struct json
facts_labels(const struct facts *f)
{
	return json_get(f->request->tags, "labels");
}

struct str
facts_role(struct facts *f)
{
	static const char prefix[] = "role:";
	struct str model = f->request->model, plain;
	struct json role;

	if (str_starts(model, prefix))
		return (struct str){ model.p + sizeof prefix - 1, model.len - sizeof prefix + 1 };
	role = json_get(f->request->tags, "role");
	if (json_plain(role, &plain))
		return plain;
	buf_reset(&f->role);
	json_text(role, &f->role);
	return buf_str(&f->role);
}

/* --- all of it, written --- */

static void
write_why(const struct facts *f, struct jsonw *w)
{
	jsonw_key(w, "complexityWhy");
	jsonw_array(w);
	for (int i = 0; i < COMPLEXITY_ROWS; i++) {
		int points = complexity_points((enum complexity_what)i, f->counts[i]);

		if (!points)
			continue;
		jsonw_object(w);
		jsonw_kstr(w, "what", complexity_rows[i].what);
		jsonw_ki64(w, "value", f->counts[i]);
		jsonw_ki64(w, "points", points);
		jsonw_end(w);
	}
	jsonw_end(w);
}

void
facts_write(struct facts *f, struct jsonw *w)
{
	static const enum complexity_what told[] = { COMPLEXITY_TOKENS, COMPLEXITY_TURNS,
		COMPLEXITY_TOOLS, COMPLEXITY_CODE, COMPLEXITY_KEYWORDS, COMPLEXITY_MEDIA };
	enum complexity complexity = facts_complexity(f);
	struct str role = facts_role(f);

	jsonw_object(w);
	for (size_t i = 0; i < sizeof told / sizeof *told; i++)
		jsonw_ki64(w, complexity_rows[told[i]].what, f->counts[told[i]]);
	jsonw_key(w, "needs");
	jsonw_array(w);
	for (int i = 0; fact_needs[i]; i++)
		if (f->needs & 1u << i)
			jsonw_str(w, fact_needs[i]);
	jsonw_end(w);
	jsonw_kstr(w, "complexity", policy_levels[complexity]);
	jsonw_ki64(w, "complexityPoints", f->complexity_points);
	write_why(f, w);
	jsonw_kbool(w, "stream", f->request->options.stream);
	if (role.len)
		jsonw_kstrn(w, "role", role);
	jsonw_end(w);
}

struct json
facts_record(struct facts *f)
{
	struct json_edit edit;
	struct jsonw w;

	if (!f->has_json) {
		f->has_json = true;
		facts_complexity(f); /* which uses value */
		buf_reset(&f->value);
		jsonw_start(&w, &f->value);
		facts_write(f, &w);
		json_edit_start(&edit, f->request->record);
		json_edit_set(&edit, "facts", buf_str(&f->value));
		json_edit_write(&edit, &f->json);
	}
	return (struct json){ f->json.p, f->json.len, JSON_OBJECT };
}
