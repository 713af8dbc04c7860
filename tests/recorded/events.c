/* SPDX-License-Identifier: MIT */
/* events - cut a recorded response into events: a second implementation, for whole texts only. */
#include "json/jsonw.h"
#include "recorded/recorded.h"

static void
add_event(struct jsonw *w, struct str data)
{
	struct err err = ERR_INIT;
	struct json v;

	if (json_parse(data.p, data.len, &v, &err) == 0)
		jsonw_json(w, v);
	else
		jsonw_strn(w, data);
}

/* The next line, without its end (\n or \r\n). */
static bool
next_line(struct str *rest, struct str *line)
{
	if (!str_split(rest, '\n', line))
		return false;
	if (line->len && line->p[line->len - 1] == '\r')
		line->len--;
	return true;
}

/* Every event's data lines joined; an event ends at a blank line, and at the end of the text. */
static void
add_sse(struct jsonw *w, struct str text)
{
	struct buf data = BUF_INIT(BUF_UNLIMITED);
	struct str line;
	bool any = false, more = true;

	while (more) {
		more = next_line(&text, &line);
		if (!more || !line.len) {
			if (any)
				add_event(w, buf_str(&data));
			buf_reset(&data);
			any = false;
		} else if (str_starts(line, "data:")) {
			if (any)
				buf_addc(&data, '\n');
			any = true;
			buf_addstr(&data, str_trim((struct str){ line.p + 5, line.len - 5 }));
		}
	}
	buf_release(&data);
}

/* --- AWS: what these files hold, not what the format allows: all header fields are strings --- */

static size_t
big_endian(struct str text, size_t at, size_t bytes)
{
	size_t n = 0;

	for (; bytes; bytes--, at++)
		n = n << 8 | (at < text.len ? (unsigned char)text.p[at] : 0);
	return n;
}

size_t
recorded_aws_length(struct str text, size_t at)
{
	size_t n = big_endian(text, at, 4);

	return n >= 16 && at < text.len && n <= text.len - at ? n : 0;
}

static void
add_aws_event(struct jsonw *w, struct str message)
{
	size_t at = 12, end = 12 + big_endian(message, 4, 4), n;
	struct str name, value, event = STR_NONE;

	while (at < end && end <= message.len) {
		n = big_endian(message, at, 1);
		name = (struct str){ message.p + at + 1, n };
		at += n + 2;
		n = big_endian(message, at, 2);
		value = (struct str){ message.p + at + 2, n };
		at += n + 2;
		if (str_is(name, ":event-type") || str_is(name, ":exception-type"))
			event = value;
	}
	jsonw_object(w);
	jsonw_keyn(w, event);
	add_event(w, (struct str){ message.p + end, message.len - 4 - end });
	jsonw_end(w);
}

static void
add_aws(struct jsonw *w, struct str text)
{
	size_t at, n;

	for (at = 0; (n = recorded_aws_length(text, at)) != 0; at += n)
		add_aws_event(w, (struct str){ text.p + at, n });
}

void
recorded_events(const struct recorded *c, struct buf *out)
{
	struct str text = buf_str(&c->response), line;
	struct err err = ERR_INIT;
	struct json_iter it;
	struct json v;
	struct jsonw w;

	jsonw_start(&w, out);
	jsonw_array(&w);
	if (!c->framing) {
		add_event(&w, text);
	} else if (strcmp(c->framing, "sse") == 0) {
		add_sse(&w, text);
	} else if (strcmp(c->framing, "aws-eventstream") == 0) {
		add_aws(&w, text);
	} else if (strcmp(c->framing, "ndjson") == 0) {
		while (next_line(&text, &line)) {
			if (str_trim(line).len)
				add_event(&w, line);
		}
	} else if (json_parse(text.p, text.len, &v, &err) == 0) {
		for (it = json_each(v); json_next(&it);)
			jsonw_json(&w, it.value);
	}
	jsonw_end(&w);
}
