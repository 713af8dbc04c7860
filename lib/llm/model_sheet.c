/* SPDX-License-Identifier: MIT */
/* model_sheet - the text of a file of share/models as models. */
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "json/yaml.h"
#include "llm/model.h"

struct model_sheet {
	struct yaml_doc *doc; /* holds the strings */
	struct model **models;
	size_t count, cap;
	const char **lists; /* what lists point into, each list with a NULL at its end */
	const char *const *like;
	const char *provider, *as_of;
};

/* One file on its way into a sheet. */
struct reading {
	struct model_sheet *sheet;
	size_t list_room; /* entries of lists that are free */
	const char **list_at;
	struct err *err;
};

/* --- the members of a model --- */

enum member_form {
	FORM_TEXT,
	FORM_COUNT,
	FORM_LIST,
	FORM_MEDIA,
	FORM_REASONING,
	FORM_FACT,
	FORM_BOOL,
	FORM_DATE,
	FORM_SCHEMA
};

static const struct member {
	const char *name;
	enum member_form form;
	size_t offset;
} members[] = {
	{ "id", FORM_TEXT, offsetof(struct model, id) },
	{ "name", FORM_TEXT, offsetof(struct model, name) },
	{ "aliases", FORM_LIST, offsetof(struct model, aliases) },
	{ "kind", FORM_TEXT, offsetof(struct model, kind) },
	{ "contextWindow", FORM_COUNT, offsetof(struct model, context_window) },
	{ "maxInput", FORM_COUNT, offsetof(struct model, max_input) },
	{ "maxOutput", FORM_COUNT, offsetof(struct model, max_output) },
	{ "dimensions", FORM_COUNT, offsetof(struct model, dimensions) },
	{ "cacheMinTokens", FORM_COUNT, offsetof(struct model, cache_min_tokens) },
	{ "input", FORM_MEDIA, offsetof(struct model, input) },
	{ "output", FORM_MEDIA, offsetof(struct model, output) },
	{ "reasoning", FORM_REASONING, offsetof(struct model, reasoning) },
	{ "efforts", FORM_LIST, offsetof(struct model, efforts) },
	{ "reasoningOff", FORM_FACT, offsetof(struct model, reasoning_off) },
	{ "tools", FORM_FACT, offsetof(struct model, tools) },
	{ "schema", FORM_SCHEMA, offsetof(struct model, schema) },
	{ "refuses", FORM_LIST, offsetof(struct model, refuses) },
	{ "prefill", FORM_FACT, offsetof(struct model, prefill) },
	{ "released", FORM_DATE, offsetof(struct model, released) },
	{ "preview", FORM_BOOL, offsetof(struct model, preview) },
	{ "deprecated", FORM_BOOL, offsetof(struct model, deprecated) },
	{ "deprecationDate", FORM_DATE, offsetof(struct model, deprecation_date) },
	{ "replacement", FORM_TEXT, offsetof(struct model, replacement) },
	{ "note", FORM_TEXT, offsetof(struct model, note) },
};
enum { MEMBERS = sizeof members / sizeof *members };

/* Words by their bit, from bit 0. */
const char *const model_media[] = { "text", "image", "pdf", "audio", "video", NULL };
const char *const model_reasonings[] = { "none", "effort", "budget", "level", "toggle", "always",
	NULL };
static const char *const schemas[] = { [MODEL_SCHEMA_NONE - 1] = "none",
	[MODEL_SCHEMA_TOOL - 1] = "tool",
	[MODEL_SCHEMA_NATIVE - 1] = "native",
	NULL };

static int
wrong(const struct reading *r, const struct yaml *v, const char *name, const char *what)
{
	return yaml_error(r->sheet->doc, v, r->err, "%s must be %s", name, what);
}

