/* SPDX-License-Identifier: MIT */
/*
 * fuzz_json - any bytes: what is proven is walked, printed, edited and scanned without a read past
 * its end, and says the same each time.
 */
#include "base/die.h"
#include "fuzz/fuzz.h"
#include "json/edit.h"
#include "json/json.h"
#include "json/jsonw.h"
#include "json/ndjson.h"

enum { WALK_DEPTH = 40 };

static void
check(bool ok, const char *what)
{
	if (!ok)
		BUG("%s", what);
}

static void
prove(const struct buf *text)
{
	struct err err = ERR_INIT;
	struct json v;

	if (json_parse(text->p, text->len, &v, &err) < 0)
		BUG("%s", err.text);
}

/* A string's text, quoted again, is the same text. */
static void
check_string(struct json v)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED), quoted = BUF_INIT(BUF_UNLIMITED);
	struct json_place end = json_place_start(v);
	struct json again;

	json_text(v, &text);
	json_place_go(&end, text.len);
	check(end.p == end.end && end.text == text.len, "its text ends elsewhere");
	check(str_is_utf8(buf_str(&text)), "text is not UTF-8");
	jsonw_quote(&quoted, buf_str(&text));
	prove(&quoted);
	again = (struct json){ quoted.p, quoted.len, JSON_STRING };
	buf_reset(&text);
	json_text(again, &text);
	check(json_equal(again, v) || memchr(v.p, '\\', v.len), "quoted text differs");
	buf_release(&text);
	buf_release(&quoted);
}

static void
walk(struct json v, int depth)
{
	struct json_iter it = json_each(v);
	struct err err = ERR_INIT;
	struct json again;
	int64_t n;
	double d;

	check(json_parse(v.p, v.len, &again, &err) == 0, "a part of proven text is not proven");
	check(again.p == v.p && again.len == v.len && again.kind == v.kind,
	    "a part has other borders");
	if (json_is(v, JSON_STRING))
		check_string(v);
	if (json_is(v, JSON_NUMBER)) {
		(void)json_i64(v, &n);
		(void)json_scaled(v, 12, &n);
		(void)json_double(v, &d);
	}
	while (depth < WALK_DEPTH && json_next(&it))
		walk(it.value, depth + 1);
}

static void
edit(struct json v)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct json_edit e;
	struct json edited;

	json_edit_start(&e, v);
	json_edit_set(&e, "b", STR_LIT("[1]"));
	json_edit_drop(&e, "a");
	json_edit_set(&e, "new", STR_LIT("{}"));
	json_edit_write(&e, &out);
	check(json_parse(out.p, out.len, &edited, &err) == 0, "an edited text is not JSON");
	check(str_is(json_raw(json_get(edited, "b")), "[1]"), "a member was not set");
	check(!json_exists(json_get(edited, "a")), "a member was not dropped");
	buf_reset(&out);
	json_merge_patch(v, v, &out);
	prove(&out);
	buf_release(&out);
}

static void
scan(const char *p, size_t len, struct json v)
{
	static const char *const list[] = { "a", "a.b", "b", "b.c.d" };
	struct json_paths *paths = json_paths_new(list, 4);
	struct json root, found[4];
	struct err err = ERR_INIT;

	check(json_scan(paths, p, len, &root, found, &err) == 0, "scan refuses what parse accepts");
	check(found[0].p == json_get(v, "a").p, "scan and get differ");
	check(
	    found[2].p == json_get(v, "b").p && found[2].len == json_get(v, "b").len, "b differs");
	if (json_is(json_get(v, "a"), JSON_OBJECT))
		check(found[1].p == json_find(v, "a.b").p, "scan and find differ");
	json_paths_free(paths);
}

static void
split(const char *p, size_t len)
{
	enum lines_status status;
	struct lines lines;
	struct str line;

	lines_init(&lines, 64);
	lines_push(&lines, p, len / 2);
	while ((status = lines_next(&lines, &line)) != LINES_MORE)
		check(status == LINES_TOO_LONG || line.len <= 64, "a line passes the limit");
	lines_push(&lines, p + len / 2, len - len / 2);
	while (lines_next(&lines, &line) != LINES_MORE)
		;
	while (lines_end(&lines, &line) != LINES_MORE)
		;
	lines_release(&lines);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data;
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct json v;

	split(p, size);
	jsonw_quote(&out, (struct str){ p, size });
	prove(&out);
	buf_release(&out);
	if (json_parse(p, size, &v, &err) < 0)
		return 0;
	walk(v, 0);
	scan(p, size, v);
	if (json_is(v, JSON_OBJECT))
		edit(v);
	return 0;
}
