/* SPDX-License-Identifier: MIT */
/*
 * anthropic - what the two halves of the anthropic-messages dialect share: anthropic_request.c
 * builds the request, anthropic_messages.c reads the answer.
 */
#ifndef LLM_ANTHROPIC_H
#define LLM_ANTHROPIC_H

#include "base/err.h"
#include "llm/dialect.h"

/*
 * The tool that carries a schema's answer on models without output_config.format: its input is the
 * content, and calling it is the normal end.
 */
#define ANTHROPIC_JSON_TOOL "agentflow_json_answer"

/* Fill wire's url, headers, framing and body; -1 where a part can't be carried. */
int anthropic_build(const struct build *b, struct wire *w, struct err *err);

#endif
