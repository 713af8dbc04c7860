/* SPDX-License-Identifier: MIT */
/* test_condition - whether a route fits a request, and the sentence that says why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/condition.h"
#include "sys/clock.h"

/* The first route of a policy held against a request. */
struct hold {
	bool fits;
	enum condition_verdict verdict;
	struct buf why;
};

static int64_t
at(const char *when)
{
	int64_t us;

	assert_true(clock_parse(str_of(when), &us));
	return us;
}

static struct policy *
policy_of(const char *route)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct policy *p;

	buf_addf(&text, "version: 1\nroutes:\n  - {use: [openai:gpt-4o]%s%s}\n", *route ? ", " : "",
	    route);
	p = policy_parse("p.yaml", buf_str(&text), &err);
	if (!p)
		fail_msg("%s", err.text);
	buf_release(&text);
	return p;
}

static struct hold
hold_at(const char *route, const char *record, int64_t now_us)
{
	struct policy *p = policy_of(route);
	struct hold h = { .why = BUF_INIT(BUF_UNLIMITED) };
	struct facts facts = { 0 };
	struct request request;
	struct err err = ERR_INIT;

	if (request_read(&request, json_literal(record), NULL, &err) < 0)
		fail_msg("%s", err.text);
	facts_start(&facts, &request);
	buf_adds(&h.why, "> "); /* what others wrote stays */
	h.verdict = condition_fits(p, &p->routes[0], &facts, now_us, &h.why);
	h.fits = h.verdict == CONDITION_FITS;
	assert_int_equal(condition_fits(p, &p->routes[0], &facts, now_us, NULL), h.verdict);
	facts_release(&facts);
	request_release(&request);
	policy_free(p);
	return h;
}

static void
expect(struct hold h, bool fits, const char *why)
{
	assert_string_equal(h.why.p + 2, why);
	assert_int_equal(h.fits, fits);
	buf_release(&h.why);
}

#define FITS(route, record, why) expect(hold_at(route, record, 0), true, why)
#define MISSES(route, record, why) expect(hold_at(route, record, 0), false, why)

#define TAGS(tags) "{\"prompt\":\"x\",\"tags\":{" tags "}}"

static void
a_route_that_asks_for_nothing_fits(void **state)
{
	(void)state;
	FITS("", "{\"prompt\":\"x\"}", "matched: it asks for nothing");
}

static void
a_tag_has_one_of_the_values(void **state)
{
	static const char route[] = "match: {tags: {team: [core, infra]}}";

	(void)state;
	FITS(route, TAGS("\"team\":\"core\""), "matched: tags.team is \"core\"");
	FITS(route, TAGS("\"team\":\"c\\u006fre\""), "matched: tags.team is \"c\\u006fre\"");
	FITS(route, TAGS("\"team\":[\"ops\",\"infra\"]"),
	    "matched: tags.team is [\"ops\",\"infra\"]");
	MISSES(route, TAGS("\"team\":\"ops\""), "tags.team is \"ops\", not core or infra");
	MISSES(route, TAGS("\"team\":\"Core\""), "tags.team is \"Core\", not core or infra");
	MISSES(route, TAGS("\"team\":null"), "tags.team is absent, not core or infra");
	MISSES(route, TAGS(""), "tags.team is absent, not core or infra");
	MISSES(route, "{\"prompt\":\"x\"}", "tags.team is absent, not core or infra");
}

static void
a_tag_may_be_any_or_a_number(void **state)
{
	(void)state;
	FITS("match: {tags: {team: \"*\"}}", TAGS("\"team\":0"), "matched: tags.team is 0");
	MISSES("match: {tags: {team: \"*\"}}", TAGS("\"x\":0"), "tags.team is absent");
	FITS("match: {tags: {tier: \"2\"}}", TAGS("\"tier\":2"), "matched: tags.tier is 2");
	FITS("match: {tags: {beta: true}}", TAGS("\"beta\":true"), "matched: tags.beta is true");
	FITS("match: {tags: {beta: False}}", TAGS("\"beta\":false"), "matched: tags.beta is false");
	MISSES(
	    "match: {tags: {beta: true}}", TAGS("\"beta\":false"), "tags.beta is false, not true");
	FITS(
	    "match: {tags: {beta: \"true\"}}", TAGS("\"beta\":true"), "matched: tags.beta is true");
}

