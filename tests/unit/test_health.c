/* SPDX-License-Identifier: MIT */
/* test_health - what one process learns all others know; what a store that fails leaves of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>

#include "policy/health.h"
#include "support/held.h"
#include "support/scratch.h"
#include "sys/clock.h"

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define DAY (24 * 60 * MINUTE)
#define LEASE (10 * SECOND)

static int64_t now = INT64_C(1790000000) * SECOND;

static int64_t
test_clock(void *user)
{
	(void)user;
	return now;
}

/* A process's view: a store and a health of its own. */
struct view {
	struct store *store;
	struct health *health;
	struct health_of *of;
};

static struct store *
open_store(const char *url, bool read_only)
{
	struct err err = ERR_INIT;
	struct store *store = store_open(
	    &(struct store_config){
		.url = url, .wait_ms = 5, .read_only = read_only, .now_us = test_clock },
	    &err);

	if (!store)
		fail_msg("%s", err.text);
	return store;
}

static struct view
view_open(const char *url)
{
	struct view v = { .store = url ? open_store(url, false) : NULL };

	v.health = health_new(v.store, &breaker_rule_default);
	v.of = health_of(v.health, STR_LIT("lab:m"), STR_LIT("lab:m"));
	return v;
}

static void
view_close(struct view *v)
{
	health_free(v->health);
	store_close(v->store);
}

static enum breaker_verdict
look(struct view *v)
{
	return health_look(v->health, v->of, now).verdict;
}

static void
end_well(struct view *v, int n, uint64_t probe)
{
	while (n--)
		health_report(v->health, v->of,
		    &(struct health_outcome){
			.ok = true, .total_ms = 200, .first_ms = 20, .probe = probe },
		    now);
}

static void
end_badly(struct view *v, int n, enum error_kind kind, uint64_t probe)
{
	while (n--)
		health_report(v->health, v->of,
		    &(struct health_outcome){
			.kind = kind, .total_ms = 10, .first_ms = -1, .probe = probe },
		    now);
}

static void
flush(struct view *v)
{
	struct err err = ERR_INIT;

	if (health_flush(v->health, now, &err) < 0)
		fail_msg("%s", err.text);
}

static void
without_a_store_it_knows_what_it_saw(void **state)
{
	struct view v = view_open(NULL);
	struct health_pass pass;

	(void)state;
	assert_int_equal(look(&v), BREAKER_PASS);
	end_badly(&v, 5, ERROR_SERVER, 0);
	pass = health_admit(v.health, v.of, now, LEASE);
	assert_int_equal(pass.verdict, BREAKER_REFUSED);
	assert_int_equal(pass.until_us, now + 30 * SECOND);
	assert_string_equal(pass.cause, "server");
	now += 30 * SECOND;
	assert_int_equal(look(&v), BREAKER_PROBE);
	pass = health_admit(v.health, v.of, now, LEASE);
	assert_int_equal(pass.verdict, BREAKER_PROBE);
	assert_true(pass.probe != 0);
	assert_int_equal(look(&v), BREAKER_REFUSED);
	end_well(&v, 1, pass.probe);
	pass = health_admit(v.health, v.of, now, LEASE);
	assert_int_equal(pass.verdict, BREAKER_PASS);
	assert_string_equal(pass.cause, "");
	flush(&v);
	assert_null(health_error(v.health));
	assert_true(latency_percentile(&health_latency(v.health, v.of)->total, 0.5, 1) > 180);
	view_close(&v);
}

static void
one_learns_of_anothers_failures_at_its_next_call(void **state)
{
	const char *url = *state;
	struct view a = view_open(url), b = view_open(url);
	struct health_pass probe, refused;

	assert_int_equal(look(&b), BREAKER_PASS);
	end_badly(&a, 3, ERROR_TIMEOUT, 0);
	end_badly(&b, 1, ERROR_TIMEOUT, 0);
	assert_int_equal(look(&b), BREAKER_PASS);
	end_badly(&a, 1, ERROR_TIMEOUT, 0);
	refused = health_admit(b.health, b.of, now, LEASE);
	assert_int_equal(refused.verdict, BREAKER_REFUSED);
	assert_string_equal(refused.cause, "timeout");
	now += 30 * SECOND;
	probe = health_admit(b.health, b.of, now, LEASE);
	assert_int_equal(probe.verdict, BREAKER_PROBE);
	refused = health_admit(a.health, a.of, now, LEASE);
	assert_int_equal(refused.verdict, BREAKER_REFUSED);
	assert_int_equal(refused.until_us, now + LEASE);
	end_well(&b, 1, probe.probe);
	assert_int_equal(health_admit(a.health, a.of, now, LEASE).verdict, BREAKER_PASS);
	view_close(&a);
	view_close(&b);
}

