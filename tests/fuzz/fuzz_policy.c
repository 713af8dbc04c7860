/* SPDX-License-Identifier: MIT */
/*
 * fuzz_policy - any bytes either make a policy all of whose names lead to models, or an error that
 * names its place.
 */
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"

enum { DEPTH_MAX = 2000 }; /* more names than the largest file of ours can chain */

static void
follow(const struct policy *p, const struct policy_list *list, int depth)
{
	if (depth > DEPTH_MAX)
		abort();
	/* The first of each list: all of them would be a tree. */
	for (size_t i = 0; i < list->count && (depth == 0 || i == 0); i++) {
		struct str model = str_of(list->items[i].model);
		const struct policy_alias *alias = policy_alias_find(p, model);
		const struct policy_role *role = NULL;

		if (str_starts(model, "role:"))
			role = policy_role_find(p, (struct str){ model.p + 5, model.len - 5 });
		if (alias)
			follow(p, &alias->list, depth + 1);
		else if (role)
			follow(p, &role->list, depth + 1);
		else if (!memchr(model.p, ':', model.len) || str_starts(model, "role:"))
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	struct err err = ERR_INIT;
	struct policy *p;

	/* Expressions are libjq's, and take it tens of milliseconds each. */
	if (str_has_nocase(text, "when"))
		return 0;
	p = policy_parse("f", text, &err);
	if (!p) {
		if (strncmp(err.text, "f:", 2) != 0 || err.code != EXIT_CONFIG)
			abort();
		return 0;
	}
	for (size_t i = 0; i < p->route_count; i++) {
		if (!p->routes[i].name || !p->routes[i].use.count)
			abort();
		follow(p, &p->routes[i].use, 0);
	}
	follow(p, &p->providers, 0);
	follow(p, &p->local, 0);
	(void)policy_model_find(p, STR_LIT("openai:gpt-4o"));
	policy_free(p);
	return 0;
}
