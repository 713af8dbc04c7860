/* SPDX-License-Identifier: MIT */
/* test_walk - what a request does on its way, told as time lines. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/die.h"
#include "base/mem.h"
#include "base/num.h"
#include "policy/backoff.h"
#include "policy/verdict.h"
#include "support/fleet.h"

/*
 * Events are lines of "MS VERB ATTEMPT ...": output N, ok N, fail N KIND [RETRY-AFTER-MS], tool N
 * (a tool call begins), cancel, enter and leave PROVIDER:MODEL (another's attempt there begins, or
 * is over). The trace has a line for each step, and for what became of output.
 */
struct scene {
	struct fleet fleet;
	struct fleet_request request;
	struct decision decision;
	struct walk *walk;
	struct buf trace;
	size_t in_flight;
	bool over;
};

#define TWO "openai:one anthropic:two"
#define PRICES                                                                                     \
	"models:\n  \"*\": {usdPerMillionIn: 1, usdPerMillionOut: 10, contextWindow: 8000}\n"      \
	"  gemini:wide: {usdPerMillionIn: 1, usdPerMillionOut: 10, contextWindow: 100000}\n"

static const char request_text[] =
    "{\"prompt\":\"why is the sky blue\",\"options\":{\"maxTokens\":100}}";

static void
scene_open(struct scene *s, const char *policy, const char *candidates, const char *request)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	*s = (struct scene){ .trace = BUF_INIT(BUF_UNLIMITED) };
	buf_addf(&text, "version: 1\n%s", policy);
	if (!strstr(policy, "backoff:"))
		buf_adds(&text, "backoff: {base: 100ms, jitter: none}\n");
	if (!strstr(policy, "models:"))
		buf_adds(&text, PRICES);
	fleet_open(&s->fleet, text.p, 1);
	buf_release(&text);
	fleet_request_open(&s->request, request ? request : request_text);
	fleet_decide(&s->fleet, candidates, &s->decision);
}

/* As the configuration has it: the tests say more. */
static struct provider *
provider_of(struct scene *s, struct str spec)
{
	struct err err = ERR_INIT;
	struct provider *p;
	struct str model;

	if (providers_resolve(s->fleet.providers, spec, &p, &model, &err) < 0)
		err_die(&err);
	return p;
}

static void
scene_start(struct scene *s)
{
	s->walk = walk_new(&s->fleet.world, &s->decision, &s->request.facts, s->fleet.now_us);
}

static void
scene_close(struct scene *s)
{
	walk_free(s->walk);
	decision_release(&s->decision);
	fleet_request_close(&s->request);
	fleet_close(&s->fleet);
	buf_release(&s->trace);
}

static void
told(struct scene *s, const char *fmt, ...)
{
	va_list ap;

	buf_addf(&s->trace, "%s%lld ", s->trace.len ? "\n" : "",
	    (long long)((s->fleet.now_us - FLEET_START_US) / 1000));
	va_start(ap, fmt);
	buf_addv(&s->trace, fmt, ap);
	va_end(ap);
}

static void
tell_end(struct scene *s, const struct walk_step *step)
{
	struct buf why = BUF_INIT(BUF_UNLIMITED);
	enum error_kind kind = walk_error(s->walk, &why);

	s->over = true;
	if (step->winner != WALK_NOBODY)
		told(s, "end %zu %s", step->winner, kind ? error_kind_name(kind) : "ok");
	else
		told(s, "end %s: %s", error_kind_name(kind), why.p);
	buf_release(&why);
}

/* All steps that are due; when to come back. */
static int64_t
take_steps(struct scene *s)
{
	struct walk_step step;

	while (walk_next(s->walk, s->fleet.now_us, &step) != WALK_WAIT) {
		switch (step.what) {
		case WALK_SEND:
			s->in_flight++;
			told(s, "send %zu %s%s%s", step.attempt, step.choice->target->spec,
			    step.is_hedge ? " hedge" : "", step.is_continuation ? " continue" : "");
			break;
		case WALK_CANCEL:
			s->in_flight--;
			told(s, "cancel %zu", step.attempt);
			break;
		case WALK_RESTART:
			told(s, "restart %zu", step.attempt);
			break;
		case WALK_END:
			tell_end(s, &step);
			return INT64_MAX;
		case WALK_WAIT:
			break;
		}
	}
	if (!s->in_flight)
		told(s, "wait %lld%s", (long long)((step.until_us - FLEET_START_US) / 1000),
		    walk_awaits_room(s->walk) ? " room" : "");
	return step.until_us;
}

/* Its provider may have so many attempts in flight, and one is. */
static void
crowd_at(struct scene *s, const char *spec, int64_t most)
{
	struct provider *p = provider_of(s, str_of(spec));

	p->max_concurrent = most;
	crowd_enter(s->fleet.crowd, p, 0);
}

static void
take_event(struct scene *s, struct str verb, struct str rest)
{
	struct walk_answer a = {
		.total_ms = 100, .first_ms = -1, .usage = USAGE_UNKNOWN, .cost_pusd = -1
	};
	struct str word = STR_NONE, kind = STR_NONE;
	int64_t n = 0;

	if (str_is(verb, "enter")) {
		crowd_enter(s->fleet.crowd, provider_of(s, rest), 0);
		return;
	}
	if (str_is(verb, "leave")) {
		crowd_leave(s->fleet.crowd, provider_of(s, rest), 0, s->fleet.now_us);
		return;
	}
	if (str_split(&rest, ' ', &word))
		assert_true(num_i64(word, &n));
	if (str_is(verb, "output")) {
		told(s, walk_output(s->walk, (size_t)n, s->fleet.now_us) ? "show %d" : "drop %d",
		    (int)n);
		return;
	}
	if (str_is(verb, "tool")) {
		walk_set_continue(s->walk, false);
		return;
	}
	if (str_is(verb, "cancel")) {
		walk_cancel(s->walk, s->fleet.now_us);
		return;
	}
	a.ok = str_is(verb, "ok");
	if (!a.ok) {
		assert_true(str_is(verb, "fail") && str_split(&rest, ' ', &kind));
		assert_true(error_kind_parse(kind, &a.kind));
		if (rest.len)
			assert_true(num_i64(rest, &a.retry_after_ms));
	}
	s->in_flight--;
	walk_answer(s->walk, (size_t)n, &a, s->fleet.now_us);
}

