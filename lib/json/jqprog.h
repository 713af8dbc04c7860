/* SPDX-License-Identifier: MIT */
/*
 * jqprog - the user's jq expressions, compiled once.
 *
 * libjq is fenced in here: text goes in and comes out as JSON bytes (gated by our scanner on the
 * way in, since libjq accepts what RFC 8259 does not, and numbers past 2^53 lose digits inside jq,
 * as in jq itself). No input, env or file access reaches the programs: input, $ENV, env and import
 * are as empty.
 */
#ifndef JSON_JQPROG_H
#define JSON_JQPROG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "json/json.h"

struct jqprog;

/* The time that a run may compute; a loop without end is halted. */
enum { JQPROG_RUN_MS = 5000 };

/*
 * Compile count expressions together (compiling costs tens of milliseconds however small the
 * program is). Where one does not compile, NULL: *bad is its index and err holds jq's message on
 * one line.
 */
struct jqprog *jqprog_compile(
    const char *const *expressions, size_t count, size_t *bad, struct err *err);
void jqprog_free(struct jqprog *p);

/* Run expression index on input. The first result is appended to out; no result (empty) appends
 * nothing. jq's error(...) is -1, and so is no result in the time that there is. */
int jqprog_run(struct jqprog *p, size_t index, struct json input, struct buf *out, struct err *err)
    __attribute__((warn_unused_result));
/* Runs from now on have so long, in place of JQPROG_RUN_MS. */
void jqprog_limit(struct jqprog *p, int64_t ms);
/* Whether the last run failed for that. */
bool jqprog_was_late(const struct jqprog *p);

/* Whether the value is true as jq sees it: anything but false, null and nothing. */
bool jqprog_truth(struct str result);

/*
 * A template is text in which \(EXPR) stands for the value of a jq expression (a string as it is,
 * anything else as JSON), and \\( for a plain \(. This appends the jq expression that yields the
 * whole text: a string literal with interpolations.
 */
int jqprog_template(struct str text, struct buf *expression, struct err *err);

#endif