static void
successes_count_at_once_for_oneself_and_for_others_when_flushed(void **state)
{
	const char *url = *state;
	struct view a = view_open(url), b = view_open(url);
	struct err err = ERR_INIT;
	uint64_t version;

	now += 10 * MINUTE;
	end_well(&a, 20, 0);
	assert_true(latency_percentile(&health_latency(a.health, a.of)->first, 0.5, 20) > 18);
	assert_int_equal(look(&b), BREAKER_PASS);
	assert_true(latency_percentile(&health_latency(b.health, b.of)->total, 0.5, 10) < 0);
	flush(&a);
	now += SECOND; /* latencies are not read anew at each call */
	assert_int_equal(look(&b), BREAKER_PASS);
	assert_true(latency_percentile(&health_latency(b.health, b.of)->total, 0.5, 10) > 180);
	assert_true(health_latency(a.health, a.of)->total.total < 30); /* told, not told twice */
	/* twenty of them were well: sixteen failures are less than half */
	for (int i = 0; i < 16; i++) {
		end_badly(i % 2 ? &a : &b, 1, ERROR_SERVER, 0);
		if (i % 4 == 3)
			end_well(&b, 1, 0);
	}
	assert_int_equal(look(&a), BREAKER_PASS);
	assert_int_equal(look(&b), BREAKER_PASS);
	flush(&a);
	flush(&b);
	version = store_version(b.store);
	assert_int_equal(health_flush(a.health, now, &err), 0);
	assert_true(version == store_version(b.store)); /* nothing to tell, nothing written */
	view_close(&a);
	view_close(&b);
}

/* What was well before a failure, though told with it, does not end the row after it. */
static void
successes_are_told_with_the_failure_that_came_after_them(void **state)
{
	const char *url = *state;
	struct view a = view_open(url), b = view_open(url);

	end_well(&a, 1, 0);
	end_badly(&a, 4, ERROR_SERVER, 0);
	flush(&a);
	end_badly(&b, 1, ERROR_SERVER, 0);
	assert_int_equal(look(&a), BREAKER_REFUSED);
	view_close(&a);
	view_close(&b);
}

static void
the_callers_own_faults_count_neither_way_and_give_a_probe_back(void **state)
{
	static const enum error_kind own[] = { ERROR_INVALID_REQUEST, ERROR_CONTEXT_LENGTH,
		ERROR_CONTENT_FILTER, ERROR_CANCELLED, ERROR_BUDGET, ERROR_POLICY,
		ERROR_UNSUPPORTED, ERROR_INVALID_INPUT };
	struct view a = view_open(*state), b = view_open(*state);
	struct health_pass pass;

	for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
		assert_false(health_blames(own[i]));
		end_badly(&a, 20, own[i], 0);
	}
	assert_int_equal(look(&a), BREAKER_PASS);
	assert_true(health_latency(a.health, a.of)->failed <= 0);
	end_badly(&a, 1, ERROR_AUTH, 0);
	assert_int_equal(look(&b), BREAKER_REFUSED);
	now += 30 * SECOND;
	for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
		pass = health_admit(a.health, a.of, now, LEASE);
		assert_int_equal(pass.verdict, BREAKER_PROBE);
		assert_int_equal(look(&b), BREAKER_REFUSED);
		end_badly(&a, 1, own[i], pass.probe);
		assert_int_equal(look(&b), BREAKER_PROBE);
	}
	view_close(&a);
	view_close(&b);
}

/* A stream may take ten minutes; a process that was killed is not waited for so long. */
static void
a_long_lease_is_held_by_those_who_live(void **state)
{
	struct view living = view_open(*state), other = view_open(*state), dead;
	struct health_pass pass;

	end_badly(&other, 1, ERROR_AUTH, 0);
	now += 30 * SECOND;
	dead = view_open(*state);
	assert_int_equal(
	    health_admit(dead.health, dead.of, now, 10 * MINUTE).verdict, BREAKER_PROBE);
	view_close(&dead);
	now += HEALTH_LEASE_US - 1;
	assert_int_equal(look(&other), BREAKER_REFUSED);
	now += 1;
	pass = health_admit(living.health, living.of, now, 10 * MINUTE);
	assert_int_equal(pass.verdict, BREAKER_PROBE);
	for (int s = 0; s < 10 * 60; s++) {
		assert_int_equal(look(&other), BREAKER_REFUSED);
		now += SECOND;
		flush(&living);
	}
	assert_int_equal(look(&other), BREAKER_PROBE); /* it has had its time */
	end_well(&living, 1, pass.probe); /* nobody took it since: it counts */
	assert_int_equal(look(&other), BREAKER_PASS);
	view_close(&living);
	view_close(&other);
}

