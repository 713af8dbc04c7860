/* SPDX-License-Identifier: MIT */
/* openai_models - what differs between OpenAI's own models. */
#include "llm/openai.h"

/* Whether the model's name begins with prefix and goes on, if at all, with something else than a
 * letter or a digit. */
static bool
model_is(struct str model, const char *prefix)
{
	size_t n = strlen(prefix);

	return str_starts(model, prefix) && (model.len == n || strchr("-._:@", model.p[n]) != NULL);
}

bool
openai_model_reasons(struct str model)
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
openai_model_can_stop(struct str model)
{
	return str_starts(model, "gpt-5.") || str_starts(model, "gpt-6");
}

bool
openai_model_takes_schema(struct str model)
{
	return !str_is(model, "gpt-4") && !str_starts(model, "gpt-4-") &&
	       !str_starts(model, "gpt-3") && !str_starts(model, "o1-mini") &&
	       !str_starts(model, "o1-preview");
}
