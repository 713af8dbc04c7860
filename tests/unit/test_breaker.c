/* SPDX-License-Identifier: MIT */
/* test_breaker - a breaker's every transition, on a clock of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "policy/breaker.h"
#include "sys/rand.h"

#define SECOND INT64_C(1000000)
#define HOUR (3600 * SECOND)
#define START (INT64_C(1790000000) * SECOND)

static const struct breaker_rule rule = {
	.window_us = 60 * SECOND,
	.min_requests = 10,
	.error_ratio = 0.5,
	.consecutive = 5,
	.cooldown_us = 30 * SECOND,
	.max_cooldown_us = 100 * SECOND,
	.half_open_probes = 1,
	.scope = BREAKER_MODEL,
};

/* --- time lines --- */

enum deed {
	END_OF_LINE,
	OK, /* n of them ended well */
	FAILED, /* n of them failed, each told by itself */
	PROBE_OK, /* the probe that was taken last */
	PROBE_FAILED,
	PROBE_BACK, /* it ended, and says nothing */
	ADMIT, /* ask to send */
	LOOK, /* ask, and take nothing */
	OPEN, /* by hand, for n seconds */
	CLOSE,
};

struct event {
	double at_s;
	enum deed deed;
	int64_t n;
	const char *cause; /* of FAILED, PROBE_FAILED */
	double away_s;
	const char *expect; /* of the state after it, or of the verdict: "pass" "probe" "refused" */
	double until_s; /* where it is open, or refused; 0: not asked */
};

struct line {
	const char *name;
	struct event events[16];
};

