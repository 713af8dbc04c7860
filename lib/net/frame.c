/* SPDX-License-Identifier: MIT */
/* frame - cut a body, as it arrives, into the messages that its stream format carries. */
#include "net/frame_parts.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

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

int
frame_too_long(struct frame *f, struct err *err)
{
	f->over = true;
	return err_set(err, EXIT_NO, "a message of the stream is over %zu bytes", f->limit);
}

int
frame_hold(struct frame *f, const char *p, size_t n, struct err *err)
{
	if (n > f->limit - f->held.len)
		return frame_too_long(f, err);
	buf_add(&f->held, p, n);
	return 0;
}

int
frame_emit(struct frame *f, struct str name, struct str data)
{
	if (f->fn(f->user, name, data))
		return 0;
	f->over = true;
	return -1;
}

bool
frame_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct str
frame_trim(struct str s)
{
	while (s.len && frame_is_blank(s.p[0])) {
		s.p++;
		s.len--;
	}
	while (s.len && frame_is_blank(s.p[s.len - 1]))
		s.len--;
	return s;
}

/* --- a message a line --- */

static int
ndjson_line(struct frame *f, struct str line, struct err *err)
{
	if (line.len > f->limit)
		return frame_too_long(f, err);
	line = frame_trim(line);
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
		return frame_sse_feed(f, p, n, err);
	case FRAME_NDJSON:
		return ndjson_feed(f, p, n, err);
	case FRAME_JSON_ARRAY:
		return frame_array_feed(f, p, n, err);
	case FRAME_AWS:
		return frame_aws_feed(f, p, n, err);
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
		return frame_sse_end(f, lenient, err);
	case FRAME_NDJSON:
		return ndjson_line(f, buf_str(&f->held), err);
	case FRAME_JSON_ARRAY:
		return frame_array_end(f, err);
	case FRAME_AWS:
		return frame_aws_end(f, err);
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
	if (str_eq_nocase(type, "application/vnd.amazon.eventstream"))
		return FRAME_AWS;
	for (i = 0; lines[i]; i++) {
		if (str_eq_nocase(type, lines[i]))
			return FRAME_NDJSON;
	}
	if (str_eq_nocase(type, "text/html"))
		return FRAME_WHOLE;
	/* Asked for events and given JSON: the server does not stream. Arrays and lines of JSON do
	 * go by this name. */
	if (str_eq_nocase(type, "application/json") &&
	    (otherwise == FRAME_SSE || otherwise == FRAME_AWS))
		return FRAME_WHOLE;
	return otherwise;
}
