/* SPDX-License-Identifier: MIT */
/* jsonw - write JSON into a buf. */
#include "json/jsonw.h"

#include <math.h>

#include "base/die.h"
#include "base/money.h"
#include "base/num.h"
#include "json/lex.h"

void
jsonw_start(struct jsonw *w, struct buf *out)
{
	*w = (struct jsonw){ .out = out };
}

static bool
in_object(const struct jsonw *w)
{
	return w->depth && w->is_object[w->depth - 1];
}

/* What must stand before a value; a value in an object needs its key first. */
static void
begin_value(struct jsonw *w)
{
	if (in_object(w) && !w->after_key)
		BUG("jsonw: a member without a key");
	if (w->need_comma && !w->after_key)
		buf_addc(w->out, ',');
	w->after_key = false;
	w->need_comma = true;
}

static void
open_bracket(struct jsonw *w, char bracket)
{
	begin_value(w);
	if (w->depth >= JSONW_DEPTH_MAX)
		BUG("jsonw: nested deeper than %d", JSONW_DEPTH_MAX);
	w->is_object[w->depth++] = bracket == '{';
	w->need_comma = false;
	buf_addc(w->out, bracket);
}

void
jsonw_object(struct jsonw *w)
{
	open_bracket(w, '{');
}

void
jsonw_array(struct jsonw *w)
{
	open_bracket(w, '[');
}

void
jsonw_end(struct jsonw *w)
{
	if (!w->depth || w->after_key)
		BUG("jsonw_end: %s", w->depth ? "a key without a value" : "nothing is open");
	buf_addc(w->out, in_object(w) ? '}' : ']');
	w->depth--;
	w->need_comma = true;
}

void
jsonw_keyn(struct jsonw *w, struct str key)
{
	if (!in_object(w) || w->after_key)
		BUG("jsonw_key: %.*s: no name may stand here", (int)key.len, key.p);
	if (w->need_comma)
		buf_addc(w->out, ',');
	jsonw_quote(w->out, key);
	buf_addc(w->out, ':');
	w->after_key = true;
}

void
jsonw_key(struct jsonw *w, const char *key)
{
	jsonw_keyn(w, str_of(key));
}

void
jsonw_strn(struct jsonw *w, struct str s)
{
	if (!s.p) {
		jsonw_null(w);
		return;
	}
	begin_value(w);
	jsonw_quote(w->out, s);
}

void
jsonw_str(struct jsonw *w, const char *s)
{
	jsonw_strn(w, str_of(s));
}

void
jsonw_i64(struct jsonw *w, int64_t n)
{
	begin_value(w);
	buf_addi(w->out, n);
}

void
jsonw_double(struct jsonw *w, double d)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	double back;
	int digits;

	if (!isfinite(d)) {
		jsonw_null(w);
		return;
	}
	for (digits = 15; digits <= 17; digits++) { /* 17 are always enough */
		buf_reset(&text);
		buf_addf(&text, "%.*g", digits, d);
		if (num_double(buf_str(&text), &back) && back >= d && back <= d)
			break;
	}
	jsonw_raw(w, buf_str(&text));
	buf_release(&text);
}

void
jsonw_bool(struct jsonw *w, bool b)
{
	jsonw_raw(w, b ? STR_LIT("true") : STR_LIT("false"));
}

void
jsonw_null(struct jsonw *w)
{
	jsonw_raw(w, STR_LIT("null"));
}

void
jsonw_usd(struct jsonw *w, int64_t pusd)
{
	begin_value(w);
	money_print(w->out, pusd);
}

void
jsonw_json(struct jsonw *w, struct json v)
{
	if (json_is(v, JSON_NONE))
		jsonw_null(w);
	else
		jsonw_raw(w, json_raw(v));
}

void
jsonw_raw(struct jsonw *w, struct str raw)
{
	begin_value(w);
	buf_addstr(w->out, raw);
}

void
jsonw_members(struct jsonw *w, struct json v)
{
	struct str inside;

	if (!json_is(v, JSON_OBJECT))
		return;
	if (!in_object(w) || w->after_key)
		BUG("jsonw_members: no object is open here");
	inside = str_trim((struct str){ v.p + 1, v.len - 2 });
	if (!inside.len)
		return;
	if (w->need_comma)
		buf_addc(w->out, ',');
	buf_addstr(w->out, inside);
	w->need_comma = true;
}

void
jsonw_kstr(struct jsonw *w, const char *key, const char *s)
{
	jsonw_key(w, key);
	jsonw_str(w, s);
}

void
jsonw_kstrn(struct jsonw *w, const char *key, struct str s)
{
	jsonw_key(w, key);
	jsonw_strn(w, s);
}

void
jsonw_ki64(struct jsonw *w, const char *key, int64_t n)
{
	jsonw_key(w, key);
	jsonw_i64(w, n);
}

void
jsonw_kbool(struct jsonw *w, const char *key, bool b)
{
	jsonw_key(w, key);
	jsonw_bool(w, b);
}

void
jsonw_kjson(struct jsonw *w, const char *key, struct json v)
{
	jsonw_key(w, key);
	jsonw_json(w, v);
}

void
jsonw_kjson_opt(struct jsonw *w, const char *key, struct json v)
{
	if (!json_is(v, JSON_NONE))
		jsonw_kjson(w, key, v);
}

static void
put_control(struct buf *out, unsigned char c)
{
	static const char from[] = "\b\f\n\r\t", to[] = "bfnrt", hex[] = "0123456789abcdef";
	const char *found = c ? strchr(from, c) : NULL;
	char escape[] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };

	if (found) {
		escape[1] = to[found - from];
		buf_add(out, escape, 2);
	} else {
		buf_add(out, escape, sizeof escape);
	}
}

/* Append the byte or character at p that can't go into a string as it is, or can once it has been
 * looked at; the result is behind it. */
static const char *
put_odd(struct buf *out, const char *p, const char *end)
{
	unsigned char c = (unsigned char)*p;
	size_t n;

	if (c < 0x20) {
		put_control(out, c);
		return p + 1;
	}
	if (c < 0x80) {
		buf_addc(out, '\\');
		buf_addc(out, *p);
		return p + 1;
	}
	n = lex_utf8(p, end);
	if (!n) {
		buf_adds(out, "\xEF\xBF\xBD");
		return p + 1;
	}
	buf_add(out, p, n);
	return p + n;
}

/* Names and most short strings need no escape: one look, one copy. */
static bool
quote_plain(struct buf *out, struct str s)
{
	char *to;

	if (lex_plain(s.p, s.p + s.len) != s.p + s.len)
		return false;
	to = buf_reserve(out, s.len + 2);
	if (!to)
		return true; /* out is full, and says so */
	to[0] = '"';
	if (s.len)
		memcpy(to + 1, s.p, s.len);
	to[s.len + 1] = '"';
	to[s.len + 2] = '\0';
	out->len += s.len + 2;
	return true;
}

void
jsonw_quote(struct buf *out, struct str s)
{
	const char *p = s.p, *end = p + s.len, *odd;

	if (quote_plain(out, s))
		return;
	buf_addc(out, '"');
	while (p < end) {
		odd = lex_plain(p, end);
		buf_add(out, p, (size_t)(odd - p));
		p = odd < end ? put_odd(out, odd, end) : end;
	}
	buf_addc(out, '"');
}

struct json
jsonw_quoted(struct buf *hold, struct str text)
{
	buf_reset(hold);
	jsonw_quote(hold, text);
	return (struct json){ hold->p, hold->len, JSON_STRING };
}