static const struct line lines[] = {
	{ "five failures in a row open it for the cooldown, then one probe passes",
	    { { 0, FAILED, 4, "server", 0, "closed", 0 }, { 1, FAILED, 1, "server", 0, "open", 31 },
		{ 1, ADMIT, 0, NULL, 0, "refused", 31 },
		{ 30.999999, ADMIT, 0, NULL, 0, "refused", 31 },
		{ 31, LOOK, 0, NULL, 0, "probe", 0 }, { 31, ADMIT, 0, NULL, 0, "probe", 0 },
		{ 31, LOOK, 0, NULL, 0, "refused", 41 }, { 31, ADMIT, 0, NULL, 0, "refused", 41 },
		{ 32, PROBE_OK, 0, NULL, 0, "closed", 0 }, { 32, ADMIT, 0, NULL, 0, "pass", 0 } } },
	{ "a success between them begins the row anew",
	    { { 0, FAILED, 4, "server", 0, "closed", 0 }, { 0, OK, 1, NULL, 0, "closed", 0 },
		{ 0, FAILED, 4, "server", 0, "closed", 0 } } },
	{ "half of ten within the window open it, whatever their order",
	    { { 0, FAILED, 2, "server", 0, "closed", 0 }, { 10, OK, 5, NULL, 0, "closed", 0 },
		{ 20, FAILED, 2, "server", 0, "closed", 0 },
		{ 30, FAILED, 1, "timeout", 0, "open", 60 } } },
	{ "less than half of them do not",
	    { { 0, OK, 6, NULL, 0, "closed", 0 }, { 10, FAILED, 2, "server", 0, "closed", 0 },
		{ 20, OK, 1, NULL, 0, "closed", 0 }, { 20, FAILED, 3, "server", 0, "closed", 0 },
		{ 30, OK, 1, NULL, 0, "closed", 0 } } },
	{ "fewer than ten requests do not, however bad",
	    { { 0, FAILED, 4, "server", 0, "closed", 0 }, { 0, OK, 1, NULL, 0, "closed", 0 },
		{ 0, FAILED, 4, "server", 0, "closed", 0 } } },
	{ "a success never opens it, even where it fills the measure",
	    { { 0, FAILED, 4, "server", 0, "closed", 0 }, { 0, OK, 1, NULL, 0, "closed", 0 },
		{ 0, FAILED, 4, "server", 0, "closed", 0 }, { 0, OK, 1, NULL, 0, "closed", 0 },
		{ 0, FAILED, 1, "server", 0, "open", 30 } } },
	{ "what the window has left behind does not count",
	    { { 0, FAILED, 4, "server", 0, "closed", 0 }, { 1, OK, 1, NULL, 0, "closed", 0 },
		{ 59, FAILED, 2, "server", 0, "closed", 0 }, { 59, OK, 2, NULL, 0, "closed", 0 },
		/* ten within 60 s, seven failed; now of the first five none is left */
		{ 66, FAILED, 1, "server", 0, "closed", 0 } } },
	{ "a probe that fails opens it for twice as long, up to the most",
	    { { 0, FAILED, 5, "server", 0, "open", 30 }, { 30, ADMIT, 0, NULL, 0, "probe", 0 },
		{ 31, PROBE_FAILED, 0, "server", 0, "open", 91 },
		{ 91, ADMIT, 0, NULL, 0, "probe", 0 },
		{ 92, PROBE_FAILED, 0, "server", 0, "open", 192 },
		{ 192, ADMIT, 0, NULL, 0, "probe", 0 },
		{ 193, PROBE_FAILED, 0, "server", 0, "open", 293 } } },
	{ "a relapse within a window of its closing goes on doubling",
	    { { 0, FAILED, 5, "server", 0, "open", 30 }, { 30, ADMIT, 0, NULL, 0, "probe", 0 },
		{ 30, PROBE_OK, 0, NULL, 0, "closed", 0 },
		{ 89, FAILED, 5, "server", 0, "open", 149 } } },
	{ "after a whole window of being closed the cooldown begins anew",
	    { { 0, FAILED, 5, "server", 0, "open", 30 }, { 30, ADMIT, 0, NULL, 0, "probe", 0 },
		{ 30, PROBE_OK, 0, NULL, 0, "closed", 0 },
		{ 90, FAILED, 5, "server", 0, "open", 120 } } },
	{ "what closed it is forgotten: old failures open it no more",
	    { { 0, FAILED, 5, "server", 0, "open", 30 }, { 30, ADMIT, 0, NULL, 0, "probe", 0 },
		{ 30, PROBE_OK, 0, NULL, 0, "closed", 0 },
		{ 31, FAILED, 4, "server", 0, "closed", 0 } } },
	{ "a probe that says nothing is given back, and the next may try",
	    { { 0, FAILED, 5, "server", 0, "open", 30 }, { 30, ADMIT, 0, NULL, 0, "probe", 0 },
		{ 31, PROBE_BACK, 0, NULL, 0, "half-open", 0 },
		{ 31, ADMIT, 0, NULL, 0, "probe", 0 } } },
	{ "a probe whose process died is let go of with its lease",
	    { { 0, FAILED, 5, "server", 0, "open", 30 }, { 30, ADMIT, 0, NULL, 0, "probe", 0 },
		{ 39.999999, ADMIT, 0, NULL, 0, "refused", 40 },
		{ 40, ADMIT, 0, NULL, 0, "probe", 0 } } },
	{ "a provider that names a time gets it, to the microsecond, and no doubling",
	    { { 0, FAILED, 1, "rate_limit", 2.5, "open", 2.5 },
		{ 2.499999, ADMIT, 0, NULL, 0, "refused", 2.5 },
		{ 2.5, ADMIT, 0, NULL, 0, "probe", 0 },
		{ 3, PROBE_FAILED, 0, "rate_limit", 4, "open", 7 },
		{ 7, ADMIT, 0, NULL, 0, "probe", 0 },
		{ 8, PROBE_FAILED, 0, "server", 0, "open", 38 } } },
	{ "of two times that were named the later one holds",
	    { { 0, FAILED, 1, "rate_limit", 20, "open", 20 },
		{ 1, FAILED, 1, "rate_limit", 5, "open", 20 },
		{ 2, FAILED, 1, "rate_limit", 30, "open", 32 } } },
	{ "a time that was named is capped by the longest cooldown",
	    { { 0, FAILED, 1, "overloaded", 5000, "open", 100 } } },
	{ "but that of a quota is not", { { 0, FAILED, 1, "quota", 36000, "open", 36000 } } },
	{ "a quota without a time opens it at once",
	    { { 0, FAILED, 1, "quota", 0, "open", 30 }, { 30, ADMIT, 0, NULL, 0, "probe", 0 },
		{ 31, PROBE_FAILED, 0, "quota", 0, "open", 91 } } },
	{ "so does a key that is refused", { { 0, FAILED, 1, "auth", 0, "open", 30 } } },
	{ "and one that lacks a permission", { { 0, FAILED, 1, "permission", 0, "open", 30 } } },
	{ "what began before it opened moves nothing while it is open",
	    { { 0, FAILED, 5, "server", 0, "open", 30 }, { 1, FAILED, 9, "auth", 0, "open", 30 },
		{ 2, OK, 9, NULL, 0, "open", 30 } } },
	{ "nor while a probe is under way",
	    { { 0, FAILED, 5, "server", 0, "open", 30 }, { 30, ADMIT, 0, NULL, 0, "probe", 0 },
		{ 31, FAILED, 9, "auth", 0, "half-open", 0 },
		{ 31, OK, 9, NULL, 0, "half-open", 0 }, { 31, ADMIT, 0, NULL, 0, "refused", 40 },
		{ 32, PROBE_OK, 0, NULL, 0, "closed", 0 } } },
	{ "by hand for a time: no outcome moves it, and then a probe does",
	    { { 0, OPEN, 50, NULL, 0, "open", 50 }, { 1, OK, 9, NULL, 0, "open", 50 },
		{ 1, FAILED, 9, "quota", 90, "open", 50 }, { 49, ADMIT, 0, NULL, 0, "refused", 50 },
		{ 50, ADMIT, 0, NULL, 0, "probe", 0 },
		{ 51, PROBE_OK, 0, NULL, 0, "closed", 0 } } },
	{ "by hand without a time: it stays so until a hand closes it",
	    { { 0, OPEN, 0, NULL, 0, "open", 0 }, { 1e8, ADMIT, 0, NULL, 0, "refused", 0 },
		{ 1e8, CLOSE, 0, NULL, 0, "closed", 0 }, { 1e8, ADMIT, 0, NULL, 0, "pass", 0 } } },
	{ "a hand that closes it forgets the failures and the cooldown",
	    { { 0, FAILED, 5, "server", 0, "open", 30 }, { 30, ADMIT, 0, NULL, 0, "probe", 0 },
		{ 31, PROBE_FAILED, 0, "server", 0, "open", 91 },
		{ 40, CLOSE, 0, NULL, 0, "closed", 0 }, { 41, FAILED, 4, "server", 0, "closed", 0 },
		{ 41, FAILED, 1, "server", 0, "open", 71 } } },
	{ "a clock an hour behind does not keep it open",
	    { { 7200, FAILED, 5, "server", 0, "open", 7230 },
		{ 3600, ADMIT, 0, NULL, 0, "probe", 0 } } },
	{ "one a minute behind does, for a minute more",
	    { { 60, FAILED, 5, "server", 0, "open", 90 }, { 0, ADMIT, 0, NULL, 0, "refused", 90 },
		{ 90, ADMIT, 0, NULL, 0, "probe", 0 } } },
	{ "nor does it keep a probe's lease", { { 7200, FAILED, 5, "server", 0, "open", 7230 },
						  { 7230, ADMIT, 0, NULL, 0, "probe", 0 },
						  { 3600, ADMIT, 0, NULL, 0, "probe", 0 } } },
	{ "counts from ahead are as of now, and leave with the window",
	    { { 7218, FAILED, 4, "server", 0, "closed", 0 }, { 7218, OK, 1, NULL, 0, "closed", 0 },
		{ 0, FAILED, 4, "server", 0, "closed", 0 }, { 0, OK, 1, NULL, 0, "closed", 0 },
		{ 66, FAILED, 4, "server", 0, "closed", 0 }, { 66, OK, 1, NULL, 0, "closed", 0 },
		{ 66, FAILED, 1, "server", 0, "closed", 0 } } },
	{ "a clock that jumps a year on lets go of all",
	    { { 0, FAILED, 4, "server", 0, "closed", 0 }, { 0, OK, 1, NULL, 0, "closed", 0 },
		{ 3e7, FAILED, 4, "server", 0, "closed", 0 },
		{ 3e7, FAILED, 1, "server", 0, "open", 3e7 + 30 } } },
};

