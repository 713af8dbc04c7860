/* SPDX-License-Identifier: MIT */
/* cli - the dialect of command line programs: what is built is a plan (program.h). */
#include "llm/dialect.h"
#include "llm/program.h"

static int
build(const struct build *b, struct wire *w, struct err *err)
{
	w->framing = FRAME_NDJSON; /* whatever it prints is read as it comes */
	return program_plan(b, &w->body, err);
}

const struct dialect dialect_cli = {
	.name = "cli",
	.build = build,
};