static void
a_lease_that_was_given_back_is_not_renewed(void **state)
{
	struct view v = view_open(*state);
	struct health_pass pass;
	struct err err = ERR_INIT;
	struct sqlite3 *held;

	end_badly(&v, 1, ERROR_AUTH, 0);
	now += 30 * SECOND;
	pass = health_admit(v.health, v.of, now, 10 * MINUTE);
	end_well(&v, 1, pass.probe);
	flush(&v);
	now += 20 * SECOND;
	held = held_take(*state); /* who had to write would fail */
	assert_int_equal(health_flush(v.health, now, &err), 0);
	held_drop(held);
	view_close(&v);
}

static void
a_lease_that_was_lost_is_not_renewed(void **state)
{
	struct view late = view_open(*state), other = view_open(*state);
	struct health_pass first, second;

	end_badly(&other, 1, ERROR_AUTH, 0);
	now += 30 * SECOND;
	first = health_admit(late.health, late.of, now, 10 * MINUTE);
	now += HEALTH_LEASE_US; /* it slept, and did not flush */
	second = health_admit(other.health, other.of, now, 10 * MINUTE);
	assert_int_equal(second.verdict, BREAKER_PROBE);
	flush(&late);
	end_well(&late, 1, first.probe); /* too late to close it */
	flush(&late);
	assert_int_equal(look(&late), BREAKER_REFUSED);
	end_badly(&other, 1, ERROR_CANCELLED, second.probe);
	assert_int_equal(look(&late), BREAKER_PROBE);
	view_close(&late);
	view_close(&other);
}

static void
a_provider_that_names_a_time_is_left_alone_by_all(void **state)
{
	struct view a = view_open(*state), b = view_open(*state);

	health_report(a.health, a.of,
	    &(struct health_outcome){
		.kind = ERROR_RATE_LIMIT, .away_us = 7 * SECOND, .total_ms = -1, .first_ms = -1 },
	    now);
	assert_int_equal(health_look(b.health, b.of, now).until_us, now + 7 * SECOND);
	assert_string_equal(health_look(b.health, b.of, now).cause, "rate_limit");
	view_close(&a);
	view_close(&b);
}

/* Else five at once who are told to wait a second would open it for thirty. */
static void
a_rate_limit_that_is_waited_for_is_no_failure(void **state)
{
	struct view v = view_open(*state);
	struct health_outcome outcome = {
		.kind = ERROR_RATE_LIMIT, .total_ms = -1, .first_ms = -1, .is_awaited = true
	};

	for (int i = 0; i < 20; i++)
		health_report(v.health, v.of, &outcome, now);
	assert_int_equal(look(&v), BREAKER_PASS);
	assert_true(health_latency(v.health, v.of)->failed <= 0);
	outcome.is_awaited = false;
	for (int i = 0; i < 5; i++)
		health_report(v.health, v.of, &outcome, now);
	assert_int_equal(look(&v), BREAKER_REFUSED);
	view_close(&v);
}

static void
one_who_waits_too_short_a_time_closes_no_door_to_others(void **state)
{
	struct view v = view_open(*state);
	struct health_outcome outcome = { .ok = true, .total_ms = 20000, .first_ms = 800 };

	for (int i = 0; i < 10; i++)
		health_report(v.health, v.of, &outcome, now);
	flush(&v);
	outcome = (struct health_outcome){ .kind = ERROR_TIMEOUT, .total_ms = 300, .first_ms = -1 };
	for (int i = 0; i < 20; i++)
		health_report(v.health, v.of, &outcome, now);
	assert_int_equal(look(&v), BREAKER_PASS);
	outcome.first_ms = 250; /* its output had begun, and was not waited for to its end */
	outcome.total_ms = 9000;
	for (int i = 0; i < 20; i++)
		health_report(v.health, v.of, &outcome, now);
	assert_int_equal(look(&v), BREAKER_PASS);
	now += MINUTE; /* nobody is answered any more: it is not the caller */
	for (int i = 0; i < 5; i++)
		health_report(v.health, v.of, &outcome, now);
	assert_int_equal(look(&v), BREAKER_REFUSED);
	now += 30 * SECOND;
	end_well(&v, 1, health_admit(v.health, v.of, now, LEASE).probe);
	end_well(&v, 1, 0);
	outcome.first_ms = -1; /* nor is it where no output comes in nine seconds */
	for (int i = 0; i < 5; i++)
		health_report(v.health, v.of, &outcome, now);
	assert_int_equal(look(&v), BREAKER_REFUSED);
	view_close(&v);
}

