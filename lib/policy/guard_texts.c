/* SPDX-License-Identifier: MIT */
/* guard_texts - the texts of a record that guards look at. */
#include "policy/guard_texts.h"

#include <stdlib.h>

#include "base/mem.h"
#include "llm/media.h"
#include "llm/request.h"

struct walk {
	guard_texts_fn *see;
	void *sweep;
};

/* Texts that go on from part to part of a message. */
struct run {
	struct guard_text *items;
	size_t count, cap;
};

enum { RUN_SAID, RUN_THOUGHT, RUNS };

/* --- what a text is --- */

static struct str
string_of(struct json v, struct buf *hold)
{
	struct str plain;

	if (json_plain(v, &plain))
		return plain;
	buf_reset(hold);
	json_text(v, hold);
	return buf_str(hold);
}

struct str
guard_text_of(struct guard_text t, struct buf *hold)
{
	struct buf bytes = BUF_INIT(BUF_UNLIMITED);
	struct str text, type;

	if (t.form == GUARD_NUMBER)
		return json_raw(t.v);
	text = string_of(t.v, hold);
	if (t.form == GUARD_STRING)
		return text;
	if (t.form == GUARD_DATA_URL && !media_data_uri(text, &type, &text))
		return STR_NONE;
	if (!media_unbase64(text, &bytes) || (!t.is_said_text && !str_is_utf8(buf_str(&bytes))))
		buf_reset(&bytes); /* no text that anyone reads */
	buf_reset(hold);
	buf_addstr(hold, buf_str(&bytes));
	buf_release(&bytes);
	return buf_str(hold);
}

static void
show(const struct walk *w, struct json v, enum guard_form form)
{
	const struct guard_text one = { v, form, false };

	w->see(w->sweep, &one, 1);
}

/* --- where they are --- */

/* All strings of a value, names of members aside. As deep as JSON may be (JSON_DEPTH_MAX). */
static void
walk_strings(const struct walk *w, struct json v)
{
	struct json_iter it = json_each(v);

	if (json_is(v, JSON_STRING))
		show(w, v, GUARD_STRING);
	while (json_next(&it))
		walk_strings(w, it.value);
}

/* What a model or a tool wrote as JSON is read as it stands there: names and numbers, too. */
static void
walk_value(const struct walk *w, struct json v)
{
	struct json_iter it = json_each(v);

	if (json_is(v, JSON_STRING))
		show(w, v, GUARD_STRING);
	else if (json_is(v, JSON_NUMBER))
		show(w, v, GUARD_NUMBER);
	while (json_next(&it)) {
		if (json_is(it.key, JSON_STRING))
			show(w, it.key, GUARD_STRING);
		walk_value(w, it.value);
	}
}

/* Of tools, what is written for the model; their names are not ours to change. */
static void
walk_tools(const struct walk *w, struct json tools)
{
	struct json_iter list = json_each(tools), it;

	while (json_next(&list))
		for (it = json_each(list.value); json_next(&it);)
			if (json_eq(it.key, "description") || json_eq(it.key, "inputSchema"))
				walk_strings(w, it.value);
}

/* What the type of a medium tells: of a file that is not said to be text its bytes are asked. */
enum readable { READ_NOT, READ_UTF8, READ_ANY };

static enum readable
readable_by(struct str type, bool is_file)
{
	struct str rest = type, bare = STR_NONE;

	(void)str_split(&rest, ';', &bare);
	if (media_is_text(bare))
		return READ_ANY;
	return is_file && !str_eq_nocase(bare, "application/pdf") ? READ_UTF8 : READ_NOT;
}

static enum readable
part_readable(struct json part, bool is_file)
{
	struct buf type = BUF_INIT(BUF_UNLIMITED);
	enum readable readable;

	json_text(json_get(part, "mediaType"), &type);
	readable = readable_by(buf_str(&type), is_file);
	buf_release(&type);
	return readable;
}

static void
show_document(const struct walk *w, struct json v, enum guard_form form, enum readable readable)
{
	const struct guard_text one = { v, form, readable == READ_ANY };

	if (readable != READ_NOT)
		w->see(w->sweep, &one, 1);
}

static void
walk_url(const struct walk *w, struct json url, bool is_file)
{
	struct buf hold = BUF_INIT(BUF_UNLIMITED);
	struct str type, data;

	if (json_is(url, JSON_STRING) && media_data_uri(string_of(url, &hold), &type, &data))
		show_document(w, url, GUARD_DATA_URL, readable_by(type, is_file));
	buf_release(&hold);
}