static void
play(struct scene *s, const char *events)
{
	struct str rest = str_of(events), line, word;
	int64_t until_us = take_steps(s), at_ms, at_us;

	while (!s->over) {
		at_us = INT64_MAX;
		if (rest.len && str_split(&rest, '\n', &line)) {
			assert_true(str_split(&line, ' ', &word) && num_i64(word, &at_ms));
			at_us = FLEET_START_US + at_ms * 1000;
		}
		while (until_us <= at_us && !s->over) {
			assert_true(until_us != INT64_MAX);
			s->fleet.now_us = until_us;
			until_us = take_steps(s);
		}
		if (s->over)
			break;
		s->fleet.now_us = at_us;
		assert_true(str_split(&line, ' ', &word));
		take_event(s, word, line);
		until_us = take_steps(s);
	}
}

static void
check_in(const char *policy, const char *candidates, const char *events, const char *want)
{
	struct scene s;

	scene_open(&s, policy, candidates, NULL);
	scene_start(&s);
	play(&s, events);
	assert_string_equal(s.trace.p, want);
	scene_close(&s);
}

/* --- before the first output --- */

static void
the_first_candidate_that_answers_is_the_only_one_asked(void **state)
{
	(void)state;
	check_in("", TWO, "100 ok 0",
	    "0 send 0 openai:one\n"
	    "100 end 0 ok");
}

static void
a_failure_that_passes_is_tried_again_after_a_backoff_then_elsewhere(void **state)
{
	(void)state;
	check_in("retries: 2\n", TWO,
	    "10 fail 0 server\n"
	    "120 fail 1 network\n"
	    "330 fail 2 overloaded\n"
	    "400 ok 3",
	    "0 send 0 openai:one\n"
	    "10 wait 110\n"
	    "110 send 1 openai:one\n"
	    "120 wait 320\n"
	    "320 send 2 openai:one\n"
	    "330 send 3 anthropic:two\n"
	    "400 end 3 ok");
}

/* The breaker would stay open for much longer than the provider asked for. */
static void
who_waits_as_it_was_told_to_finds_the_breaker_closed(void **state)
{
	(void)state;
	check_in("breaker: {consecutive: 1}\n", "openai:one",
	    "10 fail 0 rate_limit 1000\n1100 ok 1",
	    "0 send 0 openai:one\n"
	    "10 wait 1010\n"
	    "1010 send 1 openai:one\n"
	    "1100 end 1 ok");
}

static void
a_timeout_is_not_waited_for_twice(void **state)
{
	(void)state;
	check_in("", TWO, "100 fail 0 timeout\n200 ok 1",
	    "0 send 0 openai:one\n"
	    "100 send 1 anthropic:two\n"
	    "200 end 1 ok");
}

static void
no_money_no_key_and_no_service_hold_for_all_models_of_a_provider(void **state)
{
	static const char *const kinds[] = { "quota", "auth", "region" };
	char events[64], want[256];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(events, sizeof events, "10 fail 0 %s\n20 ok 1", kinds[i]);
		(void)snprintf(
		    want, sizeof want, "0 send 0 openai:one\n10 send 1 anthropic:two\n20 end 1 ok");
		check_in("", "openai:one openai:other anthropic:two", events, want);
	}
	check_in("", "openai:one openai:other anthropic:two",
	    "10 fail 0 permission\n20 fail 1 not_found\n30 ok 2",
	    "0 send 0 openai:one\n"
	    "10 send 1 openai:other\n"
	    "20 send 2 anthropic:two\n"
	    "30 end 2 ok");
}

static void
the_callers_own_fault_stops_it(void **state)
{
	static const char *const kinds[] = { "invalid_request", "invalid_input", "budget",
		"policy" };
	char events[64], want[128];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(events, sizeof events, "10 fail 0 %s", kinds[i]);
		(void)snprintf(want, sizeof want, "0 send 0 openai:one\n10 end 0 %s", kinds[i]);
		check_in("", TWO, events, want);
	}
}

static void
the_last_error_that_somebody_told_is_the_answer(void **state)
{
	(void)state;
	check_in("retries: 0\n", TWO, "10 fail 0 server\n20 fail 1 auth",
	    "0 send 0 openai:one\n"
	    "10 send 1 anthropic:two\n"
	    "20 end 1 auth");
}

/* --- waits --- */

static void
what_a_provider_asks_for_is_waited_for(void **state)
{
	(void)state;
	check_in("", "openai:one", "10 fail 0 rate_limit 2500\n2600 ok 1",
	    "0 send 0 openai:one\n"
	    "10 wait 2510\n"
	    "2510 send 1 openai:one\n"
	    "2600 end 1 ok");
}

static void
who_asks_for_patience_is_come_back_to_after_the_others(void **state)
{
	(void)state;
	check_in("retries: 1\n", TWO, "10 fail 0 rate_limit 2500\n20 fail 1 auth\n2600 ok 2",
	    "0 send 0 openai:one\n"
	    "10 send 1 anthropic:two\n"
	    "20 wait 2510\n"
	    "2510 send 2 openai:one\n"
	    "2600 end 2 ok");
}