static void
models_of_a_provider_may_share_its_breaker_but_not_its_latency(void **state)
{
	struct breaker_rule rule = breaker_rule_default;
	struct view v = { .store = open_store(*state, false) };
	struct health_of *other;

	rule.scope = BREAKER_PROVIDER;
	v.health = health_new(v.store, &rule);
	v.of = health_of(v.health, STR_LIT("lab"), STR_LIT("lab:m"));
	other = health_of(v.health, STR_LIT("lab"), STR_LIT("lab:n"));
	assert_ptr_equal(v.of, health_of(v.health, STR_LIT("lab"), STR_LIT("lab:m")));
	assert_ptr_not_equal(v.of, other);
	end_badly(&v, 9, ERROR_NOT_FOUND, 0); /* says nothing of the provider's others */
	assert_int_equal(look(&v), BREAKER_PASS);
	end_badly(&v, 5, ERROR_SERVER, 0);
	assert_int_equal(health_look(v.health, other, now).verdict, BREAKER_REFUSED);
	assert_true(health_latency(v.health, v.of)->failed > 13);
	assert_true(health_latency(v.health, other)->failed <= 0);
	view_close(&v);
}

static void
what_a_hand_opened_is_refused_until_a_hand_closes_it(void **state)
{
	struct view v = view_open(*state);
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct breaker b;

	breaker_init(&b);
	breaker_open(&b, now, 0);
	breaker_write(&b, &text);
	assert_int_equal(look(&v), BREAKER_PASS);
	assert_int_equal(store_put(v.store, STR_LIT(HEALTH_BREAKERS "lab:m"), buf_str(&text),
			     health_breaker_expiry(&b, now), &err),
	    0);
	now += 400 * DAY;
	assert_int_equal(health_admit(v.health, v.of, now, LEASE).verdict, BREAKER_REFUSED);
	assert_string_equal(health_look(v.health, v.of, now).cause, "by hand");
	assert_int_equal(store_delete(v.store, STR_LIT(HEALTH_BREAKERS "lab:m"), &err), 0);
	assert_int_equal(look(&v), BREAKER_PASS);
	buf_release(&text);
	view_close(&v);
}

static void
what_is_not_touched_for_long_is_forgotten(void **state)
{
	struct view v = view_open(*state);
	struct buf value = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;

	health_report(v.health, v.of,
	    &(struct health_outcome){ .kind = ERROR_QUOTA, .away_us = 3 * DAY }, now);
	flush(&v);
	now += DAY;
	assert_int_equal(store_get(v.store, STR_LIT(HEALTH_LATENCIES "lab:m"), &value, &err), 0);
	now += 2 * DAY + HEALTH_BREAKER_KEPT_US - 1; /* seven days after it was open */
	assert_int_equal(store_get(v.store, STR_LIT(HEALTH_BREAKERS "lab:m"), &value, &err), 1);
	now += 1;
	assert_int_equal(store_get(v.store, STR_LIT(HEALTH_BREAKERS "lab:m"), &value, &err), 0);
	buf_release(&value);
	view_close(&v);
}

/* Else who was slow once would never be called again. */
static void
latencies_of_whom_nobody_calls_fade(void **state)
{
	struct view v = view_open(*state);

	end_well(&v, 8, 0);
	flush(&v);
	assert_true(latency_percentile(&health_latency(v.health, v.of)->total, 0.5, 5) > 0);
	now += 2 * LATENCY_HALF_LIFE_US;
	assert_int_equal(look(&v), BREAKER_PASS);
	assert_true(latency_percentile(&health_latency(v.health, v.of)->total, 0.5, 5) < 0);
	view_close(&v);
}