/* The place of text in words, or -1 and an error that names the nearest one. */
static int
word_of(const struct reading *r, const struct yaml *v, const char *name, const char *const *words)
{
	const char *text = yaml_str(v), *near;
	int i;

	if (!text)
		return wrong(r, v, name, "a word");
	for (i = 0; words[i]; i++)
		if (strcmp(words[i], text) == 0)
			return i;
	near = str_nearest(str_of(text), words);
	return yaml_error(r->sheet->doc, v, r->err,
	    near ? "%s: unknown word \"%s\" (did you mean \"%s\"?)" : "%s: unknown word \"%s\"",
	    name, text, near);
}

/* A word or a list of them as bits. */
static int
read_bits(const struct reading *r, const struct yaml *v, const struct member *m, unsigned *bits)
{
	const char *const *words = m->form == FORM_MEDIA ? model_media : model_reasonings;
	size_t i, n = v->kind == YAML_LIST ? v->count : 1;

	*bits = 0;
	for (i = 0; i < n; i++) {
		int bit = word_of(r, v->kind == YAML_LIST ? v->items[i] : v, m->name, words);

		if (bit < 0)
			return -1;
		*bits |= 1U << bit;
	}
	return 0;
}

static int
read_list(struct reading *r, const struct yaml *v, const char *name, const char *const **list)
{
	size_t i;

	if (v->kind != YAML_LIST)
		return wrong(r, v, name, "a list");
	if (v->count >= r->list_room) /* defaults are read again for each model */
		return wrong(r, v, name, "shorter");
	*list = r->list_at;
	for (i = 0; i < v->count; i++) {
		if (!yaml_str(v->items[i]))
			return wrong(r, v->items[i], name, "a list of strings");
		*r->list_at++ = yaml_str(v->items[i]);
	}
	*r->list_at++ = NULL;
	r->list_room -= v->count + 1;
	return 0;
}

/* YYYY-MM-DD */
static bool
is_date(const char *s)
{
	static const char shape[] = "dddd-dd-dd";
	size_t i;

	for (i = 0; shape[i]; i++) {
		bool ok = shape[i] == 'd' ? s[i] >= '0' && s[i] <= '9' : s[i] == shape[i];

		if (!ok)
			return false;
	}
	return s[i] == '\0';
}

static int
read_flag(const struct reading *r, const struct yaml *v, const char *name, bool *flag)
{
	if (v->kind != YAML_BOOL)
		return wrong(r, v, name, "true or false");
	*flag = strcmp(v->text.p, "true") == 0;
	return 0;
}

static int
read_member(struct reading *r, const struct yaml *v, const struct member *m, struct model *to)
{
	void *at = (char *)to + m->offset;
	int64_t n;
	int word;
	bool flag = false;

	switch (m->form) {
	case FORM_TEXT:
	case FORM_DATE:
		*(const char **)at = yaml_str(v);
		if (!yaml_str(v) || !*yaml_str(v))
			return wrong(r, v, m->name, "a string");
		if (m->form == FORM_DATE && !is_date(yaml_str(v)))
			return wrong(r, v, m->name, "a date (YYYY-MM-DD)");
		return 0;
	case FORM_COUNT:
		if (v->kind != YAML_NUMBER || !num_i64(v->text, &n) || n < 1)
			return wrong(r, v, m->name, "a whole number above 0");
		*(int64_t *)at = n;
		return 0;
	case FORM_LIST:
		return read_list(r, v, m->name, at);
	case FORM_MEDIA:
	case FORM_REASONING:
		return read_bits(r, v, m, at);
	case FORM_FACT:
		if (read_flag(r, v, m->name, &flag) < 0)
			return -1;
		*(enum model_fact *)at = flag ? MODEL_YES : MODEL_NO;
		return 0;
	case FORM_BOOL:
		return read_flag(r, v, m->name, at);
	case FORM_SCHEMA:
		word = word_of(r, v, m->name, schemas);
		*(enum model_schema *)at = (enum model_schema)(word + 1);
		return word < 0 ? -1 : 0;
	}
	return 0;
}

