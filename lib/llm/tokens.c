/* SPDX-License-Identifier: MIT */
/* tokens - how many tokens a request will be, by a stated rule. */
#include "llm/tokens.h"

#include "base/buf.h"

/* How far off the estimate may be; llm-tokens(1) says how much of recorded traffic lies within.
 * Media are guesses. */
enum { TEXT_OFF_PERCENT = 20, MEDIA_OFF_PERCENT = 60, SMALL = 60 };
enum { PAGE_BYTES = 20000, AUDIO_BYTES_A_TOKEN = 500, VIDEO_BYTES_A_TOKEN = 2000 };

const struct tokens_family tokens_families[] = {
	/* names, text, start message call, tools tool text, schema text, sealed, image page */
	{ { "gpt-oss" }, 950, 60, 7, 0, 10, 15, 660, 0, 500, 0, 800, 800, true },
	{ { "gpt", "o1", "o3", "o4", "codex" }, 950, 4, 3, 8, 22, 0, 450, 10, 500, 20, 800, 800,
	    true },
	{ { "opus-4-7", "opus-4-8", "opus-5", "sonnet-5", "fable", "mythos" }, 1300, 9, 5, 20, 420,
	    9, 800, 110, 1300, 40, 1600, 2700, false },
	{ { "claude" }, 1000, 7, 4, 16, 420, 7, 600, 110, 1000, 40, 1600, 2700, false },
	{ { "gemini" }, 950, 0, 1, 8, 0, 0, 340, 0, 0, 150, 260, 260, false },
	{ { "gemma" }, 1000, 4, 4, 4, 0, 0, 340, 0, 0, 0, 260, 260, false },
	{ { "grok" }, 1000, 150, 10, 17, 140, 2, 950, 30, 1000, 0, 260, 500, true },
	{ { "mistral", "ministral", "magistral", "codestral", "devstral", "pixtral", "mixtral" },
	    1000, 4, 4, 0, 20, 0, 1250, 0, 0, 0, 600, 1000, false },
	{ { "deepseek" }, 950, 3, 3, 15, 208, 1, 1300, 0, 500, 0, 600, 1000, true },
	{ { "qwen", "qwq" }, 950, 3, 5, 4, 150, 10, 1400, 0, 500, 0, 600, 1000, true },
	{ { "llama" }, 1000, 33, 1, 0, 119, 0, 650, 0, 500, 0, 700, 1000, true },
	{ { "glm" }, 1000, 6, 2, 15, 95, 10, 950, 0, 500, 0, 600, 1000, false },
	{ { "kimi", "moonshot" }, 1000, 4, 3, 12, 6, 14, 1130, 0, 500, 0, 600, 1000, false },
	{ { "nova" }, 1100, 0, 3, 8, 350, 2, 1170, 0, 500, 0, 600, 1000, false },
	{ { "command-a-plus" }, 1000, 40, 4, 16, 160, 10, 1000, 30, 500, 0, 300, 1000, false },
	{ { "command-a-reasoning" }, 1000, 1385, 4, 16, 300, 10, 1000, 0, 500, 0, 600, 1000, true },
	{ { "command-a" }, 1000, 500, 4, 25, 930, 10, 1000, 80, 500, 0, 600, 1000, false },
	{ { "sonar" }, 1000, 0, 1, 4, 50, 4, 1000, 0, 500, 0, 600, 1000, true },
	{ { NULL }, 1000, 4, 4, 4, 100, 4, 1000, 0, 500, 0, 600, 1000, false },
};

const struct tokens_family *
tokens_family(struct str model)
{
	const struct tokens_family *f = tokens_families;
	size_t i;

	for (; f->names[0]; f++)
		for (i = 0; i < sizeof f->names / sizeof *f->names && f->names[i]; i++)
			if (str_has_nocase(model, f->names[i]))
				return f;
	return f;
}

/* --- pieces --- */

enum glyph { OTHER, LOWER, UPPER, DIGIT, SPACE, LINE, SIGN, IDEOGRAPH, FOREIGN };

