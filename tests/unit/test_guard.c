/* SPDX-License-Identifier: MIT */
/* test_guard - what guards find in the texts of records, and that nothing else changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "policy/guard.h"
#include "support/parsed.h"

static struct policy *
policy_of(const char *guards)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct policy *p;

	buf_addf(&text, "version: 1\nproviders: [openai]\nguards:\n%s", guards);
	p = policy_parse("p.yaml", buf_str(&text), &err);
	if (!p)
		fail_msg("%s", err.text);
	buf_release(&text);
	return p;
}

typedef bool redact_fn(const struct policy *, struct json, struct buf *, struct buf *);

/* expected NULL: nothing is changed. */
static void
expect(redact_fn *fn, const struct policy *p, const char *record, const char *expected,
    const char *hits)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED), names = BUF_INIT(BUF_UNLIMITED);
	bool changed;

	buf_adds(&out, "> ");
	changed = fn(p, parsed(record), &out, &names);
	assert_string_equal(out.p + 2, expected ? expected : "");
	assert_int_equal(changed, expected != NULL);
	assert_string_equal(names.p, hits);
	if (changed)
		(void)parsed(out.p + 2);
	buf_reset(&out);
	assert_int_equal(fn(p, parsed(record), &out, NULL), changed);
	buf_release(&out);
	buf_release(&names);
}

static const char keys[] =
    "  - {name: keys, on: [input, output], pattern: 'sk-[a-z0-9]{4,}', action: redact, replace: "
    "'[key]'}\n";

#define REQUEST(record, expected, hits) expect(guard_redact_request, p, record, expected, hits)
#define RESPONSE(record, expected, hits) expect(guard_redact_response, p, record, expected, hits)

static void
all_matches_in_all_texts_of_a_request_are_replaced(void **state)
{
	struct policy *p = policy_of(keys);

	(void)state;
	REQUEST("{\"prompt\":\"a sk-abcd b sk-efgh, sk-ab\"}",
	    "{\"prompt\":\"a [key] b [key], sk-ab\"}", "keys\n");
	REQUEST("{\"messages\":[{\"role\":\"system\",\"content\":\"sk-abcd\"},{\"content\":[{"
		"\"type\":\"text\",\"text\":\"sk-abcd\"},{\"type\":\"reasoning\",\"text\":\"sk-"
		"abcd\"},{\"type\":\"file\",\"text\":\"sk-abcd\"}]}],\"prompt\":\"sk-abcd\"}",
	    "{\"messages\":[{\"role\":\"system\",\"content\":\"[key]\"},{\"content\":[{"
	    "\"type\":\"text\",\"text\":\"[key]\"},{\"type\":\"reasoning\",\"text\":\"[key]\"},{"
	    "\"type\":\"file\",\"text\":\"[key]\"}]}],\"prompt\":\"[key]\"}",
	    "keys\n");
	policy_free(p);
}

static void
calls_and_results_are_looked_into_as_deep_as_they_go(void **state)
{
	struct policy *p = policy_of(keys);

	(void)state;
	REQUEST("{\"messages\":[{\"content\":[{\"type\":\"toolCall\",\"name\":\"sk-abcd\","
		"\"arguments\":{\"sk-abcd\":[1,{\"k\":\"sk-abcd\"}]}},{\"type\":\"toolCall\","
		"\"input\":\"sk-abcd\"}]},{\"content\":[{\"type\":\"toolResult\",\"id\":\"sk-"
		"abcd\",\"content\":\"sk-abcd\"},{\"type\":\"toolResult\",\"content\":{\"a\":[\"sk-"
		"abcd\"]}},{\"type\":\"toolResult\",\"content\":[{\"type\":\"text\",\"text\":\"sk-"
		"abcd\"},{\"type\":\"image\",\"data\":\"sk-abcd\"}]}]}]}",
	    "{\"messages\":[{\"content\":[{\"type\":\"toolCall\",\"name\":\"sk-abcd\","
	    "\"arguments\":{\"[key]\":[1,{\"k\":\"[key]\"}]}},{\"type\":\"toolCall\","
	    "\"input\":\"[key]\"}]},{\"content\":[{\"type\":\"toolResult\",\"id\":\"sk-"
	    "abcd\",\"content\":\"[key]\"},{\"type\":\"toolResult\",\"content\":{\"a\":[\"[key]"
	    "\"]}},{\"type\":\"toolResult\",\"content\":[{\"type\":\"text\",\"text\":\"[key]"
	    "\"},{\"type\":\"image\",\"data\":\"sk-abcd\"}]}]}]}",
	    "keys\n");
	policy_free(p);
}

