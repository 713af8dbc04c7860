/* SPDX-License-Identifier: MIT */
/*
 * calls - requests in, responses out: the engine of llm-call.
 *
 * Records are read from a descriptor (or one is given), at most `jobs` of them are in flight, and
 * what they come to is written as it comes. Little is read that can't be started: the input stops
 * while all slots are taken or four times `jobs` requests wait for their provider (lanes.h), and
 * all sockets stop while the output's reader is slow. With `ordered`, what belongs to later
 * requests is held back until it is their turn, and no more than four times `jobs` requests are
 * ahead of the one that is waited for.
 *
 * The first SIGINT, SIGTERM or SIGHUP cancels what is in flight, each with its response; where the
 * reader takes none of it in three seconds, the run ends without. A second one ends the process at
 * once, unless it is the first one's twin: timeout(1) sends two at once.
 */
#ifndef CALL_CALLS_H
#define CALL_CALLS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "call/call.h"

struct progress;

struct calls_config {
	const struct call_config *call;
	int64_t jobs;
	bool ordered;
	size_t gather, gather_bytes; /* so many lines, and bytes, go together in a call; 0: one */
	double requests_per_s, tokens_per_s; /* over all providers; 0: no limit */
	bool no_hold; /* a provider that asks for patience is sent to all the same: somebody else
			 decides when */
	int in_fd;
	struct str line; /* one record (many lines, to gather) instead of in_fd; p NULL: none */
	int out_fd;
	bool
	    text; /* plain text in place of records; streamed where line is given and asks for it */
	struct progress *progress; /* is told how far it is; NULL: nobody watches */
	/* A line for people: a request that failed, in text mode. NULL: nobody is told. */
	void (*complain)(const char *text);
};

/*
 * Run to the end of input. What the exit status should be: 0, 1, 75 or 77 by what failed; 74 with
 * err where input or output broke; EXIT_SIGNAL + N after a signal, and where the reader of the
 * output is gone (SIGPIPE).
 */
int calls_run(const struct calls_config *config, struct err *err);

/* A descriptor to read requests from; NULL or "-" is standard input. -1 and err where there is
 * none.
 */
int calls_open(const char *file, struct err *err) __attribute__((warn_unused_result));

/* main's last word: the status itself, or the end that the signal would have brought, so that a
 * shell or make sees it. */
int calls_leave(int status);

#endif
