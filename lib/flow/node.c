/* SPDX-License-Identifier: MIT */
/* node - the members of a workflow's node. */
#include "flow/node.h"

#include <stdlib.h>

#include "base/mem.h"

#define COMMON_MEMBERS                                                                             \
	"name", "kind", "description", "dependsOn", "with", "when", "output", "inputSchema",       \
	    "outputSchema", "resources", "limits", "retry", "timeout"

static const char *const kinds[] = { "agent", "prompt", "command", "start", "end", "tool", "http",
	"branch", "join", "loop", "map", "approval", NULL };
enum { KINDS_THAT_RUN = 5 }; /* of kinds, in the order of enum node_kind */

static const char *const agent_members[] = { COMMON_MEMBERS, "image", "llm", "options", NULL };
static const char *const prompt_members[] = { COMMON_MEMBERS, TASK_PROMPT_MEMBERS, NULL };
static const char *const command_members[] = { COMMON_MEMBERS, TASK_COMMAND_MEMBERS, NULL };
static const char *const mark_members[] = { "name", "kind", "description", "dependsOn", NULL };

static const char *const *const members[] = {
	[NODE_AGENT] = agent_members,
	[NODE_PROMPT] = prompt_members,
	[NODE_COMMAND] = command_members,
	[NODE_START] = mark_members,
	[NODE_END] = mark_members,
};

const char *
node_kind_name(enum node_kind kind)
{
	return kinds[kind];
}

bool
node_is_llm(const struct node *n)
{
	return (n->kind == NODE_AGENT || n->kind == NODE_PROMPT) && !n->task.command;
}

void
node_release(struct node *n)
{
	task_release(&n->task);
	schema_free(n->input_schema);
	schema_free(n->output_schema);
}

void
node_set_agent(struct node *n, const struct agent *agent)
{
	const struct task *theirs = &agent->task;
	struct task *own = &n->task;
	struct buf over = own->options;
	size_t argc = 0;

	n->agent = agent;
	own->prompt = theirs->prompt;
	own->system = theirs->system;
	if (!own->model && theirs->model)
		own->model = xstrdup(theirs->model);
	buf_addstr(&own->tools, buf_str(&theirs->tools));
	buf_addstr(&own->tool_choice, buf_str(&theirs->tool_choice));
	buf_init(&own->options, BUF_UNLIMITED);
	buf_addstr(&own->options, buf_str(&theirs->options));
	task_patch_options(own, buf_str(&over));
	buf_release(&over);
	if (theirs->command) {
		while (theirs->command[argc])
			argc++;
		own->command = xcalloc(argc + 1, sizeof *own->command);
		memcpy(own->command, theirs->command, argc * sizeof *own->command);
	}
}

static int
read_name(struct node *n, const struct field_map *m, struct err *err)
{
	const char *fault;

	if (field_text(m, "name", &n->name, err) < 0)
		return -1;
	if (!n->name)
		return yaml_error(m->doc, m->map, err, "%s has no name", m->what);
	fault = field_name_fault(n->name);
	if (fault)
		return field_error(
		    m, "name", err, "the name \"%.60s\" %s: it names a directory", n->name, fault);
	return 0;
}

static int
read_kind(struct node *n, const struct field_map *m, bool in_agents, struct err *err)
{
	int kind = in_agents ? NODE_AGENT : -1;

	if (field_word(m, "kind", kinds, &kind, err) < 0)
		return -1;
	if (kind < 0)
		return yaml_error(m->doc, m->map, err,
		    "a node needs a kind: agent, prompt, command, start or end");
	if (kind >= KINDS_THAT_RUN)
		return field_error(m, "kind", err,
		    "this version does not run nodes of kind %s: it runs agent, prompt, command, "
		    "start and end",
		    kinds[kind]);
	if (in_agents && kind != NODE_AGENT)
		return field_error(m, "kind", err,
		    "an entry of agents is of kind agent; one of kind %s belongs into nodes",
		    kinds[kind]);
	n->kind = (enum node_kind)kind;
	return 0;
}

