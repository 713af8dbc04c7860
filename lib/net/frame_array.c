/* SPDX-License-Identifier: MIT */
/* frame_array - one JSON array whose elements are the messages. */
#include "net/frame_parts.h"

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
	if (frame_emit(f, STR_NONE, frame_trim(element)) < 0)
		return -1;
	buf_reset(&f->held);
	return 0;
}

int
frame_array_feed(struct frame *f, const char *p, size_t n, struct err *err)
{
	const char *end = p + n, *stop;

	while (p < end) {
		if (f->state != ARRAY_INSIDE) {
			if (!frame_is_blank(*p) && array_between(f, *p, err) < 0)
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

int
frame_array_end(struct frame *f, struct err *err)
{
	if (f->state == ARRAY_AFTER)
		return 0;
	f->over = true;
	return err_set(err, EXIT_NO, "JSON array stream: it ends before its ']'");
}
