/* SPDX-License-Identifier: MIT */
/*
 * guard - what the policy's patterns find in the texts of a request or a response, and what becomes
 * of it.
 *
 * The texts of a request: prompt, and of each message, the system's too, the content (a string, or
 * parts' text, the names of media, the arguments and input of tool calls, tool results whole).
 * Those of a response: content, reasoning, parts likewise, toolCalls, object and raw. In JSON that
 * models and tools wrote, names of members and numbers are texts like strings. Documents of text
 * are looked into in base64, too: where their type says text as they are, else if UTF-8; other
 * data, addresses, fileId, opaque state and a provider's own blocks are carried as they are.
 *
 * Patterns meet the text as a reader does, escapes understood. The texts of a message's parts are
 * looked at each by itself and as the one text that they make together; what reaches over several
 * is replaced in each. Of a string in which something is found only that is spelled anew, and of
 * the record only those strings: all other bytes stay. A number becomes a string.
 */
#ifndef POLICY_GUARD_H
#define POLICY_GUARD_H

#include <stdbool.h>

#include "base/buf.h"
#include "json/json.h"
#include "policy/policy.h"

/* The first guard on input (on output) that finds its pattern in a text of the record and blocks or
 * routes; else NULL. Guards that only warn or redact are passed over. */
const struct policy_guard *guard_stops_request(const struct policy *p, struct json record);
const struct policy_guard *guard_stops_response(const struct policy *p, struct json record);

/*
 * The record with all that a redacting guard finds replaced, appended to out; false (nothing
 * appended) where there was nothing to redact. Matches that overlap or touch are replaced as one;
 * guards follow each other as in the file, each on what the one before has left. hits, unless NULL:
 * the guards' names, one a line and each once, of those that redacted or warn; also where it is
 * false.
 */
bool guard_redact_request(
    const struct policy *p, struct json record, struct buf *out, struct buf *hits);
bool guard_redact_response(
    const struct policy *p, struct json record, struct buf *out, struct buf *hits);

/* Whether any guard looks at output: then a stream is held back until it is whole. */
bool guard_watches_output(const struct policy *p);

#endif