static enum glyph
glyph_of(unsigned char c)
{
	if (c >= 'a' && c <= 'z')
		return LOWER;
	if (c >= 'A' && c <= 'Z')
		return UPPER;
	if (c >= '0' && c <= '9')
		return DIGIT;
	if (c == ' ')
		return SPACE;
	if (c == '\n' || c == '\r' || c == '\t')
		return LINE;
	if (c >= 0x80)
		return FOREIGN;
	return c > ' ' && c < 0x7f ? SIGN : OTHER;
}

/* Kana, Chinese characters and Hangul syllables are E3 81 .. ED 9E in UTF-8, with symbols before
 * and private use after. */
static bool
is_ideograph(const char *p, const char *end)
{
	unsigned char a = (unsigned char)p[0], b = end - p > 1 ? (unsigned char)p[1] : 0;

	if (end - p < 3)
		return false;
	return (a == 0xe3 && b >= 0x81) || (a > 0xe3 && a < 0xed) || (a == 0xed && b < 0x9f);
}

/* The end of the run of that glyph that begins before p. */
static const char *
run_end(const char *p, const char *end, enum glyph glyph)
{
	while (p < end && glyph_of((unsigned char)*p) == glyph &&
	       !(glyph == FOREIGN && is_ideograph(p, end)))
		p++;
	return p;
}

static int64_t
pieces_of_run(enum glyph glyph, size_t n)
{
	switch (glyph) {
	case LOWER:
	case UPPER:
		return (int64_t)(n + 8) / 9;
	case DIGIT:
		return (int64_t)(n + 2) / 3;
	case FOREIGN:
		return (int64_t)(n + 3) / 4;
	case SIGN:
		return (int64_t)(n + 1) / 2;
	case SPACE:
		return n > 1;
	case LINE:
	case OTHER:
	case IDEOGRAPH:
		return 1;
	}
	return 0;
}

int64_t
tokens_pieces(struct str text)
{
	const char *p = text.p, *end = text.p + text.len, *start;
	int64_t pieces = 0, ideographs = 0;

	while (p < end) {
		enum glyph glyph = glyph_of((unsigned char)*p);

		start = p;
		if (glyph == FOREIGN && is_ideograph(p, end)) {
			p += 3;
			ideographs++;
			continue;
		}
		p = run_end(p + 1, end, glyph);
		if (glyph == UPPER && p == start + 1 && p < end &&
		    glyph_of((unsigned char)*p) == LOWER)
			p = run_end(p, end, LOWER); /* "Word" */
		pieces += pieces_of_run(glyph, (size_t)(p - start));
	}
	return pieces + (ideographs * 3 + 3) / 4;
}

/* --- a request --- */

struct walk {
	struct tokens_measure *m;
	struct buf text; /* a string, unescaped */
};

static int64_t
of_string(struct walk *w, struct json v)
{
	struct str plain;

	if (json_plain(v, &plain))
		return tokens_pieces(plain);
	buf_reset(&w->text);
	json_text(v, &w->text);
	return tokens_pieces(buf_str(&w->text));
}

/* A string's text; of any other value, its JSON. */
static int64_t
of_value(struct walk *w, struct json v)
{
	if (json_is(v, JSON_STRING))
		return of_string(w, v);
	return json_exists(v) ? tokens_pieces(json_raw(v)) : 0;
}

static void
add_media(struct walk *w, enum part_type type, struct json part)
{
	struct json text = json_get(part, "text");
	int64_t bytes = (int64_t)json_get(part, "data").len / 4 * 3;

	if (json_is(text, JSON_STRING))
		w->m->pieces += of_string(w, text);
	else if (type == PART_AUDIO)
		w->m->media += 1 + bytes / AUDIO_BYTES_A_TOKEN;
	else if (type == PART_VIDEO)
		w->m->media += bytes / VIDEO_BYTES_A_TOKEN;
	else if (type != PART_IMAGE)
		w->m->pages += 1 + bytes / PAGE_BYTES;
	if (!json_is(text, JSON_STRING) && (type == PART_IMAGE || type == PART_VIDEO))
		w->m->images++;
}

