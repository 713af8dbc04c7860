/* SPDX-License-Identifier: MIT */
/*
 * structured - how an answer is made to fit a responseSchema: by the best native way that a door
 * and its model have, else by a tool that the model is forced to call, else by asking for it.
 *
 * What a dialect's API can do is a row of facts (structured_means); the choice among them, and what
 * each way makes of a request, is made here for all of them. The dialects build from the request
 * that comes out: its responseSchema is there only where it goes natively, and is then already what
 * the decoder takes; the tool, its choice, and the words stand in it as if the user had put them
 * there. Strict tools are fitted likewise.
 */
#ifndef LLM_STRUCTURED_H
#define LLM_STRUCTURED_H

#include <stdbool.h>

#include "base/buf.h"
#include "json/schema.h"
#include "llm/request.h"
#include "llm/schema_fit.h"

struct answer;
struct build;

/*
 * The tool that carries a schema's answer: its input is the content, and calling it is the normal
 * end (answer_tool sees to that, in every dialect).
 */
#define STRUCTURED_TOOL "agentflow_json_answer"

/* What a door and its model can do. All zero: nothing but to be asked. */
struct structured_means {
	const struct schema_target *native; /* its decoder takes such schemas; NULL: it has none */
	bool loose; /* and any other schema too, which it does not enforce */
	bool json_mode; /* can be told to answer in JSON, of any form */
	bool force; /* can be made to call a tool */
	bool parallel_off; /* can be told to call no more than one */
	const struct schema_target *strict; /* what strict tools may say; NULL: the dialect knows */
};

enum structured_way {
	STRUCTURED_NONE, /* no schema was given */
	STRUCTURED_NATIVE, /* enforced: options.response_schema is what the decoder takes */
	STRUCTURED_LOOSE, /* the same, not enforced */
	STRUCTURED_TOOL_CALL,
	STRUCTURED_JSON, /* asked for, in the mode that writes JSON */
	STRUCTURED_PROMPT,
};

struct structured {
	enum structured_way way;
	struct request request; /* borrows from the one that was given, and from below */
	struct buf schema, tools, system;
};

/*
 * Choose, and make the request that carries it; what was lost, and by which lesser way it goes,
 * becomes warnings. Tells the answer what its text will need (answer.nulls, answer.wrapped). What b
 * borrows from must outlive s.
 */
void structured_start(struct structured *s, const struct build *b, struct structured_means means);
void structured_release(struct structured *s);

/*
 * The value that an answer's text spells, fit for the schema: the whole of it, else what stands
 * fenced or bare in prose; out of its wrapper where it was asked for in one; without the nulls that
 * stand for optional members where such were asked for. Its text is appended to out. False where
 * there is none that fits; err says why.
 */
bool structured_value(const struct answer *a, struct str text, const struct schema *schema,
    struct buf *out, struct err *err);

/* Tell what is wrong with the value that the text spells. False: it spells none. */
bool structured_explain(const struct answer *a, struct str text, const struct schema *schema,
    schema_failure_fn *tell, void *user);

/* Take the nulls that stand for optional members out of the arguments of calls to strict tools. */
void structured_settle(struct answer *a, const struct request *r);

#endif
