/* SPDX-License-Identifier: MIT */
/*
 * talk - how one speaks with a program that stays: one prompt after another over its pipes.
 *
 * A protocol is pure: bytes in, bytes out, the time as an argument. Whoever holds the program's
 * pipes and the clock (warm.c) feeds it and sends what it has to say. A talk has at most one prompt
 * under way; each is a conversation of its own, and what one says no other ever sees. Where a
 * protocol cannot promise that within one process, its `once` says so.
 *
 *	t = talk_acp.open(start_ms, now_us);
 *	t->protocol->prompt(t, &prompt, &answer, now_us);	// it need not be ready yet
 *	... send t->out, feed what comes, until t->answer is NULL: all is said ...
 */
#ifndef CALL_TALK_H
#define CALL_TALK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "json/json.h"
#include "llm/answer.h"

struct talk;

/* A prompt, and the conversation that it gets. Borrowed until it is given. */
struct talk_prompt {
	struct json content; /* an array of {type:"text",text} and {type:"image",mimeType,data} */
	struct json settings; /* {model,mode,reasoning} in the program's words; absent: as it is */
	struct str cwd; /* an absolute path of the conversation's own */
	bool allow; /* let it do what it asks leave for; by default it is refused */
	bool last_step_only; /* its usage leaves out all model calls of a turn but the last */
};

struct talk_protocol {
	const char *name; /* "acp" */
	bool once; /* a process is good for one prompt */

	/* It, and each conversation, must be ready in start_ms. */
	struct talk *(*open)(int64_t start_ms, int64_t now_us);
	void (*close)(struct talk *t);
	/* The answer stays the caller's. */
	void (*prompt)(
	    struct talk *t, const struct talk_prompt *prompt, struct answer *a, int64_t now_us);
	/* Ask it to stop; the answer still ends by itself (or by a deadline of the caller's). */
	void (*cancel)(struct talk *t);
	void (*feed)(struct talk *t, const char *p, size_t n, int64_t now_us);
	int64_t (*deadline)(const struct talk *t); /* when to call expire; CLOCK_NEVER */
	void (*expire)(struct talk *t, int64_t now_us);
};
extern const struct talk_protocol talk_acp, talk_stream_json;

struct talk {
	const struct talk_protocol *protocol;
	bool allow; /* as the prompt says */
	struct buf out; /* for the program; its owner empties it */
	struct answer *answer; /* of the prompt under way; NULL: there is none. It is over, and
				  not yet settled by answer_finish, once this is NULL again */
	bool broken; /* of no more use: end the program, start another */
};

#endif