static void add_content(struct walk *w, struct json content);

static void
add_part(struct walk *w, const struct request_parts *p)
{
	struct json v = json_get(p->part, "opaque");

	w->m->sealed += (int64_t)v.len;
	switch (p->type) {
	case PART_TEXT:
		w->m->pieces += of_string(w, p->text);
		break;
	case PART_REASONING:
		w->m->thoughts += of_string(w, p->text);
		break;
	case PART_TOOL_CALL:
		w->m->calls++;
		w->m->pieces += of_value(w, json_get(p->part, "name"));
		w->m->pieces += of_value(w, json_get(p->part, "arguments"));
		break;
	case PART_TOOL_RESULT:
		w->m->calls++;
		v = json_get(p->part, "content");
		if (request_is_parts(v))
			add_content(w, v);
		else
			w->m->pieces += of_value(w, v);
		break;
	case PART_PROVIDER:
		w->m->pieces += of_value(w, json_get(p->part, "value"));
		break;
	case PART_IMAGE:
	case PART_AUDIO:
	case PART_VIDEO:
	case PART_FILE:
		add_media(w, p->type, p->part);
		break;
	}
}

static void
add_content(struct walk *w, struct json content)
{
	struct request_parts parts = request_parts(content);

	while (request_next_part(&parts))
		add_part(w, &parts);
}

static void
add_tools(struct walk *w, struct json tools)
{
	struct json_iter it = json_each(tools);

	while (json_next(&it)) {
		w->m->tools++;
		w->m->tool_pieces += of_value(w, json_get(it.value, "name"));
		w->m->tool_pieces += of_value(w, json_get(it.value, "description"));
		w->m->tool_pieces += of_value(w, json_get(it.value, "inputSchema"));
	}
}

void
tokens_measure(const struct request *r, struct tokens_measure *m)
{
	struct walk w = { .m = m, .text = BUF_INIT(BUF_UNLIMITED) };
	struct request_turns turns = request_turns(r);

	*m = (struct tokens_measure){ .has_schema = json_is(
					  r->options.response_schema, JSON_OBJECT) };
	while (request_next_turn(&turns)) {
		m->messages++;
		if (turns.text.p)
			m->pieces += tokens_pieces(turns.text);
		else
			add_content(&w, turns.content);
	}
	add_tools(&w, r->tools);
	if (m->has_schema)
		m->schema_pieces = tokens_pieces(json_raw(r->options.response_schema));
	m->own_pieces = of_value(&w, r->provider_options);
	buf_release(&w.text);
}

struct tokens
tokens_count(const struct tokens_measure *m, const struct tokens_family *f)
{
	int64_t pieces = m->pieces + (f->forgets ? 0 : m->thoughts);
	int64_t media = m->media + m->images * f->image + m->pages * f->page;
	int64_t tokens = f->start + m->messages * f->message + m->calls * f->call, off;
	struct tokens t;

	if (m->tools)
		tokens += f->tools + m->tools * f->tool + m->tool_pieces * f->tool_text / 1000;
	if (m->has_schema)
		tokens += f->schema + m->schema_pieces * f->schema_text / 1000;
	/* What a provider is told in its own words is mostly tools and schemas. */
	tokens += m->own_pieces * f->schema_text / 1000;
	tokens += m->sealed * f->sealed / 1000 + pieces * f->text / 1000;
	off = SMALL + tokens * TEXT_OFF_PERCENT / 100 + media * MEDIA_OFF_PERCENT / 100;
	t.in = tokens + media;
	t.low = t.in > off ? t.in - off : 0;
	t.high = t.in + off;
	return t;
}

struct tokens
tokens_estimate(const struct request *r, struct str model)
{
	struct tokens_measure m;

	tokens_measure(r, &m);
	return tokens_count(&m, tokens_family(model));
}