static void
all_tags_must_fit_and_the_first_that_does_not_is_told(void **state)
{
	static const char route[] = "match: {tags: {a: \"1\", b: \"2\", c: \"3\"}}";

	(void)state;
	FITS(route, TAGS("\"a\":1,\"b\":2,\"c\":3"),
	    "matched: tags.a is 1; tags.b is 2; tags.c is 3");
	MISSES(route, TAGS("\"a\":1,\"b\":7,\"c\":8"), "tags.b is 7, not 2");
}

static void
long_values_are_cut_between_characters(void **state)
{
	(void)state;
	MISSES("match: {tags: {a: b}}",
	    TAGS("\"a\":\"\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"
		 "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"
		 "\xc3\xbc\""),
	    "tags.a is \"\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"
	    "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc..., "
	    "not b");
}

static void
a_role_is_one_of_those_named(void **state)
{
	static const char route[] = "match: {role: [planner, reviewer]}";

	(void)state;
	FITS(
	    route, "{\"prompt\":\"x\",\"model\":\"role:planner\"}", "matched: the role is planner");
	FITS(route, TAGS("\"role\":\"reviewer\""), "matched: the role is reviewer");
	MISSES(route, TAGS("\"role\":\"tester\""), "the role is tester, not planner or reviewer");
	MISSES(route, "{\"prompt\":\"x\",\"model\":\"a:planner\"}",
	    "there is no role, not planner or reviewer");
}

static void
all_needs_must_be_there(void **state)
{
	static const char route[] = "match: {needs: [tools, image]}";

	(void)state;
	MISSES(route, "{\"prompt\":\"x\",\"tools\":[{\"name\":\"a\"}]}", "it does not need image");
	MISSES(route, "{\"prompt\":\"x\"}", "it does not need tools");
	FITS(route,
	    "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"url\":\"u\"}]}],"
	    "\"tools\":[{\"name\":\"a\"}]}",
	    "matched: it needs tools and image");
}

static void
words_are_looked_for_as_words(void **state)
{
	static const char route[] = "match: {any: [refund, money back, C++]}";

	(void)state;
	FITS(route, "{\"prompt\":\"I want a REFUND!\"}", "matched: the text has \"refund\"");
	FITS(route, "{\"prompt\":\"my money back\"}", "matched: the text has \"money back\"");
	FITS(route, "{\"prompt\":\"in c++17\"}", "matched: the text has \"C++\"");
	MISSES(route, "{\"prompt\":\"refunds, refund\xc3\xa9\"}",
	    "the text has no refund, money back or C++");
}

static void
a_pattern_is_looked_for_in_the_users_text(void **state)
{
	static const char route[] = "match: {text: \"stack trace|seg.*fault\"}";

	(void)state;
	FITS(route, "{\"prompt\":\"a stack trace\"}",
	    "matched: the text matches stack trace|seg.*fault");
	MISSES(route,
	    "{\"messages\":[{\"role\":\"system\",\"content\":\"stack trace\"}],\"prompt\":\"x\"}",
	    "the text does not match stack trace|seg.*fault");
}

/* --- times --- */

#define WORKDAYS                                                                                   \
	"match: {time: {days: mon-fri, from: \"08:00\", to: \"18:00\", zone: Europe/Berlin}}"