static void
no_text_goes_out_by_a_side_door(void **state)
{
	struct policy *p = policy_of(keys);

	(void)state;
	REQUEST("{\"prompt\":\"x\",\"providerOptions\":{\"anthropic\":{\"system\":\"sk-abcd\"}}}",
	    "{\"prompt\":\"x\",\"providerOptions\":{\"anthropic\":{\"system\":\"[key]\"}}}",
	    "keys\n");
	REQUEST("{\"tools\":[{\"name\":\"sk-abcd\",\"description\":\"sk-abcd\",\"inputSchema\":{"
		"\"sk-abcd\":{\"description\":\"sk-abcd\"}}}],\"prompt\":\"x\"}",
	    "{\"tools\":[{\"name\":\"sk-abcd\",\"description\":\"[key]\",\"inputSchema\":{"
	    "\"sk-abcd\":{\"description\":\"[key]\"}}}],\"prompt\":\"x\"}",
	    "keys\n");
	REQUEST("{\"options\":{\"user\":\"sk-abcd\",\"responseSchema\":{\"title\":\"sk-abcd\"},"
		"\"stop\":[\"sk-abcd\"]}}",
	    "{\"options\":{\"user\":\"sk-abcd\",\"responseSchema\":{\"title\":\"[key]\"},"
	    "\"stop\":[\"[key]\"]}}",
	    "keys\n");
	policy_free(p);
}

static void
what_is_no_text_is_left_alone(void **state)
{
	struct policy *p = policy_of(keys);

	(void)state;
	REQUEST("{\"id\":\"sk-abcd\",\"tags\":{\"a\":\"sk-abcd\"},\"prompt\":\"x\",\"messages\":[{"
		"\"role\":\"user\",\"name\":\"sk-abcd\",\"content\":[{\"type\":\"image\",\"url\":"
		"\"sk-abcd\",\"data\":\"sk-abcd\",\"fileId\":\"sk-abcd\",\"opaque\":{\"value\":"
		"\"sk-abcd\"}},{\"type\":\"provider\",\"text\":\"sk-abcd\",\"value\":{\"text\":"
		"\"sk-abcd\"}}]}]}",
	    NULL, "");
	REQUEST("{\"prompt\":7,\"messages\":[1,{\"content\":null},{\"content\":[\"sk-abcd\"]}]}",
	    NULL, "");
	RESPONSE("{\"model\":\"sk-abcd\",\"error\":{\"message\":\"sk-abcd\"}}", NULL, "");
	policy_free(p);
}

static void
a_response_is_redacted_wherever_its_text_stands(void **state)
{
	struct policy *p = policy_of(keys);

	(void)state;
	RESPONSE("{\"content\":\"sk-abcd\",\"reasoning\":\"sk-abcd\",\"toolCalls\":[{\"id\":\"sk-"
		 "abcd\",\"arguments\":{\"a\":\"sk-abcd\"}},{\"input\":\"sk-abcd\"}],\"object\":{"
		 "\"a\":[\"sk-abcd\"]},\"parts\":[{\"type\":\"text\",\"text\":\"sk-abcd\"},{"
		 "\"type\":\"toolCall\",\"arguments\":{\"a\":\"sk-abcd\"}}],\"raw\":{\"a\":\"sk-"
		 "abcd\"},\"usage\":{\"tokensIn\":1}}",
	    "{\"content\":\"[key]\",\"reasoning\":\"[key]\",\"toolCalls\":[{\"id\":\"sk-"
	    "abcd\",\"arguments\":{\"a\":\"[key]\"}},{\"input\":\"[key]\"}],\"object\":{"
	    "\"a\":[\"[key]\"]},\"parts\":[{\"type\":\"text\",\"text\":\"[key]\"},{"
	    "\"type\":\"toolCall\",\"arguments\":{\"a\":\"[key]\"}}],\"raw\":{\"a\":\"[key]"
	    "\"},\"usage\":{\"tokensIn\":1}}",
	    "keys\n");
	policy_free(p);
}