static void
a_wait_past_the_longest_backoff_is_never_slept_through(void **state)
{
	(void)state;
	check_in("backoff: {base: 100ms, max: 1s, jitter: none}\n", "openai:one",
	    "10 fail 0 rate_limit 1001",
	    "0 send 0 openai:one\n"
	    "10 end 0 rate_limit");
}

static void
a_wait_past_the_deadline_is_never_slept_through(void **state)
{
	(void)state;
	check_in("deadline: 2s\n", "openai:one", "10 fail 0 rate_limit 1990",
	    "0 send 0 openai:one\n"
	    "10 end 0 rate_limit");
}

static void
all_waits_together_have_a_bound(void **state)
{
	(void)state;
	check_in("retries: 5\nbackoff: {base: 100ms, jitter: none, maxWait: 350ms}\n", "openai:one",
	    "0 fail 0 server\n100 fail 1 server\n300 fail 2 server",
	    "0 send 0 openai:one\n"
	    "0 wait 100\n"
	    "100 send 1 openai:one\n"
	    "100 wait 300\n"
	    "300 send 2 openai:one\n"
	    "300 end 2 server");
}

static void
without_a_retry_in_the_budget_it_moves_on(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s, "backoff: {base: 100ms, jitter: none, budget: 10%}\n", TWO, NULL);
	while (retry_budget_take(s.fleet.retries, s.fleet.now_us))
		;
	scene_start(&s);
	play(&s, "10 fail 0 server\n20 fail 1 server");
	assert_string_equal(s.trace.p, "0 send 0 openai:one\n"
				       "10 send 1 anthropic:two\n"
				       "20 end 1 server");
	assert_string_equal(walk_warnings(s.walk).p,
	    "openai:one: not tried again: the retry budget is used up\n"
	    "anthropic:two: not tried again: the retry budget is used up\n");
	scene_close(&s);
}

/* The verdict of the breaker of openai:one after such a way. */
static enum breaker_verdict
breaker_after(const char *policy, const char *candidates, const char *events)
{
	enum breaker_verdict verdict;
	struct scene s;

	scene_open(&s, policy, candidates, NULL);
	scene_start(&s);
	play(&s, events);
	verdict = health_look(
	    s.fleet.health, fleet_target(&s.fleet, "openai:one")->health, s.fleet.now_us)
		      .verdict;
	scene_close(&s);
	return verdict;
}

static void
a_queue_is_no_illness_but_who_is_left_alone_stays_so(void **state)
{
	static const char eager[] = "breaker: {consecutive: 1}\nretries: 0\n";

	(void)state;
	assert_int_equal(
	    breaker_after(eager, "openai:one", "10 fail 0 rate_limit 2500"), BREAKER_PASS);
	assert_int_equal(
	    breaker_after(eager, TWO, "10 fail 0 rate_limit 2500\n20 ok 1"), BREAKER_REFUSED);
	assert_int_equal(
	    breaker_after(eager, "openai:one", "10 fail 0 rate_limit 45000"), BREAKER_REFUSED);
	assert_int_equal(
	    breaker_after(eager, "openai:one", "10 fail 0 rate_limit"), BREAKER_REFUSED);
}

/* --- time --- */

static void
an_attempt_has_the_time_that_is_left(void **state)
{
	struct walk_step step;
	struct scene s;

	(void)state;
	scene_open(
	    &s, "deadline: 10s\nmaxLatencyMs: 8000\nmaxTtftMs: 5000\nretries: 0\n", TWO, NULL);
	scene_start(&s);
	assert_int_equal(walk_next(s.walk, s.fleet.now_us, &step), WALK_SEND);
	assert_int_equal(step.timeout_ms, 8000);
	assert_int_equal(step.ttft_timeout_ms, 5000);
	s.fleet.now_us += 7000000;
	walk_answer(s.walk, 0, &(struct walk_answer){ .kind = ERROR_SERVER }, s.fleet.now_us);
	assert_int_equal(walk_next(s.walk, s.fleet.now_us, &step), WALK_SEND);
	assert_int_equal(step.timeout_ms, 3000);
	assert_int_equal(step.ttft_timeout_ms, 0);
	scene_close(&s);
}

static void
the_requests_own_timeout_holds_for_all_attempts(void **state)
{
	struct walk_step step;
	struct scene s;

	(void)state;
	scene_open(
	    &s, "deadline: 10s\n", TWO, "{\"prompt\":\"x\",\"options\":{\"timeoutMs\":4000}}");
	scene_start(&s);
	assert_int_equal(walk_next(s.walk, s.fleet.now_us, &step), WALK_SEND);
	assert_int_equal(step.timeout_ms, 4000);
	scene_close(&s);
}

static void
an_attempt_that_never_ends_is_given_up(void **state)
{
	(void)state;
	check_in("deadline: 10s\nmaxLatencyMs: 1000\n", TWO, "",
	    "0 send 0 openai:one\n"
	    "3000 cancel 0\n"
	    "3000 send 1 anthropic:two\n"
	    "6000 cancel 1\n"
	    "6000 end timeout: anthropic:two did not answer within 1.0 s");
}

