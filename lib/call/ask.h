/* SPDX-License-Identifier: MIT */
/*
 * ask - a prompt and flags as a request record.
 *
 * The members are what an option table fills in. Each function appends one JSON object to out, or
 * returns -1 and says in err what was wrong, and by its code how the program should end.
 *
 *	static struct ask ask = ASK_INIT;		// &ask.max_tokens, ... in the table
 *	ask_options(&ask, &options, &err);		// request_defaults.options
 *	ask_request(&ask, argv, &line, &err);		// calls_config.line
 */
#ifndef CALL_ASK_H
#define CALL_ASK_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "cli/opt.h"

struct ask {
	int64_t max_tokens, seed, timeout_ms, ttft_ms, idle_ms; /* -1: not set */
	double temperature, top_p; /* NAN: not set */
	struct opt_list stops;
	const char *reasoning; /* NULL: not set, as is below */
	const char *schema_file;
	bool stream;
	struct opt_list attachments; /* files that go with the prompt */
};

#define ASK_INIT                                                                                   \
	{                                                                                          \
		.max_tokens = -1, .seed = -1, .timeout_ms = -1, .ttft_ms = -1, .idle_ms = -1,      \
		.temperature = NAN, .top_p = NAN                                                   \
	}

void ask_release(struct ask *ask);

/* The "options" of a request. */
int ask_options(const struct ask *ask, struct buf *out, struct err *err)
    __attribute__((warn_unused_result));

/* A request of the words joined by spaces, each "-" being what standard input holds, behind the
 * attachments. */
int ask_request(const struct ask *ask, char *const *words, struct buf *out, struct err *err)
    __attribute__((warn_unused_result));

#endif