static void
what_begins_in_one_part_and_ends_in_another_is_found(void **state)
{
	struct policy *p = policy_of(keys);

	(void)state;
	REQUEST("{\"messages\":[{\"content\":[{\"type\":\"text\",\"text\":\"my \\u0073k-a\"},"
		"{\"text\":\"b\" , \"type\":\"text\"},{\"type\":\"text\",\"text\":\"cd, \\/ok\"}"
		"]}]}",
	    "{\"messages\":[{\"content\":[{\"type\":\"text\",\"text\":\"my [key]\"},"
	    "{\"text\":\"[key]\" , \"type\":\"text\"},{\"type\":\"text\",\"text\":\"[key], "
	    "\\/ok\"}]}]}",
	    "keys\n");
	/* what stands between does not part them, and thoughts go on from thoughts */
	REQUEST("{\"messages\":[{\"content\":[{\"type\":\"text\",\"text\":\"sk-\"},{\"type\":"
		"\"reasoning\",\"text\":\"sk\"},{\"type\":\"image\",\"url\":\"x\"},{\"type\":"
		"\"reasoning\",\"text\":\"-abcd\"},{\"type\":\"text\",\"text\":\"efgh\"}]}]}",
	    "{\"messages\":[{\"content\":[{\"type\":\"text\",\"text\":\"[key]\"},{\"type\":"
	    "\"reasoning\",\"text\":\"[key]\"},{\"type\":\"image\",\"url\":\"x\"},{\"type\":"
	    "\"reasoning\",\"text\":\"[key]\"},{\"type\":\"text\",\"text\":\"[key]\"}]}]}",
	    "keys\n");
	/* a tool's result is a text of its own; and other messages are */
	REQUEST("{\"messages\":[{\"content\":[{\"type\":\"toolResult\",\"content\":[{\"type\":"
		"\"text\",\"text\":\"sk-ab\"},{\"type\":\"text\",\"text\":\"cd\"}]},{\"type\":"
		"\"text\",\"text\":\"sk-ab\"}]},{\"content\":\"cd\"}],\"prompt\":\"cd\"}",
	    "{\"messages\":[{\"content\":[{\"type\":\"toolResult\",\"content\":[{\"type\":"
	    "\"text\",\"text\":\"[key]\"},{\"type\":\"text\",\"text\":\"[key]\"}]},{\"type\":"
	    "\"text\",\"text\":\"sk-ab\"}]},{\"content\":\"cd\"}],\"prompt\":\"cd\"}",
	    "keys\n");
	RESPONSE("{\"content\":\"sk-abcd\",\"parts\":[{\"type\":\"text\",\"text\":\"sk-a\"},{"
		 "\"type\":\"text\",\"text\":\"bcd\"}]}",
	    "{\"content\":\"[key]\",\"parts\":[{\"type\":\"text\",\"text\":\"[key]\"},{"
	    "\"type\":\"text\",\"text\":\"[key]\"}]}",
	    "keys\n");
	/* of members that stand twice the last is read, and each is looked at */
	REQUEST("{\"messages\":[{\"content\":[{\"type\":\"text\",\"text\":\"sk-ab\"},{\"type\":"
		"\"text\",\"text\":\"sk-abcd\",\"text\":\"cd\"}]}]}",
	    "{\"messages\":[{\"content\":[{\"type\":\"text\",\"text\":\"[key]\"},{\"type\":"
	    "\"text\",\"text\":\"[key]\",\"text\":\"[key]\"}]}]}",
	    "keys\n");
	policy_free(p);
}

static void
parts_are_looked_at_by_themselves_too(void **state)
{
	struct policy *p = policy_of(
	    "  - {name: whole, pattern: '^ab$', action: redact}\n"
	    "  - {name: join, pattern: 'x.y', action: redact, replace: 'c'}\n"
	    "  - {name: next, pattern: 'cc', action: redact, replace: 'd'}\n"
	    "  - {name: warn, pattern: 'dd', action: warn}\n");

	(void)state;
	REQUEST("{\"messages\":[{\"content\":[{\"type\":\"text\",\"text\":\"ab\"},{\"type\":"
		"\"text\",\"text\":\"ab\"}]}]}",
	    "{\"messages\":[{\"content\":[{\"type\":\"text\",\"text\":\"[whole]\"},{\"type\":"
	    "\"text\",\"text\":\"[whole]\"}]}]}",
	    "whole\n");
	/* guards follow each other over parts as they do within one */
	REQUEST("{\"messages\":[{\"content\":[{\"type\":\"text\",\"text\":\"1x\"},{\"type\":"
		"\"text\",\"text\":\"-y2\"},{\"type\":\"text\",\"text\":\"3\"}]}]}",
	    "{\"messages\":[{\"content\":[{\"type\":\"text\",\"text\":\"1d\"},{\"type\":"
	    "\"text\",\"text\":\"d2\"},{\"type\":\"text\",\"text\":\"3\"}]}]}",
	    "join\nnext\nwarn\n");
	policy_free(p);
}