/* Nor is a breaker told of it. */
static void
who_may_stand_in_line_has_until_the_deadline(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s, "deadline: 10s\nmaxLatencyMs: 1000\nwhenFull: wait\n", TWO, NULL);
	s.decision.items[0].target->provider->max_concurrent = 1;
	scene_start(&s);
	play(&s, "9000 ok 0");
	assert_string_equal(s.trace.p, "0 send 0 openai:one\n9000 end 0 ok");
	scene_close(&s);
	/* who is sent only where there is room stands in none */
	scene_open(&s, "deadline: 10s\nmaxLatencyMs: 1000\n", TWO, NULL);
	s.decision.items[0].target->provider->max_concurrent = 1;
	scene_start(&s);
	play(&s, "3100 ok 1");
	assert_string_equal(s.trace.p, "0 send 0 openai:one\n"
				       "3000 cancel 0\n"
				       "3000 send 1 anthropic:two\n"
				       "3100 end 1 ok");
	scene_close(&s);
	scene_open(&s, "deadline: 10s\nmaxLatencyMs: 1000\n", TWO, NULL);
	s.decision.items[0].target->provider->requests_per_s = 1;
	scene_start(&s);
	play(&s, "");
	assert_string_equal(s.trace.p,
	    "0 send 0 openai:one\n"
	    "12000 cancel 0\n"
	    "12000 end timeout: openai:one did not answer within 10.0 s");
	scene_close(&s);
}

static void
who_comes_late_is_not_listened_to(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s, "maxLatencyMs: 1000\n", TWO, NULL);
	scene_start(&s);
	play(&s, "3100 output 0\n3200 ok 1");
	assert_string_equal(s.trace.p, "0 send 0 openai:one\n"
				       "3000 cancel 0\n"
				       "3000 send 1 anthropic:two\n"
				       "3100 drop 0\n"
				       "3200 end 1 ok");
	scene_close(&s);
}

/* --- windows and filters --- */

static void
a_text_too_long_goes_only_where_the_window_is_larger(void **state)
{
	(void)state;
	check_in("", "openai:one anthropic:two gemini:wide", "10 fail 0 context_length\n20 ok 1",
	    "0 send 0 openai:one\n"
	    "10 send 1 gemini:wide\n"
	    "20 end 1 ok");
	check_in("fallback: {contextLength: [gemini:wide], local: \"ollama:small\"}\n", TWO,
	    "10 fail 0 context_length\n20 fail 1 server\n300 fail 2 server",
	    "0 send 0 openai:one\n"
	    "10 send 1 gemini:wide\n"
	    "20 wait 120\n"
	    "120 send 2 gemini:wide\n"
	    "300 end 2 server");
}

static void
what_a_filter_refused_goes_to_its_own_list_or_nowhere(void **state)
{
	(void)state;
	check_in("fallback: {contentFilter: [gemini:wide], local: \"ollama:small\"}\n", TWO,
	    "10 fail 0 content_filter\n20 ok 1",
	    "0 send 0 openai:one\n"
	    "10 send 1 gemini:wide\n"
	    "20 end 1 ok");
	check_in("fallback: {local: \"ollama:small\"}\n", TWO, "10 fail 0 content_filter",
	    "0 send 0 openai:one\n"
	    "10 end 0 content_filter");
}

static void
the_local_one_is_asked_when_nobody_else_is_left(void **state)
{
	(void)state;
	check_in("retries: 0\nfallback: {local: \"ollama:small\"}\n", TWO,
	    "10 fail 0 server\n20 fail 1 quota\n90 ok 2",
	    "0 send 0 openai:one\n"
	    "10 send 1 anthropic:two\n"
	    "20 send 2 ollama:small\n"
	    "90 end 2 ok");
}

/* --- the commit point --- */

static void
after_output_fail_ends_it(void **state)
{
	(void)state;
	check_in("afterOutput: fail\n", TWO, "10 output 0\n20 fail 0 truncated",
	    "0 send 0 openai:one\n"
	    "10 show 0\n"
	    "20 end 0 truncated");
}

static void
after_output_restart_says_what_is_void_before_anything_new(void **state)
{
	(void)state;
	check_in("afterOutput: restart\n", TWO,
	    "10 output 0\n"
	    "20 fail 0 truncated\n"
	    "130 fail 1 server\n"
	    "200 output 2\n"
	    "210 output 2\n"
	    "220 ok 2",
	    "0 send 0 openai:one\n"
	    "10 show 0\n"
	    "20 wait 120\n"
	    "120 restart 1\n"
	    "120 send 1 openai:one\n"
	    "130 send 2 anthropic:two\n"
	    "200 show 2\n"
	    "210 show 2\n"
	    "220 end 2 ok");
}

static void
nothing_is_void_where_nobody_else_is_left(void **state)
{
	(void)state;
	check_in("afterOutput: restart\nretries: 0\n", "openai:one",
	    "10 output 0\n20 fail 0 truncated",
	    "0 send 0 openai:one\n"
	    "10 show 0\n"
	    "20 end 0 truncated");
}

static void
after_output_continue_goes_on_behind_it_but_not_behind_a_tool_call(void **state)
{
	(void)state;
	check_in("afterOutput: continue\nretries: 0\n", TWO,
	    "10 output 0\n20 fail 0 truncated\n30 output 1\n40 ok 1",
	    "0 send 0 openai:one\n"
	    "10 show 0\n"
	    "20 send 1 anthropic:two continue\n"
	    "30 show 1\n"
	    "40 end 1 ok");
	check_in("afterOutput: continue\nretries: 0\n", TWO,
	    "10 output 0\n12 tool 0\n20 fail 0 truncated\n30 output 1\n40 ok 1",
	    "0 send 0 openai:one\n"
	    "10 show 0\n"
	    "20 restart 1\n"
	    "20 send 1 anthropic:two\n"
	    "30 show 1\n"
	    "40 end 1 ok");
}

/* --- hedges --- */

#define HEDGE "hedge: {afterMs: 500, max: 1}\n"

