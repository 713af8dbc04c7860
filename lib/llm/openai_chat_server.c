/* SPDX-License-Identifier: MIT */
/* openai_chat_server - what is known of each compatible server, and how each is told to reason. */
#include "llm/openai_chat.h"

static openai_efforts every_word = {
	[REASONING_OFF] = "none",
	[REASONING_MINIMAL] = "minimal",
	[REASONING_LOW] = "low",
	[REASONING_MEDIUM] = "medium",
	[REASONING_HIGH] = "high",
	[REASONING_XHIGH] = "xhigh",
};
static openai_efforts usual = {
	[REASONING_OFF] = "none",
	[REASONING_LOW] = "low",
	[REASONING_MEDIUM] = "medium",
	[REASONING_HIGH] = "high",
};
static openai_efforts up_to_max = {
	[REASONING_LOW] = "low",
	[REASONING_MEDIUM] = "medium",
	[REASONING_HIGH] = "high",
	[REASONING_XHIGH] = "max",
};
static openai_efforts never_off = {
	[REASONING_LOW] = "low",
	[REASONING_MEDIUM] = "medium",
	[REASONING_HIGH] = "high",
};
static openai_efforts high_or_none = { [REASONING_OFF] = "none", [REASONING_HIGH] = "high" };

/* Where a server is not listed, it is taken for one of those that run open models (vLLM, SGLang,
 * llama.cpp, LM Studio, ...): they take the most. */
static const struct openai_server servers[] = {
	{ "api.openai.com", OPENAI_OWN | OPENAI_NO_TOP_K, OPENAI_EFFORT, &every_word },
	{ ".openai.azure.com", OPENAI_OWN | OPENAI_NO_TOP_K, OPENAI_EFFORT, &every_word },
	{ ".cognitiveservices.azure.com", OPENAI_OWN | OPENAI_NO_TOP_K, OPENAI_EFFORT,
	    &every_word },
	{ "api.mistral.ai",
	    OPENAI_NO_TOP_K | OPENAI_USAGE_UNASKED | OPENAI_RANDOM_SEED | OPENAI_ANY |
		OPENAI_NONE_WITHOUT_TOOLS | OPENAI_SHORT_IDS,
	    OPENAI_EFFORT, &high_or_none },
	{ "openrouter.ai", OPENAI_CACHE_CONTROL | OPENAI_VIDEO, OPENAI_EFFORT_OBJECT, &every_word },
	{ "ai-gateway.vercel.sh", OPENAI_CACHE_CONTROL, OPENAI_EFFORT_OBJECT, &every_word },
	{ ".snowflakecomputing.com", OPENAI_NO_TOP_K, OPENAI_EFFORT_OBJECT, &usual },
	{ "api.deepseek.com", OPENAI_NO_TOP_K | OPENAI_REASONING_BACK, OPENAI_THINKING_EFFORT,
	    &up_to_max },
	{ "api.z.ai", OPENAI_NO_TOP_K | OPENAI_VIDEO, OPENAI_THINKING_EFFORT, &up_to_max },
	{ "open.bigmodel.cn", OPENAI_NO_TOP_K | OPENAI_VIDEO, OPENAI_THINKING_EFFORT, &up_to_max },
	{ "api.moonshot.", OPENAI_NO_TOP_K | OPENAI_REASONING_BACK, OPENAI_THINKING, &usual },
	{ ".aliyuncs.com", OPENAI_VIDEO, OPENAI_ENABLE, &usual },
	{ "api.groq.com", OPENAI_NO_TOP_K, OPENAI_EFFORT, &usual },
	{ "api.x.ai", OPENAI_NO_TOP_K, OPENAI_EFFORT, &never_off },
	{ "api.cerebras.ai", OPENAI_NO_TOP_K, OPENAI_EFFORT, &never_off },
	{ "generativelanguage.googleapis.com", OPENAI_NO_TOP_K, OPENAI_EFFORT, &usual },
	{ NULL, OPENAI_VIDEO, OPENAI_EFFORT, &usual },
};

