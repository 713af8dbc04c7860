/* SPDX-License-Identifier: MIT */
/* route_text - a decision as text for people. */
#include "policy/route.h"

static void
put(struct buf *out, struct json text)
{
	size_t from = out->len;

	json_text(text, out);
	for (size_t i = from; i < out->len; i++)
		if ((unsigned char)out->p[i] < ' ' || out->p[i] == 0x7f)
			out->p[i] = '?';
}

/* "  + openai:gpt-4o        first in rule "code"" of {"candidate":..,"taken":..,"why":..}. */
static bool /* it was of a candidate */
put_line(struct json line, struct buf *out)
{
	static const char *const kinds[] = { "rule", "guard", "sticky", "candidate" };
	struct json facts = json_get(line, "facts"), name;
	size_t i, from;

	if (json_exists(facts)) {
		buf_adds(out, "  facts ");
		buf_addstr(out, json_raw(facts));
		buf_addc(out, '\n');
		return false;
	}
	for (i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		name = json_get(line, kinds[i]);
		if (!json_exists(name))
			continue;
		buf_addf(out, "  %c ", json_is_true(json_get(line, "taken")) ? '+' : '-');
		from = out->len;
		if (strcmp(kinds[i], "candidate") != 0)
			buf_addf(out, "%s ", kinds[i]);
		put(out, name);
		while (out->len - from < 40)
			buf_addc(out, ' ');
		buf_adds(out, "  ");
		put(out, json_get(line, "why"));
		buf_addc(out, '\n');
		return strcmp(kinds[i], "candidate") == 0;
	}
	return false;
}

void
route_text_name(const struct route_filter *f, struct buf *out)
{
	if (json_is(f->request.id, JSON_STRING))
		put(out, f->request.id);
	else if (json_exists(f->request.id))
		buf_addstr(out, json_raw(f->request.id));
	else
		buf_adds(out, "a request");
}

void
route_text(const struct route_filter *f, struct buf *out)
{
	const struct decision *d = &f->decision;
	struct str rest = buf_str(&d->explain), text;
	struct err err = ERR_INIT;
	struct json line;
	bool told = false;

	route_text_name(f, out);
	buf_adds(out, d->count ? ":\n" : ": nobody may serve it\n");
	while (str_split(&rest, '\n', &text))
		if (text.len && json_parse(text.p, text.len, &line, &err) == 0)
			told |= put_line(line, out);
	rest = buf_str(&d->reasons);
	while (!told && str_split(&rest, '\n', &text)) {
		buf_adds(out, "  ! ");
		buf_addstr(out, text);
		buf_addc(out, '\n');
	}
	rest = buf_str(&d->warnings);
	while (str_split(&rest, '\n', &text))
		if (text.len)
			buf_addf(out, "  ~ %.*s\n", (int)text.len, text.p);
	buf_truncate(out, out->len - 1); /* the last line's end is the writer's */
}