static void
names_and_numbers_of_what_tools_wrote_are_texts(void **state)
{
	struct policy *p = policy_of(
	    "  - {name: card, on: [input, output], pattern: '\\b\\d{16}\\b', action: redact}\n");

	(void)state;
	REQUEST(
	    "{\"messages\":[{\"content\":[{\"type\":\"toolResult\",\"content\":{\"4111111111111111"
	    "\":[4111111111111111,41111111111111112,1.50]}},{\"type\":\"toolCall\",\"arguments\":"
	    "{\"n\":-4111111111111111.0}}]}],\"meta\":4111111111111111}",
	    "{\"messages\":[{\"content\":[{\"type\":\"toolResult\",\"content\":{\"[card]\":[\"[card]\""
	    ",41111111111111112,1.50]}},{\"type\":\"toolCall\",\"arguments\":{\"n\":\"-[card].0\"}}]}"
	    "],\"meta\":4111111111111111}",
	    "card\n");
	RESPONSE("{\"object\":{\"n\":4111111111111111},\"raw\":{\"n\":4111111111111111}}",
	    "{\"object\":{\"n\":\"[card]\"},\"raw\":{\"n\":4111111111111111}}", "card\n");
	policy_free(p);
}

#define FILE_OF(type, members)                                                                     \
	"{\"messages\":[{\"content\":[{\"type\":\"" type "\"," members "}]}]}"

static void
documents_of_text_are_looked_into_as_bytes_too(void **state)
{
	struct policy *p = policy_of(keys);

	(void)state;
	/* "my sk-abcd!" and "my [key]!" */
	REQUEST(FILE_OF("file", "\"mediaType\":\"text/plain\",\"data\":\"bXkgc2stYWJjZCE=\""),
	    FILE_OF("file", "\"mediaType\":\"text/plain\",\"data\":\"bXkgW2tleV0h\""), "keys\n");
	REQUEST(FILE_OF("file", "\"mediaType\":\"application/x-y\",\"data\":\"bXkgc2stYWJjZCE=\""),
	    FILE_OF("file", "\"mediaType\":\"application/x-y\",\"data\":\"bXkgW2tleV0h\""),
	    "keys\n");
	REQUEST(FILE_OF("file", "\"url\":\"data:text\\/plain;base64,bXkgc2stYWJjZCE=\""),
	    FILE_OF("file", "\"url\":\"data:text/plain;base64,bXkgW2tleV0h\""), "keys\n");
	REQUEST(FILE_OF("image", "\"name\":\"sk-abcd.png\",\"data\":\"bXkgc2stYWJjZCE=\""),
	    FILE_OF("image", "\"name\":\"[key].png\",\"data\":\"bXkgc2stYWJjZCE=\""), "keys\n");
	/* as some readers take it: in lines, in the alphabet for URLs, without padding */
	REQUEST(FILE_OF("file", "\"data\":\"bXkgc2st\\r\\nYWJjZCE=\\n\""),
	    FILE_OF("file", "\"data\":\"bXkgW2tleV0h\""), "keys\n");
	REQUEST(FILE_OF("file", "\"data\":\"YT4_fn5zay1hYmNk\""),
	    FILE_OF("file", "\"data\":\"YT4/fn5ba2V5XQ==\""), "keys\n");
	REQUEST(FILE_OF("file", "\"data\":\"bXkgc2stYWJjZCE\""),
	    FILE_OF("file", "\"data\":\"bXkgW2tleV0h\""), "keys\n");
	/* "M\xfcller sk-abcd": what is said to be text is looked at in any encoding */
	REQUEST(FILE_OF("file", "\"mediaType\":\"text/csv\",\"data\":\"TfxsbGVyIHNrLWFiY2Q=\""),
	    FILE_OF("file", "\"mediaType\":\"text/csv\",\"data\":\"TfxsbGVyIFtrZXld\""), "keys\n");
	REQUEST(FILE_OF("file", "\"mediaType\":\"text/plain\",\"data\":\"bXkg!\""), NULL, "");
	REQUEST(FILE_OF("file", "\"data\":\"bXkgc2stYWJjZCE==\""), NULL, "");
	REQUEST(
	    FILE_OF("file", "\"mediaType\":\"text/plain\",\"data\":\"file:sk-abcd\""), NULL, "");
	REQUEST(FILE_OF("file", "\"data\":\"/3NrLWFiY2Q=\""), NULL, ""); /* no UTF-8 */
	policy_free(p);
}

