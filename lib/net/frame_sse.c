/* SPDX-License-Identifier: MIT */
/* frame_sse - text/event-stream, as the WHATWG's HTML standard parses it (section 9.2.6). */
#include <string.h>

#include "net/frame_parts.h"

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

/* A line that is passed over is text all the same; the standard would take any bytes. Others were
 * put there, or are what is left of an event, by whatever damaged the stream on its way. */
static int
sse_pass_over(struct frame *f, struct str line, struct err *err)
{
	size_t i;

	for (i = 0; i < line.len && ((unsigned char)line.p[i] >= ' ' || line.p[i] == '\t'); i++)
		;
	if (i == line.len && str_is_utf8(line))
		return 0;
	f->over = true;
	return err_set(err, EXIT_NO, "a line of the stream is no text");
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
	else /* a comment (no field name), id and retry (we never reconnect), unknown fields */
		return sse_pass_over(f, line, err);
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

int
frame_sse_feed(struct frame *f, const char *p, size_t n, struct err *err)
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

int
frame_sse_end(struct frame *f, bool lenient, struct err *err)
{
	if (!lenient)
		return 0;
	if (f->held.len && sse_line(f, buf_str(&f->held), err) < 0)
		return -1;
	return sse_dispatch(f);
}
