/* SPDX-License-Identifier: MIT */
/*
 * condition - whether a route's rule fits a request, and why not; and what guards make of a text.
 * Pure: the time of day is handed in.
 */
#ifndef POLICY_CONDITION_H
#define POLICY_CONDITION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "policy/facts.h"
#include "policy/policy.h"

/* Whether route i fits. why: where not NULL, the reason either way is appended, a sentence without
 * its full stop ("tags.team is \"ops\", not core or infra"). An expression that fails does not fit,
 * and says so in why. now_us: wall clock. */
bool condition_fits(const struct policy *p, const struct policy_route *route, struct facts *facts,
    int64_t now_us, struct buf *why);

/* Whether the window holds that moment. */
bool condition_time_fits(const struct policy_time *t, int64_t now_us);

/* --- guards --- */

/* The first guard on input (on output) that finds its pattern in text and blocks or routes; else
 * NULL. Guards that only warn or redact are passed over. */
const struct policy_guard *guard_stops(const struct policy *p, bool input, struct str text);

/*
 * The record with each text that a redacting guard finds replaced, appended to out; false (nothing
 * appended) where there was nothing to redact. It looks into prompt, and the text of messages
 * (content, parts' text, tool results' strings, tool calls' arguments). hits: the guards' names,
 * one a line, of those that redacted or warn.
 */
bool guard_redact_request(
    const struct policy *p, struct json record, struct buf *out, struct buf *hits);
/* The same of a response: content, reasoning, parts' text. */
bool guard_redact_response(
    const struct policy *p, struct json record, struct buf *out, struct buf *hits);
/* Whether any guard looks at output: then a stream is held back until it is whole. */
bool guard_watches_output(const struct policy *p);

#endif
