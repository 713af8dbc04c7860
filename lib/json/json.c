/* SPDX-License-Identifier: MIT */
/* json - reading proven JSON where it lies: members, elements, numbers, text. */
#include "json/json.h"

#include <stdlib.h>

#include "base/die.h"
#include "base/mem.h"
#include "base/num.h"
#include "json/lex.h"

struct json
json_literal(const char *s)
{
	struct err err = ERR_INIT;
	struct json v;

	if (json_parse(s, strlen(s), &v, &err) < 0)
		BUG("json_literal: %s: %s", err.text, s);
	return v;
}

/* In proven text: behind the bracket that closes the one at p. */
static const char *
container_end(const char *p, const char *end)
{
	size_t depth = 1;

	for (p++;; p++) {
		p = lex_bracket(p, end);
		if (p == end)
			return end;
		if (*p == '"')
			p = lex_string_end(p, end) - 1;
		else if ((*p | 0x20) == '{')
			depth++;
		else if (--depth == 0)
			return p + 1;
	}
}

static bool
ends_scalar(char c)
{
	return c == ',' || c == '}' || c == ']' || lex_is_space(c);
}

/* The value that begins at p, in proven text. */
static struct json
value_at(const char *p, const char *end)
{
	const char *behind = p;
	enum json_kind kind;

	switch (*p) {
	case '{':
	case '[':
		kind = *p == '{' ? JSON_OBJECT : JSON_ARRAY;
		behind = container_end(p, end);
		break;
	case '"':
		kind = JSON_STRING;
		behind = lex_string_end(p, end);
		break;
	case 'n':
		kind = JSON_NULL;
		behind += 4;
		break;
	case 't':
		kind = JSON_TRUE;
		behind += 4;
		break;
	case 'f':
		kind = JSON_FALSE;
		behind += 5;
		break;
	default:
		kind = JSON_NUMBER;
		while (behind < end && !ends_scalar(*behind))
			behind++;
	}
	return (struct json){ p, (size_t)(behind - p), kind };
}

struct json_iter
json_each(struct json v)
{
	struct json_iter it = { NULL, NULL, JSON_ABSENT, JSON_ABSENT };

	if (v.kind == JSON_OBJECT || v.kind == JSON_ARRAY) {
		it.end = v.p + v.len - 1;
		it.at = lex_space(v.p + 1, it.end);
		it.key.kind = v.kind == JSON_OBJECT ? JSON_STRING : JSON_NONE;
	}
	return it;
}

bool
json_next(struct json_iter *it)
{
	const char *p = it->at;

	if (p == it->end)
		return false;
	if (it->key.kind == JSON_STRING) {
		it->key.p = p;
		p = lex_string_end(p, it->end);
		it->key.len = (size_t)(p - it->key.p);
		p = lex_space(p, it->end) + 1; /* the colon */
		p = lex_space(p, it->end);
	}
	it->value = value_at(p, it->end);
	p = lex_space(p + it->value.len, it->end);
	it->at = p < it->end ? lex_space(p + 1, it->end) : p; /* the comma */
	return true;
}

size_t
json_count(struct json v)
{
	struct json_iter it = json_each(v);
	size_t n = 0;

	while (json_next(&it))
		n++;
	return n;
}

static size_t
utf8_len(uint32_t c)
{
	return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

static void
put_utf8(struct buf *out, uint32_t c)
{
	size_t n = utf8_len(c);
	char u[4];

	if (n == 1) {
		buf_addc(out, (char)c);
		return;
	}
	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		u[i] = (char)(0x80 | (c & 0x3F));
	u[0] = (char)(c | (0xF00u >> n & 0xF0));
	buf_add(out, u, n);
}

static uint32_t
hex4(const char *p)
{
	uint32_t n = 0;

	for (int i = 0; i < 4; i++)
		n = n * 16 + (lex_is_digit(p[i]) ? (uint32_t)(p[i] - '0')
						 : (uint32_t)((p[i] | 0x20) - 'a' + 10));
	return n;
}

/* What the escape at p stands for; the result is behind it. */
static const char *
read_escape(const char *p, const char *end, uint32_t *c)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *found;
	uint32_t low;

	if (p[1] != 'u') {
		found = strchr(from, p[1]);
		*c = (unsigned char)(found ? to[found - from] : p[1]);
		return p + 2;
	}
	*c = hex4(p + 2);
	p += 6;
	if (*c >= 0xD800 && *c < 0xDC00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u') {
		low = hex4(p + 2);
		if (low >= 0xDC00 && low < 0xE000) {
			*c = 0x10000 + ((*c - 0xD800) << 10) + (low - 0xDC00);
			return p + 6;
		}
	}
	if (*c >= 0xD800 && *c < 0xE000)
		*c = 0xFFFD;
	return p;
}