static void
a_hedge_starts_late_and_the_first_output_wins(void **state)
{
	(void)state;
	check_in(HEDGE, TWO, "600 output 1\n610 output 0\n700 ok 1",
	    "0 send 0 openai:one\n"
	    "500 send 1 anthropic:two hedge\n"
	    "600 show 1\n"
	    "600 cancel 0\n"
	    "610 drop 0\n"
	    "700 end 1 ok");
	check_in(HEDGE, TWO, "400 output 0\n900 ok 0",
	    "0 send 0 openai:one\n"
	    "400 show 0\n"
	    "900 end 0 ok");
}

static void
a_whole_answer_wins_over_one_under_way(void **state)
{
	(void)state;
	check_in(HEDGE, TWO, "600 fail 0 server\n700 ok 1",
	    "0 send 0 openai:one\n"
	    "500 send 1 anthropic:two hedge\n"
	    "700 end 1 ok");
	check_in(HEDGE, TWO, "600 ok 0",
	    "0 send 0 openai:one\n"
	    "500 send 1 anthropic:two hedge\n"
	    "600 cancel 1\n"
	    "600 end 0 ok");
}

static void
a_hedge_that_fails_leaves_the_first_alone(void **state)
{
	(void)state;
	check_in(HEDGE "retries: 1\n", TWO, "600 fail 1 overloaded\n700 fail 0 server\n900 ok 2",
	    "0 send 0 openai:one\n"
	    "500 send 1 anthropic:two hedge\n"
	    "700 wait 800\n"
	    "800 send 2 openai:one\n"
	    "900 end 2 ok");
}

static void
the_callers_fault_ends_the_hedge_too(void **state)
{
	(void)state;
	check_in(HEDGE, TWO, "600 fail 0 invalid_request",
	    "0 send 0 openai:one\n"
	    "500 send 1 anthropic:two hedge\n"
	    "600 cancel 1\n"
	    "600 end 0 invalid_request");
}

static void
open_breaker(struct scene *s, const char *spec, int64_t away_ms)
{
	const struct health_outcome bad = {
		.kind = ERROR_SERVER, .away_us = away_ms * 1000, .total_ms = -1, .first_ms = -1
	};

	health_report(
	    s->fleet.health, fleet_target(&s->fleet, spec)->health, &bad, s->fleet.now_us);
}

static void
a_hedge_is_no_probe(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s, HEDGE, TWO, NULL);
	open_breaker(&s, "anthropic:two", 100);
	scene_start(&s);
	play(&s, "600 ok 0");
	assert_string_equal(s.trace.p, "0 send 0 openai:one\n600 end 0 ok");
	scene_close(&s);
}

/* Its answer might have come, or not: nothing is known, and the next request may try at once. */
static void
a_probe_that_loses_to_its_hedge_says_nothing(void **state)
{
	static const char *const ends[][2] = {
		{ "900 ok 1", "900 cancel 0\n900 end 1 ok" },
		{ "900 output 1\n950 ok 1", "900 show 1\n900 cancel 0\n950 end 1 ok" },
		{ "900 fail 1 invalid_request", "900 cancel 0\n900 end 1 invalid_request" },
	};
	static const char begin[] = "200 send 0 openai:one\n700 send 1 anthropic:two hedge\n";
	const struct target *one;
	struct scene s;

	(void)state;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		scene_open(&s, HEDGE, TWO, NULL);
		one = fleet_target(&s.fleet, "openai:one");
		open_breaker(&s, "openai:one", 100);
		s.fleet.now_us += 200000;
		scene_start(&s);
		play(&s, ends[i][0]);
		assert_memory_equal(s.trace.p, begin, strlen(begin));
		assert_string_equal(s.trace.p + strlen(begin), ends[i][1]);
		assert_int_equal(health_look(s.fleet.health, one->health, s.fleet.now_us).verdict,
		    BREAKER_PROBE);
		scene_close(&s);
	}
}

/* --- who says no --- */

static void
open_breakers_are_passed_over_and_told_of_where_nobody_is_left(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s, "", TWO, NULL);
	open_breaker(&s, "openai:one", 12000);
	scene_start(&s);
	play(&s, "10 ok 0");
	assert_string_equal(s.trace.p, "0 send 0 anthropic:two\n10 end 0 ok");
	scene_close(&s);

	scene_open(&s, "", TWO, NULL);
	open_breaker(&s, "openai:one", 11500);
	open_breaker(&s, "anthropic:two", 500);
	scene_start(&s);
	play(&s, "");
	assert_string_equal(s.trace.p,
	    "0 end policy: no candidate may be asked: openai:one: its breaker is open (server) for 12 s "
	    "more; anthropic:two: its breaker is open (server) for 1 s more");
	scene_close(&s);
}

static void
the_bound_of_the_next_attempt_must_fit_the_limit(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s, "maxCostUsd: 0.0005\n", TWO, NULL);
	scene_start(&s);
	play(&s, "");
	assert_non_null(strstr(s.trace.p, "0 end budget: no candidate may be asked: "
					  "openai:one: it may cost $0.001"));
	scene_close(&s);

	/* An attempt that was cut may have been billed: what is left does not do for another. */
	scene_open(&s, "maxCostUsd: 0.00115\nretries: 3\n", "openai:one", NULL);
	scene_start(&s);
	play(&s, "10 fail 0 truncated\n");
	assert_non_null(strstr(s.trace.p, "110 end 0 truncated"));
	scene_close(&s);
}

static void
a_probe_that_no_budget_pays_for_is_given_back(void **state)
{
	const struct target *t;
	struct scene s;

	(void)state;
	scene_open(&s, "budgets: [{name: all, limitUsd: 0.0001, window: 1h}]\n", TWO, NULL);
	open_breaker(&s, "openai:one", 100);
	s.fleet.now_us += 200000;
	scene_start(&s);
	play(&s, "");
	assert_non_null(strstr(s.trace.p, "end budget: no candidate may be asked: openai:one: "));
	t = fleet_target(&s.fleet, "openai:one");
	assert_int_equal(
	    health_look(s.fleet.health, t->health, s.fleet.now_us).verdict, BREAKER_PROBE);
	scene_close(&s);
}

