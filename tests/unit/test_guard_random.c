/* SPDX-License-Identifier: MIT */
/* test_guard_random - guards against a plain reading of the same records, made up at random. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "llm/media.h"
#include "policy/guard.h"
#include "support/parsed.h"

enum { RECORDS = 2000, ATOMS = 12, PIECES = 5 };

/* A character, as it is spelled in the record and as it is read. */
struct atom {
	const char *raw, *text;
	bool hit;
};
struct piece {
	struct atom atoms[ATOMS];
	size_t count;
};

static const struct atom alphabet[] = { { "k", "k", false }, { "\\u006b", "k", false },
	{ "\\u006B", "k", false }, { "1", "1", false }, { "\\u0031", "1", false },
	{ "2", "2", false }, { "\xc3\xa9", "\xc3\xa9", false }, { "\\u00e9", "\xc3\xa9", false },
	{ "\\ud83d\\ude00", "\xf0\x9f\x98\x80", false },
	{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", false }, { "\\ud83d", "\xef\xbf\xbd", false },
	{ "\\ude00", "\xef\xbf\xbd", false }, { "\\n", "\n", false }, { "\\\"", "\"", false },
	{ "\\\\", "\\", false }, { "\\/", "/", false }, { "/", "/", false },
	{ "\\u0000", "", false } };
static const struct atom by_keys = { "[k\\\"]", "[k\"]", false };
static const struct atom by_words = { "<w>", "<w>", false };
enum { ALPHABET = sizeof alphabet / sizeof *alphabet };

static const char guards[] =
    "  - {name: keys, on: [input, output], pattern: 'k[12\xc3\xa9\xf0\x9f\x98\x80]{2,3}', "
    "action: redact, replace: '[k\"]'}\n"
    "  - {name: words, on: [input, output], pattern: '[/\\n]{2}', action: redact, replace: "
    "'<w>'}\n";

static uint64_t seed = 1;

static size_t
below(size_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (size_t)(seed >> 33) % n;
}

static struct piece
piece_random(bool escapes)
{
	struct piece p = { .count = below(ATOMS) };

	for (size_t i = 0; i < p.count; i++) {
		do
			p.atoms[i] = alphabet[below(ALPHABET)];
		while (!escapes && (p.atoms[i].raw[0] == '\\' || !*p.atoms[i].text));
		if (i && strcmp(p.atoms[i].text, "\xef\xbf\xbd") == 0)
			p.atoms[i] = alphabet[0]; /* two halves could meet and make one */
	}
	return p;
}

/* --- the plain reading --- */

static bool
is_in(const struct atom *a, const char *const *set)
{
	for (; *set; set++)
		if (strcmp(a->text, *set) == 0)
			return true;
	return false;
}

static size_t
match_keys(struct atom *const *at, size_t left)
{
	static const char *const set[] = { "1", "2", "\xc3\xa9", "\xf0\x9f\x98\x80", NULL };
	size_t n = 1;

	if (!left || strcmp(at[0]->text, "k") != 0)
		return 0;
	while (n < left && n < 4 && is_in(at[n], set))
		n++;
	return n >= 3 ? n : 0;
}

static size_t
match_words(struct atom *const *at, size_t left)
{
	static const char *const set[] = { "/", "\n", NULL };

	return left >= 2 && is_in(at[0], set) && is_in(at[1], set) ? 2 : 0;
}

typedef size_t match_fn(struct atom *const *at, size_t left);

static void
mark(struct piece *pieces, size_t count, match_fn *match)
{
	struct atom *all[PIECES * ATOMS];
	size_t n = 0, len;

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < pieces[i].count; k++)
			all[n++] = &pieces[i].atoms[k];
	for (size_t i = 0; i < n; i++)
		for (len = match(all + i, n - i); len; len--)
			all[i + len - 1]->hit = true;
}

static void
redact(struct piece *pieces, size_t count, match_fn *match, struct atom by)
{
	for (size_t i = 0; i < count; i++)
		mark(&pieces[i], 1, match);
	mark(pieces, count, match);
	for (size_t i = 0; i < count; i++) {
		struct piece was = pieces[i], *now = &pieces[i];

		now->count = 0;
		for (size_t k = 0; k < was.count; k++) {
			if (!was.atoms[k].hit)
				now->atoms[now->count++] = was.atoms[k];
			else if (!k || !was.atoms[k - 1].hit)
				now->atoms[now->count++] = by;
		}
	}
}

static void
redact_all(struct piece *pieces, size_t count)
{
	redact(pieces, count, match_keys, by_keys);
	redact(pieces, count, match_words, by_words);
}

/* --- a record --- */