void
json_text(struct json v, struct buf *out)
{
	const char *p, *end, *run;
	uint32_t c;

	if (v.kind != JSON_STRING)
		return;
	p = v.p + 1;
	end = v.p + v.len - 1;
	while (p < end) {
		run = p;
		p = memchr(p, '\\', (size_t)(end - p));
		if (!p)
			p = end;
		buf_add(out, run, (size_t)(p - run));
		if (p < end) {
			p = read_escape(p, end, &c);
			put_utf8(out, c);
		}
	}
}

struct json_place
json_place_start(struct json v)
{
	return (struct json_place){ v.p + 1, v.p + v.len - 1, 0 };
}

void
json_place_go(struct json_place *at, size_t text)
{
	const char *escape;
	uint32_t c;
	size_t n;

	while (at->text < text) {
		n = text - at->text;
		escape = memchr(at->p, '\\', n); /* no byte of text has less than one raw */
		if (escape != at->p) {
			n = escape ? (size_t)(escape - at->p) : n;
			at->p += n;
			at->text += n;
		} else {
			at->p = read_escape(at->p, at->end, &c);
			at->text += utf8_len(c);
		}
	}
}

char *
json_strdup(struct json v)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	if (v.kind != JSON_STRING)
		return NULL;
	json_text(v, &text);
	if (memchr(text.p, '\0', text.len)) {
		buf_release(&text);
		return NULL;
	}
	return buf_take(&text);
}

bool
json_plain(struct json v, struct str *out)
{
	if (v.kind != JSON_STRING || memchr(v.p, '\\', v.len))
		return false;
	*out = (struct str){ v.p + 1, v.len - 2 };
	return true;
}

/* Whether v is a string of that text. An escape is always longer than what it stands for. */
static bool
is_text(struct json v, struct str s)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct str raw;
	bool same;

	if (v.kind != JSON_STRING || v.len - 2 < s.len)
		return false;
	raw = (struct str){ v.p + 1, v.len - 2 };
	if (raw.len == s.len)
		return str_eq(raw, s) && !(s.len && memchr(s.p, '\\', s.len));
	if (!memchr(raw.p, '\\', raw.len))
		return false;
	json_text(v, &text);
	same = str_eq(buf_str(&text), s);
	buf_release(&text);
	return same;
}

bool
json_eq(struct json v, const char *s)
{
	return is_text(v, str_of(s));
}

bool
json_is_empty_string(struct json v)
{
	return v.kind == JSON_STRING && v.len == 2;
}

static struct json
get(struct json obj, struct str key)
{
	struct json_iter it = json_each(obj);
	struct json v = JSON_ABSENT;

	if (obj.kind != JSON_OBJECT)
		return v;
	while (json_next(&it)) {
		if (is_text(it.key, key))
			v = it.value;
	}
	return v;
}

struct json
json_get(struct json obj, const char *key)
{
	return get(obj, str_of(key));
}

static struct json
element(struct json array, struct str index)
{
	struct json_iter it = json_each(array);
	int64_t i;

	if (!num_i64(index, &i) || i < 0)
		return JSON_ABSENT;
	do {
		if (!json_next(&it))
			return JSON_ABSENT;
	} while (i--);
	return it.value;
}

struct json
json_find(struct json v, const char *path)
{
	struct str rest = str_of(path), name;

	while (str_split(&rest, '.', &name))
		v = v.kind == JSON_ARRAY ? element(v, name) : get(v, name);
	return v;
}

bool
json_i64(struct json v, int64_t *out)
{
	return v.kind == JSON_NUMBER && num_i64(json_raw(v), out);
}

bool
json_count_of(struct json v, int64_t *out)
{
	return json_scaled(v, 0, out);
}

bool
json_double(struct json v, double *out)
{
	double d;

	if (v.kind != JSON_NUMBER || !num_double(json_raw(v), &d))
		return false;
	*out = d;
	return true;
}

bool
json_scaled(struct json v, int scale, int64_t *out)
{
	return v.kind == JSON_NUMBER && num_scaled(json_raw(v), scale, out);
}