static int64_t
tokens_spent(struct scene *s)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct ledger l;

	budgets_renew(s->fleet.budgets, s->fleet.now_us);
	assert_int_equal(
	    store_get(s->fleet.store, STR_LIT("budget/all/tokens-3600000000us/"), &text, &err), 1);
	assert_true(ledger_read(&l, buf_str(&text)));
	assert_int_equal(ledger_reserved(&l), 0);
	buf_release(&text);
	return ledger_spent(&l);
}

static void
a_budget_of_tokens_counts_what_may_have_been_billed(void **state)
{
	static const char policy[] =
	    "retries: 0\nbudgets: [{name: all, limitTokens: 100000, window: 1h}]\n";
	struct scene s;

	(void)state;
	scene_open(&s, policy, "openai:one", NULL);
	scene_start(&s);
	play(&s, "10 fail 0 rate_limit\n");
	assert_int_equal(tokens_spent(&s), 0);
	scene_close(&s);
	scene_open(&s, policy, "openai:one", NULL);
	scene_start(&s);
	play(&s, "10 fail 0 truncated\n");
	assert_true(tokens_spent(&s) > 100); /* input, and all of maxTokens */
	scene_close(&s);
}

static void
a_budget_full_of_what_is_in_flight_is_waited_for(void **state)
{
	struct walk_step step;
	struct scene s;
	struct walk *other;
	struct decision second;

	(void)state;
	scene_open(
	    &s, "budgets: [{name: all, limitUsd: 0.0015, window: 1h}]\n", "openai:one", NULL);
	fleet_decide(&s.fleet, "openai:one", &second);
	other = walk_new(&s.fleet.world, &second, &s.request.facts, s.fleet.now_us);
	assert_int_equal(walk_next(other, s.fleet.now_us, &step), WALK_SEND);
	scene_start(&s);
	assert_int_equal(take_steps(&s), FLEET_START_US + 200000);
	s.fleet.now_us += 200000;
	walk_answer(other, 0,
	    &(struct walk_answer){ .ok = true, .usage = { .in = 10, .out = 5 }, .cost_pusd = -1 },
	    s.fleet.now_us);
	play(&s, "300 ok 0");
	assert_string_equal(s.trace.p, "0 wait 200\n"
				       "200 send 0 openai:one\n"
				       "300 end 0 ok");
	walk_free(other);
	decision_release(&second);
	scene_close(&s);
}

static void
a_cancelled_walk_cancels_what_is_in_flight(void **state)
{
	(void)state;
	check_in(HEDGE, TWO, "600 cancel",
	    "0 send 0 openai:one\n"
	    "500 send 1 anthropic:two hedge\n"
	    "600 cancel 0\n"
	    "600 cancel 1\n"
	    "600 end cancelled: cancelled");
	check_in("", TWO, "10 fail 0 server\n20 cancel",
	    "0 send 0 openai:one\n"
	    "10 wait 110\n"
	    "20 end cancelled: cancelled");
}

/* --- what is told --- */

static void
attempts_tell_it_all(void **state)
{
	struct scene s;
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct walk_sums sums;
	struct jsonw w;

	(void)state;
	scene_open(&s, HEDGE "afterOutput: restart\nretries: 0\n", TWO, NULL);
	scene_start(&s);
	play(&s, "10 output 0\n20 fail 0 truncated\n90 output 1\n100 ok 1");
	jsonw_start(&w, &text);
	walk_write_attempts(s.walk, &w);
	assert_string_equal(text.p,
	    "[{\"model\":\"openai:one\",\"ok\":false,\"ms\":20,\"error\":\"truncated\","
	    "\"startedMs\":0,\"costUsd\":0.000125,\"void\":true},"
	    "{\"model\":\"anthropic:two\",\"ok\":true,\"ms\":80,\"startedMs\":20,"
	    "\"costUsd\":0.001075}]");
	walk_sum(s.walk, &sums);
	assert_true(sums.ok && sums.rescued && !sums.hedge_won && !sums.cost_known);
	assert_int_equal(sums.attempts, 2);
	assert_int_equal(sums.lost_pusd, 125000000);
	assert_int_equal(sums.first_failure_us, FLEET_START_US + 20000);
	buf_release(&text);
	scene_close(&s);
}

/* --- providers at their limits --- */

/* Where there is one attempt already at each provider of `full`, which may have as many. */
static void
check_full(const char *policy, const char *full, const char *events, const char *want)
{
	struct str rest = str_of(full), spec;
	struct scene s;
	char *name;

	scene_open(&s, policy, TWO, NULL);
	while (str_split(&rest, ' ', &spec)) {
		name = xmemdup(spec.p, spec.len);
		crowd_at(&s, name, 1);
		free(name);
	}
	scene_start(&s);
	play(&s, events);
	assert_string_equal(s.trace.p, want);
	scene_close(&s);
}

static void
who_is_full_is_passed_over_and_nothing_failed(void **state)
{
	struct walk_sums sums;
	struct scene s;

	(void)state;
	scene_open(&s, "", TWO, NULL);
	crowd_at(&s, "openai:one", 1);
	scene_start(&s);
	play(&s, "20 ok 0");
	assert_string_equal(s.trace.p, "0 send 0 anthropic:two\n20 end 0 ok");
	walk_sum(s.walk, &sums);
	assert_true(sums.ok && !sums.rescued && !sums.first_failure_us);
	assert_int_equal(sums.attempts, 1);
	assert_int_equal(sums.skips, 0);
	scene_close(&s);
}

