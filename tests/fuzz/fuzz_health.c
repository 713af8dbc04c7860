/* SPDX-License-Identifier: MIT */
/*
 * fuzz_health - any bytes in the store are a breaker and latencies that can be worked with, and
 * what is written of them reads back the same.
 */
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "policy/breaker.h"
#include "policy/latency.h"

#define NOW INT64_C(1790000000000000)

static void
check(bool holds)
{
	if (!holds)
		abort();
}

/* Whatever was read, it opens and it closes. */
static void
use_breaker(struct breaker *b)
{
	const struct breaker_rule *rule = &breaker_rule_default;
	int64_t until_us, ok, failed;
	bool changed;

	breaker_counts(b, rule, NOW, &ok, &failed);
	check(ok >= 0 && failed >= 0);
	(void)breaker_admit(b, rule, NOW, 0, 0, &until_us, &changed);
	check(!changed);
	breaker_take_report(
	    b, rule, &(struct breaker_report){ .ok = 3, .failed = 9, .cause = "server" }, NOW);
	if (b->by_hand)
		breaker_close(b, NOW);
	if (breaker_admit(b, rule, NOW + 40 * INT64_C(86400000000), 77, 1000000, &until_us,
		&changed) == BREAKER_PROBE)
		breaker_take_report(b, rule, &(struct breaker_report){ .ok = 1, .probe = 77 },
		    NOW + 40 * INT64_C(86400000000));
	check(b->state != BREAKER_HALF_OPEN);
}

static void
as_breaker(struct str text)
{
	struct buf first = BUF_INIT(BUF_UNLIMITED), second = BUF_INIT(BUF_UNLIMITED);
	struct breaker b;

	(void)breaker_read(&b, text);
	breaker_write(&b, &first);
	check(breaker_read(&b, buf_str(&first)));
	breaker_write(&b, &second);
	check(str_eq(buf_str(&first), buf_str(&second)));
	use_breaker(&b);
	buf_release(&first);
	buf_release(&second);
}

static void
as_latency(struct str text)
{
	struct buf first = BUF_INIT(BUF_UNLIMITED), second = BUF_INIT(BUF_UNLIMITED);
	struct latency l, other;
	double ms;

	(void)latency_read(&l, text);
	latency_write(&l, &first);
	check(latency_read(&other, buf_str(&first)));
	latency_write(&other, &second);
	check(str_eq(buf_str(&first), buf_str(&second)));
	latency_merge(&l, &other, NOW);
	latency_add(&l, NOW, true, 120, 12);
	ms = latency_percentile(&l.total, 0.95, 0.01);
	check(ms >= 1 && ms < 700000);
	check(latency_ok_rate(&l, NOW, 0.5) >= 0 && latency_ok_rate(&l, NOW, 0.5) <= 1);
	buf_release(&first);
	buf_release(&second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };

	as_breaker(text);
	as_latency(text);
	return 0;
}
