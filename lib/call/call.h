/* SPDX-License-Identifier: MIT */
/*
 * call - one request record carried to one provider, and the proof of how it ended.
 *
 * A caller is what all calls share: the event loop, the connections, the providers, the settings. A
 * call is made of one line of input, is started, tells what it hears while it streams, and ends
 * exactly once, by the done event; then its response is written and it is freed.
 *
 *	caller = caller_new(loop, &config, &events, user);
 *	call = call_new(caller, line, line_number);
 *	call_start(call, user_of_this_call);		// done may come before this returns
 *	... done(user, call): call_write(call, out); call_free(call); ...
 *	caller_free(caller);
 */
#ifndef CALL_CALL_H
#define CALL_CALL_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/buf.h"
#include "base/str.h"
#include "json/json.h"
#include "llm/answer.h"
#include "llm/profile.h"
#include "llm/provider.h"
#include "llm/rate_limit.h"
#include "llm/request.h"

/* What holds where neither a record nor the command line says otherwise. */
enum {
	CALL_CONNECT_MS = 30 * 1000,
	CALL_FIRST_MS = 120 * 1000, /* streams only: an unstreamed answer comes all at once */
	CALL_IDLE_MS = 120 * 1000,
	CALL_TOTAL_MS = 600 * 1000,
	CALL_LINGER_MS = 1000, /* for the transport's end, once the provider has said all */
};

struct call;
struct caller;
struct cassettes;
struct embed_options;
struct models;

/* What a call asks for. */
enum call_count {
	CALL_ANSWER,
	CALL_COUNT, /* how many tokens the request is; of who does not count, an estimate */
	CALL_ESTIMATE, /* the same, without asking anybody */
};

struct call_config {
	struct providers *providers; /* borrowed, as is all below */
	env_fn *env;
	struct request_defaults defaults;
	struct models *models; /* what is known of models; NULL: nothing is looked up */
	enum call_count count;
	const struct embed_options
	    *embed; /* vectors for texts, many in a call; NULL: no such call */
	bool embed_base64; /* vectors as strings */
	bool force; /* send what is too long for the model, too */
	const char *traceparent; /* W3C trace context; NULL or malformed: no trace ids */
	const char *const *environment; /* what programs get, "NAME=value"; NULL: there are none */
	const char *scratch; /* where programs get directories of their own */
	const char *ca_file, *ca_dir; /* trusted certificates; NULL: libcurl's own */
	struct profiles *profiles; /* prompt profiles, and the one of requests that name none */
	const char *profile; /* NULL: none; "auto": by provider and model */
	const char *record_dir; /* each exchange is written to this cassette; NULL: none is */
	struct cassettes
	    *replay; /* answers come from here, and nothing is sent; NULL: from providers
		      */
	bool many; /* more than one call is expected: programs that can stay may be started to */
	int64_t at_once; /* how many calls there will be; connections are kept for so many */
	bool keep_raw; /* --raw */
	int64_t repairs; /* times that an answer which does not fit its schema is asked for anew */
	bool follow; /* go on where the provider pauses; wait for answers in the background */
	bool strict; /* what can't be carried whole fails */
	bool dry_run; /* build the HTTP request, write it in place of the response, send nothing */
	void (*log)(const char *line); /* told what the HTTP client does; NULL: nobody is */
};

/* What the environment (c->env) and the configuration say: certificates and providers. file: in
 * place of agentflow.yaml, or NULL. */
int call_config_open(struct call_config *c, const char *share, const char *file, struct err *err)
    __attribute__((warn_unused_result));
/* Answer from the cassettes of these directories; NULL: there are none. */
int call_config_replay(struct call_config *c, const char **dirs, struct err *err)
    __attribute__((warn_unused_result));
/* Free its providers, models, profiles and cassettes, and forget all secrets. */
void call_config_close(struct call_config *c);

struct call_events {
	void (*delta)(void *user, struct call *call, const struct delta *delta); /* may be NULL */
	/* What was streamed so far is void: it comes anew. May be NULL. */
	void (*restart)(void *user, struct call *call);
	void (*done)(void *user, struct call *call);
};

struct caller *caller_new(
    uv_loop_t *loop, const struct call_config *config, const struct call_events *on, void *user);
/* Every call must have ended and been freed. */
void caller_free(struct caller *caller);
/* Kill the programs that run for its calls, and remove their directories: the process is about to
 * end. */
void caller_kill(struct caller *caller);

/* What kept a recording from being written (the first time), or NULL. */
const struct err *caller_tape_error(const struct caller *caller);

/* line is copied; number is its place in the input, from 1. Never fails: what is wrong with the
 * line ends the call as soon as it is started. */
struct call *call_new(struct caller *caller, struct str line, int64_t number);
/* With config.embed: one call of count lines, each of which ends with a newline and has its number.
 */
struct call *call_new_batch(
    struct caller *caller, struct str lines, const int64_t *numbers, size_t count);
/* The call of a line that can't be had at all; message says why. */
struct call *call_new_bad(struct caller *caller, int64_t number, const char *message);
/* Whether its line was no request, but the wish that those of an id be cancelled (then it is not to
 * be started), and whether this one is meant by it. */
bool call_is_cancel(const struct call *call);
bool call_is_meant(const struct call *call, const struct call *cancel);
/* read_us: when the line was read (clock_mono_us), for queueMs. */
void call_start(struct call *call, int64_t read_us);
void call_cancel(struct call *call); /* done follows from the loop, or at once if not started */
void call_pause(struct call *call);
void call_resume(struct call *call);
void call_free(struct call *call);

/* The caller's own note, for whoever keeps a list of calls. */
void call_set_user(struct call *call, void *user);
void *call_user(const struct call *call);

struct str call_id(const struct call *call); /* raw JSON; p NULL where the line had none to show */
const struct answer *call_answer(const struct call *call);
/* The records that it writes, and how each of them failed; told once it is written. */
size_t call_records(const struct call *call);
enum error_kind call_record_error(const struct call *call, size_t i);
const struct rate_limit *call_limits(const struct call *call); /* as the provider told them */
struct provider *call_provider(const struct call *call); /* NULL where none could be told */

/* The ended call's response (or, in a dry run, its HTTP request) as a record, no newline. */
void call_write(struct call *call, struct buf *out);
/* "KIND: MESSAGE" of a failed call, for people; secrets masked. with_id: which one, before that. */
void call_complaint(const struct call *call, bool with_id, struct buf *out);
/* A delta of this call as a chunk record, no newline. */
void call_write_chunk(struct call *call, const struct delta *delta, struct buf *out);
/* That what was streamed so far is void, as a chunk record, no newline. */
void call_write_restart(struct call *call, struct buf *out);

/* What a content delta adds, as plain text. */
void call_write_delta(const struct delta *delta, struct buf *out);

#endif
