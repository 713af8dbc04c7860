/* SPDX-License-Identifier: MIT */
/*
 * answer - what the model is to say, before any provider's form is given to it.
 *
 * Answers come from a script (script.h), errors also from the checks (check.h). Plain data: strings
 * are owned and may be NULL, lengths of time are microseconds.
 */
#ifndef MOCK_ANSWER_H
#define MOCK_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mock/fault.h"

struct mock_tool_call {
	char *id; /* NULL: one is made */
	char *name;
	char *arguments; /* JSON text of an object */
};

struct mock_tokens { /* -1: estimated */
	int64_t in; /* all input, cached included */
	int64_t out; /* all output, reasoning included */
	int64_t cache_read, cache_write, reasoning; /* -1: none */
};

struct mock_quota_failure { /* what Google says was used up; id NULL: it says nothing */
	char *metric, *id, *model;
	int64_t value;
};

struct mock_error {
	int status; /* 0: no error */
	char *type, *code, *param, *message; /* NULL: as the provider has it for that status */
	int64_t retry_after_ms; /* -1: none */
	struct mock_quota_failure quota;
	bool mid_stream; /* the text comes first, with status 200 */
	bool flat; /* then in the form without an error object (Responses) */
};

struct mock_answer {
	char *text;
	bool echo; /* the text is the last user message */
	int64_t repeat; /* the text so many times */
	char *reasoning;
	char *object; /* JSON text: the text where a schema is asked for, or where text is NULL */
	struct mock_tool_call *calls;
	size_t call_count, call_cap;
	struct mock_tokens tokens;
	char *stop; /* the contract's word, or one that is passed on as it is */
	char *model; /* named in the answer; NULL: as asked for */
	int64_t ttft_us, token_us; /* this time's */
	int64_t ttft_median_us, ttft_p99_us; /* what ttft_us is drawn from; p99 0: it is not */
	int64_t chunk_words;
	struct { /* header fields besides the provider's own */
		char *name, *value;
	} * fields;
	size_t field_count, field_cap;
	struct mock_error error;
	struct mock_faults faults;
};

#define MOCK_ERROR_NONE                                                                            \
	{                                                                                          \
		.retry_after_ms = -1                                                               \
	}
#define MOCK_ANSWER_INIT                                                                           \
	{                                                                                          \
		.repeat = 1, .chunk_words = 1, .tokens = { -1, -1, -1, -1, -1 },                   \
		.error = MOCK_ERROR_NONE                                                           \
	}

void mock_answer_release(struct mock_answer *a);
void mock_error_release(struct mock_error *e);

#endif
