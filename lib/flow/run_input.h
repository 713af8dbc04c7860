/* SPDX-License-Identifier: MIT */
/* run_input - the value that a run is given. */
#ifndef FLOW_RUN_INPUT_H
#define FLOW_RUN_INPUT_H

#include "base/buf.h"
#include "base/err.h"
#include "json/json.h"
#include "json/schema.h"

enum { RUN_INPUT_MAX = 64 << 20 };

struct run_input {
	struct buf bytes; /* as given: what input.json keeps */
	struct buf line; /* the same without line ends, as records need it */
	struct json value; /* in line */
};

/* Read file ("-" is standard input) or, where that is NULL, text; it must be JSON and fit schema,
 * unless that is NULL. -1 and err (EXIT_IO). in is to be released in any case. */
int run_input_read(struct run_input *in, const char *file, const char *text,
    const struct schema *schema, struct err *err) __attribute__((warn_unused_result));
void run_input_release(struct run_input *in);

#endif