static int
read_resources(struct node *n, const struct field_map *m, unsigned *notes, struct err *err)
{
	static const char *const known[] = { "memory", "cpu", "timeout", "storage", NULL };
	int64_t memory = -1, cpu = -1, storage = -1;
	struct field_map r;

	if (field_open(&r, m->doc, field_get(m, "resources"), "resources", known, err) < 0 ||
	    field_size(&r, "memory", &memory, err) < 0 || field_cpu(&r, "cpu", &cpu, err) < 0 ||
	    field_size(&r, "storage", &storage, err) < 0 ||
	    field_ms(&r, "timeout", &n->timeout_ms, err) < 0)
		return -1;
	if (n->timeout_ms && field_get(m, "timeout"))
		return field_error(
		    m, "timeout", err, "timeout is given twice: here and in resources");
	*notes |= (memory >= 0 ? NOTE_MEMORY : 0U) | (cpu >= 0 ? NOTE_CPU : 0U) |
		  (storage >= 0 ? NOTE_STORAGE : 0U);
	return field_ms(m, "timeout", &n->timeout_ms, err);
}

static int
read_limits(const struct field_map *m, unsigned *notes, struct err *err)
{
	static const char *const known[] = { "llmCalls", "networkRequests", "fileOperations",
		NULL };
	struct field_map limits;
	int64_t n;

	if (field_open(&limits, m->doc, field_get(m, "limits"), "limits", known, err) < 0)
		return -1;
	for (size_t i = 0; known[i]; i++) {
		if (field_int(&limits, known[i], &n, err) < 0)
			return -1;
	}
	if (limits.map)
		*notes |= NOTE_LIMITS;
	return 0;
}

static int
read_expression(const struct field_map *m, const char *key, struct expr_list *exprs, size_t *out,
    struct err *err)
{
	const char *text = NULL;

	if (field_text(m, key, &text, err) < 0)
		return -1;
	if (text)
		*out = expr_add(exprs, m->doc, field_get(m, key), key);
	return 0;
}

/* when: true and when: false are JSON as jq reads it, too. */
static int
read_data(struct node *n, const struct field_map *m, struct expr_list *exprs, struct err *err)
{
	const struct yaml *with = field_get(m, "with"), *when = field_get(m, "when");

	if (with && with->kind != YAML_MAP && with->kind != YAML_STRING)
		return field_error(m, "with", err,
		    "with is %s, not a jq expression or a map of them",
		    field_kind_name(with->kind));
	if (with)
		n->with = expr_add_tree(exprs, m->doc, with, "with");
	if (when && when->kind == YAML_BOOL)
		n->when = expr_add_tree(exprs, m->doc, when, "when");
	else if (read_expression(m, "when", exprs, &n->when, err) < 0)
		return -1;
	if (read_expression(m, "output", exprs, &n->output, err) < 0 ||
	    agent_read_schema(m, "inputSchema", &n->input_schema, err) < 0)
		return -1;
	return agent_read_schema(m, "outputSchema", &n->output_schema, err);
}

static int
check_work(struct node *n, const struct field_map *m, struct err *err)
{
	if (n->kind == NODE_AGENT && !n->image)
		return yaml_error(m->doc, m->map, err, "agent \"%s\" has no image", n->name);
	if (n->kind == NODE_PROMPT && n->task.prompt == EXPR_NONE)
		return yaml_error(m->doc, m->map, err, "node \"%s\" has no prompt", n->name);
	if (n->kind == NODE_COMMAND && !n->task.command)
		return yaml_error(m->doc, m->map, err, "node \"%s\" has no command", n->name);
	return 0;
}

int
node_read(struct node *n, struct node_reader *r, const struct yaml *place, bool in_agents,
    struct err *err)
{
	struct field_map m = { r->doc, place, in_agents ? "agent" : "node" };

	*n = (struct node){ .place = place,
		.with = EXPR_NONE,
		.when = EXPR_NONE,
		.output = EXPR_NONE,
		.retry = r->retry };
	task_init(&n->task);
	if (place->kind != YAML_MAP)
		return yaml_error(
		    m.doc, place, err, "%s is %s, not a map", m.what, field_kind_name(place->kind));
	if (read_kind(n, &m, in_agents, err) < 0 ||
	    yaml_known(m.doc, place, node_kind_name(n->kind), members[n->kind], err) < 0 ||
	    read_name(n, &m, err) < 0 || field_texts(&m, "dependsOn", &n->needs, err) < 0 ||
	    field_text(&m, "image", &n->image, err) < 0 || read_data(n, &m, r->exprs, err) < 0 ||
	    task_read(&n->task, &m, r->exprs, err) < 0 ||
	    read_resources(n, &m, &r->notes, err) < 0 || read_limits(&m, &r->notes, err) < 0 ||
	    retry_read(&m, "retry", &n->retry, err) < 0)
		return -1;
	if (!n->timeout_ms)
		n->timeout_ms = r->timeout_ms;
	return check_work(n, &m, err);
}
