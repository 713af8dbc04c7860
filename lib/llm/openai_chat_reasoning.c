/* SPDX-License-Identifier: MIT */
/* openai_chat_reasoning - how each server of chat completions is told how much to reason. */
#include "llm/openai_chat.h"

static void
warn_of(struct openai_request *q, const char *why)
{
	answer_warn(q->b->answer, "options.reasoning", "%s", why);
}

static void
write_object(struct openai_request *q, const char *key, const char *member, const char *word)
{
	jsonw_key(&q->w, key);
	jsonw_object(&q->w);
	jsonw_kstr(&q->w, member, word);
	jsonw_end(&q->w);
}

static void
reasoning_off(struct openai_request *q)
{
	const char *none = (*q->server->efforts)[REASONING_OFF];

	switch (q->server->reasoning) {
	case OPENAI_THINKING:
	case OPENAI_THINKING_EFFORT:
		write_object(q, "thinking", "type", "disabled");
		break;
	case OPENAI_ENABLE:
		jsonw_kbool(&q->w, "enable_thinking", false);
		break;
	case OPENAI_EFFORT_OBJECT:
		write_object(q, "reasoning", "effort", none);
		break;
	case OPENAI_EFFORT: /* openai_reasoning */
		break;
	}
}

/* A budget of tokens, where the server knows such a thing. */
static void
reasoning_budget(struct openai_request *q)
{
	if (q->server->reasoning == OPENAI_EFFORT_OBJECT) {
		jsonw_key(&q->w, "reasoning");
		jsonw_object(&q->w);
		jsonw_ki64(&q->w, "max_tokens", q->o->reasoning_budget);
		jsonw_end(&q->w);
	} else if (q->server->reasoning == OPENAI_ENABLE) {
		jsonw_kbool(&q->w, "enable_thinking", true);
		jsonw_ki64(&q->w, "thinking_budget", q->o->reasoning_budget);
	} else {
		warn_of(q, "a token budget cannot be carried; use a level");
	}
}

static void
reasoning_level(struct openai_request *q)
{
	enum reasoning_level level = q->o->reasoning;

	switch (q->server->reasoning) {
	case OPENAI_EFFORT: /* openai_reasoning */
		break;
	case OPENAI_EFFORT_OBJECT:
		write_object(q, "reasoning", "effort", openai_effort(q, level));
		break;
	case OPENAI_THINKING:
		write_object(q, "thinking", "type", "enabled");
		warn_of(q, "it is on or off here, and no level can be carried");
		break;
	case OPENAI_THINKING_EFFORT:
		write_object(q, "thinking", "type", "enabled");
		jsonw_kstr(&q->w, "reasoning_effort", openai_effort(q, level));
		break;
	case OPENAI_ENABLE:
		jsonw_kbool(&q->w, "enable_thinking", true);
		warn_of(q, "it is on or off here, and no level can be carried");
		break;
	}
}

void
openai_chat_reasoning(struct openai_request *q)
{
	enum reasoning_level level = q->o->reasoning;
	const char *effort;

	if (level == REASONING_UNSET)
		return;
	if (q->server->reasoning == OPENAI_EFFORT) {
		effort = openai_reasoning(q);
		if (effort)
			jsonw_kstr(&q->w, "reasoning_effort", effort);
	} else if (level == REASONING_OFF) {
		reasoning_off(q);
	} else if (level == REASONING_BUDGET) {
		reasoning_budget(q);
	} else {
		reasoning_level(q);
	}
}