static void
who_has_room_is_asked_in_his_turn(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s, "", TWO, NULL);
	crowd_at(&s, "openai:one", 2);
	scene_start(&s);
	play(&s, "20 ok 0");
	assert_string_equal(s.trace.p, "0 send 0 openai:one\n20 end 0 ok");
	scene_close(&s);
}

static void
where_all_are_full_the_first_place_that_is_left_is_taken(void **state)
{
	(void)state;
	check_full("deadline: 10s\n", TWO, "30 leave anthropic:two\n40 leave openai:one\n50 ok 0",
	    "0 wait 10000 room\n30 send 0 anthropic:two\n50 end 0 ok");
	check_full("deadline: 1s\n", TWO, "",
	    "0 wait 1000 room\n"
	    "1000 end timeout: its time was over before it could be sent: whom it may be sent to "
	    "were at their limits (maxConcurrent, rate)");
}

static void
who_was_passed_over_is_come_back_to(void **state)
{
	struct scene s;

	(void)state;
	check_full("retries: 0\n", "openai:one", "10 fail 0 server\n90 leave openai:one\n95 ok 1",
	    "0 send 0 anthropic:two\n"
	    "10 wait 600000 room\n"
	    "90 send 1 openai:one\n"
	    "95 end 1 ok");
	/* a retry is due, and somebody else has taken the place */
	check_full("retries: 1\n", "anthropic:two", "10 fail 0 server\n120 ok 1",
	    "0 send 0 openai:one\n10 wait 110\n110 send 1 openai:one\n120 end 1 ok");
	scene_open(&s, "retries: 1\n", TWO, NULL);
	provider_of(&s, STR_LIT("openai:one"))->max_concurrent = 1;
	scene_start(&s);
	play(&s, "10 fail 0 server\n50 enter openai:one\n120 ok 1");
	assert_string_equal(s.trace.p,
	    "0 send 0 openai:one\n10 wait 110\n50 wait 110\n110 send 1 anthropic:two\n120 end 1 ok");
	scene_close(&s);
}

static void
a_policy_may_have_it_wait_for_who_is_preferred(void **state)
{
	(void)state;
	check_full(
	    "whenFull: wait\n", "openai:one", "900 ok 0", "0 send 0 openai:one\n900 end 0 ok");
}

static void
a_rate_that_is_used_up_for_long_is_passed_over_too(void **state)
{
	struct scene s;

	(void)state;
	for (int i = 0; i < 3; i++) {
		scene_open(&s, "", i < 2 ? TWO : "openai:one", NULL);
		provider_of(&s, STR_LIT("openai:one"))->requests_per_s = i ? 1 : 10;
		(void)crowd_wait_us(
		    s.fleet.crowd, provider_of(&s, STR_LIT("openai:one")), s.fleet.now_us);
		crowd_enter(s.fleet.crowd, provider_of(&s, STR_LIT("openai:one")), 0);
		scene_start(&s);
		play(&s, "600 ok 0");
		assert_string_equal(
		    s.trace.p, i == 0   ? "0 send 0 openai:one\n600 end 0 ok"
			       : i == 1 ? "0 send 0 anthropic:two\n600 end 0 ok"
					: "0 wait 500 room\n500 send 0 openai:one\n600 end 0 ok");
		scene_close(&s);
	}
}

static void
a_hedge_goes_to_nobody_who_is_full(void **state)
{
	(void)state;
	check_full(HEDGE, "anthropic:two", "500 ok 0", "0 send 0 openai:one\n500 end 0 ok");
}

static void
a_place_is_given_back_by_who_answered_was_cancelled_or_had_no_money(void **state)
{
	static const char *const ends[] = { "20 ok 0", "20 fail 0 auth", "20 cancel", "" };
	struct provider *p;
	struct scene s;

	(void)state;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		scene_open(&s,
		    *ends[i] ? "" : "budgets:\n  - {name: all, limitTokens: 1, window: day}\n",
		    "openai:one", NULL);
		p = provider_of(&s, STR_LIT("openai:one"));
		p->max_concurrent = 1;
		p->requests_per_s = *ends[i] ? 0 : 1;
		scene_start(&s);
		play(&s, ends[i]);
		assert_int_equal(crowd_wait_us(s.fleet.crowd, p, s.fleet.now_us), 0);
		assert_true(crowd_has_left(s.fleet.crowd));
		assert_false(crowd_has_left(s.fleet.crowd));
		scene_close(&s);
	}
}

/* --- the parts --- */

static void
every_kind_has_a_verdict(void **state)
{
	(void)state;
	for (int kind = ERROR_NONE + 1; kind <= ERROR_INVALID_INPUT; kind++) {
		const struct verdict *v = verdict_of((enum error_kind)kind);
		bool is_again = v->next == VERDICT_AGAIN || kind == ERROR_TIMEOUT;

		assert_int_equal(v->kind, kind);
		assert_true(v->why && *v->why);
		assert_int_equal(is_again, error_kind_is_retryable(v->kind));
	}
}

static void
backoffs_rise_to_their_ceiling_and_are_spread(void **state)
{
	struct policy_backoff b = { .base_ms = 500, .max_ms = 30000, .factor = 2 };
	struct rand chance;

	(void)state;
	rand_seed(&chance, 1);
	assert_int_equal(backoff_ceiling_ms(&b, 1), 500);
	assert_int_equal(backoff_ceiling_ms(&b, 4), 4000);
	assert_int_equal(backoff_ceiling_ms(&b, 7), 30000);
	assert_int_equal(backoff_ceiling_ms(&b, 100000), 30000);
	for (int i = 0; i < 1000; i++) {
		b.jitter = POLICY_JITTER_FULL;
		assert_in_range(backoff_ms(&b, 2, &chance), 0, 1000);
		b.jitter = POLICY_JITTER_EQUAL;
		assert_in_range(backoff_ms(&b, 2, &chance), 500, 1000);
	}
	b.jitter = POLICY_JITTER_NONE;
	assert_int_equal(backoff_ms(&b, 2, &chance), 1000);
}

