/* SPDX-License-Identifier: MIT */
/*
 * route - the filter that llm-route is: records in, requests out with their `route`; every other
 * byte stays.
 *
 *	route_init(&f, router, now_us);
 *	switch (route_record(&f, line, &out, &err)) ...
 *	route_release(&f);
 */
#ifndef POLICY_ROUTE_H
#define POLICY_ROUTE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "llm/request.h"
#include "policy/router.h"

enum route_outcome {
	ROUTE_OTHER, /* no request: the line as it is */
	ROUTE_ROUTED,
	ROUTE_REFUSED, /* a failed response: nobody may serve it */
	ROUTE_MALFORMED, /* a failed response: the request is none that anybody could carry */
	ROUTE_BAD, /* nothing was written: it is no record, as err says */
};

struct route_filter {
	struct router *router; /* borrowed */
	int64_t now_us;
	struct json_paths *paths;
	struct request request; /* of the last line that was one; borrowed from the line */
	struct facts facts;
	struct decision decision; /* on it */
	struct buf value;
};

void route_init(struct route_filter *f, struct router *router, int64_t now_us);
void route_release(struct route_filter *f);

/* What stands in the line's place is appended to out, no newline. */
enum route_outcome route_record(
    struct route_filter *f, struct str line, struct buf *out, struct err *err);

/* Decide on a line and write nothing: ROUTE_ROUTED and ROUTE_REFUSED have a decision. */
enum route_outcome route_decide(struct route_filter *f, struct str line, struct err *err);

/* The last decision as text for people: the request, the rule, who is asked and who is not. The
 * router must keep explanations. Without the last newline. */
void route_text(const struct route_filter *f, struct buf *out);
/* What it is called there: its id, or "a request". */
void route_text_name(const struct route_filter *f, struct buf *out);

#endif