static void
a_window_holds_from_its_first_minute_to_before_its_last(void **state)
{
	static const char x[] = "{\"prompt\":\"x\"}";

	(void)state;
	expect(hold_at(WORKDAYS, x, at("2026-11-20T07:00:00Z")), true,
	    "matched: it is Fri 08:00 in Europe/Berlin, within Mon-Fri 08:00-18:00");
	expect(hold_at(WORKDAYS, x, at("2026-11-20T06:59:59.999999Z")), false,
	    "it is Fri 07:59 in Europe/Berlin, not Mon-Fri 08:00-18:00");
	expect(hold_at(WORKDAYS, x, at("2026-11-20T16:59:59Z")), true,
	    "matched: it is Fri 17:59 in Europe/Berlin, within Mon-Fri 08:00-18:00");
	expect(hold_at(WORKDAYS, x, at("2026-11-20T17:00:00Z")), false,
	    "it is Fri 18:00 in Europe/Berlin, not Mon-Fri 08:00-18:00");
	expect(hold_at(WORKDAYS, x, at("2026-11-21T10:00:00Z")), false,
	    "it is Sat 11:00 in Europe/Berlin, not Mon-Fri 08:00-18:00");
}

static void
one_window_of_several_is_enough(void **state)
{
	static const char route[] = "match: {time: [{days: [mon, wed, sat, sun]}, "
				    "{days: fri, from: \"22:00\", to: \"06:00\"}]}";
	static const char x[] = "{\"prompt\":\"x\"}";

	(void)state;
	expect(hold_at(route, x, at("2026-11-25T12:00:00Z")), true,
	    "matched: it is Wed 12:00 in UTC, within Mon,Wed,Sat-Sun");
	expect(hold_at(route, x, at("2026-11-20T23:00:00Z")), true,
	    "matched: it is Fri 23:00 in UTC, within Fri 22:00-06:00");
	expect(hold_at(route, x, at("2026-11-20T12:00:00Z")), false,
	    "it is Fri 12:00 in UTC, not Mon,Wed,Sat-Sun; it is Fri 12:00 in UTC, not Fri "
	    "22:00-06:00");
}

static bool
holds(unsigned days, int from, int to, const char *zone, const char *when)
{
	struct policy_time t = { days, from, to, zone };

	return condition_time_fits(&t, at(when));
}

static void
a_window_past_midnight_belongs_to_the_day_on_which_it_began(void **state)
{
	enum { FRIDAY = 1 << 4, SUNDAY = 1 << 6 };

	(void)state;
	assert_false(holds(FRIDAY, 1320, 360, NULL, "2026-11-20T05:59:00Z")); /* Thursday's */
	assert_true(holds(FRIDAY, 1320, 360, NULL, "2026-11-20T22:00:00Z"));
	assert_true(holds(FRIDAY, 1320, 360, NULL, "2026-11-21T05:59:00Z"));
	assert_false(holds(FRIDAY, 1320, 360, NULL, "2026-11-21T06:00:00Z"));
	assert_false(holds(FRIDAY, 1320, 360, NULL, "2026-11-21T22:00:00Z"));
	assert_true(holds(SUNDAY, 1320, 360, NULL, "2026-11-23T01:00:00Z")); /* a Monday */
	assert_true(holds(FRIDAY, 1200, 0, NULL, "2026-11-20T23:59:59Z"));
	assert_false(holds(FRIDAY, 1200, 0, NULL, "2026-11-21T00:00:00Z"));
	assert_true(holds(FRIDAY, 1200, 1440, NULL, "2026-11-20T23:59:59Z"));
	assert_true(holds(0, 0, 0, NULL, "2026-11-20T23:59:59Z"));
}