static const struct member *
member_of(const char *name)
{
	size_t i;

	for (i = 0; i < MEMBERS; i++)
		if (strcmp(members[i].name, name) == 0)
			return &members[i];
	return NULL;
}

static int
unknown(const struct reading *r, const struct yaml *key)
{
	const char *names[MEMBERS + 1] = { NULL }, *near;
	size_t i;

	for (i = 0; i < MEMBERS; i++)
		names[i] = members[i].name;
	near = str_nearest(key->text, names);
	return yaml_error(r->sheet->doc, key, r->err,
	    near ? "unknown member \"%s\" (did you mean \"%s\"?)" : "unknown member \"%s\"",
	    key->text.p, near);
}

static int
read_members(struct reading *r, const struct yaml *map, struct model *to)
{
	size_t i;

	for (i = 0; i < map->count; i++) {
		const struct member *m = member_of(map->keys[i]->text.p);

		if (!m)
			return unknown(r, map->keys[i]);
		if (read_member(r, map->items[i], m, to) < 0)
			return -1;
	}
	return 0;
}

/* --- the file --- */

static int
read_model(struct reading *r, const struct yaml *map, const struct model *defaults)
{
	struct model_sheet *sheet = r->sheet;
	struct model *m;

	if (map->kind != YAML_MAP)
		return wrong(r, map, "a model", "a map");
	m = xcalloc(1, sizeof *m);
	*m = *defaults;
	VEC_GROW(sheet->models, sheet->count, sheet->cap);
	sheet->models[sheet->count++] = m;
	if (read_members(r, map, m) < 0)
		return -1;
	if (!m->id)
		return yaml_error(sheet->doc, map, r->err, "a model has no id");
	return 0;
}

static int
read_root(struct reading *r, const struct yaml *root)
{
	static const char *const known[] = { "provider", "like", "asOf", "sources", "defaults",
		"models", NULL };
	static const char *const nothing[] = { NULL };
	struct model_sheet *sheet = r->sheet;
	const struct yaml *models = yaml_get(root, "models"), *v;
	struct model defaults = { .aliases = nothing,
		.efforts = nothing,
		.refuses = nothing,
		.kind = "chat",
		.input = MODEL_TEXT,
		.output = MODEL_TEXT };
	size_t i;

	sheet->like = nothing;
	if (root->kind != YAML_MAP)
		return wrong(r, root, "the file", "a map");
	if (yaml_known(sheet->doc, root, "a file of models", known, r->err) < 0)
		return -1;
	if (!yaml_str(yaml_get(root, "provider")))
		return wrong(r, root, "provider", "told");
	defaults.provider = yaml_str(yaml_get(root, "provider"));
	v = yaml_get(root, "asOf");
	defaults.as_of = yaml_str(v);
	if (v && (!defaults.as_of || !is_date(defaults.as_of)))
		return wrong(r, v, "asOf", "a date (YYYY-MM-DD)");
	v = yaml_get(root, "like");
	if (v && read_list(r, v, "like", &sheet->like) < 0)
		return -1;
	v = yaml_get(root, "defaults");
	if (v && read_members(r, v, &defaults) < 0)
		return -1;
	if (models && models->kind != YAML_NULL && models->kind != YAML_LIST)
		return wrong(r, models, "models", "a list");
	for (i = 0; models && i < models->count; i++)
		if (read_model(r, models->items[i], &defaults) < 0)
			return -1;
	return 0;
}

/* How many entries the lists of a tree can need at most: each scalar, and an end for each list. */
static size_t
count_entries(const struct yaml *v)
{
	size_t i, n = 1;

	if (v->kind == YAML_LIST || v->kind == YAML_MAP)
		for (i = 0; i < v->count; i++)
			n += count_entries(v->items[i]);
	return n;
}

/* Whether a name could go on with c. */
static bool
goes_on(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '-' || c == '.' || c == '_' || c == '/';
}

