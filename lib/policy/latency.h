/* SPDX-License-Identifier: MIT */
/*
 * latency - how long a target took lately, and how often it was well: a decayed histogram.
 *
 * Times fall into buckets whose borders rise by a fixed ratio (within 10 % of the truth), and every
 * count fades with a half-life, so that old weather is forgotten by itself. Pure; kept as text
 * between processes; two can be added, as the same weather seen by two.
 */
#ifndef POLICY_LATENCY_H
#define POLICY_LATENCY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

enum { LATENCY_BUCKETS = 96 }; /* each 1.15 times as wide as the one before: 1 ms to 671 s */
#define LATENCY_HALF_LIFE_US ((int64_t)10 * 60 * 1000 * 1000)

struct latency_histogram {
	double counts[LATENCY_BUCKETS];
	double total;
};

struct latency {
	int64_t at_us; /* the time that the counts are decayed to; wall clock */
	double ok, failed;
	struct latency_histogram total, first; /* whole answers; first output, of streams */
};

void latency_init(struct latency *l);
/* A text that latency_write wrote; of anything else an empty one is made, and false returned. */
bool latency_read(struct latency *l, struct str text);
void latency_write(const struct latency *l, struct buf *out);

/* One answer. total_ms, first_ms: negative where there is none. Failures count only as such. */
void latency_add(struct latency *l, int64_t now_us, bool ok, double total_ms, double first_ms);
/* What is long past counts less from here on. */
void latency_fade(struct latency *l, int64_t now_us);
/* One that was cancelled while it was waited for: it would have taken longer than that, as long as
 * those of like (which may be l) that did. It speaks neither for nor against the target; left out,
 * the slow ones would be missing, and taken for its time, one that had hardly begun would be quick.
 */
void latency_add_cancelled(struct latency *l, const struct latency *like, int64_t now_us,
    double total_ms, double first_ms);
/* All that other holds. */
void latency_merge(struct latency *l, const struct latency *other, int64_t now_us);

/* Milliseconds within which share (0..1) of them came; negative where there are fewer than
 * at_least (decayed). */
double latency_percentile(const struct latency_histogram *h, double share, double at_least);
/* 0..1 of how many were well, drawn to prior where little is known: (ok + 2 prior) / (n + 2). */
double latency_ok_rate(const struct latency *l, int64_t now_us, double prior);

#endif
