/* SPDX-License-Identifier: MIT */
/*
 * breaker - a circuit breaker as a value: pure, told the time, kept as text between processes.
 *
 * Closed, all may pass. It opens where, within the window, at least min_requests ended and
 * error_ratio of them failed; or after `consecutive` failures in a row, and more where so many are
 * no more than chance; or where the provider said how long to stay away. Open, none passes until
 * the cooldown is over; then it is half open: as many as half_open_probes may pass, each under a
 * lease in its holder's name, so that one whose process died is let go of. A probe that fares well
 * closes it; one that does not opens it again for twice as long, at most max_cooldown. A whole
 * window of being closed, and it begins at cooldown again. (M. Nygard, Release It!, 2007; the ratio
 * over a sliding window as in Hystrix and resilience4j.)
 *
 * Who was refused money or entry (quota, auth, permission) opens it at once, as every other request
 * would fail alike. What ended since it opened, but began before, is counted and moves nothing.
 *
 * The clocks of those who share it differ, and jump. What is dated after now is taken as of now; an
 * opening or a lease that began further ahead than max_cooldown and a window is over.
 */
#ifndef POLICY_BREAKER_H
#define POLICY_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum breaker_scope { BREAKER_PROVIDER, BREAKER_MODEL, BREAKER_KEY };

struct breaker_rule {
	int64_t window_us; /* default 60 s */
	int64_t min_requests; /* 10 */
	double error_ratio; /* 0.5 */
	int64_t consecutive; /* 5; 0: never by that */
	int64_t cooldown_us, max_cooldown_us; /* 30 s, 10 min */
	int64_t half_open_probes; /* 1 */
	enum breaker_scope scope; /* BREAKER_MODEL */
};
extern const struct breaker_rule breaker_rule_default;

enum { BREAKER_BUCKETS = 10, BREAKER_PROBES_MAX = 16 };

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF_OPEN };
const char *breaker_state_name(enum breaker_state state); /* "closed", "open", "half-open" */

struct breaker {
	enum breaker_state state;
	int64_t until_us; /* open: when it may be tried; wall clock, as all times here */
	int64_t cooldown_us; /* its last: what the next doubles; 0: none, or forgotten */
	int64_t consecutive; /* failures since the last success */
	int64_t opened_us, changed_us; /* changed: its state */
	bool by_hand; /* llm-breaker opened it: only time or a hand ends that */
	char cause[24]; /* the error.kind that opened it, "" */
	int64_t bucket_us; /* how much time a bucket holds; 0: there are none yet */
	struct breaker_bucket {
		int64_t slot; /* its place in time: now / bucket_us; its index is slot % BUCKETS */
		int64_t ok, failed;
	} buckets[BREAKER_BUCKETS];
	struct breaker_probe {
		uint64_t holder; /* 0: free */
		int64_t from_us, until_us;
	} probes[BREAKER_PROBES_MAX];
};
#define BREAKER_BY_HAND_ONLY INT64_MAX /* until_us of what only a hand closes */

void breaker_init(struct breaker *b);
/* A text that breaker_write wrote; of anything else a closed one is made, and false returned. */
bool breaker_read(struct breaker *b, struct str text);
void breaker_write(const struct breaker *b, struct buf *out);

enum breaker_verdict {
	BREAKER_PASS,
	BREAKER_PROBE, /* a probe's lease was taken in holder's name: report how it fared */
	BREAKER_REFUSED, /* *until_us: when it is worth asking again */
};
/* Whether b changes (a lease is taken, open becomes half open) is told by *changed. A look without
 * taking anything: holder 0. lease_us: how long the probe may take; 0: as long as the longest
 * cooldown. A holder is a lease's name: one that is taken twice is two leases. */
enum breaker_verdict breaker_admit(struct breaker *b, const struct breaker_rule *rule,
    int64_t now_us, uint64_t holder, int64_t lease_us, int64_t *until_us, bool *changed);

/* The lease in holder's name is held until then. False: it has run out, or is given back. */
bool breaker_renew(struct breaker *b, const struct breaker_rule *rule, int64_t now_us,
    uint64_t holder, int64_t until_us);

struct breaker_report {
	int64_t ok, failed; /* how many ended so, the well ones first; both 0: only the probe is
			       given back */
	uint64_t probe; /* the holder's, where one of them was a probe; else 0 */
	int64_t away_us; /* the provider says to stay away so long; 0: it does not. At most
			    max_cooldown is heeded, of a quota a month */
	const char *cause; /* error.kind of the last that failed, or NULL */
};
void breaker_take_report(struct breaker *b, const struct breaker_rule *rule,
    const struct breaker_report *report, int64_t now_us);

/* By hand. for_us 0: until it is closed by hand. */
void breaker_open(struct breaker *b, int64_t now_us, int64_t for_us);
void breaker_close(struct breaker *b, int64_t now_us);

/* What ended within the window. */
void breaker_counts(const struct breaker *b, const struct breaker_rule *rule, int64_t now_us,
    int64_t *ok, int64_t *failed);

#endif
