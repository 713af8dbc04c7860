/* SPDX-License-Identifier: MIT */
/* policy_read - a policy file's forms, and what more than one of its sections say. */
#include "policy/policy_read.h"

#include <stdlib.h>

#include "base/mem.h"
#include "llm/request.h"
#include "policy/record_path.h"

static const char *const policy_members[] = { "version", "name", "description", "strategy", "mode",
	"providers", "weights", "deadline", "maxLatencyMs", "maxTtftMs", "maxCostUsd", "retries",
	"afterOutput", "whenFull", "sticky", "aliases", "roles", "sensitivity", "models", "routes",
	"fallback", "breaker", "backoff", "hedge", "deny", "allow", "guards", "budgets",
	"llmRouting", NULL };

/* --- what sections share --- */

int
policy_read_strings(struct policy *p, const struct field_map *m, const char *key,
    const char *const **out, struct err *err)
{
	const char **list = NULL;

	if (field_strings(m, key, &list, err) < 0)
		return -1;
	if (list)
		*out = policy_own(p, list);
	return 0;
}

static int
check_span(const struct field_map *m, const char *key, int64_t ms, struct err *err)
{
	if (ms <= POLICY_DURATION_MAX_MS)
		return 0;
	return field_error(m, key, err, "%s is longer than a year", key);
}

int
policy_read_ms(const struct field_map *m, const char *key, int64_t *out, struct err *err)
{
	int64_t ms = 0;

	if (field_ms(m, key, &ms, err) < 0 || check_span(m, key, ms, err) < 0)
		return -1;
	if (ms)
		*out = ms;
	return 0;
}

int
policy_read_us(const struct field_map *m, const char *key, int64_t *out, struct err *err)
{
	int64_t ms = 0;

	if (policy_read_ms(m, key, &ms, err) < 0)
		return -1;
	if (ms)
		*out = ms * 1000;
	return 0;
}

static int
read_millis(const struct field_map *m, const char *key, int64_t *out, struct err *err)
{
	int64_t ms = 0;

	if (field_millis(m, key, &ms, err) < 0 || check_span(m, key, ms, err) < 0)
		return -1;
	if (ms)
		*out = ms;
	return 0;
}

int
policy_read_path(const struct field_map *m, const char *key, const char **out, struct err *err)
{
	const char *path = NULL;

	if (field_text(m, key, &path, err) < 0)
		return -1;
	if (path && !record_path_is(path))
		return field_error(m, key, err,
		    "%s: \"%.60s\" is no path into the request (.tags.team)", key, path);
	if (path)
		*out = path;
	return 0;
}

int
policy_read_limits(const struct field_map *m, struct policy_limits *out, struct err *err)
{
	int after = (int)out->after_output, strategy = (int)out->strategy,
	    full = (int)out->when_full;

	if (read_millis(m, "maxLatencyMs", &out->max_latency_ms, err) < 0 ||
	    read_millis(m, "maxTtftMs", &out->max_ttft_ms, err) < 0 ||
	    policy_read_ms(m, "deadline", &out->deadline_ms, err) < 0 ||
	    field_usd(m, "maxCostUsd", &out->max_cost_pusd, err) < 0 ||
	    field_int(m, "retries", &out->retries, err) < 0 ||
	    field_word(m, "afterOutput", policy_after_outputs, &after, err) < 0 ||
	    field_word(m, "whenFull", policy_when_fulls, &full, err) < 0 ||
	    field_word(m, "strategy", policy_strategies, &strategy, err) < 0 ||
	    policy_read_path(m, "sticky", &out->sticky, err) < 0)
		return -1;
	out->after_output = (enum policy_after_output)after;
	out->when_full = (enum policy_when_full)full;
	out->strategy = (enum policy_strategy)strategy;
	if (out->retries > POLICY_RETRIES_MAX)
		return field_error(m, "retries", err, "retries: at most %d", POLICY_RETRIES_MAX);
	return 0;
}

int
policy_read_hedge(const struct field_map *m, struct policy_hedge *out, struct err *err)
{
	static const char *const known[] = { "afterMs", "afterPercentile", "max", NULL };
	struct policy_hedge said = { .max = -1 };
	struct field_map hedge;

	if (field_open(&hedge, m->doc, field_get(m, "hedge"), "hedge", known, err) < 0 ||
	    read_millis(&hedge, "afterMs", &said.after_ms, err) < 0 ||
	    field_percent(&hedge, "afterPercentile", &said.percentile, err) < 0 ||
	    field_int(&hedge, "max", &said.max, err) < 0)
		return -1;
	if (field_get(&hedge, "afterPercentile") && (said.percentile <= 0 || said.percentile >= 1))
		return field_error(
		    &hedge, "afterPercentile", err, "afterPercentile lies between 0 and 100");
	if (said.max > POLICY_HEDGES_MAX)
		return field_error(&hedge, "max", err, "max: at most %d", POLICY_HEDGES_MAX);
	if (!hedge.map)
		return 0;
	if (said.after_ms || said.percentile > 0) {
		out->after_ms = said.after_ms;
		out->percentile = said.percentile;
	}
	out->max = said.max < 0 ? 1 : said.max;
	return 0;
}

int
policy_read_options(const struct field_map *m, struct buf *out, struct err *err)
{
	const struct yaml *v = field_get(m, "options");

	if (!v)
		return 0;
	if (v->kind == YAML_MAP &&
	    yaml_known(m->doc, v, "options", request_option_names(), err) < 0)
		return -1;
	buf_init(out, BUF_UNLIMITED);
	return field_json(m, "options", YAML_MAP, out, err);
}