static int64_t
at(double s)
{
	return START + (int64_t)(s * 1e6 + 0.5);
}

/* Between any two events it goes through its text. */
static void
through_text(struct breaker *b)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct breaker copy;

	breaker_write(b, &text);
	assert_true(breaker_read(&copy, buf_str(&text)));
	for (size_t i = 0; i < BREAKER_BUCKETS; i++) /* empty buckets have no place */
		if (!b->buckets[i].ok && !b->buckets[i].failed)
			b->buckets[i].slot = 0;
	assert_memory_equal(b->cause, copy.cause, sizeof copy.cause);
	assert_memory_equal(b->buckets, copy.buckets, sizeof copy.buckets);
	*b = copy;
	buf_release(&text);
}

static const char *
admit(struct breaker *b, const struct event *e, uint64_t holder)
{
	static const char *const verdicts[] = { "pass", "probe", "refused" };
	enum breaker_state before = b->state;
	int64_t until_us;
	bool changed;
	enum breaker_verdict v = breaker_admit(
	    b, &rule, at(e->at_s), holder, 10 * SECOND, &until_us, &changed);

	assert_int_equal(changed, v == BREAKER_PROBE && holder);
	if (!changed)
		assert_int_equal(b->state, before);
	if (e->until_s)
		assert_int_equal(until_us, at(e->until_s));
	return verdicts[v];
}

