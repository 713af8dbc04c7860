/* SPDX-License-Identifier: MIT */
/* guard_texts - the texts of a record that guards look at, in the order in which they lie there. */
#include "policy/guard_texts.h"

#include "llm/request.h"

struct walk {
	guard_text_fn *see;
	void *sweep;
};

/* All strings of a value, names of members aside. As deep as JSON may be (JSON_DEPTH_MAX). */
static void
walk_value(const struct walk *w, struct json v)
{
	struct json_iter it = json_each(v);

	if (json_is(v, JSON_STRING))
		w->see(w->sweep, v);
	while (json_next(&it))
		walk_value(w, it.value);
}

/* Of tools, what is written for the model; their names are not ours to change. */
static void
walk_tools(const struct walk *w, struct json tools)
{
	struct json_iter list = json_each(tools), it;

	while (json_next(&list))
		for (it = json_each(list.value); json_next(&it);)
			if (json_eq(it.key, "description") || json_eq(it.key, "inputSchema"))
				walk_value(w, it.value);
}

static void walk_parts(const struct walk *w, struct json content);

static void
walk_part(const struct walk *w, struct json part)
{
	struct json_iter it = json_each(part);

	if (json_eq(json_get(part, "type"), part_type_name(PART_PROVIDER)))
		return;
	while (json_next(&it)) {
		if (json_eq(it.key, "text") || json_eq(it.key, "arguments") ||
		    json_eq(it.key, "input"))
			walk_value(w, it.value);
		else if (json_eq(it.key, "content") && request_is_parts(it.value))
			walk_parts(w, it.value);
		else if (json_eq(it.key, "content"))
			walk_value(w, it.value);
	}
}

/* A list of parts, or of tool calls. */
static void
walk_parts(const struct walk *w, struct json content)
{
	struct json_iter it = json_each(content);

	while (json_next(&it))
		if (json_is(it.value, JSON_OBJECT))
			walk_part(w, it.value);
}

static void
walk_messages(const struct walk *w, struct json messages)
{
	struct json_iter list = json_each(messages), it;

	while (json_next(&list)) {
		for (it = json_each(list.value); json_next(&it);) {
			if (!json_eq(it.key, "content"))
				continue;
			if (json_is(it.value, JSON_STRING))
				w->see(w->sweep, it.value);
			else
				walk_parts(w, it.value);
		}
	}
}

/* A member that stands twice is looked at twice: who reads the record may take either. */
void
guard_texts_request(struct json record, guard_text_fn *see, void *sweep)
{
	const struct walk w = { see, sweep };
	struct json_iter it = json_each(record);

	while (json_next(&it)) {
		if (json_eq(it.key, "prompt"))
			walk_value(&w, it.value);
		else if (json_eq(it.key, "messages"))
			walk_messages(&w, it.value);
		else if (json_eq(it.key, "providerOptions"))
			walk_value(&w, it.value);
		else if (json_eq(it.key, "tools"))
			walk_tools(&w, it.value);
		else if (json_eq(it.key, "options"))
			walk_value(&w, json_get(it.value, "responseSchema"));
	}
}

void
guard_texts_response(struct json record, guard_text_fn *see, void *sweep)
{
	static const char *const whole[] = { "content", "reasoning", "object", "raw" };
	const struct walk w = { see, sweep };
	struct json_iter it = json_each(record);

	while (json_next(&it)) {
		for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
			if (json_eq(it.key, whole[i]))
				walk_value(&w, it.value);
		if (json_eq(it.key, "parts") || json_eq(it.key, "toolCalls"))
			walk_parts(&w, it.value);
	}
}