static void
escapes_are_understood_and_the_others_keep_their_spelling(void **state)
{
	struct policy *p = policy_of(
	    "  - {name: a, pattern: 'sk-\xc3\xbc+.', action: redact, replace: \"<\\\"\\n>\"}\n");

	(void)state;
	REQUEST("{ \"prompt\" : \"\\u0041\\/ \\u0073k-\\u00fc\xc3\xbc\\ud83d\\ude00 \\ud83d\\t\" , "
		"\"n\": 1.10 }",
	    "{ \"prompt\" : \"\\u0041\\/ <\\\"\\n> \\ud83d\\t\" , \"n\": 1.10 }", "a\n");
	REQUEST("{\"pro\\u006dpt\":\"sk-\xc3\xbcx\",\"prompt\":\"sk-\\u00fc\\ude00\"}",
	    "{\"pro\\u006dpt\":\"<\\\"\\n>\",\"prompt\":\"<\\\"\\n>\"}", "a\n");
	policy_free(p);
}

static void
guards_follow_each_other(void **state)
{
	struct policy *p = policy_of(
	    "  - {name: one, pattern: 'ab', action: redact, replace: 'c'}\n"
	    "  - {name: two, pattern: 'cc', action: redact}\n"
	    "  - {name: three, pattern: 'x', action: warn}\n"
	    "  - {name: four, pattern: 'y', action: warn}\n"
	    "  - {name: five, pattern: 'cc', action: warn}\n");

	(void)state;
	REQUEST("{\"prompt\":\"abc\",\"messages\":[{\"content\":\"xxabx\"}]}",
	    "{\"prompt\":\"[two]\",\"messages\":[{\"content\":\"xxcx\"}]}", "one\ntwo\nthree\n");
	REQUEST("{\"prompt\":\"y\"}", NULL, "four\n");
	policy_free(p);
}

static void
each_side_has_its_own_guards(void **state)
{
	struct policy *p = policy_of("  - {name: in, on: input, pattern: 'a', action: redact}\n"
				     "  - {name: out, on: output, pattern: 'a', action: redact}\n");

	(void)state;
	REQUEST("{\"prompt\":\"a\"}", "{\"prompt\":\"[in]\"}", "in\n");
	RESPONSE("{\"content\":\"a\"}", "{\"content\":\"[out]\"}", "out\n");
	assert_true(guard_watches_output(p));
	policy_free(p);
	p = policy_of("  - {name: in, on: input, pattern: 'a', action: redact}\n");
	assert_false(guard_watches_output(p));
	RESPONSE("{\"content\":\"a\"}", NULL, "");
	policy_free(p);
}

