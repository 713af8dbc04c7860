/* SPDX-License-Identifier: MIT */
/* answer_citation - the sources that an answer names, and which words of it rest on them. */
#include "base/mem.h"
#include "json/jsonw.h"
#include "llm/answer.h"

#define SOURCE_MAX ((size_t)1 << 20)

static bool
says_something(struct json v)
{
	return v.kind == JSON_STRING && !json_is_empty_string(v);
}

/* The members of the source that are told. False where none is. */
static bool
write_source(struct buf *out, const struct cited *cited)
{
	const struct {
		const char *name;
		struct json v;
	} members[] = {
		{ "url", cited->url },
		{ "title", cited->title },
		{ "text", cited->text },
		{ "documentId", cited->document },
	};
	struct jsonw w;
	bool any = false;

	jsonw_start(&w, out);
	jsonw_object(&w);
	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		if (!says_something(members[i].v))
			continue;
		jsonw_kjson(&w, members[i].name, members[i].v);
		any = true;
	}
	jsonw_end(&w);
	return any;
}

static bool
is_same(const struct citation *c, const struct citation *other)
{
	return c->part == other->part && c->start == other->start && c->end == other->end &&
	       str_eq(buf_str(&c->source), buf_str(&other->source)) &&
	       str_eq(buf_str(&c->value), buf_str(&other->value));
}

void
answer_cite(struct answer *a, const struct part *part, const struct cited *cited)
{
	struct citation c = {
		.source = BUF_INIT(SOURCE_MAX),
		.value = BUF_INIT(SOURCE_MAX),
		.part = part ? (size_t)(part - a->parts) : SIZE_MAX,
		.start = cited->start,
		.end = cited->end,
		.unit = (int)cited->unit,
	};
	bool told = write_source(&c.source, cited) || json_exists(cited->value);

	if (json_exists(cited->value))
		buf_addstr(&c.value, json_raw(cited->value));
	for (size_t i = 0; i < a->citation_count && told; i++)
		told = !is_same(&a->citations[i], &c);
	if (!told || buf_is_full(&c.source) || buf_is_full(&c.value) ||
	    a->citation_count == ANSWER_CITATIONS_MAX) {
		buf_release(&c.source);
		buf_release(&c.value);
		return;
	}
	VEC_GROW(a->citations, a->citation_count, a->citation_cap);
	a->citations[a->citation_count++] = c;
}

void
answer_cite_annotation(struct answer *a, const struct part *part, struct json annotation)
{
	struct json inner = json_get(annotation, "url_citation");
	struct json from = inner.kind == JSON_OBJECT ? inner : annotation;
	struct json name = json_get(from, "filename");
	struct cited cited = {
		.url = json_get(from, "url"),
		.title = json_exists(name) ? name : json_get(from, "title"),
		.text = json_get(from, "content"),
		.document = json_get(from, "file_id"),
		.value = annotation,
	};

	if (annotation.kind != JSON_OBJECT || json_eq(json_get(annotation, "type"), "file"))
		return; /* a parsed file of the request's is no source of the answer's */
	(void)json_i64(json_get(from, "start_index"), &cited.start);
	(void)json_i64(json_get(from, "end_index"), &cited.end);
	answer_cite(a, part, &cited);
}

static int64_t
code_points(struct str text)
{
	int64_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
	return n;
}

/* Where the visible part begins in the content, in bytes. */
static size_t
offset_of(const struct answer *a, size_t part)
{
	size_t bytes = 0;

	for (size_t i = 0; i < part; i++) {
		if (a->parts[i].type == PART_TEXT && !a->parts[i].hidden)
			bytes += a->parts[i].text.len;
	}
	return bytes;
}

bool
answer_citation_span(const struct answer *a, const struct citation *c, struct str content,
    int64_t *start, int64_t *end)
{
	bool whole = c->unit == CITED_PART;
	size_t base = 0, len = content.len;
	int64_t before;

	if (c->part != SIZE_MAX) {
		const struct part *part = &a->parts[c->part];

		if (part->type != PART_TEXT || part->hidden)
			return false;
		base = offset_of(a, c->part);
		len = part->text.len;
	}
	*start = whole ? 0 : c->start;
	*end = whole ? (int64_t)len : c->end;
	if (*start < 0 || *end <= *start || base > content.len || len > content.len - base)
		return false;
	before = code_points((struct str){ content.p, base });
	content = (struct str){ content.p + base, len };
	if (c->unit != CITED_CHARS) {
		if ((uint64_t)*end > len)
			return false;
		*start = code_points((struct str){ content.p, (size_t)*start });
		*end = code_points((struct str){ content.p, (size_t)*end });
	} else if (*end > code_points(content)) {
		return false;
	}
	*start += before;
	*end += before;
	return true;
}