static void
report(struct breaker *b, const struct event *e, int64_t ok, int64_t failed, uint64_t probe)
{
	breaker_take_report(b, &rule,
	    &(struct breaker_report){ .ok = ok,
		.failed = failed,
		.probe = probe,
		.away_us = (int64_t)(e->away_s * 1e6),
		.cause = e->cause },
	    at(e->at_s));
}

static const char *
happen(struct breaker *b, const struct event *e, uint64_t *holder)
{
	static uint64_t next_holder = 100;
	const char *got;

	switch (e->deed) {
	case OK:
		report(b, e, e->n, 0, 0);
		break;
	case FAILED:
		for (int64_t i = 0; i < e->n; i++)
			report(b, e, 0, 1, 0);
		break;
	case PROBE_OK:
		report(b, e, 1, 0, *holder);
		break;
	case PROBE_FAILED:
		report(b, e, 0, 1, *holder);
		break;
	case PROBE_BACK:
		report(b, e, 0, 0, *holder);
		break;
	case ADMIT:
		got = admit(b, e, ++next_holder);
		if (strcmp(got, "probe") == 0)
			*holder = next_holder;
		return got;
	case LOOK:
		return admit(b, e, 0);
	case OPEN:
		breaker_open(b, at(e->at_s), e->n * SECOND);
		break;
	case CLOSE:
		breaker_close(b, at(e->at_s));
		break;
	case END_OF_LINE:
		break;
	}
	if (e->until_s)
		assert_int_equal(b->until_us, at(e->until_s));
	return breaker_state_name(b->state);
}

static void
every_transition_is_as_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct breaker b;
		uint64_t holder = 0;

		breaker_init(&b);
		for (const struct event *e = lines[i].events; e->deed != END_OF_LINE; e++) {
			const char *got = happen(&b, e, &holder);

			if (strcmp(got, e->expect) != 0)
				fail_msg("%s: at %g s it is %s, not %s", lines[i].name, e->at_s,
				    got, e->expect);
			through_text(&b);
		}
	}
}

static void
what_opened_it_is_remembered_until_it_closes(void **state)
{
	struct breaker b;
	struct event e = { 0, FAILED, 5, "timeout", 0, NULL, 0 };
	uint64_t holder = 7;

	(void)state;
	breaker_init(&b);
	(void)happen(&b, &e, &holder);
	assert_string_equal(b.cause, "timeout");
	e = (struct event){ 30, ADMIT, 0, NULL, 0, NULL, 0 };
	assert_string_equal(happen(&b, &e, &holder), "probe");
	assert_string_equal(b.cause, "timeout");
	e.deed = PROBE_OK;
	(void)happen(&b, &e, &holder);
	assert_string_equal(b.cause, "");
}