static bool
is_medium(struct json type)
{
	static const enum part_type media[] = { PART_IMAGE, PART_AUDIO, PART_VIDEO, PART_FILE };

	for (size_t i = 0; i < sizeof media / sizeof *media; i++)
		if (json_eq(type, part_type_name(media[i])))
			return true;
	return false;
}

static void
run_add(struct run *run, struct json text)
{
	VEC_GROW(run->items, run->count, run->cap);
	run->items[run->count++] = (struct guard_text){ text, GUARD_STRING, false };
}

static void
run_end(const struct walk *w, struct run *run)
{
	if (run->count)
		w->see(w->sweep, run->items, run->count);
	free(run->items);
}

static void walk_parts(const struct walk *w, struct json content);

/* Only a part's text, the last where it has several, joins those of its neighbours: that is what
 * readers put together. */
static void
walk_part(const struct walk *w, struct json part, struct run runs[RUNS])
{
	struct json type = json_get(part, "type"), text = json_get(part, "text");
	struct json_iter it = json_each(part);
	bool thought = json_eq(type, part_type_name(PART_REASONING));
	bool is_file = json_eq(type, part_type_name(PART_FILE)), medium = is_medium(type);
	enum readable readable = part_readable(part, is_file); /* once: data may stand often */

	if (json_eq(type, part_type_name(PART_PROVIDER)))
		return;
	while (json_next(&it)) {
		if (json_eq(it.key, "text") && it.value.p == text.p && json_is(text, JSON_STRING))
			run_add(&runs[thought ? RUN_THOUGHT : RUN_SAID], text);
		else if (json_eq(it.key, "text"))
			walk_strings(w, it.value);
		else if (json_eq(it.key, "arguments") || json_eq(it.key, "input"))
			walk_value(w, it.value);
		else if (json_eq(it.key, "content") && request_is_parts(it.value))
			walk_parts(w, it.value);
		else if (json_eq(it.key, "content"))
			walk_value(w, it.value);
		else if (json_eq(it.key, "data") && json_is(it.value, JSON_STRING) &&
			 !media_is_file(it.value))
			show_document(w, it.value, GUARD_BASE64, readable);
		else if (json_eq(it.key, "url"))
			walk_url(w, it.value, is_file);
		else if (json_eq(it.key, "name") && medium)
			walk_strings(w, it.value);
	}
}

/* A list of parts, or of tool calls. */
static void
walk_parts(const struct walk *w, struct json content)
{
	struct json_iter it = json_each(content);
	struct run runs[RUNS] = { 0 };

	while (json_next(&it))
		if (json_is(it.value, JSON_OBJECT))
			walk_part(w, it.value, runs);
	for (size_t i = 0; i < RUNS; i++)
		run_end(w, &runs[i]);
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
				show(w, it.value, GUARD_STRING);
			else
				walk_parts(w, it.value);
		}
	}
}

/* Of the options, those that are sent as they are. */
static void
walk_options(const struct walk *w, struct json options)
{
	struct json_iter it = json_each(options);

	while (json_next(&it))
		if (json_eq(it.key, "responseSchema") || json_eq(it.key, "stop"))
			walk_strings(w, it.value);
}

/* A member that stands twice is looked at twice: who reads the record may take either. */
void
guard_texts_request(struct json record, guard_texts_fn *see, void *sweep)
{
	const struct walk w = { see, sweep };
	struct json_iter it = json_each(record);

	while (json_next(&it)) {
		if (json_eq(it.key, "prompt"))
			walk_strings(&w, it.value);
		else if (json_eq(it.key, "messages"))
			walk_messages(&w, it.value);
		else if (json_eq(it.key, "providerOptions"))
			walk_strings(&w, it.value);
		else if (json_eq(it.key, "tools"))
			walk_tools(&w, it.value);
		else if (json_eq(it.key, "options"))
			walk_options(&w, it.value);
	}
}

void
guard_texts_response(struct json record, guard_texts_fn *see, void *sweep)
{
	static const char *const whole[] = { "content", "reasoning", "raw" };
	const struct walk w = { see, sweep };
	struct json_iter it = json_each(record);

	while (json_next(&it)) {
		for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
			if (json_eq(it.key, whole[i]))
				walk_strings(&w, it.value);
		if (json_eq(it.key, "object"))
			walk_value(&w, it.value);
		else if (json_eq(it.key, "parts") || json_eq(it.key, "toolCalls"))
			walk_parts(&w, it.value);
	}
}
