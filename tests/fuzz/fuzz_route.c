/* SPDX-License-Identifier: MIT */
/* fuzz_route - a record's `route` of any kind is a decision or an error, and its own is read back.
 */
#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "policy/route.h"
#include "sys/file.h"

static const char policy_text[] =
    "aliases: {fast: [{model: \"openai:gpt-4o\", weight: 2, options: {temperature: 0}, profile: auto}, "
    "{model: \"ollama:llama3.2\", weight: 1}]}\n"
    "deny: {models: [\"*:bad\"], tools: [shell], labels: [pii]}\n"
    "models: {\"openai:*\": {sensitivity: internal, residency: [us]}}\n"
    "routes: [{name: a, match: {tags: {team: [core]}}, use: fast, maxCostUsd: 1}, "
    "{name: b, match: {needs: [tools]}, use: [fast, \"openai:o1\"], strategy: balanced}]\n"
    "fallback: {local: \"ollama:llama3.2\"}\n";

static const char *
env(const char *name)
{
	return strcmp(name, "OPENAI_API_KEY") == 0 ? "sk-fuzz" : NULL;
}

static struct router *
router_once(void)
{
	static struct router *router;
	struct router_config config = { .targets = { .env = env, .day = 20778 }, .explain = true };
	const char *top = getenv("top");
	struct err err = ERR_INIT;
	char *share;

	if (router)
		return router;
	share = file_join(top ? top : ".", "share");
	config.targets.policy = policy_parse("fuzz.yaml", str_of(policy_text), &err);
	config.targets.providers = providers_load(share, NULL, env, &err);
	config.targets.models = models_new(share);
	free(share);
	if (config.targets.policy && config.targets.providers)
		router = router_new(&config, NULL, &err);
	if (!router)
		abort();
	return router;
}

/* What was written is understood, and says the same. */
static void
read_back(struct router *router, struct str line, const struct decision *was)
{
	struct decision d = { 0 };
	struct request request;
	struct err err = ERR_INIT;
	struct json record;

	if (json_parse(line.p, line.len, &record, &err) < 0 ||
	    request_read(&request, record, NULL, &err) < 0 ||
	    router_read_route(router, &request, json_get(record, "route"), &d, &err) < 0 ||
	    d.count != was->count || d.rule != was->rule)
		abort();
	for (size_t i = 0; i < d.count; i++)
		if (d.items[i].target != was->items[i].target ||
		    !str_eq(d.items[i].options, was->items[i].options))
			abort();
	request_release(&request);
	decision_release(&d);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct router *router = router_once();
	struct str line = { (const char *)data, size };
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct decision d = { 0 };
	struct route_filter f;
	struct err err = ERR_INIT;
	enum route_outcome outcome;

	route_init(&f, router, INT64_C(1795262400000000));
	outcome = route_record(&f, line, &out, &err);
	if (outcome == ROUTE_BAD && !*err.text)
		abort();
	if (outcome == ROUTE_ROUTED)
		read_back(router, buf_str(&out), &f.decision);
	if (outcome == ROUTE_ROUTED || outcome == ROUTE_REFUSED) {
		struct json route = json_get(f.request.record, "route");

		err = (struct err)ERR_INIT;
		if (router_read_route(router, &f.request, route, &d, &err) < 0 && !*err.text)
			abort();
		route_text(&f, &out);
	}
	decision_release(&d);
	route_release(&f);
	buf_release(&out);
	return 0;
}
