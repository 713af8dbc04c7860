/* SPDX-License-Identifier: MIT */
/* bedrock-models - what the families of models behind Converse take. */
#include "llm/bedrock.h"

enum {
	FORCE = BEDROCK_FORCE | BEDROCK_FORCE_ONE,
	CLAUDE = FORCE | BEDROCK_CACHE | BEDROCK_CACHE_TOOLS,
};

/* The first word that the id holds counts: longer ones stand before shorter ones. The id may be
 * that of a region's profile ("us.anthropic.claude-...") or an ARN. */
static const struct bedrock_family families[] = {
	{ "claude-opus-4-1", CLAUDE, REASONS_CLAUDE, "top_k" },
	{ "claude-3", CLAUDE, REASONS_CLAUDE, "top_k" },
	{ "claude-opus-4-20", CLAUDE, REASONS_CLAUDE, "top_k" },
	{ "claude-sonnet-4-20", CLAUDE, REASONS_CLAUDE, "top_k" },
	{ "claude-", CLAUDE | BEDROCK_SCHEMA, REASONS_CLAUDE, "top_k" },
	{ "amazon.nova-2", FORCE | BEDROCK_CACHE, REASONS_NOVA, "inferenceConfig" },
	{ "amazon.nova-premier", FORCE | BEDROCK_CACHE, REASONS_NOT, "inferenceConfig" },
	{ "amazon.nova", FORCE | BEDROCK_CACHE, REASONS_NOT, "inferenceConfig" },
	{ "amazon.titan", 0, REASONS_NOT, NULL },
	{ "meta.llama", BEDROCK_ALONE, REASONS_NOT, NULL },
	{ "mistral.mistral-7b", BEDROCK_ALONE, REASONS_NOT, "top_k" },
	{ "mistral.mixtral", BEDROCK_ALONE, REASONS_NOT, "top_k" },
	{ "mistral.mistral-large-240", BEDROCK_ALONE | BEDROCK_FORCE, REASONS_NOT, "top_k" },
	{ "mistral.pixtral", BEDROCK_ALONE | BEDROCK_FORCE, REASONS_NOT, "top_k" },
	{ "mistral.", BEDROCK_ALONE | BEDROCK_FORCE | BEDROCK_SCHEMA, REASONS_NOT, "top_k" },
	{ "cohere.", 0, REASONS_NOT, "k" },
	{ "ai21.", 0, REASONS_NOT, NULL },
	{ "writer.", 0, REASONS_NOT, NULL },
	{ "deepseek.r1", 0, REASONS_UNASKED, NULL },
	{ "deepseek.", FORCE | BEDROCK_SCHEMA, REASONS_CONFIG, NULL },
	{ "openai.gpt-oss", FORCE | BEDROCK_SCHEMA, REASONS_EFFORT, NULL },
	{ "qwen.", FORCE | BEDROCK_SCHEMA, REASONS_CONFIG, NULL },
	{ "minimax.", FORCE | BEDROCK_SCHEMA, REASONS_UNASKED, NULL },
	{ "moonshot", FORCE | BEDROCK_SCHEMA, REASONS_UNASKED, NULL },
	{ "zai.", FORCE | BEDROCK_SCHEMA, REASONS_NOT, NULL },
	{ "google.gemma", FORCE | BEDROCK_SCHEMA, REASONS_NOT, NULL },
	{ "nvidia.", FORCE | BEDROCK_SCHEMA, REASONS_NOT, NULL },
	{ "", FORCE | BEDROCK_CACHE, REASONS_NOT, NULL },
};

const struct bedrock_family *
bedrock_family(struct str model)
{
	size_t i = 0;

	while (families[i].word[0] && !str_has_nocase(model, families[i].word))
		i++;
	return &families[i];
}