static void
as_many_probes_pass_as_the_rule_allows(void **state)
{
	struct breaker_rule three = rule;
	struct breaker b;
	int64_t until_us;
	bool changed;

	(void)state;
	three.half_open_probes = 3;
	breaker_init(&b);
	breaker_open(&b, START, SECOND);
	for (uint64_t holder = 1; holder <= 5; holder++)
		assert_int_equal(breaker_admit(&b, &three, at(1) + (int64_t)holder, holder,
				     10 * SECOND, &until_us, &changed),
		    holder <= 3 ? BREAKER_PROBE : BREAKER_REFUSED);
	assert_int_equal(until_us, at(11) + 1); /* the first of them to run out */
	breaker_take_report(&b, &three, &(struct breaker_report){ .probe = 2 }, at(2));
	assert_int_equal(
	    breaker_admit(&b, &three, at(2), 6, 10 * SECOND, &until_us, &changed), BREAKER_PROBE);
	assert_int_equal(
	    breaker_admit(&b, &three, at(2), 7, 10 * SECOND, &until_us, &changed), BREAKER_REFUSED);
	/* one fails: the others' success comes too late */
	breaker_take_report(&b, &three, &(struct breaker_report){ .failed = 1, .probe = 1 }, at(3));
	assert_int_equal(b.state, BREAKER_OPEN);
	breaker_take_report(&b, &three, &(struct breaker_report){ .ok = 1, .probe = 3 }, at(4));
	assert_int_equal(b.state, BREAKER_OPEN);
}

static void
a_lease_of_any_length_ends(void **state)
{
	struct breaker b;
	int64_t until_us;
	bool changed;

	(void)state;
	breaker_init(&b);
	breaker_open(&b, START, SECOND);
	assert_int_equal(
	    breaker_admit(&b, &rule, at(1), 1, INT64_MAX, &until_us, &changed), BREAKER_PROBE);
	assert_int_equal(
	    breaker_admit(&b, &rule, at(2), 2, 0, &until_us, &changed), BREAKER_REFUSED);
	assert_int_equal(until_us, at(1) + 24 * HOUR);
	assert_int_equal(
	    breaker_admit(&b, &rule, until_us, 2, 0, &until_us, &changed), BREAKER_PROBE);
	assert_int_equal(breaker_admit(&b, &rule, at(1) + 24 * HOUR, 3, 0, &until_us, &changed),
	    BREAKER_REFUSED);
	assert_int_equal(until_us, at(101) + 24 * HOUR); /* none asked for: the longest cooldown */
}

static void
a_window_of_another_width_is_read_by_its_times(void **state)
{
	struct breaker_rule wide = rule, narrow = rule;
	struct breaker b;
	int64_t ok, failed;

	(void)state;
	wide.window_us = 600 * SECOND;
	narrow.window_us = 10 * SECOND;
	breaker_init(&b);
	for (int i = 0; i < 60; i++)
		breaker_take_report(&b, &rule, &(struct breaker_report){ .ok = 1 }, at(i));
	breaker_counts(&b, &wide, at(59), &ok, &failed);
	assert_in_range(ok, 54, 60); /* of the first bucket only a part may have been counted */
	breaker_counts(&b, &narrow, at(59), &ok, &failed);
	assert_in_range(ok, 6, 18); /* buckets of 6 s, of which the last two or three */
	breaker_take_report(&b, &wide, &(struct breaker_report){ .failed = 1 }, at(60));
	through_text(&b);
	breaker_counts(&b, &wide, at(60), &ok, &failed);
	assert_in_range(ok, 54, 60);
	assert_int_equal(failed, 1);
}

/* --- the window, against a list of all that ever ended --- */

enum { PAST_MAX = 4096 };

struct past {
	struct {
		int64_t slot;
		bool ok;
	} items[PAST_MAX];
	size_t count;
};

static void
count_slowly(const struct past *past, int64_t now_us, int64_t *ok, int64_t *failed)
{
	int64_t now = now_us / (rule.window_us / BREAKER_BUCKETS);

	*ok = *failed = 0;
	for (size_t i = 0; i < past->count; i++) {
		if (past->items[i].slot <= now - BREAKER_BUCKETS)
			continue;
		if (past->items[i].ok)
			++*ok;
		else
			++*failed;
	}
}

/* Random successes and failures, with pauses of any length: same counts, opened at the same one. */
/* A row that chance brings less than once in a thousand windows. */
static bool
is_no_chance(int64_t row, int64_t ok, int64_t failed)
{
	double before = (double)(failed - row);

	if (row < rule.consecutive)
		return false;
	return before <= 0 ||
	       (double)(ok + failed) * pow(before / ((double)ok + before), (double)row) < 0.001;
}