static void
a_value_that_is_none_of_ours_is_a_closed_breaker_and_is_replaced(void **state)
{
	struct view v = view_open(*state);
	struct err err = ERR_INIT;

	assert_int_equal(
	    store_put(v.store, STR_LIT(HEALTH_BREAKERS "lab:m"), STR_LIT("{\"v\":9}"), 0, &err), 0);
	assert_int_equal(
	    store_put(v.store, STR_LIT(HEALTH_LATENCIES "lab:m"), STR_LIT("?"), 0, &err), 0);
	assert_int_equal(look(&v), BREAKER_PASS);
	assert_true(health_latency(v.health, v.of)->ok <= 0);
	end_badly(&v, 5, ERROR_SERVER, 0);
	flush(&v);
	assert_int_equal(look(&v), BREAKER_REFUSED);
	view_close(&v);
}

/* Another process holds the store for as long as this goes on. */
static void
a_store_that_is_kept_from_us_is_told_of_once_and_tried_again_later(void **state)
{
	struct view v = view_open(*state), other = view_open(*state);
	struct err err = ERR_INIT;
	const struct err *why;
	int64_t until_us = now + 30 * SECOND;
	struct sqlite3 *held;

	assert_int_equal(look(&v), BREAKER_PASS);
	held = held_take(*state);
	end_well(&v, 3, 0);
	end_badly(&v, 2, ERROR_SERVER, 0);
	why = health_error(v.health);
	assert_non_null(why);
	assert_int_equal(why->code, EXIT_IO);
	assert_null(health_error(v.health));
	end_badly(&v, 3, ERROR_SERVER, 0); /* in memory: it opens */
	assert_int_equal(look(&v), BREAKER_REFUSED);
	assert_int_equal(health_flush(v.health, now, &err), 0); /* not tried so soon */
	now += 6 * SECOND;
	/* others write, and it could be read again, but knows less than we do */
	held_drop(held);
	assert_int_equal(store_put(other.store, STR_LIT("x"), STR_LIT("x"), 0, &err), 0);
	held = held_take(*state);
	assert_int_equal(health_look(v.health, v.of, now).until_us, until_us);
	assert_int_equal(health_flush(v.health, now, &err), -1);
	assert_null(health_error(v.health)); /* known already */
	assert_int_equal(look(&v), BREAKER_REFUSED);
	now += 30 * SECOND;
	held_drop(held);
	clock_sleep_ms(100); /* the store's own patience goes by no clock of ours */
	assert_int_equal(look(&v), BREAKER_PROBE); /* it has been open for long */
	flush(&v); /* all five failures and three successes are told now */
	assert_int_equal(health_look(other.health, other.of, now).verdict, BREAKER_REFUSED);
	assert_int_equal(look(&v), BREAKER_REFUSED);
	/* and the next trouble is told of again */
	held = held_take(*state);
	end_badly(&v, 1, ERROR_SERVER, 0);
	assert_non_null(health_error(v.health));
	held_drop(held);
	view_close(&v);
	view_close(&other);
}

static void
a_store_for_reading_only_is_learned_from(void **state)
{
	struct view a = view_open(*state), reader = { 0 };

	end_badly(&a, 5, ERROR_SERVER, 0);
	reader.store = open_store(*state, true);
	reader.health = health_new(reader.store, &breaker_rule_default);
	reader.of = health_of(reader.health, STR_LIT("lab:m"), STR_LIT("lab:m"));
	assert_int_equal(look(&reader), BREAKER_REFUSED);
	assert_null(health_error(reader.health));
	view_close(&a);
	view_close(&reader);
}

/* --- many processes and one probe --- */

enum { PROCESSES = 4, PROBES = 400, KILLED_AT = 100, HAMMER_SECONDS = 20 };
#define HAMMER_LEASE SECOND

struct tally { /* shared by all */
	volatile int probes, crowds, errors;
	volatile int64_t killed_us, next_us; /* the kill, and the first probe after it */
};

/* Of a file of the test's own: it ends with its process. */
static bool
lock(int fd, short type)
{
	struct flock whole = { .l_type = type, .l_whence = SEEK_SET };

	return fcntl(fd, F_SETLK, &whole) == 0;
}