static void
windows_go_by_the_clock_on_the_wall(void **state)
{
	const struct policy_time last_quarter = { 1 << 2, 1425, 1440, NULL };

	(void)state;
	/* In Berlin the hour from two to three comes twice on 2026-10-25, and never on 2026-03-29.
	 */
	assert_true(holds(0, 120, 180, "Europe/Berlin", "2026-10-25T00:00:00Z"));
	assert_true(holds(0, 120, 180, "Europe/Berlin", "2026-10-25T00:59:59Z"));
	assert_true(holds(0, 120, 180, "Europe/Berlin", "2026-10-25T01:00:00Z"));
	assert_true(holds(0, 120, 180, "Europe/Berlin", "2026-10-25T01:59:59Z"));
	assert_false(holds(0, 120, 180, "Europe/Berlin", "2026-10-25T02:00:00Z"));
	assert_false(holds(0, 120, 180, "Europe/Berlin", "2026-03-29T00:59:59Z"));
	assert_false(holds(0, 120, 180, "Europe/Berlin", "2026-03-29T01:00:00Z"));
	/* Half an hour off, and the day with it. */
	assert_true(holds(1, 0, 30, "Asia/Kolkata", "2026-11-22T18:30:00Z"));
	assert_false(holds(1, 0, 30, "Asia/Kolkata", "2026-11-22T18:29:59Z"));
	assert_true(holds(1, 0, 30, "Asia/Kolkata", "2026-11-22T18:59:59Z"));
	/* Before 1970, and where days are another's yesterday. */
	assert_true(condition_time_fits(&last_quarter, -60000000));
	assert_true(holds(1 << 5, 0, 0, "Pacific/Kiritimati", "2026-11-20T12:00:00Z"));
}

/* --- conditions --- */

static void
a_condition_holds_where_all_its_members_do(void **state)
{
	static const char route[] = "conditions: [{complexity: low, accuracy: critical}]";

	(void)state;
	FITS(route, TAGS("\"accuracy\":\"critical\""),
	    "matched: complexity is low (0 points) and accuracy is critical");
	MISSES(route, TAGS("\"accuracy\":\"high\""), "accuracy is high, not critical");
	MISSES(route, "{\"prompt\":\"x\",\"options\":{\"reasoning\":\"high\"}}",
	    "complexity is medium (20 points), not low");
}

static void
one_condition_of_several_is_enough(void **state)
{
	static const char route[] = "conditions: [{complexity: high}, {accuracy: critical}]";

	(void)state;
	FITS(route, TAGS("\"accuracy\":\"critical\""), "matched: accuracy is critical");
	MISSES(route, "{\"prompt\":\"x\"}",
	    "complexity is low (0 points), not high; accuracy is normal, not critical");
}

static void
what_a_request_does_not_say_is_normal(void **state)
{
	static const char x[] = "{\"prompt\":\"x\"}";

	(void)state;
	FITS("conditions: [{accuracy: normal}]", x, "matched: accuracy is normal");
	FITS("conditions: [{cost: normal}]", x, "matched: cost is normal");
	FITS("conditions: [{latency: normal}]", x, "matched: latency is normal");
	MISSES("conditions: [{cost: any}]", x, "cost is normal, not any");
	FITS("conditions: [{cost: minimal}]", TAGS("\"cost\":\"minimal\""),
	    "matched: cost is minimal");
	FITS("conditions: [{latency: fast}]", "{\"prompt\":\"x\",\"meta\":{\"latency\":\"fast\"}}",
	    "matched: latency is fast");
	MISSES("conditions: [{latency: fast}]",
	    "{\"prompt\":\"x\",\"tags\":{\"latency\":\"any\"},\"meta\":{\"latency\":\"fast\"}}",
	    "latency is any, not fast");
	MISSES("conditions: [{cost: minimal}]", TAGS("\"cost\":\"tiny\""),
	    "cost is normal, not minimal");
}

static void
sensitivity_is_the_rank_of_the_label(void **state)
{
	static const struct {
		const char *label, *level;
	} labels[] = { { "public", "low" }, { "internal", "medium" }, { "confidential", "medium" },
		{ "secret", "high" }, { "low", "low" }, { "medium", "medium" }, { "high", "high" },
		{ "made up", "high" } };
	struct buf record = BUF_INIT(256), route = BUF_INIT(256), why = BUF_INIT(256);

	(void)state;
	for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
		buf_reset(&record);
		buf_reset(&route);
		buf_reset(&why);
		buf_addf(&record, TAGS("\"sensitivity\":\"%s\""), labels[i].label);
		buf_addf(&route, "conditions: [{data_sensitivity: %s}]", labels[i].level);
		buf_addf(&why, "matched: data_sensitivity is %s", labels[i].level);
		FITS(route.p, record.p, why.p);
	}
	MISSES("conditions: [{data_sensitivity: high}]", "{\"prompt\":\"x\"}",
	    "data_sensitivity is low, not high");
	buf_release(&record);
	buf_release(&route);
	buf_release(&why);
}

