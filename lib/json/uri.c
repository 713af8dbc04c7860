/* SPDX-License-Identifier: MIT */
/* uri - references resolved as RFC 3986 section 5 says. */
#include "json/uri.h"

/* scheme, authority, query and fragment with the characters that set them off. */
struct uri {
	struct str scheme, authority, path, query, fragment;
};

/* Take [0, n) off the front of s. */
static struct str
take(struct str *s, size_t n)
{
	struct str part = { s->p, n };

	s->p += n;
	s->len -= n;
	return part;
}

static size_t
span_until(struct str s, size_t from, const char *stop)
{
	while (from < s.len && (!s.p[from] || !strchr(stop, s.p[from])))
		from++;
	return from;
}

static struct uri
uri_split(struct str s)
{
	struct uri u = { STR_NONE, STR_NONE, STR_NONE, STR_NONE, STR_NONE };
	size_t n = span_until(s, 0, ":/?#");

	if (n && n < s.len && s.p[n] == ':')
		u.scheme = take(&s, n + 1);
	if (str_starts(s, "//"))
		u.authority = take(&s, span_until(s, 2, "/?#"));
	u.path = take(&s, span_until(s, 0, "?#"));
	if (s.len && s.p[0] == '?')
		u.query = take(&s, span_until(s, 0, "#"));
	u.fragment = s;
	return u;
}

/* Take the last segment, and the slash behind it, off what was written since start. */
static void
drop_segment(struct buf *out, size_t start)
{
	if (out->len > start)
		out->len--;
	while (out->len > start && out->p[out->len - 1] != '/')
		out->len--;
}

/* Append path without its "." and ".." segments. */
static void
put_path(struct str path, struct buf *out)
{
	size_t start = out->len;
	struct str segment;

	if (path.len && path.p[0] == '/') {
		buf_add(out, "/", 1);
		take(&path, 1);
		start = out->len;
	}
	while (str_split(&path, '/', &segment)) {
		if (str_is(segment, ".."))
			drop_segment(out, start);
		if (str_is(segment, "..") || str_is(segment, "."))
			continue;
		buf_addstr(out, segment);
		if (path.p)
			buf_addc(out, '/');
	}
}

/* ref's path beside the last segment of base's. */
static void
put_merged(const struct uri *base, struct str path, struct buf *out)
{
	struct buf merged = BUF_INIT(BUF_UNLIMITED);
	size_t n = base->path.len;

	while (n && base->path.p[n - 1] != '/')
		n--;
	if (base->authority.len && !base->path.len)
		buf_addc(&merged, '/');
	buf_add(&merged, base->path.p, n);
	buf_addstr(&merged, path);
	put_path(buf_str(&merged), out);
	buf_release(&merged);
}

void
uri_resolve(struct str base_text, struct str ref_text, struct buf *out)
{
	struct uri ref = uri_split(ref_text), base = uri_split(base_text);

	if (ref.scheme.len || !base_text.len) {
		buf_addstr(out, ref_text);
		return;
	}
	buf_addstr(out, base.scheme);
	if (ref.authority.len) {
		buf_addstr(out, ref_text);
		return;
	}
	buf_addstr(out, base.authority);
	if (!ref.path.len) {
		buf_addstr(out, base.path);
		buf_addstr(out, ref.query.len ? ref.query : base.query);
	} else {
		if (ref.path.p[0] == '/')
			put_path(ref.path, out);
		else
			put_merged(&base, ref.path, out);
		buf_addstr(out, ref.query);
	}
	buf_addstr(out, ref.fragment);
}

static int
hex_value(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = c ? strchr(digits, c >= 'A' && c <= 'F' ? c | 0x20 : c) : NULL;

	return found ? (int)(found - digits) : -1;
}

void
uri_decode(struct str text, struct buf *out)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		char c = text.p[i];

		if (c == '%' && i + 2 < text.len && hex_value(text.p[i + 1]) >= 0 &&
		    hex_value(text.p[i + 2]) >= 0) {
			c = (char)(hex_value(text.p[i + 1]) * 16 + hex_value(text.p[i + 2]));
			i += 2;
		}
		buf_addc(out, c);
	}
}