/* Whether name stands in the line, and not as a part of a longer one. */
static bool
has(struct str line, struct str name)
{
	const char *at = line.p, *end = line.p + line.len;

	while ((size_t)(end - at) >= name.len) {
		at = memchr(at, name.p[0], (size_t)(end - at) - name.len + 1);
		if (!at)
			return false;
		if (memcmp(at, name.p, name.len) == 0 && (at == line.p || !goes_on(at[-1])) &&
		    (at + name.len == end || !goes_on(at[name.len])))
			return true;
		at++;
	}
	return false;
}

static bool
holds(struct str line, const struct str *names, size_t count)
{
	size_t i;

	if (memchr(line.p, '*', line.len))
		return true;
	for (i = 0; i < count; i++)
		if (has(line, names[i]))
			return true;
	return false;
}

/* The text without the models that bear none of the names: a line each, left empty, so that
 * messages name the right one. */
static void
sift(struct str text, const struct str *names, size_t count, struct buf *out)
{
	struct str line;

	while (str_split(&text, '\n', &line)) {
		if (!str_starts(line, "  - ") || holds(line, names, count))
			buf_addstr(out, line);
		buf_addc(out, '\n');
	}
}

struct model_sheet *
model_sheet_parse(
    const char *file, struct str text, const struct str *names, size_t count, struct err *err)
{
	struct model_sheet *sheet = xcalloc(1, sizeof *sheet);
	struct reading r = { .sheet = sheet, .err = err };
	struct buf sifted = BUF_INIT(BUF_UNLIMITED);

	if (count) {
		sift(text, names, count, &sifted);
		text = buf_str(&sifted);
	}
	sheet->doc = yaml_parse(file, text, err);
	buf_release(&sifted);
	if (!sheet->doc) {
		free(sheet);
		return NULL;
	}
	r.list_room = count_entries(yaml_root(sheet->doc)) + 1;
	r.list_at = sheet->lists = xcalloc(r.list_room, sizeof *sheet->lists);
	if (read_root(&r, yaml_root(sheet->doc)) == 0)
		return sheet;
	model_sheet_free(sheet);
	return NULL;
}

void
model_sheet_free(struct model_sheet *sheet)
{
	size_t i;

	if (!sheet)
		return;
	for (i = 0; i < sheet->count; i++)
		free(sheet->models[i]);
	free(sheet->models);
	free(sheet->lists);
	yaml_doc_free(sheet->doc);
	free(sheet);
}

const struct model *const *
model_sheet_models(const struct model_sheet *sheet, size_t *count)
{
	*count = sheet->count;
	return (const struct model *const *)sheet->models;
}

const char *const *
model_sheet_like(const struct model_sheet *sheet)
{
	return sheet->like;
}

/* --- finding --- */

/* An alias may end in a star. */
static bool
fits(const char *alias, struct str name)
{
	size_t n = strlen(alias);

	if (n && alias[n - 1] == '*')
		return name.len >= n - 1 && memcmp(name.p, alias, n - 1) == 0;
	return name.len == n && memcmp(name.p, alias, n) == 0;
}

static const struct model *
find_alias(const struct model_sheet *sheet, struct str name, bool stars)
{
	size_t i, j;

	for (i = 0; i < sheet->count; i++) {
		const struct model *m = sheet->models[i];

		for (j = 0; m->aliases[j]; j++) {
			bool star = strchr(m->aliases[j], '*') != NULL;

			if (star == stars && fits(m->aliases[j], name))
				return m;
		}
	}
	return NULL;
}

const struct model *
model_sheet_find(const struct model_sheet *sheet, const struct str *names, size_t count)
{
	const struct model *m;
	size_t i, j;

	for (i = 0; i < count; i++) {
		for (j = 0; j < sheet->count; j++)
			if (str_is(names[i], sheet->models[j]->id))
				return sheet->models[j];
		m = find_alias(sheet, names[i], false);
		if (m)
			return m;
	}
	for (i = 0; i < count; i++) {
		m = find_alias(sheet, names[i], true);
		if (m)
			return m;
	}
	return NULL;
}