static void
put_string(struct buf *out, const struct piece *p)
{
	buf_addc(out, '"');
	for (size_t i = 0; i < p->count; i++)
		buf_adds(out, p->atoms[i].raw);
	buf_addc(out, '"');
}

static void
put_document(struct buf *out, const struct piece *p)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	for (size_t i = 0; i < p->count; i++)
		buf_adds(&text, p->atoms[i].text);
	buf_addc(out, '"');
	media_base64(out, buf_str(&text));
	buf_addc(out, '"');
	buf_release(&text);
}

/* The same into both: what no guard looks at. */
static void
put(struct buf *in, struct buf *out, const char *s)
{
	buf_adds(in, s);
	buf_adds(out, s);
}

static void
put_aside(struct buf *in, struct buf *out)
{
	struct piece p = piece_random(true);

	put(in, out, ", \"x\" :");
	put_string(in, &p);
	put_string(out, &p);
}

static void
put_alone(struct buf *in, struct buf *out, bool document)
{
	struct piece p = piece_random(!document);

	(document ? put_document : put_string)(in, &p);
	redact_all(&p, 1);
	(document ? put_document : put_string)(out, &p);
}

static void put_parts(struct buf *in, struct buf *out, bool is_result);

/* Of a tool's result, the parts that make it one: others are JSON, of which all is looked at. */
static void
put_other_part(struct buf *in, struct buf *out, bool is_result)
{
	switch (below(is_result ? 2 : 4)) {
	case 0:
		put(in, out, "{\"type\":\"file\",\"mediaType\":\"text/plain\",\"data\":");
		put_alone(in, out, true);
		break;
	case 1:
		put(in, out, "{\"type\":\"image\",\"url\":\"k122//\"");
		break;
	case 2:
		put(in, out, "{\"type\":\"toolCall\",\"arguments\":[1.50e2,{");
		put_alone(in, out, false);
		put(in, out, ":");
		put_alone(in, out, false);
		put(in, out, "}]");
		break;
	default:
		put(in, out, "{\"type\":\"toolResult\",\"content\":");
		put_parts(in, out, true);
	}
	put_aside(in, out);
	put(in, out, "}");
}

static void
put_parts(struct buf *in, struct buf *out, bool is_result)
{
	struct piece was[PIECES], now[PIECES];
	size_t count = 1 + below(PIECES);

	for (size_t i = 0; i < count; i++)
		was[i] = now[i] = piece_random(true);
	redact_all(now, count);
	put(in, out, "[");
	for (size_t i = 0; i < count; i++) {
		put(in, out, i ? " ," : "");
		if (below(3) == 0) {
			put_other_part(in, out, is_result);
			put(in, out, ",");
		}
		put(in, out, "{ \"type\":\"text\",\"\\u0074ext\":");
		put_string(in, &was[i]);
		put_string(out, &now[i]);
		put_aside(in, out);
		put(in, out, "}");
	}
	put(in, out, "]");
}

static void
what_is_redacted_is_what_a_plain_reading_redacts(void **state)
{
	struct buf in = BUF_INIT(BUF_UNLIMITED), expected = BUF_INIT(BUF_UNLIMITED);
	struct buf out = BUF_INIT(BUF_UNLIMITED), again = BUF_INIT(BUF_UNLIMITED);
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct policy *p;
	bool changed;

	(void)state;
	buf_addf(&text, "version: 1\nproviders: [openai]\nguards:\n%s", guards);
	p = policy_parse("p.yaml", buf_str(&text), &err);
	assert_non_null(p);
	for (size_t i = 0; i < RECORDS; i++) {
		buf_reset(&in);
		buf_reset(&expected);
		buf_reset(&out);
		put(&in, &expected, "{\"messages\":[{\"role\":\"user\",\"content\":");
		put_parts(&in, &expected, false);
		put(&in, &expected, "}],\"prompt\":");
		put_alone(&in, &expected, false);
		put(&in, &expected, ",\"prompt\":");
		put_alone(&in, &expected, false);
		put_aside(&in, &expected);
		put(&in, &expected, "}");
		changed = guard_redact_request(p, parsed(in.p), &out, NULL);
		if (strcmp(changed ? out.p : in.p, expected.p) != 0)
			fail_msg("%s\nbecomes  %s\nand not %s", in.p, changed ? out.p : in.p,
			    expected.p);
		(void)parsed(expected.p);
		if (guard_redact_request(p, parsed(expected.p), &again, NULL))
			fail_msg("%s\nbecomes once more %s", expected.p, again.p);
	}
	policy_free(p);
	buf_release(&in);
	buf_release(&expected);
	buf_release(&out);
	buf_release(&again);
	buf_release(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_redacted_is_what_a_plain_reading_redacts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