static void
who_stops_is_the_first_in_the_file(void **state)
{
	struct policy *p = policy_of("  - {name: r, pattern: 'a', action: redact}\n"
				     "  - {name: w, pattern: 'a', action: warn}\n"
				     "  - {name: b, pattern: 'b', action: block}\n"
				     "  - {name: c, pattern: 'c', action: route, use: openai:x}\n"
				     "  - {name: o, on: output, pattern: 'a', action: block}\n");

	(void)state;
	assert_null(guard_stops_request(p, parsed("{\"prompt\":\"a\"}")));
	assert_string_equal(guard_stops_request(p, parsed("{\"prompt\":\"cb\"}"))->name, "b");
	assert_string_equal(guard_stops_request(p, parsed("{\"prompt\":\"c\"}"))->name, "c");
	assert_string_equal(guard_stops_response(p, parsed("{\"content\":\"abc\"}"))->name, "o");
	assert_string_equal(
	    guard_stops_request(p, parsed("{\"prompt\":\"c\",\"messages\":[{\"role\":\"system\","
					  "\"content\":\"\\u0062\"}]}"))
		->name,
	    "b");
	assert_null(guard_stops_request(p, parsed("{\"prompt\":\"a\",\"id\":\"b\"}")));
	assert_string_equal(
	    guard_stops_response(p, parsed("{\"object\":{\"x\":[\"a\"]}}"))->name, "o");
	assert_null(guard_stops_response(p, parsed("{\"content\":\"b\"}")));
	policy_free(p);
	p = policy_of("  - {name: b, pattern: 'bb', action: block}\n");
	assert_non_null(guard_stops_request(
	    p, parsed("{\"messages\":[{\"content\":[{\"type\":\"text\",\"text\":\"ab\"},{\"type\":"
		      "\"text\",\"text\":\"ba\"}]}]}")));
	assert_null(guard_stops_request(
	    p, parsed("{\"messages\":[{\"content\":\"ab\"},{\"content\":\"ba\"}]}")));
	policy_free(p);
}

static void
without_guards_nothing_is_looked_at(void **state)
{
	struct err err = ERR_INIT;
	struct policy *p = policy_parse(
	    "p.yaml", STR_LIT("version: 1\nproviders: [openai]\n"), &err);

	(void)state;
	assert_non_null(p);
	REQUEST("{\"prompt\":\"sk-abcd\"}", NULL, "");
	assert_null(guard_stops_request(p, parsed("{\"prompt\":\"b\"}")));
	assert_null(guard_stops_response(p, parsed("{\"content\":\"b\"}")));
	policy_free(p);
}

/* --- nothing else changes --- */

static uint64_t
next(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return *seed >> 33;
}

/* A string of odd bytes, in which a secret may stand, spelled in odd ways. */
static void
add_string(struct buf *out, uint64_t *seed)
{
	static const char *const pieces[] = { "a", "\\n", "\\u00e9", "\xc3\xa9", "\\ud83d\\ude00",
		"\xf0\x9f\x98\x80", "\\ud83d ", "\\\"", "\\\\", "\\/", " ", "sk-abcd",
		"\\u0073k-wxyz", "sk\\u002dabcd", "sk-ab", "s", "\\u0000" };

	buf_addc(out, '"');
	for (uint64_t n = next(seed) % 12; n; n--)
		buf_adds(out, pieces[next(seed) % (sizeof pieces / sizeof *pieces)]);
	buf_addc(out, '"');
}

static void
add_record(struct buf *out, uint64_t *seed)
{
	buf_adds(out, "{ \"prompt\":");
	add_string(out, seed);
	buf_adds(out, ",\"messages\" :[");
	for (int i = 0; i < 3; i++) {
		buf_adds(out, i ? ",\n{\"content\":" : "{\"content\":");
		add_string(out, seed);
		buf_adds(out, "},{\"content\":[{\"arguments\":{\"a\":[1.10,");
		add_string(out, seed);
		buf_adds(out, "]},\"id\":");
		add_string(out, seed);
		buf_adds(out, "}]}");
	}
	buf_adds(out, "]}");
}

/* How many bytes of the string that goes on at spelled spell matches that overlap or touch, from
 * its first byte on. */
static size_t
matches_len(const struct pattern *p, const char *spelled)
{
	struct buf quoted = BUF_INIT(BUF_UNLIMITED), text = BUF_INIT(BUF_UNLIMITED);
	struct pattern_spans spans = { 0 };
	struct json_place at;
	struct json v;
	size_t n = 0;

	while (spelled[n] != '"')
		n += spelled[n] == '\\' ? 2 : 1;
	buf_addc(&quoted, '"');
	buf_add(&quoted, spelled, n + 1);
	v = parsed(quoted.p);
	json_text(v, &text);
	at = json_place_start(v);
	if (pattern_cover(p, buf_str(&text), &spans) && spans.items[0].start == 0)
		json_place_go(&at, spans.items[0].end);
	n = (size_t)(at.p - v.p) - 1;
	buf_release(&quoted);
	buf_release(&text);
	pattern_spans_release(&spans);
	return n;
}

