/* SPDX-License-Identifier: MIT */
/*
 * verdict - what a failed attempt means for the next step, by its error.kind: one table, which
 * agentflow-failover(7) prints.
 */
#ifndef POLICY_VERDICT_H
#define POLICY_VERDICT_H

#include "llm/llm.h"

enum verdict_next {
	VERDICT_AGAIN, /* the same candidate after a backoff, or when it said; then the next */
	VERDICT_NEXT, /* the next candidate */
	VERDICT_OTHER, /* the next of another provider: all models of this one would fail alike */
	VERDICT_BIGGER, /* one whose window is known to be larger, then fallback.contextLength */
	VERDICT_FILTER, /* fallback.contentFilter alone */
	VERDICT_STOP, /* nobody: it is the caller's own, and would fail everywhere */
};

/* What is charged for it where the provider does not say. */
enum verdict_charge {
	VERDICT_FREE, /* it was surely not billed */
	VERDICT_BOUND, /* it may have been: its input, and what it can have written in its time */
};

struct verdict {
	enum error_kind kind;
	enum verdict_next next;
	enum verdict_charge charge;
	const char *why; /* for the manual */
};
extern const struct verdict verdict_rows[]; /* ends with kind ERROR_NONE */

/* Of a kind that is not ERROR_NONE. */
const struct verdict *verdict_of(enum error_kind kind);

extern const char *const verdict_nexts[], *const verdict_charges[]; /* the words by their enum */

#endif