int
policy_read_items(
    const struct field_map *m, const char *key, const struct yaml **out, struct err *err)
{
	const struct yaml *v = field_get(m, key);

	if (v && v->kind != YAML_LIST)
		return field_error(
		    m, key, err, "%s is %s, not a list", key, field_kind_name(v->kind));
	if (v && v->count > POLICY_LIST_MAX)
		return field_error(
		    m, key, err, "%s has more than %d entries", key, POLICY_LIST_MAX);
	*out = v;
	return 0;
}

int
policy_read_map(struct policy *p, const struct field_map *top, const char *key, struct field_map *m,
    struct err *err)
{
	const struct yaml *v = field_get(top, key);

	*m = (struct field_map){ p->doc, NULL, key };
	if (!v)
		return 0;
	if (v->kind != YAML_MAP)
		return field_error(
		    top, key, err, "%s is %s, not a map", key, field_kind_name(v->kind));
	if (v->count > POLICY_LIST_MAX)
		return field_error(
		    top, key, err, "%s has more than %d entries", key, POLICY_LIST_MAX);
	m->map = v;
	return 0;
}

/* --- the forms --- */

static int
read_version(struct policy *p, const struct field_map *m, struct err *err)
{
	if (field_int(m, "version", &p->version, err) < 0)
		return -1;
	if (p->version > POLICY_VERSION)
		return field_error(m, "version", err,
		    "version %lld is newer than what this program reads (%d)",
		    (long long)p->version, POLICY_VERSION);
	if (p->version < 1)
		return field_error(m, "version", err, "version begins with 1");
	return 0;
}

static int
read_members(struct policy *p, const struct field_map *m, struct err *err)
{
	const char *description = NULL;
	int mode = POLICY_DIRECT;

	if (read_version(p, m, err) < 0 || field_text(m, "name", &p->name, err) < 0 ||
	    field_text(m, "description", &description, err) < 0 ||
	    field_word(m, "mode", policy_modes, &mode, err) < 0 ||
	    policy_read_limits(m, &p->limits, err) < 0 || policy_read_hedge(m, &p->hedge, err) < 0)
		return -1;
	p->mode = (enum policy_mode)mode;
	if (policy_sections_read(p, m, err) < 0 || policy_resilience_read(p, m, err) < 0 ||
	    policy_rules_read(p, m, err) < 0 || policy_route_read(p, m, err) < 0)
		return -1;
	return policy_seed_read(p, field_get(m, "llmRouting"), err);
}

/* {apiVersion, kind, metadata, spec}: a policy's own, a routing alone, or a workflow of which only
 * the routing is ours. */
static int
read_resource(struct policy *p, const struct yaml *root, struct err *err)
{
	enum kind { POLICY_KIND, ROUTING_KIND, WORKFLOW_KIND };
	static const char *const known[] = { "apiVersion", "kind", "metadata", "spec", NULL };
	static const char *const versions[] = { "agentflow.io/v1", NULL };
	static const char *const kinds[] = { "Policy", "LlmRouting", "Workflow", NULL };
	static const char *const described[] = { "name", "namespace", "description", "labels",
		"annotations", NULL };
	struct field_map top, metadata, spec;
	const struct yaml *routing;
	int version = -1, kind = -1;

	if (field_open(&top, p->doc, root, "policy", known, err) < 0 ||
	    field_word(&top, "apiVersion", versions, &version, err) < 0 ||
	    field_word(&top, "kind", kinds, &kind, err) < 0 ||
	    field_open(&metadata, p->doc, field_get(&top, "metadata"), "metadata", described, err) <
		0)
		return -1;
	if (version < 0 || kind < 0)
		return yaml_error(p->doc, root, err,
		    "this form of a policy begins with apiVersion: agentflow.io/v1 and kind: "
		    "Policy");
	if (!field_get(&top, "spec"))
		return yaml_error(p->doc, root, err, "a policy of this form has a spec");
	if (kind == POLICY_KIND) {
		if (field_open(
			&spec, p->doc, field_get(&top, "spec"), "spec", policy_members, err) < 0 ||
		    read_members(p, &spec, err) < 0)
			return -1;
		return p->name ? 0 : field_text(&metadata, "name", &p->name, err);
	}
	routing = yaml_get(field_get(&top, "spec"), "llmRouting");
	if (!routing && kind == ROUTING_KIND)
		routing = field_get(&top, "spec");
	if (!routing || routing->kind == YAML_NULL)
		return yaml_error(p->doc, field_get(&top, "spec"), err, "spec has no llmRouting");
	if (field_text(&metadata, "name", &p->name, err) < 0)
		return -1;
	return policy_seed_read(p, routing, err);
}

int
policy_read(struct policy *p, struct err *err)
{
	const struct yaml *root = yaml_root(p->doc);
	struct field_map top;

	if (root->kind == YAML_NULL)
		return yaml_error(p->doc, root, err, "the policy is empty");
	if (root->kind != YAML_MAP)
		return yaml_error(p->doc, root, err, "a policy is a map, and this is %s",
		    field_kind_name(root->kind));
	if (yaml_get(root, "apiVersion") || yaml_get(root, "kind") || yaml_get(root, "spec"))
		return read_resource(p, root, err);
	if (field_open(&top, p->doc, root, "policy", policy_members, err) < 0)
		return -1;
	return read_members(p, &top, err);
}
