/* SPDX-License-Identifier: MIT */
/* workflow_spec - the members of a workflow file, checked one by one. */
#include "flow/workflow_spec.h"

#include <ctype.h>

#include "base/mem.h"
#include "policy/policy.h"

enum { CRON_FIELDS = 5, TIMEOUT_DEFAULT_MS = 600 * 1000 };

static int
read_header(struct workflow *w, const struct field_map *top, struct err *err)
{
	static const char *const known[] = { "name", "namespace", "description", "labels",
		"annotations", NULL };
	static const char *const versions[] = { "agentflow.io/v1", NULL };
	static const char *const kinds[] = { "Workflow", NULL };
	struct field_map metadata;
	int version = -1, kind = -1;

	if (field_word(top, "apiVersion", versions, &version, err) < 0 ||
	    field_word(top, "kind", kinds, &kind, err) < 0)
		return -1;
	if (version < 0 || kind < 0)
		return yaml_error(w->doc, yaml_root(w->doc), err,
		    "a workflow begins with apiVersion: agentflow.io/v1 and kind: Workflow");
	if (field_open(&metadata, w->doc, field_get(top, "metadata"), "metadata", known, err) < 0 ||
	    field_text(&metadata, "name", &w->name, err) < 0)
		return -1;
	if (!w->name)
		return yaml_error(w->doc, yaml_root(w->doc), err, "metadata has no name");
	return 0;
}

static int
read_config(struct workflow *w, struct node_reader *r, const struct yaml *node, struct err *err)
{
	static const char *const known[] = { "maxConcurrentExecutions", "defaultTimeout",
		"retryPolicy", "budgetUsd", NULL };
	struct field_map config;
	int64_t budget = -1;

	if (field_open(&config, w->doc, node, "config", known, err) < 0 ||
	    field_int(&config, "maxConcurrentExecutions", &w->max_concurrent, err) < 0 ||
	    field_ms(&config, "defaultTimeout", &r->timeout_ms, err) < 0 ||
	    retry_read(&config, "retryPolicy", &r->retry, err) < 0 ||
	    field_usd(&config, "budgetUsd", &budget, err) < 0)
		return -1;
	if (w->max_concurrent == 0 && field_get(&config, "maxConcurrentExecutions"))
		return field_error(&config, "maxConcurrentExecutions", err,
		    "maxConcurrentExecutions must be 1 or more");
	if (budget >= 0)
		r->notes |= NOTE_BUDGET;
	return 0;
}

/* --- triggers --- */

static int
check_webhook(const struct field_map *trigger, struct err *err)
{
	static const char *const known[] = { "path", "method", NULL };
	static const char *const methods[] = { "POST", "GET", "PUT", "PATCH", "DELETE", NULL };
	const char *path = NULL;
	struct field_map hook;
	int method;

	if (field_open(&hook, trigger->doc, field_get(trigger, "webhook"), "webhook", known, err) <
		0 ||
	    field_text(&hook, "path", &path, err) < 0 ||
	    field_word(&hook, "method", methods, &method, err) < 0)
		return -1;
	if (hook.map && (!path || path[0] != '/'))
		return field_error(&hook, "path", err, "a webhook's path begins with a slash");
	return 0;
}

static int
check_schedule(const struct field_map *trigger, struct err *err)
{
	const char *text = NULL, *p;
	size_t fields = 0;

	if (field_text(trigger, "schedule", &text, err) < 0)
		return -1;
	if (!text)
		return 0;
	for (p = text; *p; fields++) {
		p += strspn(p, " ");
		if (!*p)
			break;
		while (*p && *p != ' ' && (isalnum((unsigned char)*p) || strchr("*/,-", *p)))
			p++;
		if (*p && *p != ' ')
			break;
	}
	if (*p || fields != CRON_FIELDS)
		return field_error(trigger, "schedule", err,
		    "schedule: \"%.60s\" is not five cron fields (minute hour day month weekday)",
		    text);
	return 0;
}

static int
check_file_trigger(const struct field_map *trigger, struct err *err)
{
	static const char *const known[] = { "path", "pattern", NULL };
	const struct yaml *v = field_get(trigger, "file");
	const char *path = NULL, *pattern = NULL;
	struct field_map file;

	if (v && v->kind != YAML_MAP)
		return field_text(trigger, "file", &path, err);
	if (field_open(&file, trigger->doc, v, "file", known, err) < 0 ||
	    field_text(&file, "path", &path, err) < 0 ||
	    field_text(&file, "pattern", &pattern, err) < 0)
		return -1;
	if (v && !path)
		return field_error(trigger, "file", err, "a file trigger needs a path");
	return 0;
}

