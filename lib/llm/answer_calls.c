/* SPDX-License-Identifier: MIT */
/* answer_calls - tool calls that a model writes in its text, because it was told of tools in words.
 */
#include "llm/answer.h"

/* Where needle begins in text at or after from; text.len: nowhere. */
static size_t
find(struct str text, size_t from, struct str needle)
{
	for (; from + needle.len <= text.len; from++) {
		const char *at = memchr(
		    text.p + from, needle.p[0], text.len - needle.len - from + 1);

		if (!at)
			break;
		from = (size_t)(at - text.p);
		if (memcmp(at, needle.p, needle.len) == 0)
			return from;
	}
	return text.len;
}

/* {"name", "arguments"} (or "parameters", as some models say); false where it is nothing of it. */
static bool
take_call(struct answer *a, struct str text)
{
	struct err err = ERR_INIT;
	struct json call, arguments;

	text = str_trim(text);
	if (json_parse(text.p, text.len, &call, &err) < 0 || call.kind != JSON_OBJECT ||
	    json_get(call, "name").kind != JSON_STRING)
		return false;
	arguments = json_get(call, "arguments");
	if (!json_exists(arguments))
		arguments = json_get(call, "parameters");
	if (arguments.kind != JSON_OBJECT)
		arguments = json_literal("{}");
	(void)answer_tool(a, KEY_NONE, JSON_ABSENT, json_get(call, "name"), arguments);
	return true;
}

/* Take the calls out of one text; returns what is left of it in left, and whether any was there. */
static bool
take_calls(struct answer *a, struct str text, struct str open, struct str close, struct buf *left)
{
	size_t at = 0, begin, end;
	bool any = false;

	while ((begin = find(text, at, open)) < text.len) {
		size_t inside = begin + open.len;

		end = find(text, inside, close); /* the last one's close is often left out */
		buf_add(left, text.p + at, begin - at);
		at = end < text.len ? end + close.len : text.len;
		if (take_call(a, (struct str){ text.p + inside, end - inside }))
			any = true;
		else
			buf_add(left, text.p + begin, at - begin);
	}
	buf_add(left, text.p + at, text.len - at);
	return any;
}

void
answer_calls_in_text(struct answer *a, struct str open, struct str close)
{
	size_t count = a->part_count; /* calls are appended behind these */
	bool any = false;

	for (size_t i = 0; i < count; i++) {
		struct buf text = BUF_INIT(ANSWER_TEXT_MAX), left = BUF_INIT(ANSWER_TEXT_MAX);

		if (a->parts[i].type != PART_TEXT || a->parts[i].hidden)
			continue;
		buf_addstr(&text, buf_str(&a->parts[i].text));
		if (take_calls(a, buf_str(&text), open, close, &left)) {
			struct str rest = str_trim(buf_str(&left));

			any = true;
			buf_reset(&a->parts[i].text);
			buf_addstr(&a->parts[i].text, rest);
		}
		buf_release(&text);
		buf_release(&left);
	}
	if (any && (a->stop == STOP_END || a->stop == STOP_STOP))
		a->stop = STOP_TOOL;
}
