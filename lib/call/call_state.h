/* SPDX-License-Identifier: MIT */
/* call_state - what the files of call share: nobody else looks inside. */
#ifndef CALL_CALL_STATE_H
#define CALL_CALL_STATE_H

#include "call/call.h"
#include "call/credential.h"
#include "cassette/tape.h"
#include "llm/dialect.h"
#include "llm/embed.h"
#include "llm/rate_limit.h"
#include "call/sign.h"
#include "call/trace.h"
#include "net/http.h"

struct schema;

struct caller {
	const struct call_config *config;
	const struct call_events *on;
	void *user;
	uv_loop_t *loop;
	struct call *starting; /* the one whose carrier is being started; NULL once it has ended */
	struct procs *procs; /* NULL until the first process is started */
	struct call_program *programs; /* those under way, the newest first */
	struct warm_process *warm; /* those that stay, the newest first */
	struct http *http; /* NULL until the first request is sent: its start takes milliseconds */
	struct secret_tools tools;
	struct credentials *credentials; /* NULL until the first key is wanted */
	struct trace trace;
	struct err tape_err; /* the first recording that could not be written; code 0: none */
	uint64_t made_ids;
	struct signer signer;
	char *schema_text; /* the schema compiled last: bulk runs use the same one for all */
	struct schema *schema;
};

/*
 * What takes a built request to its provider and brings its answer: HTTP, a program's pipes, a
 * recorded exchange. start finds call.wire built; it, or something later from the loop, settles the
 * answer (answer_finish) and then calls call_carried, once. The others may be called at any time
 * between, and do nothing where there is nothing to do; a cancelled call too ends by call_carried,
 * from the loop.
 */
struct carrier {
	void (*start)(struct call *c);
	void (*cancel)(struct call *c);
	void (*pause)(struct call *c); /* the output is slow: read no more */
	void (*resume)(struct call *c);
};
extern const struct carrier call_http, call_program, call_replay, call_warm;

/* What it means for a call that its program can't be had. */
enum error_kind call_program_kind(const struct err *err);
/* Let those that stay go, and wait until they have. */
void call_warm_free(struct caller *caller);

/* Ask what the ended run costs, where somebody is configured to know. True: call_carried follows.
 */
bool call_cost_start(struct call *c);
void call_cost_cancel(struct call *c);

/* Kill what still runs at once: there is no time for more, or the caller is being freed. */
void call_program_kill(struct caller *caller);
void call_program_free_all(struct caller *caller);

/* What all calls share, made when it is needed first. */
struct http *caller_http(struct caller *caller);
struct procs *caller_procs(struct caller *caller);

/* When the call has to be over. */
int64_t call_deadline_us(const struct call *c);

/* The exchange is over and its answer settled. */
void call_carried(struct call *c);

/* For --raw: a response's head came (its bytes go to call.raw). */
void call_raw_head(struct call *c, int status, const struct http_headers *headers);
/* {request, status, headers, body}, as far as there is any of it; false where nothing is kept. */
bool call_raw_write(const struct call *c, struct buf *out);

/* Send it, as soon as its key is there; what keeps it from being sent ends the call. */
void call_send(struct call *c);
/* The call is over. */
void call_finish(struct call *c);

/*
 * What follows an exchange: its answer is held against the schema, and where --repair or --follow
 * ask for another exchange, that is begun. False: the call is over, its sums made.
 */
bool call_goes_on(struct call *c);
/* Whether --strict refuses it for what was warned of; then the answer says so. */
bool call_refuses(struct call *c);
/* Make the answer the whole call's: usage, cost and times of all its exchanges. */
void call_sum_up(struct call *c);
/* End the wait between exchanges, if there is one, and the call with it. */
bool call_stop_waiting(struct call *c);