/* --- expressions --- */

static void
an_expression_sees_the_request_and_its_facts(void **state)
{
	(void)state;
	FITS("when: '.tags.team == \"x\" and .facts.turns == 1'", TAGS("\"team\":\"x\""),
	    "matched: when is true");
	MISSES("when: .tags.team == \"x\"", TAGS("\"team\":\"y\""), "when is false");
	MISSES("when: .tags.none", TAGS(""), "when is null");
	MISSES("when: empty", TAGS(""), "when has no result");
	FITS("when: .tags.team", TAGS("\"team\":0"), "matched: when is 0");
}

static void
an_expression_that_fails_does_not_fit_and_says_so(void **state)
{
	(void)state;
	MISSES(
	    "when: .prompt.x", "{\"prompt\":\"x\"}", "when: Cannot index string with string \"x\"");
}

/* It takes a moment, at each request, and at none longer because of one before. */
static void
an_expression_without_end_does_not_fit_and_is_told_apart(void **state)
{
	static const char route[] = "when: 'if .tags.a == 1 then last(repeat(1)) else true end'";
	struct hold h = hold_at(route, TAGS("\"a\":1"), 0);

	(void)state;
	assert_int_equal(h.verdict, CONDITION_LATE);
	assert_string_equal(h.why.p, "> when: no result after 0.1 s");
	buf_release(&h.why);
	h = hold_at(route, TAGS("\"a\":2"), 0);
	assert_int_equal(h.verdict, CONDITION_FITS);
	buf_release(&h.why);
	h = hold_at("when: error(1)", TAGS("\"a\":2"), 0);
	assert_int_equal(h.verdict, CONDITION_AGAINST);
	buf_release(&h.why);
}

static void
all_that_is_asked_must_fit_and_all_is_told(void **state)
{
	static const char route[] =
	    "match: {tags: {a: b}, any: [hello]}, conditions: [{complexity: low}], when: .tags.a";

	(void)state;
	FITS(route, "{\"prompt\":\"hello\",\"tags\":{\"a\":\"b\"}}",
	    "matched: tags.a is \"b\"; the text has \"hello\"; complexity is low (0 points); when is "
	    "\"b\"");
	MISSES(route, "{\"prompt\":\"bye\",\"tags\":{\"a\":\"b\"}}", "the text has no hello");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_route_that_asks_for_nothing_fits),
		cmocka_unit_test(a_tag_has_one_of_the_values),
		cmocka_unit_test(a_tag_may_be_any_or_a_number),
		cmocka_unit_test(all_tags_must_fit_and_the_first_that_does_not_is_told),
		cmocka_unit_test(long_values_are_cut_between_characters),
		cmocka_unit_test(a_role_is_one_of_those_named),
		cmocka_unit_test(all_needs_must_be_there),
		cmocka_unit_test(words_are_looked_for_as_words),
		cmocka_unit_test(a_pattern_is_looked_for_in_the_users_text),
		cmocka_unit_test(a_window_holds_from_its_first_minute_to_before_its_last),
		cmocka_unit_test(one_window_of_several_is_enough),
		cmocka_unit_test(a_window_past_midnight_belongs_to_the_day_on_which_it_began),
		cmocka_unit_test(windows_go_by_the_clock_on_the_wall),
		cmocka_unit_test(a_condition_holds_where_all_its_members_do),
		cmocka_unit_test(one_condition_of_several_is_enough),
		cmocka_unit_test(what_a_request_does_not_say_is_normal),
		cmocka_unit_test(sensitivity_is_the_rank_of_the_label),
		cmocka_unit_test(an_expression_sees_the_request_and_its_facts),
		cmocka_unit_test(an_expression_that_fails_does_not_fit_and_says_so),
		cmocka_unit_test(an_expression_without_end_does_not_fit_and_is_told_apart),
		cmocka_unit_test(all_that_is_asked_must_fit_and_all_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
