/* SPDX-License-Identifier: MIT */
/*
 * fuzz_guard - a pattern in the first line, a record behind it: what is redacted is a record still,
 * and no match is left in it that a replacement has no part in.
 */
#include "base/die.h"
#include "fuzz/fuzz.h"
#include "policy/guard.h"
#include "policy/guard_texts.h"

/* Replacements can be told from all else in patterns and records that people write. */
#define MARK "\xee\x80\x80"
enum { MARK_LEN = sizeof MARK - 1 };

static void
check(bool ok, const char *what)
{
	if (!ok)
		BUG("%s", what);
}

/* A match that has a replacement in it or beside it came of the replacement: what stood there
 * before was none. */
static bool
has_mark(struct str text, struct pattern_span span)
{
	size_t at = span.start > MARK_LEN ? span.start - MARK_LEN : 0;

	for (; at + MARK_LEN <= text.len && at <= span.end; at++)
		if (memcmp(text.p + at, MARK, MARK_LEN) == 0)
			return true;
	return false;
}

static void
look_at(const struct pattern *p, struct str text)
{
	struct pattern_spans spans = { 0 };

	(void)pattern_cover(p, text, &spans);
	for (size_t i = 0; i < spans.count; i++)
		check(has_mark(text, spans.items[i]), "a match is left");
	pattern_spans_release(&spans);
}

static void
see(void *sweep, const struct guard_text *texts, size_t count)
{
	struct buf hold = BUF_INIT(BUF_UNLIMITED), joined = BUF_INIT(BUF_UNLIMITED);

	for (size_t i = 0; i < count; i++) {
		struct str text = guard_text_of(texts[i], &hold);

		look_at(sweep, text);
		buf_addstr(&joined, text);
	}
	look_at(sweep, buf_str(&joined));
	buf_release(&hold);
	buf_release(&joined);
}

static void
redact(const struct policy *p, struct json record, bool is_request)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED), hits = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct json again = record;
	bool changed = is_request ? guard_redact_request(p, record, &out, &hits)
				  : guard_redact_response(p, record, &out, &hits);

	check(changed == (out.len > 0), "what is not changed is not written");
	check(!changed || hits.len > 0, "who changed it is not told");
	if (changed && json_parse(out.p, out.len, &again, &err) < 0)
		BUG("%s", err.text);
	check(json_count(again) == json_count(record), "members came or went");
	if (is_request)
		guard_texts_request(again, see, p->guards[0].pattern);
	else
		guard_texts_response(again, see, p->guards[0].pattern);
	buf_release(&out);
	buf_release(&hits);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = { (const char *)data, size }, source;
	struct policy_guard guard = { .name = "g",
		.on_input = true,
		.on_output = true,
		.act = POLICY_REDACT,
		.replace = MARK };
	struct policy policy = { .guards = &guard, .guard_count = 1 };
	struct err err = ERR_INIT;
	struct json record;

	if (!size || !str_split(&rest, '\n', &source) || !rest.len ||
	    json_parse(rest.p, rest.len, &record, &err) < 0)
		return 0;
	guard.pattern = pattern_compile(source, &err);
	if (!guard.pattern)
		return 0;
	redact(&policy, record, true);
	redact(&policy, record, false);
	guard.act = POLICY_BLOCK;
	(void)guard_stops_request(&policy, record);
	(void)guard_stops_response(&policy, record);
	pattern_free(guard.pattern);
	return 0;
}