const struct openai_server *
openai_chat_server(const char *base_url)
{
	const struct openai_server *s = servers;

	while (s->host && !str_has_nocase(str_of(base_url), s->host))
		s++;
	return s;
}

/* Whether the model's name begins with prefix and goes on, if at all, with something else than a
 * letter or a digit. */
static bool
model_is(struct str model, const char *prefix)
{
	size_t n = strlen(prefix);

	return str_starts(model, prefix) && (model.len == n || strchr("-._:@", model.p[n]) != NULL);
}

bool
openai_chat_model_reasons(struct str model)
{
	static const char *const families[] = { "o1", "o3", "o4", "gpt-5", "gpt-6", "codex" };
	size_t i;

	if (str_starts(model, "ft:")) {
		model.p += 3;
		model.len -= 3;
	}
	for (i = 0; i < sizeof families / sizeof *families; i++) {
		if (model_is(model, families[i]))
			return !str_starts(model, "gpt-5-chat");
	}
	return false;
}

bool
openai_chat_model_can_stop(struct str model)
{
	return str_starts(model, "gpt-5.") || str_starts(model, "gpt-6");
}

/* --- options.reasoning --- */

static void
warn_of(struct openai_request *q, const char *why)
{
	answer_warn(q->b->answer, "options.reasoning", "%s", why);
}

/* The server's word for the level, or for the nearest above off that it knows: less first. */
static const char *
effort_of(struct openai_request *q, int level)
{
	openai_efforts *words = q->server->efforts;
	int i;

	if ((*words)[level])
		return (*words)[level];
	for (i = level - 1; i > REASONING_OFF && !(*words)[i]; i--)
		;
	if (i <= REASONING_OFF) {
		for (i = level + 1; i <= REASONING_XHIGH && !(*words)[i]; i++)
			;
	}
	answer_warn(q->b->answer, "options.reasoning",
	    "\"%s\" is not known here; \"%s\" is asked for",
	    reasoning_name((enum reasoning_level)level), (*words)[i]);
	return (*words)[i];
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
		return;
	case OPENAI_ENABLE:
		jsonw_kbool(&q->w, "enable_thinking", false);
		return;
	case OPENAI_EFFORT_OBJECT:
		write_object(q, "reasoning", "effort", none);
		return;
	case OPENAI_EFFORT:
		break;
	}
	if ((q->server->flags & OPENAI_OWN) && !q->own_reasoning)
		return; /* nothing to switch off */
	if (q->own_reasoning && !openai_chat_model_can_stop(q->b->model)) {
		warn_of(q, "this model always reasons; the least is asked for");
		none = str_starts(q->b->model, "gpt-5") ? "minimal" : "low";
	}
	if (none)
		jsonw_kstr(&q->w, "reasoning_effort", none);
	else
		warn_of(q, "this provider has no word for it");
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
	case OPENAI_EFFORT:
		jsonw_kstr(&q->w, "reasoning_effort", effort_of(q, level));
		break;
	case OPENAI_EFFORT_OBJECT:
		write_object(q, "reasoning", "effort", effort_of(q, level));
		break;
	case OPENAI_THINKING:
		write_object(q, "thinking", "type", "enabled");
		warn_of(q, "it is on or off here, and no level can be carried");
		break;
	case OPENAI_THINKING_EFFORT:
		write_object(q, "thinking", "type", "enabled");
		jsonw_kstr(&q->w, "reasoning_effort", effort_of(q, level));
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

	if (level == REASONING_UNSET)
		return;
	if (level == REASONING_OFF)
		reasoning_off(q);
	else if ((q->server->flags & OPENAI_OWN) && !q->own_reasoning)
		warn_of(q, "this model does not reason");
	else if (level == REASONING_BUDGET)
		reasoning_budget(q);
	else
		reasoning_level(q);
}
