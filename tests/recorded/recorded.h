/* SPDX-License-Identifier: MIT */
/*
 * recorded - what the files of the recorded-traffic test share.
 *
 * Each case of recorded traffic is read by our code and by an oracle that knows nothing of it: the
 * oracle cuts the bytes into events itself (events.c) and a jq program (DIALECT.oracle.jq), written
 * from the providers' documents, says what they hold. The other way, a jq program (DIALECT.lift.jq)
 * says in a request record what the recorded request asks for; what we build from that must be the
 * recorded body, spelling aside (DIALECT.same.jq).
 */
#ifndef TESTS_RECORDED_H
#define TESTS_RECORDED_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "json/json.h"
#include "llm/dialect.h"

/* One case, its files in memory. */
struct recorded {
	char *id; /* "openai/chat-completions/NAME" */
	char *provider; /* its first word */
	const struct dialect *dialect;
	const char *words; /* the dialect's name in the jq programs: "chat", "anthropic", ... */
	char *place[PLACE_COUNT]; /* as the URL tells them; NULL */
	struct buf meta_text, request, response;
	struct json meta;
	int status;
	const char
	    *framing; /* "sse", "ndjson", "json-array", "aws-eventstream", or NULL: one body */
	char framing_word[16];
};

/* The root of the cases, or NULL where there is none. The caller frees. */
char *recorded_root(void);
/* The names of all cases of the dialects that exist, sorted; ends in NULL. */
char **recorded_list(const char *root, size_t *count);
void recorded_list_free(char **list);
bool recorded_load(struct recorded *c, const char *root, const char *id, struct err *err);
void recorded_release(struct recorded *c);

/* The response's events as a JSON array, by a second implementation of the framings: values, and
 * strings where an event is no JSON; {name: value} where events have names that matter (AWS). */
void recorded_events(const struct recorded *c, struct buf *out);
/* The length of the AWS event stream message that begins there; 0: none does. */
size_t recorded_aws_length(struct str text, size_t at);

/* A line of an exceptions file "CASE<TAB>WHAT<TAB>REASON": the reason, or NULL. */
const char *recorded_exception(const char *id, const char *what);
int recorded_exceptions_load(const char *path, struct err *err);
size_t recorded_exceptions_unused(void); /* how many lines no case asked for, each said */

/* The jq programs, by "DIALECT.NAME" or "NAME". -1: it failed, err says where. */
int recorded_jq(const char *name, struct json input, struct buf *out, struct err *err);
/* The case's own DIALECT.name; *out lives in hold. False: it failed, why says it. */
bool recorded_run(const struct recorded *c, const char *name, struct json input, struct buf *hold,
    struct json *out, struct buf *why);
int recorded_jq_load(const char *dir, struct err *err);
void recorded_jq_free(void); /* exceptions too */

/* The schemas of request and response records. */
int recorded_schemas_load(const char *dir, struct err *err);
void recorded_schemas_free(void);
void recorded_check_schema(const char *kind, struct json record, struct buf *why);

/* Why a case fails goes to why, a line a reason; nothing there: it passes. */
void recorded_check_response(const struct recorded *c, struct buf *why);
void recorded_check_echo(const struct recorded *c, const struct buf *record, struct buf *why);
void recorded_check_cuts(const struct recorded *c, struct buf *why);
void recorded_check_request(const struct recorded *c, struct buf *why);

#endif