/* Put back what each marker stands for: all that spells matches where the record is at. */
static void
restore(const struct pattern *p, const char *redacted, const char *record, struct buf *out)
{
	const char *at;
	size_t n;

	for (; (at = strstr(redacted, "<<>>")); redacted = at + 4) {
		n = (size_t)(at - redacted);
		assert_memory_equal(redacted, record, n);
		buf_add(out, record, n);
		record += n;
		n = matches_len(p, record);
		assert_true(n > 0);
		buf_add(out, record, n);
		record += n;
	}
	assert_string_equal(redacted, record);
	buf_adds(out, redacted);
}

static void
all_but_the_matches_keeps_its_bytes(void **state)
{
	struct policy *p = policy_of(
	    "  - {name: k, pattern: 'sk-[a-z]{4}', action: redact, replace: '<<>>'}\n");
	struct buf record = BUF_INIT(BUF_UNLIMITED), out = BUF_INIT(BUF_UNLIMITED),
		   back = BUF_INIT(BUF_UNLIMITED), again = BUF_INIT(BUF_UNLIMITED);
	uint64_t seed = 7;
	int changed = 0;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		buf_reset(&record);
		buf_reset(&out);
		buf_reset(&back);
		add_record(&record, &seed);
		if (!guard_redact_request(p, parsed(record.p), &out, NULL))
			continue;
		changed++;
		assert_false(guard_redact_request(p, parsed(out.p), &again, NULL));
		restore(p->guards[0].pattern, out.p, record.p, &back);
		assert_string_equal(back.p, record.p);
	}
	assert_true(changed > 500);
	buf_release(&record);
	buf_release(&out);
	buf_release(&back);
	policy_free(p);
}

static void
however_a_text_is_cut_into_parts_nothing_of_a_match_is_left(void **state)
{
	struct policy *p = policy_of(
	    "  - {name: k, pattern: '[<]sk-[a-z]{4}[>]', action: redact, replace: 'X'}\n");
	static const char text[] = "one <sk-abcd> two <sk-efgh><sk-ijkl> and <sk-ab>";
	struct buf record = BUF_INIT(BUF_UNLIMITED), out = BUF_INIT(BUF_UNLIMITED),
		   left = BUF_INIT(BUF_UNLIMITED);
	uint64_t seed = 11;
	struct json_iter it;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		buf_reset(&record);
		buf_reset(&out);
		buf_reset(&left);
		buf_adds(&record, "{\"messages\":[{\"content\":[{\"type\":\"text\",\"text\":\"");
		for (const char *c = text; *c; c++) {
			if (next(&seed) % 6 == 0)
				buf_adds(&record, "\"},{\"type\":\"text\",\"text\":\"");
			buf_addc(&record, *c);
		}
		buf_adds(&record, "\"}]}]}");
		assert_true(guard_redact_request(p, parsed(record.p), &out, NULL));
		it = json_each(json_find(parsed(out.p), "messages.0.content"));
		while (json_next(&it))
			json_text(json_get(it.value, "text"), &left);
		for (char *mark; (mark = strchr(left.p, 'X')) != NULL;)
			memmove(mark, mark + 1, strlen(mark));
		assert_string_equal(left.p, "one  two  and <sk-ab>");
	}
	buf_release(&record);
	buf_release(&out);
	buf_release(&left);
	policy_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_matches_in_all_texts_of_a_request_are_replaced),
		cmocka_unit_test(calls_and_results_are_looked_into_as_deep_as_they_go),
		cmocka_unit_test(no_text_goes_out_by_a_side_door),
		cmocka_unit_test(what_is_no_text_is_left_alone),
		cmocka_unit_test(a_response_is_redacted_wherever_its_text_stands),
		cmocka_unit_test(what_begins_in_one_part_and_ends_in_another_is_found),
		cmocka_unit_test(parts_are_looked_at_by_themselves_too),
		cmocka_unit_test(names_and_numbers_of_what_tools_wrote_are_texts),
		cmocka_unit_test(documents_of_text_are_looked_into_as_bytes_too),
		cmocka_unit_test(escapes_are_understood_and_the_others_keep_their_spelling),
		cmocka_unit_test(guards_follow_each_other),
		cmocka_unit_test(each_side_has_its_own_guards),
		cmocka_unit_test(who_stops_is_the_first_in_the_file),
		cmocka_unit_test(without_guards_nothing_is_looked_at),
		cmocka_unit_test(all_but_the_matches_keeps_its_bytes),
		cmocka_unit_test(however_a_text_is_cut_into_parts_nothing_of_a_match_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
