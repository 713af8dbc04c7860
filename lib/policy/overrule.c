/* SPDX-License-Identifier: MIT */
/* overrule - what providerOptions would do behind the policy's back. */
#include "policy/overrule.h"

#include "llm/dialect.h"

static bool
is_one_of(struct json key, const char *const *names)
{
	while (*names && !json_eq(key, *names))
		names++;
	return *names;
}

bool
overrule_tools(const struct request *request, struct buf *why)
{
	static const char *const names[] = { "tools", "tools+", "functions", "functions+",
		"toolConfig", NULL };
	struct json_iter providers = json_each(request->provider_options), it;

	while (json_next(&providers)) {
		for (it = json_each(providers.value); json_next(&it);) {
			if (!json_exists(it.value) || !is_one_of(it.key, names))
				continue;
			buf_adds(why, "providerOptions bring tools, which the policy cannot tell "
				      "by name as it can those in tools");
			return true;
		}
	}
	return false;
}

/* A list of models is one to choose from: OpenRouter takes the next where the first fails. */
bool
overrule_model(const struct request *request, const struct target *t, struct buf *why)
{
	static const char *const names[] = { "model", "modelId", "models", "models+", NULL };
	const struct build b = { .request = request, .provider = t->provider };
	struct json_iter it;

	if (!json_exists(request->provider_options))
		return false;
	for (it = json_each(dialect_options(&b)); json_next(&it);) {
		if (!json_exists(it.value) || !is_one_of(it.key, names) ||
		    json_eq(it.value, t->model))
			continue;
		buf_adds(why, "providerOptions ask it for another model");
		return true;
	}
	return false;
}
