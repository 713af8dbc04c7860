/* SPDX-License-Identifier: MIT */
/* frame - cut a body, as it arrives, into the messages that its stream format carries. */
#include "net/frame.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum array_state {
	ARRAY_BEFORE, /* nothing but white space so far */
	ARRAY_FIRST, /* after '[': an element or ']' */
	ARRAY_NEXT, /* after ',': an element */
	ARRAY_INSIDE, /* an element has begun */
	ARRAY_AFTER, /* after ']': white space only */
};

struct frame {
	enum frame_format format;
	size_t limit;
	frame_fn *fn;
	void *user;
	bool over; /* an error was reported, or the callback had enough */
	unsigned bom_seen; /* bytes of a byte order mark at the start; BOM_PAST: that is decided */
	struct buf held; /* what has no end yet: a line, an element, the whole body */

	/* SSE */
	bool after_cr; /* a '\n' that comes now belongs to the line end before it */
	struct buf data; /* data lines that a later line or feed made us copy */
	struct str line; /* the only data line so far, where it lies; line.p NULL: none */
	bool has_data; /* data holds lines */
	struct buf name_held;
	struct str name;

	/* JSON array */
	enum array_state state;
	size_t depth;
	bool in_string, after_backslash;
};

static const char bom[] = "\xEF\xBB\xBF";
enum { BOM_LEN = 3, BOM_PAST = 4 };

struct frame *
frame_new(enum frame_format format, size_t limit, frame_fn *fn, void *user)
{
	struct frame *f = xcalloc(1, sizeof *f);

	f->format = format;
	f->limit = limit;
	f->fn = fn;
	f->user = user;
	buf_init(&f->held, BUF_UNLIMITED); /* limit is held against lines and elements, below */
	buf_init(&f->data, BUF_UNLIMITED);
	buf_init(&f->name_held, BUF_UNLIMITED);
	return f;
}

void
frame_free(struct frame *f)
{
	if (!f)
		return;
	buf_release(&f->held);
	buf_release(&f->data);
	buf_release(&f->name_held);
	free(f);
}

static int
frame_too_long(struct frame *f, struct err *err)
{
	f->over = true;
	return err_set(err, EXIT_NO, "a message of the stream is over %zu bytes", f->limit);
}

/* Keep bytes that have no end yet; the limit holds for them together with what is kept already. */
static int
frame_hold(struct frame *f, const char *p, size_t n, struct err *err)
{
	if (n > f->limit - f->held.len)
		return frame_too_long(f, err);
	buf_add(&f->held, p, n);
	return 0;
}