static int
read_triggers(struct workflow *w, struct node_reader *r, const struct yaml *list, struct err *err)
{
	static const char *const known[] = { "webhook", "schedule", "file", NULL };

	if (!list)
		return 0;
	if (list->kind != YAML_LIST)
		return yaml_error(
		    w->doc, list, err, "triggers is %s, not a list", field_kind_name(list->kind));
	for (size_t i = 0; i < list->count; i++) {
		struct field_map trigger;

		if (field_open(&trigger, w->doc, list->items[i], "trigger", known, err) < 0)
			return -1;
		if (!trigger.map || trigger.map->count != 1)
			return yaml_error(w->doc, list->items[i], err,
			    "a trigger is one of webhook, schedule and file");
		if (check_webhook(&trigger, err) < 0 || check_schedule(&trigger, err) < 0 ||
		    check_file_trigger(&trigger, err) < 0)
			return -1;
	}
	if (list->count)
		r->notes |= NOTE_TRIGGERS;
	return 0;
}

/* --- routing --- */

/* It is a policy, in the workflow's own file. */
static int
read_routing(struct workflow *w, const struct field_map *spec, struct err *err)
{
	struct policy *policy;

	if (!field_get(spec, "llmRouting"))
		return 0;
	policy = policy_parse(w->file, buf_str(&w->text), err);
	policy_free(policy);
	w->routes = policy != NULL;
	return policy ? 0 : -1;
}

/* --- nodes --- */

static int
read_nodes(struct workflow *w, struct node_reader *r, const struct field_map *spec, const char *key,
    struct err *err)
{
	const struct yaml *list = field_get(spec, key);
	bool in_agents = strcmp(key, "agents") == 0;

	if (!list)
		return 0;
	if (list->kind != YAML_LIST)
		return field_error(
		    spec, key, err, "%s is %s, not a list", key, field_kind_name(list->kind));
	w->nodes = xreallocn(w->nodes, w->count + list->count + 1, sizeof *w->nodes);
	for (size_t i = 0; i < list->count; i++) {
		if (node_read(&w->nodes[w->count++], r, list->items[i], in_agents, err) < 0)
			return -1;
	}
	return 0;
}

static int
read_spec(struct workflow *w, const struct field_map *spec, struct err *err)
{
	struct node_reader r = {
		.doc = w->doc,
		.exprs = &w->exprs,
		.retry = RETRY_NEVER,
		.timeout_ms = TIMEOUT_DEFAULT_MS,
	};
	const char *output = NULL;

	if (read_config(w, &r, field_get(spec, "config"), err) < 0 ||
	    read_nodes(w, &r, spec, "agents", err) < 0 ||
	    read_nodes(w, &r, spec, "nodes", err) < 0 ||
	    read_triggers(w, &r, field_get(spec, "triggers"), err) < 0 ||
	    read_routing(w, spec, err) < 0 || field_texts(spec, "env", &w->env, err) < 0 ||
	    agent_read_schema(spec, "inputSchema", &w->input_schema, err) < 0 ||
	    agent_read_schema(spec, "outputSchema", &w->output_schema, err) < 0 ||
	    field_text(spec, "output", &output, err) < 0)
		return -1;
	if (output)
		w->output = expr_add(&w->exprs, w->doc, field_get(spec, "output"), "output");
	if (w->count == 0)
		return yaml_error(w->doc, spec->map, err,
		    "the workflow has no nodes: spec needs agents "
		    "or nodes");
	w->notes = r.notes;
	return 0;
}

int
workflow_spec_read(struct workflow *w, struct err *err)
{
	static const char *const top_members[] = { "apiVersion", "kind", "metadata", "spec", NULL };
	static const char *const spec_members[] = { "agents", "nodes", "triggers", "config",
		"llmRouting", "env", "output", "inputSchema", "outputSchema", "description", NULL };
	const struct yaml *root = yaml_root(w->doc);
	struct field_map top, spec;

	if (root->kind != YAML_MAP)
		return yaml_error(w->doc, root, err, "a workflow is a map, and this is %s",
		    field_kind_name(root->kind));
	if (field_open(&top, w->doc, root, "workflow", top_members, err) < 0 ||
	    read_header(w, &top, err) < 0)
		return -1;
	if (!field_get(&top, "spec"))
		return yaml_error(w->doc, root, err, "a workflow has a spec");
	if (field_open(&spec, w->doc, field_get(&top, "spec"), "spec", spec_members, err) < 0)
		return -1;
	return read_spec(w, &spec, err);
}