static void
run_against_the_list(struct rand *rand, struct past *past)
{
	double badness = rand_unit(rand);
	int64_t now = START, ok, failed, slow_ok, slow_failed, row = 0;
	struct breaker b;

	past->count = 0;
	breaker_init(&b);
	while (past->count < 300 && b.state == BREAKER_CLOSED) {
		bool is_ok = rand_unit(rand) >= badness * 0.6;

		now += (int64_t)rand_below(rand, rand_below(rand, 8) ? 4 * SECOND : 100 * SECOND);
		past->items[past->count].slot = now / (rule.window_us / BREAKER_BUCKETS);
		past->items[past->count++].ok = is_ok;
		row = is_ok ? 0 : row + 1;
		breaker_take_report(&b, &rule,
		    &(struct breaker_report){ .ok = is_ok, .failed = !is_ok, .cause = "server" },
		    now);
		if (rand_below(rand, 4) == 0)
			through_text(&b);
		count_slowly(past, now, &slow_ok, &slow_failed);
		breaker_counts(&b, &rule, now, &ok, &failed);
		assert_int_equal(ok, slow_ok);
		assert_int_equal(failed, slow_failed);
		assert_int_equal(b.state == BREAKER_OPEN,
		    !is_ok && (is_no_chance(row, ok, failed) ||
				  (ok + failed >= rule.min_requests && 2 * failed >= ok + failed)));
	}
}

static void
the_window_is_that_of_a_slow_and_simple_model(void **state)
{
	static struct past past;
	struct rand rand;

	(void)state;
	rand_seed(&rand, 4);
	for (int i = 0; i < 2000; i++)
		run_against_the_list(&rand, &past);
}

/* How often it opens in so many seconds of steady traffic, of which a share fails by chance. */
static int
openings(int64_t seconds, int64_t per_second, double share)
{
	struct rand rand;
	struct breaker b;
	int opened = 0;

	rand_seed(&rand, 5);
	breaker_init(&b);
	for (int64_t i = 0; i < seconds * per_second; i++) {
		bool is_ok = rand_unit(&rand) >= share;
		int64_t now = START + i * SECOND / per_second;

		breaker_take_report(&b, &rule,
		    &(struct breaker_report){ .ok = is_ok, .failed = !is_ok, .cause = "server" },
		    now);
		if (b.state != BREAKER_OPEN)
			continue;
		opened++;
		breaker_close(&b, now);
	}
	return opened;
}

static void
much_traffic_is_not_shut_off_by_an_unlucky_row(void **state)
{
	(void)state;
	assert_int_equal(openings(3600, 200, 0.05), 0);
	assert_int_equal(openings(3600, 200, 0.10), 0);
	assert_in_range(openings(3600, 200, 0.20), 0, 1);
	assert_in_range(openings(3600, 1, 0.20), 0, 1);
}

static void
an_outage_opens_it_within_some_failures_of_any_traffic(void **state)
{
	static const struct {
		int64_t per_second;
		int fails_of_20, most;
	} cases[] = { { 1, 0, 5 }, { 1, 1, 5 }, { 1, 4, 10 }, { 200, 0, 5 }, { 200, 1, 7 },
		{ 200, 4, 12 } };

	(void)state;
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		struct breaker b;
		int64_t now = START;
		int failures = 0;

		breaker_init(&b);
		for (int i = 0; i < 20000; i++) {
			bool is_ok = i % 20 >= cases[c].fails_of_20;

			now += SECOND / cases[c].per_second;
			breaker_take_report(&b, &rule,
			    &(struct breaker_report){ .ok = is_ok, .failed = !is_ok }, now);
		}
		while (b.state == BREAKER_CLOSED && failures++ < 100) {
			now += SECOND / cases[c].per_second;
			breaker_take_report(
			    &b, &rule, &(struct breaker_report){ .failed = 1 }, now);
		}
		assert_in_range(failures, 5, cases[c].most);
	}
}

