/* SPDX-License-Identifier: MIT */
/* hammer_probe - a breaker that opens and closes all the time: one probe at once, and none lost. */
#include "hammer/hammer.h"

#include <time.h>

#include "base/mem.h"
#include "policy/health.h"
#include "sys/clock.h"

#define LEASE_US INT64_C(50000)
#define STUCK_US INT64_C(10000000)

/* What all workers share. Who was killed leaves its name; another may follow when its lease is
 * over. */
enum { HOLDER, LEASE_END, LAST_PASS };

static const struct breaker_rule *
rule(void)
{
	static struct breaker_rule r;

	r = breaker_rule_default;
	r.cooldown_us = r.max_cooldown_us = 300;
	return &r;
}

static int
wake(struct hammer_worker *w, struct err *err)
{
	(void)err;
	w->state = health_new(w->store, rule());
	return 0;
}

static void
wait_up_to_us(struct hammer_worker *w, uint64_t us)
{
	struct timespec left = { 0, (long)rand_below(&w->rand, us) * 1000 };

	(void)nanosleep(&left, NULL); /* a shorter one is as good */
}

/* Nobody else may have it; it may be us who took longer than the lease. */
static int
hold(struct hammer_worker *w, int64_t now_us, struct err *err)
{
	_Atomic int64_t *words = w->hammer->words;
	int64_t own = (int64_t)w->index + 1, before = atomic_exchange(&words[HOLDER], own);

	if (before && now_us < words[LEASE_END])
		return err_set(err, EXIT_BUG,
		    "a probe beside that of worker %lld, whose lease has %lld us left",
		    (long long)before - 1, (long long)(words[LEASE_END] - now_us));
	words[LEASE_END] = now_us + LEASE_US;
	wait_up_to_us(w, 200);
	(void)atomic_compare_exchange_strong(&words[HOLDER], &own, 0); /* not ours: it was late */
	return 0;
}

static int
check_that_somebody_passes(struct hammer_worker *w, bool passed, int64_t now_us, struct err *err)
{
	_Atomic int64_t *last = &w->hammer->words[LAST_PASS];

	if (passed || !*last)
		*last = now_us;
	else if (now_us - *last > STUCK_US)
		return err_set(err, EXIT_BUG, "nobody was let pass for %lld s",
		    (long long)(STUCK_US / 1000000));
	return 0;
}

static int
turn(struct hammer_worker *w, struct err *err)
{
	struct health *h = w->state;
	struct health_of *of = health_of(h, STR_LIT("lab:m"), STR_LIT("lab:m"));
	int64_t now_us = clock_wall_us();
	struct health_pass pass = health_admit(h, of, now_us, LEASE_US);
	struct health_outcome outcome = { .ok = rand_below(&w->rand, 3) == 0,
		.kind = ERROR_AUTH, /* opens it at once */
		.total_ms = 1,
		.first_ms = -1,
		.probe = pass.probe };
	const struct err *trouble;

	if (check_that_somebody_passes(w, pass.verdict != BREAKER_REFUSED, now_us, err) < 0 ||
	    (pass.verdict == BREAKER_PROBE && hold(w, now_us, err) < 0))
		return -1;
	if (pass.verdict == BREAKER_REFUSED)
		wait_up_to_us(w, 200);
	else
		health_report(h, of, &outcome, clock_wall_us());
	if (rand_below(&w->rand, 16) == 0 && health_flush(h, clock_wall_us(), err) < 0)
		return -1;
	trouble = health_error(h);
	if (trouble)
		*err = *trouble;
	return trouble ? -1 : 0;
}

/* What they left can be read, and whoever comes is let pass or try, in a while. */
static int
check(const struct hammer *h, struct store *store, struct buf *wrong, struct err *err)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct breaker b;
	struct latency l;
	int64_t until_us, later_us = clock_wall_us() + 10 * LEASE_US;
	bool changed;
	int rc = store_get(store, STR_LIT(HEALTH_BREAKERS "lab:m"), &text, err);

	(void)h;
	if (rc == 1 &&
	    (!breaker_read(&b, buf_str(&text)) ||
		breaker_admit(&b, rule(), later_us, 0, 0, &until_us, &changed) == BREAKER_REFUSED))
		buf_addf(wrong, "the breaker is left as %s\n", text.p);
	buf_reset(&text);
	if (rc >= 0)
		rc = store_get(store, STR_LIT(HEALTH_LATENCIES "lab:m"), &text, err);
	if (rc == 1 && !latency_read(&l, buf_str(&text)))
		buf_addf(wrong, "the latencies are left as %s\n", text.p);
	buf_release(&text);
	return rc < 0 ? -1 : 0;
}

const struct hammer_job hammer_probe = {
	.name = "probe",
	.purpose = "one probe at once, and none is lost with its process",
	.wake = wake,
	.turn = turn,
	.check = check,
};
