/* SPDX-License-Identifier: MIT */
/*
 * program_output - what a program's output means, as data: rules for JSON, patterns for text.
 * Read by program_output.c, applied by program_reader.c; nobody else looks inside.
 */
#ifndef LLM_PROGRAM_OUTPUT_H
#define LLM_PROGRAM_OUTPUT_H

#include "llm/program.h"

/* What an event, or a line of text, may tell. */
enum program_fact {
	FACT_DELTA, /* text that goes on */
	FACT_REASONING, /* reasoning that goes on */
	FACT_CONTENT, /* the whole text: the last one told is the answer's */
	FACT_MODEL,
	FACT_SESSION,
	FACT_STOP,
	FACT_ERROR,
	FACT_COST,
	FACT_TOKENS_IN, /* the counts stand together, in the order of the usage record */
	FACT_TOKENS_OUT,
	FACT_CACHE_READ,
	FACT_CACHE_WRITE,
	FACT_REASONING_TOKENS,
	FACT_COUNT,
};
enum { FACT_COUNTS = FACT_REASONING_TOKENS - FACT_TOKENS_IN + 1 };

/* Where a fact stands: a plain path is followed without jq, which takes 30 ms to start. */
struct program_expression {
	char *path; /* "event.delta.text"; NULL where it takes jq, or is absent */
	size_t index; /* in the output's jq program, where source is set and path is not */
	bool told;
};

struct program_rule {
	/* Path to the text, or the JSON, that must stand there; the same path again: or that. */
	struct program_pairs when;
	struct program_expression facts[FACT_COUNT];
	bool ends; /* the terminal event */
	bool begins; /* a new part of the answer begins before what it tells */
	bool is_file; /* it reads the file that the program was told to write, and no output */
};

/* A pattern and what it means. */
struct program_match {
	struct pattern *pattern;
	enum error_kind kind; /* ERROR_NONE: by the table of errors */
};

struct program_matches {
	struct program_match *items;
	size_t count, cap;
};

struct program_output {
	enum program_format format;
	struct program_rule *rules;
	size_t rule_count, rule_cap;
	char **sources; /* of the expressions that take jq */
	size_t source_count, source_cap;
	struct jqprog *jq; /* compiled when it is first needed */

	struct pattern *find[FACT_COUNT]; /* text: where the number stands; NULL */
	struct program_matches drop; /* text: lines that are no part of the answer */
	struct program_matches errors; /* what a complaint means */
	struct program_matches failures; /* answers that are none */
	struct program_matches refusals;
	struct stop_row *stops; /* ends with a NULL row; NULL: none */
	char *file; /* template: a JSON file that the program was told to write; NULL */
	bool sums; /* counts and costs of several events add up; else the last one told holds */
	bool in_lacks_cache, out_lacks_reasoning; /* what the program's counts leave out */
};

/* Read "output" of a program over what *output has (rules told replace all). */
int program_output_read(struct program_output **output, const struct yaml_doc *doc,
    const struct yaml *map, struct err *err) __attribute__((warn_unused_result));
void program_output_free(struct program_output *output);

/* Compile the expressions that take jq, once. */
int program_output_compile(struct program_output *output, struct err *err)
    __attribute__((warn_unused_result));

/* What the expression, which is compiled, yields of event; what jq made lies in hold. JSON_NONE
 * where it yields nothing, or fails. */
struct json program_output_eval(struct program_output *output,
    const struct program_expression *expression, struct json event, struct buf *hold);

#endif