/* Many holders, of whom some die with their lease, on clocks that differ by some seconds. */
static void
never_more_probes_than_allowed_and_never_stuck(void **state)
{
	struct rand rand;
	struct breaker b;
	uint64_t holder = 0, held = 0;
	int64_t now = START, held_until = 0, until_us;
	bool changed;

	(void)state;
	rand_seed(&rand, 5);
	breaker_init(&b);
	for (int i = 0; i < 200000; i++) {
		uint64_t dice = rand_below(&rand, 20);

		now += (int64_t)rand_below(&rand, 2 * SECOND);
		if (held && now >= held_until)
			held = 0;
		if (dice == 0) { /* the one that holds it reports */
			breaker_take_report(&b, &rule,
			    &(struct breaker_report){ .failed = rand_below(&rand, 2) == 0,
				.ok = held && rand_below(&rand, 4) == 0,
				.probe = held },
			    now);
			held = 0;
		} else if (dice == 1) {
			breaker_take_report(
			    &b, &rule, &(struct breaker_report){ .failed = 1 }, now);
		} else if (breaker_admit(&b, &rule, now, ++holder, 20 * SECOND, &until_us,
			       &changed) == BREAKER_PROBE) {
			assert_true(held == 0);
			held = holder;
			held_until = now + 20 * SECOND;
		}
		if (b.state != BREAKER_CLOSED) /* it may always be tried again, and soon */
			assert_true(b.until_us - now <= rule.max_cooldown_us);
	}
}

/* --- texts --- */

static void
texts_that_are_none_of_ours_are_a_closed_one(void **state)
{
	static const char *const texts[] = { "", "{}", "null", "[1]", "{\"v\":1}",
		"{\"v\":2,\"state\":\"closed\"}", "{\"v\":1.0,\"state\":\"closed\"}",
		"{\"v\":1,\"state\":\"ajar\"}", "{\"v\":1,\"state\":\"open\",\"until\":-1}",
		"{\"v\":1,\"state\":\"open\",\"until\":9223372036854775807}",
		"{\"v\":1,\"state\":\"open\",\"until\":9223372036854775806}",
		"{\"v\":1,\"state\":\"closed\",\"hand\":true}",
		"{\"v\":1,\"state\":\"open\",\"hand\":1}",
		"{\"v\":1,\"state\":\"open\",\"cause\":\"a cause that is longer than any\"}",
		"{\"v\":1,\"state\":\"closed\",\"n\":[1,1,1]}",
		"{\"v\":1,\"state\":\"closed\",\"width\":6000000,\"n\":[1,1]}",
		"{\"v\":1,\"state\":\"closed\",\"width\":6000000,\"n\":[1,-1,1]}",
		"{\"v\":1,\"state\":\"closed\",\"width\":6000000,\"n\":[1,1,1,11,1,1]}",
		"{\"v\":1,\"state\":\"closed\",\"p\":[1,1,1]}",
		"{\"v\":1,\"state\":\"half-open\",\"p\":[0,1,1]}",
		"{\"v\":1,\"state\":\"closed\"} x" };
	struct breaker b;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		b.state = BREAKER_OPEN;
		if (breaker_read(&b, str_of(texts[i])))
			fail_msg("%s is taken for a breaker", texts[i]);
		assert_int_equal(b.state, BREAKER_CLOSED);
		assert_int_equal(b.until_us, 0);
	}
	assert_false(breaker_read(&b, STR_NONE));
	assert_true(breaker_read(&b, STR_LIT("{\"v\":1,\"state\":\"closed\",\"later\":[]}")));
}

static void
the_text_is_short_where_nothing_happened(void **state)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct breaker b;

	(void)state;
	breaker_init(&b);
	breaker_write(&b, &text);
	assert_string_equal(text.p, "{\"v\":1,\"state\":\"closed\"}");
	buf_release(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_transition_is_as_the_table_says),
		cmocka_unit_test(what_opened_it_is_remembered_until_it_closes),
		cmocka_unit_test(as_many_probes_pass_as_the_rule_allows),
		cmocka_unit_test(a_lease_of_any_length_ends),
		cmocka_unit_test(a_window_of_another_width_is_read_by_its_times),
		cmocka_unit_test(the_window_is_that_of_a_slow_and_simple_model),
		cmocka_unit_test(much_traffic_is_not_shut_off_by_an_unlucky_row),
		cmocka_unit_test(an_outage_opens_it_within_some_failures_of_any_traffic),
		cmocka_unit_test(never_more_probes_than_allowed_and_never_stuck),
		cmocka_unit_test(texts_that_are_none_of_ours_are_a_closed_one),
		cmocka_unit_test(the_text_is_short_where_nothing_happened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