/* Ask and ask; whoever gets the probe holds a lock that no other may hold, and fails. */
static void
hammer(const char *url, struct tally *tally)
{
	struct breaker_rule rule = breaker_rule_default;
	struct err err = ERR_INIT;
	struct store *store = store_open(&(struct store_config){ .url = url }, &err);
	struct health *health;
	struct health_of *of;
	int fd = open("probe", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int64_t end_us = clock_wall_us() + HAMMER_SECONDS * SECOND;

	rule.cooldown_us = rule.max_cooldown_us = 100;
	health = health_new(store, &rule);
	of = health_of(health, STR_LIT("lab:m"), STR_LIT("lab:m"));
	while (tally->probes < PROBES && clock_wall_us() < end_us) {
		struct health_pass pass = health_admit(health, of, clock_wall_us(), HAMMER_LEASE);

		if (pass.verdict != BREAKER_PROBE)
			continue;
		if (!lock(fd, F_WRLCK))
			tally->crowds++;
		if (tally->killed_us && !tally->next_us)
			tally->next_us = clock_wall_us();
		if (++tally->probes == KILLED_AT) {
			tally->killed_us = clock_wall_us();
			(void)kill(getpid(), SIGKILL);
		}
		if (!lock(fd, F_UNLCK))
			tally->errors++;
		health_report(health, of,
		    &(struct health_outcome){ .kind = ERROR_SERVER, .probe = pass.probe },
		    clock_wall_us());
	}
	if (health_error(health))
		tally->errors++;
	health_free(health);
	store_close(store);
	(void)close(fd);
}

static void
one_probe_a_machine_and_none_is_lost_with_its_process(void **state)
{
	struct tally *tally = mmap(
	    NULL, sizeof *tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pids[PROCESSES];
	int status, killed = 0;
	struct err err = ERR_INIT;
	struct store *store = store_open(&(struct store_config){ .url = *state }, &err);
	struct health *health = health_new(store, &breaker_rule_default);

	assert_ptr_not_equal(tally, MAP_FAILED);
	health_report(health, health_of(health, STR_LIT("lab:m"), STR_LIT("lab:m")),
	    &(struct health_outcome){ .kind = ERROR_AUTH }, clock_wall_us() - MINUTE);
	health_free(health);
	store_close(store);
	for (int i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0) {
			hammer(*state, tally);
			_exit(0);
		}
	}
	for (int i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		killed += WIFSIGNALED(status);
	}
	assert_int_equal(killed, 1);
	assert_int_equal(tally->crowds, 0);
	assert_int_equal(tally->errors, 0);
	assert_true(tally->probes >= PROBES);
	/* not before the dead one's lease was over, and not long after */
	assert_true(tally->next_us >= tally->killed_us + HAMMER_LEASE - SECOND / 10);
	assert_true(tally->next_us < tally->killed_us + HAMMER_LEASE + 5 * SECOND);
	(void)munmap(tally, sizeof *tally);
}

/* Each test has a database of its own. */
static int
name_store(void **state)
{
	static char url[32];
	static unsigned number;

	(void)snprintf(url, sizeof url, "store-%u.db", ++number); /* fits: ten digits at most */
	*state = url;
	return 0;
}

#define WITH_STORE(test) cmocka_unit_test_setup(test, name_store)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_store_it_knows_what_it_saw),
		WITH_STORE(one_learns_of_anothers_failures_at_its_next_call),
		WITH_STORE(successes_count_at_once_for_oneself_and_for_others_when_flushed),
		WITH_STORE(successes_are_told_with_the_failure_that_came_after_them),
		WITH_STORE(the_callers_own_faults_count_neither_way_and_give_a_probe_back),
		WITH_STORE(a_long_lease_is_held_by_those_who_live),
		WITH_STORE(a_lease_that_was_given_back_is_not_renewed),
		WITH_STORE(a_lease_that_was_lost_is_not_renewed),
		WITH_STORE(a_provider_that_names_a_time_is_left_alone_by_all),
		WITH_STORE(a_rate_limit_that_is_waited_for_is_no_failure),
		WITH_STORE(one_who_waits_too_short_a_time_closes_no_door_to_others),
		WITH_STORE(models_of_a_provider_may_share_its_breaker_but_not_its_latency),
		WITH_STORE(what_a_hand_opened_is_refused_until_a_hand_closes_it),
		WITH_STORE(what_is_not_touched_for_long_is_forgotten),
		WITH_STORE(latencies_of_whom_nobody_calls_fade),
		WITH_STORE(a_value_that_is_none_of_ours_is_a_closed_breaker_and_is_replaced),
		WITH_STORE(a_store_that_is_kept_from_us_is_told_of_once_and_tried_again_later),
		WITH_STORE(a_store_for_reading_only_is_learned_from),
		WITH_STORE(one_probe_a_machine_and_none_is_lost_with_its_process),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
