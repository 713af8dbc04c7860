/* SPDX-License-Identifier: MIT */
/* openai_server - what is known of each server that speaks OpenAI's formats. */
#include "llm/openai.h"

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
static openai_efforts all_but_minimal = {
	[REASONING_OFF] = "none",
	[REASONING_LOW] = "low",
	[REASONING_MEDIUM] = "medium",
	[REASONING_HIGH] = "high",
	[REASONING_XHIGH] = "xhigh",
};
static openai_efforts low_high_max = {
	[REASONING_LOW] = "low",
	[REASONING_HIGH] = "high",
	[REASONING_XHIGH] = "max",
};
static openai_efforts high_or_none = { [REASONING_OFF] = "none", [REASONING_HIGH] = "high" };

enum { AZURE = OPENAI_OWN | OPENAI_NO_TOP_K | OPENAI_API_KEY };

/* Where a server is not listed, it is taken for one of those that run open models (vLLM, SGLang,
 * llama.cpp, LM Studio, ...): they take the most. */
static const struct openai_server servers[] = {
	{ "api.openai.com", OPENAI_OWN | OPENAI_NO_TOP_K, OPENAI_EFFORT, &every_word },
	{ ".openai.azure.com", AZURE, OPENAI_EFFORT, &every_word },
	{ ".cognitiveservices.azure.com", AZURE, OPENAI_EFFORT, &every_word },
	{ ".services.ai.azure.com", AZURE, OPENAI_EFFORT, &every_word },
	{ "bedrock-mantle.", OPENAI_NO_TOP_K | OPENAI_SEALED, OPENAI_EFFORT, &every_word },
	{ "chatgpt.com", OPENAI_OWN | OPENAI_NO_TOP_K, OPENAI_EFFORT, &every_word },
	{ "api.mistral.ai",
	    OPENAI_NO_TOP_K | OPENAI_USAGE_UNASKED | OPENAI_RANDOM_SEED | OPENAI_ANY |
		OPENAI_NONE_WITHOUT_TOOLS | OPENAI_SHORT_IDS | OPENAI_RESULT_MEDIA | OPENAI_BRIDGE |
		OPENAI_PREFIX,
	    OPENAI_EFFORT, &high_or_none },
	{ "openrouter.ai", OPENAI_CACHE_CONTROL | OPENAI_VIDEO, OPENAI_EFFORT_OBJECT, &every_word },
	{ "ai-gateway.vercel.sh", OPENAI_CACHE_CONTROL, OPENAI_EFFORT_OBJECT, &every_word },
	{ ".snowflakecomputing.com", OPENAI_NO_TOP_K, OPENAI_EFFORT_OBJECT, &usual },
	{ "api.deepseek.com", OPENAI_NO_TOP_K | OPENAI_REASONING_BACK | OPENAI_JSON_ONLY,
	    OPENAI_THINKING_EFFORT, &up_to_max },
	{ "api.z.ai", OPENAI_NO_TOP_K | OPENAI_VIDEO | OPENAI_JSON_ONLY, OPENAI_THINKING_EFFORT,
	    &up_to_max },
	{ "open.bigmodel.cn", OPENAI_NO_TOP_K | OPENAI_VIDEO | OPENAI_JSON_ONLY,
	    OPENAI_THINKING_EFFORT, &up_to_max },
	{ "api.moonshot.", OPENAI_NO_TOP_K | OPENAI_REASONING_BACK | OPENAI_JSON_ONLY,
	    OPENAI_THINKING, &usual },
	{ ".aliyuncs.com", OPENAI_VIDEO | OPENAI_JSON_ONLY, OPENAI_ENABLE, &usual },
	{ "api.groq.com", OPENAI_NO_TOP_K, OPENAI_EFFORT, &usual },
	{ "api.x.ai", OPENAI_NO_TOP_K | OPENAI_SEALED, OPENAI_EFFORT, &never_off },
	{ "api.perplexity.ai", OPENAI_ALTERNATE, OPENAI_EFFORT, &never_off },
	{ "api.cerebras.ai", OPENAI_NO_TOP_K, OPENAI_EFFORT, &never_off },
	{ "generativelanguage.googleapis.com", OPENAI_NO_TOP_K, OPENAI_EFFORT, &usual },
	{ ":1234", OPENAI_VIDEO | OPENAI_LOADED, OPENAI_EFFORT, &usual }, /* LM Studio */
	{ NULL, OPENAI_VIDEO, OPENAI_EFFORT, &usual },
};

/* Models that are told otherwise than the others behind their server, by their names' beginning. */
static const struct {
	const char *model;
	struct openai_server server;
} exceptions[] = {
	{ "kimi-k3", { "api.moonshot.", OPENAI_NO_TOP_K | OPENAI_REASONING_BACK | OPENAI_JSON_ONLY,
			 OPENAI_EFFORT, &low_high_max } },
	{ "grok-4.3",
	    { "api.x.ai", OPENAI_NO_TOP_K | OPENAI_SEALED, OPENAI_EFFORT, &all_but_minimal } },
	{ "zai-glm", { "api.cerebras.ai", OPENAI_NO_TOP_K, OPENAI_EFFORT, &usual } },
};

static bool
is_at(const struct openai_server *s, const struct provider *p)
{
	return !s->host || str_has_nocase(str_of(p->base_url), s->host);
}

const struct openai_server *
openai_server(const struct provider *p, struct str model)
{
	static const struct openai_server azure = { NULL, AZURE, OPENAI_EFFORT, &every_word };
	const struct openai_server *s = servers;

	if (p->dialect == &dialect_azure_openai) /* behind whatever gateway */
		return &azure;
	for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++) {
		if (str_starts(model, exceptions[i].model) && is_at(&exceptions[i].server, p))
			return &exceptions[i].server;
	}
	while (!is_at(s, p))
		s++;
	return s;
}