/* What exchanges before the one under way left behind. */
struct call_past {
	int64_t exchanges; /* requests to write an answer that were made; polls are none */
	int64_t repairs, polls;
	int64_t sent_us, first_us; /* of the first one */
	struct usage usage; /* summed */
	int64_t cost_pusd; /* summed; -1: one did not tell */
	struct buf base; /* the conversation up to the answer: messages, by commas */
	struct buf messages; /* what is asked now: an array, which the request borrows */
	struct buf options; /* providerOptions likewise; empty: they are the record's */
	uv_timer_t *timer; /* until the next poll; NULL: none is waited for */
	bool polls_next; /* what is sent asks for the answer, not for a new one */
};

void call_past_init(struct call_past *past);
void call_past_release(struct call_past *past);

struct call {
	struct caller *caller;
	const struct carrier *carrier;
	void *user;
	char *line;
	struct buf filled; /* the line with its files in it; empty: it names none */
	int64_t number;
	struct buf id; /* raw JSON; empty: none */
	struct request request;
	struct provider *provider; /* NULL until resolved */
	struct str model; /* without the provider's name */
	char *model_text; /* the same with a NUL, for builders */
	struct wire wire;
	struct answer answer;
	struct reader *reader;
	struct profile *profile; /* NULL: none is asked for */
	struct call_batch *batch; /* texts to be embedded; NULL: it is no such call */
	struct tape *tape; /* NULL: it is not recorded */
	int64_t tape_us; /* when that began */
	struct call_program *program; /* the run under way; NULL */
	struct warm_process *warm; /* the one that serves it; NULL */
	struct call_cost *cost; /* the question what it costs, under way; NULL */
	char *scratch; /* the directory that the plan names; NULL: no program's call */
	struct credential_wait wait; /* in the line: for a key that takes time */
	uint64_t key_turn; /* when the key was had */
	bool paused; /* the output is slow */
	struct http_exchange *exchange; /* NULL: nothing is under way */
	uv_timer_t *linger; /* running once the provider has said all; freed by the loop */
	struct buf raw; /* the body as it came, with keep_raw */
	int raw_status; /* with keep_raw; 0: none came */
	struct http_headers raw_headers;
	struct rate_limit limits; /* what the response head told of them */
	char span_id[TRACE_SPAN_SIZE];
	const struct model *spec; /* what is known of the model; NULL: nothing */
	struct call_past past;
	struct buf
	    object; /* what the answer spells, fit for its schema: raw JSON; empty: nothing */
	struct json cancels; /* the id of those that its line wants cancelled; JSON_NONE */
	bool cancelled;
	int64_t seq, read_us, start_us, sent_us, first_us, end_us;
	int64_t ready_us; /* when its key was there; 0: not yet */
	bool is_request; /* the line was a good one */
};

/* Hold the request against what is known of its model: what is too long is the answer's error, what
 * may go wrong its warning. */
void call_check(struct call *c);

/* Whether the call's tokens are estimated, and nothing is sent. */
bool call_is_estimated(const struct call *c);
/* Who reads what comes back. */
const struct dialect *call_dialect(const struct call *c);
/* The count as a record. */
void call_write_count(const struct call *c, struct buf *out);

/* Calls of many texts. */
void call_batch_read(struct call *c, struct str lines, const int64_t *numbers, size_t count);
void call_batch_free(struct call_batch *b);
int call_batch_build(
    const struct call *c, const struct build *build, struct wire *w, struct err *err);
void call_write_batch(struct call *c, struct buf *out);
/* A line that is none, where each should have had a text. */
void call_write_no_text(const struct call *c, struct buf *out);

/* Who is to answer. */
void call_resolve(struct call *c);

/* Read the line of len bytes: the request, its id, who is to answer. What is wrong is the answer's
 * error. */
void call_read(struct call *c, size_t len);
/* Read the request anew from text, which is taken over; who is to answer was settled by the first
 * reading. */
int call_read_again(struct call *c, struct buf *text, const struct request_defaults *defaults,
    struct err *err) __attribute__((warn_unused_result));
/* Put the request as its profile says, where it has one; what is wrong is the answer's error. */
int call_profile(struct call *c) __attribute__((warn_unused_result));

#endif