static size_t
taken(struct retry_budget *r, int64_t now_us)
{
	size_t n = 0;

	while (n < 1000 && retry_budget_take(r, now_us))
		n++;
	return n;
}

static void
retries_are_earned_by_requests_and_a_few_come_with_time(void **state)
{
	struct retry_budget *r = retry_budget_new(0.2);

	(void)state;
	assert_int_equal(taken(r, FLEET_START_US), RETRY_BUDGET_FEW);
	for (int i = 0; i < 50; i++)
		retry_budget_earn(r);
	assert_int_equal(taken(r, FLEET_START_US), 10);
	assert_int_equal(taken(r, FLEET_START_US + 3000000), 3);
	assert_int_equal(taken(r, FLEET_START_US + 300000000), RETRY_BUDGET_FEW);
	for (int i = 0; i < 5000; i++)
		retry_budget_earn(r);
	assert_int_equal(taken(r, FLEET_START_US + 300000000), RETRY_BUDGET_MOST);
	retry_budget_free(r);
	r = retry_budget_new(-1);
	assert_int_equal(taken(r, FLEET_START_US), 1000);
	retry_budget_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_candidate_that_answers_is_the_only_one_asked),
		cmocka_unit_test(
		    a_failure_that_passes_is_tried_again_after_a_backoff_then_elsewhere),
		cmocka_unit_test(who_waits_as_it_was_told_to_finds_the_breaker_closed),
		cmocka_unit_test(a_timeout_is_not_waited_for_twice),
		cmocka_unit_test(no_money_no_key_and_no_service_hold_for_all_models_of_a_provider),
		cmocka_unit_test(the_callers_own_fault_stops_it),
		cmocka_unit_test(the_last_error_that_somebody_told_is_the_answer),
		cmocka_unit_test(what_a_provider_asks_for_is_waited_for),
		cmocka_unit_test(who_asks_for_patience_is_come_back_to_after_the_others),
		cmocka_unit_test(a_wait_past_the_longest_backoff_is_never_slept_through),
		cmocka_unit_test(a_wait_past_the_deadline_is_never_slept_through),
		cmocka_unit_test(all_waits_together_have_a_bound),
		cmocka_unit_test(without_a_retry_in_the_budget_it_moves_on),
		cmocka_unit_test(a_queue_is_no_illness_but_who_is_left_alone_stays_so),
		cmocka_unit_test(an_attempt_has_the_time_that_is_left),
		cmocka_unit_test(the_requests_own_timeout_holds_for_all_attempts),
		cmocka_unit_test(an_attempt_that_never_ends_is_given_up),
		cmocka_unit_test(who_may_stand_in_line_has_until_the_deadline),
		cmocka_unit_test(who_comes_late_is_not_listened_to),
		cmocka_unit_test(a_text_too_long_goes_only_where_the_window_is_larger),
		cmocka_unit_test(what_a_filter_refused_goes_to_its_own_list_or_nowhere),
		cmocka_unit_test(the_local_one_is_asked_when_nobody_else_is_left),
		cmocka_unit_test(after_output_fail_ends_it),
		cmocka_unit_test(after_output_restart_says_what_is_void_before_anything_new),
		cmocka_unit_test(nothing_is_void_where_nobody_else_is_left),
		cmocka_unit_test(
		    after_output_continue_goes_on_behind_it_but_not_behind_a_tool_call),
		cmocka_unit_test(a_hedge_starts_late_and_the_first_output_wins),
		cmocka_unit_test(a_whole_answer_wins_over_one_under_way),
		cmocka_unit_test(a_hedge_that_fails_leaves_the_first_alone),
		cmocka_unit_test(the_callers_fault_ends_the_hedge_too),
		cmocka_unit_test(a_hedge_is_no_probe),
		cmocka_unit_test(a_probe_that_loses_to_its_hedge_says_nothing),
		cmocka_unit_test(open_breakers_are_passed_over_and_told_of_where_nobody_is_left),
		cmocka_unit_test(the_bound_of_the_next_attempt_must_fit_the_limit),
		cmocka_unit_test(a_probe_that_no_budget_pays_for_is_given_back),
		cmocka_unit_test(a_budget_of_tokens_counts_what_may_have_been_billed),
		cmocka_unit_test(a_budget_full_of_what_is_in_flight_is_waited_for),
		cmocka_unit_test(a_cancelled_walk_cancels_what_is_in_flight),
		cmocka_unit_test(attempts_tell_it_all),
		cmocka_unit_test(who_is_full_is_passed_over_and_nothing_failed),
		cmocka_unit_test(who_has_room_is_asked_in_his_turn),
		cmocka_unit_test(where_all_are_full_the_first_place_that_is_left_is_taken),
		cmocka_unit_test(who_was_passed_over_is_come_back_to),
		cmocka_unit_test(a_policy_may_have_it_wait_for_who_is_preferred),
		cmocka_unit_test(a_rate_that_is_used_up_for_long_is_passed_over_too),
		cmocka_unit_test(a_hedge_goes_to_nobody_who_is_full),
		cmocka_unit_test(
		    a_place_is_given_back_by_who_answered_was_cancelled_or_had_no_money),
		cmocka_unit_test(every_kind_has_a_verdict),
		cmocka_unit_test(backoffs_rise_to_their_ceiling_and_are_spread),
		cmocka_unit_test(retries_are_earned_by_requests_and_a_few_come_with_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