static int
frame_emit(struct frame *f, struct str name, struct str data)
{
	if (f->fn(f->user, name, data))
		return 0;
	f->over = true;
	return -1;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct str
trim_blank(struct str s)
{
	while (s.len && is_blank(s.p[0])) {
		s.p++;
		s.len--;
	}
	while (s.len && is_blank(s.p[s.len - 1]))
		s.len--;
	return s;
}

/* --- text/event-stream --- */

static size_t
sse_data_len(const struct frame *f)
{
	return f->line.p ? f->line.len : f->data.len;
}

/* What lies in bytes that are about to go is copied. */
static void
sse_settle(struct frame *f)
{
	if (f->line.p) {
		buf_addstr(&f->data, f->line);
		f->has_data = true;
		f->line = STR_NONE;
	}
	if (f->name.len && f->name.p != f->name_held.p) {
		buf_reset(&f->name_held);
		buf_addstr(&f->name_held, f->name);
		f->name = buf_str(&f->name_held);
	}
}

static int
sse_add_data(struct frame *f, struct str value, struct err *err)
{
	if (!f->has_data && !f->line.p) {
		f->line = value;
		return 0;
	}
	/* The first line's copy and this line, with a newline between them. */
	if (value.len >= f->limit - sse_data_len(f))
		return frame_too_long(f, err);
	sse_settle(f);
	buf_addc(&f->data, '\n');
	buf_addstr(&f->data, value);
	return 0;
}

static int
sse_dispatch(struct frame *f)
{
	struct str data = f->line.p ? f->line : buf_str(&f->data);
	struct str name = f->name.len ? f->name : STR_LIT("message");
	bool any = f->line.p || f->has_data;

	f->line = STR_NONE;
	f->name = STR_NONE;
	f->has_data = false;
	/* An event without a data line is no event; one with an empty data line is. */
	if (any && frame_emit(f, name, data) < 0)
		return -1;
	buf_reset(&f->data);
	return 0;
}

static int
sse_line(struct frame *f, struct str line, struct err *err)
{
	struct str field = line, value = { line.p + line.len, 0 };
	const char *colon;

	if (!line.len)
		return sse_dispatch(f);
	if (line.len > f->limit)
		return frame_too_long(f, err);
	colon = memchr(line.p, ':', line.len);
	if (colon) {
		field.len = (size_t)(colon - line.p);
		value = (struct str){ colon + 1, line.len - field.len - 1 };
		if (value.len && value.p[0] == ' ') {
			value.p++;
			value.len--;
		}
	}
	if (str_eq(field, STR_LIT("data")))
		return sse_add_data(f, value, err);
	if (str_eq(field, STR_LIT("event")))
		f->name = value;
	/* A comment (no field name), id and retry (we never reconnect), and unknown fields. */
	return 0;
}

/* The bytes of a feed with the next '\n' and '\r' of them: each byte is searched once for either,
 * whatever mixture of line ends there is. */
struct cursor {
	const char *at, *end;
	const char *lf, *cr; /* at or after at; end: there is none */
};

static const char *
cursor_find(const struct cursor *c, char what)
{
	const char *p = memchr(c->at, what, (size_t)(c->end - c->at));

	return p ? p : c->end;
}

static struct cursor
cursor_of(const char *p, size_t n)
{
	struct cursor c = { p, p + n, NULL, NULL };

	c.lf = cursor_find(&c, '\n');
	c.cr = cursor_find(&c, '\r');
	return c;
}

/* The next line, without its end; false where its end is not among the bytes. */
static bool
cursor_line(struct cursor *c, struct str *line)
{
	const char *stop;

	if (c->lf < c->at)
		c->lf = cursor_find(c, '\n');
	if (c->cr < c->at)
		c->cr = cursor_find(c, '\r');
	stop = c->lf < c->cr ? c->lf : c->cr;
	if (stop == c->end)
		return false;
	*line = (struct str){ c->at, (size_t)(stop - c->at) };
	c->at = stop + 1;
	return true;
}

static int
sse_feed(struct frame *f, const char *p, size_t n, struct err *err)
{
	struct cursor c = cursor_of(p, n);
	struct str line;

	while (c.at < c.end) {
		if (f->after_cr && *c.at == '\n') {
			f->after_cr = false;
			c.at++;
			continue;
		}
		f->after_cr = false;
		if (!cursor_line(&c, &line))
			break;
		f->after_cr = c.at[-1] == '\r';
		if (f->held.len) {
			if (frame_hold(f, line.p, line.len, err) < 0)
				return -1;
			line = buf_str(&f->held);
		}
		if (sse_line(f, line, err) < 0)
			return -1;
		if (line.p == f->held.p) {
			sse_settle(f);
			buf_reset(&f->held);
		}
	}
	sse_settle(f);
	return frame_hold(f, c.at, (size_t)(c.end - c.at), err);
}

static int
sse_end(struct frame *f, bool lenient, struct err *err)
{
	if (!lenient)
		return 0;
	if (f->held.len && sse_line(f, buf_str(&f->held), err) < 0)
		return -1;
	return sse_dispatch(f);
}

/* --- a message a line --- */

static int
ndjson_line(struct frame *f, struct str line, struct err *err)
{
	if (line.len > f->limit)
		return frame_too_long(f, err);
	line = trim_blank(line);
	return line.len ? frame_emit(f, STR_NONE, line) : 0;
}

static int
ndjson_feed(struct frame *f, const char *p, size_t n, struct err *err)
{
	const char *end = p + n, *lf;

	while (p < end && (lf = memchr(p, '\n', (size_t)(end - p)))) {
		struct str line = { p, (size_t)(lf - p) };

		if (f->held.len) {
			if (frame_hold(f, p, line.len, err) < 0)
				return -1;
			line = buf_str(&f->held);
		}
		if (ndjson_line(f, line, err) < 0)
			return -1;
		buf_reset(&f->held);
		p = lf + 1;
	}
	return frame_hold(f, p, (size_t)(end - p), err);
}

/* --- a message an element of one array --- */

static int
array_wrong(struct frame *f, const char *wanted, char got, struct err *err)
{
	unsigned char c = (unsigned char)got;

	f->over = true;
	if (c > 0x20 && c < 0x7f)
		return err_set(err, EXIT_NO, "JSON array stream: '%c' where %s", c, wanted);
	return err_set(err, EXIT_NO, "JSON array stream: byte 0x%02x where %s", c, wanted);
}

/* Between elements: p is not white space. */
static int
array_between(struct frame *f, char c, struct err *err)
{
	switch (f->state) {
	case ARRAY_BEFORE:
		if (c != '[')
			return array_wrong(f, "'[' should begin it", c, err);
		f->state = ARRAY_FIRST;
		return 0;
	case ARRAY_AFTER:
		return array_wrong(f, "it has ended", c, err);
	case ARRAY_FIRST:
		if (c == ']') {
			f->state = ARRAY_AFTER;
			return 0;
		}
		/* fallthrough */
	case ARRAY_NEXT:
	case ARRAY_INSIDE:
		if (c == ']' || c == ',' || c == '}' || c == ':')
			return array_wrong(f, "an element should begin", c, err);
		f->state = ARRAY_INSIDE;
		return 0;
	}
	return 0;
}

/* Go on inside a string; returns where it ends (behind its quote) or end. */
static const char *
array_string(struct frame *f, const char *p, const char *end)
{
	for (; p < end; p++) {
		if (f->after_backslash) {
			f->after_backslash = false;
		} else if (*p == '\\') {
			f->after_backslash = true;
		} else if (*p == '"') {
			f->in_string = false;
			return p + 1;
		}
	}
	return end;
}

/* Go on inside an element; returns where it ends (at its ',' or ']') or end. NULL: err. */
static const char *
array_element(struct frame *f, const char *p, const char *end, struct err *err)
{
	while (p < end) {
		if (f->in_string) {
			p = array_string(f, p, end);
			continue;
		}
		if (*p == '"') {
			f->in_string = true;
		} else if (*p == '{' || *p == '[') {
			f->depth++;
		} else if (f->depth == 0 && (*p == ',' || *p == ']')) {
			return p;
		} else if (*p == '}' || *p == ']') {
			if (f->depth == 0) {
				(void)array_wrong(f, "',' or ']' should follow", *p, err);
				return NULL;
			}
			f->depth--;
		}
		p++;
	}
	return end;
}

/* An element's last part is at p; hand the whole out. */
static int
array_emit(struct frame *f, const char *p, size_t n, struct err *err)
{
	struct str element = { p, n };

	if (n > f->limit)
		return frame_too_long(f, err);
	if (f->held.len) {
		if (frame_hold(f, p, n, err) < 0)
			return -1;
		element = buf_str(&f->held);
	}
	if (frame_emit(f, STR_NONE, trim_blank(element)) < 0)
		return -1;
	buf_reset(&f->held);
	return 0;
}

static int
array_feed(struct frame *f, const char *p, size_t n, struct err *err)
{
	const char *end = p + n, *stop;

	while (p < end) {
		if (f->state != ARRAY_INSIDE) {
			if (!is_blank(*p) && array_between(f, *p, err) < 0)
				return -1;
			if (f->state != ARRAY_INSIDE) {
				p++;
				continue;
			}
		}
		stop = array_element(f, p, end, err);
		if (!stop)
			return -1;
		if (stop == end)
			return frame_hold(f, p, (size_t)(end - p), err);
		if (array_emit(f, p, (size_t)(stop - p), err) < 0)
			return -1;
		f->state = *stop == ',' ? ARRAY_NEXT : ARRAY_AFTER;
		p = stop + 1;
	}
	return 0;
}

static int
array_end(struct frame *f, struct err *err)
{
	if (f->state == ARRAY_AFTER)
		return 0;
	f->over = true;
	return err_set(err, EXIT_NO, "JSON array stream: it ends before its ']'");
}

/* --- all of them --- */

static int
frame_feed_text(struct frame *f, const char *p, size_t n, struct err *err)
{
	if (!n)
		return 0;
	switch (f->format) {
	case FRAME_WHOLE:
		return frame_hold(f, p, n, err);
	case FRAME_SSE:
		return sse_feed(f, p, n, err);
	case FRAME_NDJSON:
		return ndjson_feed(f, p, n, err);
	case FRAME_JSON_ARRAY:
		return array_feed(f, p, n, err);
	}
	return 0;
}

/* The start of the body: a byte order mark there is passed over, in however many parts it comes. */
static int
frame_begin(struct frame *f, const char **p, size_t *n, struct err *err)
{
	unsigned seen = f->bom_seen;

	while (*n && seen < BOM_LEN && **p == bom[seen]) {
		seen++;
		++*p;
		--*n;
	}
	if (!*n && seen < BOM_LEN) {
		f->bom_seen = seen;
		return 0;
	}
	f->bom_seen = BOM_PAST;
	return seen < BOM_LEN ? frame_feed_text(f, bom, seen, err) : 0;
}

static int
frame_is_over(struct err *err)
{
	return err_set(err, EXIT_NO, "the stream was given up before");
}

int
frame_feed(struct frame *f, const char *p, size_t n, struct err *err)
{
	if (f->over)
		return frame_is_over(err);
	if (f->bom_seen != BOM_PAST && frame_begin(f, &p, &n, err) < 0)
		return -1;
	return frame_feed_text(f, p, n, err);
}

int
frame_end(struct frame *f, bool lenient, struct err *err)
{
	if (f->over)
		return frame_is_over(err);
	if (f->bom_seen != BOM_PAST && frame_feed_text(f, bom, f->bom_seen, err) < 0)
		return -1;
	f->bom_seen = BOM_PAST;
	switch (f->format) {
	case FRAME_WHOLE:
		return frame_emit(f, STR_NONE, buf_str(&f->held));
	case FRAME_SSE:
		return sse_end(f, lenient, err);
	case FRAME_NDJSON:
		return ndjson_line(f, buf_str(&f->held), err);
	case FRAME_JSON_ARRAY:
		return array_end(f, err);
	}
	return 0;
}

enum frame_format
frame_of_content_type(const char *content_type, enum frame_format otherwise)
{
	struct str rest = str_of(content_type), type;
	static const char *const lines[] = { "application/x-ndjson", "application/ndjson",
		"application/jsonl", "application/x-jsonl", "application/json-lines",
		"application/jsonlines", "application/stream+json", NULL };
	size_t i;

	if (!str_split(&rest, ';', &type))
		return otherwise;
	type = str_trim(type);
	if (str_eq_nocase(type, "text/event-stream"))
		return FRAME_SSE;
	for (i = 0; lines[i]; i++) {
		if (str_eq_nocase(type, lines[i]))
			return FRAME_NDJSON;
	}
	if (str_eq_nocase(type, "text/html"))
		return FRAME_WHOLE;
	/* Asked for events and given JSON: the server does not stream. Arrays and lines of JSON do
	 * go by this name. */
	if (str_eq_nocase(type, "application/json") && otherwise == FRAME_SSE)
		return FRAME_WHOLE;
	return otherwise;
}
