/* SPDX-License-Identifier: MIT */
/*
 * program_reader - a program's output on its way into an answer: what program_reader.c reads,
 * program_verdict.c judges. Nobody else looks inside.
 */
#ifndef LLM_PROGRAM_READER_H
#define LLM_PROGRAM_READER_H

#include "llm/program.h"
#include "llm/program_output.h"

struct program_reader {
	const struct program *program;
	struct program_output *output;
	struct answer *answer;
	struct frame *frame; /* NULL: lines of text */
	struct buf line; /* text: the one that is not over; else: the one that was mended */
	struct buf text; /* text: ends of lines, until something follows them */
	struct buf complaint; /* the end of standard error */
	struct buf noise; /* what stood between the events, its beginning */
	struct buf content; /* the whole text, where an event told it */
	struct buf error; /* the error told last */
	struct buf hold; /* of one expression's value */
	uint64_t printed;
	bool failed; /* the event that ended it told an error */
	bool counted; /* tokens were told */
};

/* No more output will come; file is what the file that it was told to write holds. */
void program_reader_close(struct program_reader *r, struct str file);

#endif
