/* SPDX-License-Identifier: MIT */
/* run_data - what a node is given, what its expressions see, and what becomes of its output. */
#include "base/mem.h"
#include "flow/run_state.h"
#include "json/jsonw.h"

static const char *
status_word(enum run_status status)
{
	switch (status) {
	case RUN_SUCCEEDED:
		return "succeeded";
	case RUN_FAILED:
		return "failed";
	case RUN_SKIPPED:
		return "skipped";
	case RUN_WAITING:
	case RUN_STARTING:
	case RUN_RUNNING:
	case RUN_BACKOFF:
		break;
	}
	return "pending";
}

/* The variables that spec.env names, and no others: a secret gets into a run only by being asked
 * for. */
void
run_data_env(struct run *run)
{
	const struct yaml *names = run->w->env;
	struct jsonw w;

	jsonw_start(&w, &run->env_json);
	jsonw_object(&w);
	for (size_t i = 0; names && i < names->count; i++) {
		const char *value = run->config.getenv(names->items[i]->text.p);

		if (value)
			jsonw_kstr(&w, names->items[i]->text.p, value);
	}
	jsonw_end(&w);
}

static void
put_node(const struct run *run, size_t i, bool whole, struct jsonw *w)
{
	const struct run_node *n = &run->nodes[i];

	jsonw_key(w, run->w->nodes[i].name);
	jsonw_object(w);
	jsonw_key(w, "output");
	if (n->output.len)
		jsonw_raw(w, buf_str(&n->output));
	else
		jsonw_null(w);
	jsonw_kstr(w, "status", status_word(n->status));
	if (whole && n->response.len) {
		jsonw_key(w, "response");
		jsonw_raw(w, buf_str(&n->response));
	}
	jsonw_end(w);
}

/* env, and run up to what is i's own; its object stays open. */
static void
put_surroundings(const struct run *run, struct jsonw *w)
{
	jsonw_key(w, "env");
	jsonw_raw(w, buf_str(&run->env_json));
	jsonw_key(w, "run");
	jsonw_object(w);
	jsonw_kstr(w, "id", run->config.dir->id);
	jsonw_kstr(w, "workflow", run->w->name);
}

/* Only what i waits for, directly or not, is there: anything else would depend on who was faster.
 */
static void
put_context(struct run *run, size_t i, struct jsonw *w)
{
	const struct run_node *n = &run->nodes[i];
	size_t count;

	jsonw_kjson(w, "input", run->config.input);
	jsonw_key(w, "nodes");
	jsonw_object(w);
	count = graph_ancestors(&run->w->graph, i, run->ancestors, run->marks, ++run->stamp);
	for (size_t k = 0; k < count; k++)
		put_node(run, run->ancestors[k], true, w);
	jsonw_end(w);
	put_surroundings(run, w);
	jsonw_kstr(w, "node", run->w->nodes[i].name);
	jsonw_ki64(w, "attempt", n->attempt);
	jsonw_end(w);
}

/* context is JSON of our own making. */
static int
eval(
    struct run *run, size_t expression, const struct buf *context, struct buf *out, struct err *err)
{
	struct json input = { context->p, context->len, JSON_OBJECT };

	return expr_run(&run->w->exprs, expression, input, out, err);
}

int
run_data_eval(struct run *run, size_t i, size_t expression, struct buf *out, struct err *err)
{
	struct buf context = BUF_INIT(BUF_UNLIMITED);
	const struct run_node *n = &run->nodes[i];
	struct jsonw w;
	int rc;

	jsonw_start(&w, &context);
	jsonw_object(&w);
	put_context(run, i, &w);
	if (n->input.len) {
		jsonw_key(&w, "with");
		jsonw_raw(&w, buf_str(&n->input));
	}
	jsonw_end(&w);
	rc = eval(run, expression, &context, out, err);
	buf_release(&context);
	return rc;
}

int
run_data_guard(struct run *run, size_t i, struct err *err)
{
	struct buf value = BUF_INIT(BUF_UNLIMITED);
	size_t when = run->w->nodes[i].when;
	int open = 1;

	if (when == EXPR_NONE)
		return 1;
	if (run_data_eval(run, i, when, &value, err) < 0)
		open = -1;
	else
		open = jqprog_truth(buf_str(&value));
	buf_release(&value);
	return open;
}

static void
put_default_input(struct run *run, size_t i, struct buf *out)
{
	const struct graph *g = &run->w->graph;
	struct jsonw w;

	jsonw_start(&w, out);
	jsonw_object(&w);
	jsonw_kjson(&w, "input", run->config.input);
	jsonw_key(&w, "nodes");
	jsonw_object(&w);
	for (size_t k = g->before_at[i]; k < g->before_at[i + 1]; k++)
		put_node(run, g->before[k], false, &w);
	jsonw_end(&w);
	jsonw_end(&w);
}

static int
check_schema(
    const struct schema *schema, const struct buf *value, const char *what, struct err *err)
{
	static const struct str null = { "null", 4 };
	struct str text = value->len ? buf_str(value) : null;
	struct json v;

	if (!schema)
		return 0;
	if (json_parse(text.p, text.len, &v, err) < 0)
		return -1;
	return schema_valid(schema, v, err) ? 0 : err_wrap(err, "%s", what);
}

int
run_data_input(struct run *run, size_t i, struct err *err)
{
	const struct node *node = &run->w->nodes[i];
	struct buf *input = &run->nodes[i].input;

	buf_reset(input);
	if (node->with == EXPR_NONE)
		put_default_input(run, i, input);
	else if (run_data_eval(run, i, node->with, input, err) < 0)
		return -1;
	if (input->len == 0)
		buf_adds(input, "null");
	if (check_schema(node->input_schema, input, "inputSchema", err) < 0)
		return -1;
	return check_schema(
	    node->agent ? node->agent->input_schema : NULL, input, "the agent's inputSchema", err);
}

/* One output: expression over the context, the value so far, and the whole response. */
static int
shape(struct run *run, size_t i, size_t expression, struct json response, struct buf *output,
    struct err *err)
{
	struct buf context = BUF_INIT(BUF_UNLIMITED), shaped = BUF_INIT(RUN_OUTPUT_MAX);
	struct jsonw w;
	int rc;

	if (expression == EXPR_NONE)
		return 0;
	jsonw_start(&w, &context);
	jsonw_object(&w);
	put_context(run, i, &w);
	jsonw_key(&w, "with");
	jsonw_raw(&w, buf_str(&run->nodes[i].input));
	jsonw_key(&w, "output");
	if (output->len)
		jsonw_raw(&w, buf_str(output));
	else
		jsonw_null(&w);
	jsonw_kjson_opt(&w, "response", response);
	jsonw_end(&w);
	rc = eval(run, expression, &context, &shaped, err);
	if (rc == 0 && buf_is_full(&shaped))
		rc = err_set(err, EXIT_NO, "output: larger than %zu bytes", RUN_OUTPUT_MAX);
	buf_release(&context);
	buf_release(output);
	*output = shaped;
	return rc;
}

int
run_data_shape(struct run *run, size_t i, struct json response, struct buf *output, struct err *err)
{
	const struct node *node = &run->w->nodes[i];
	const struct agent *agent = node->agent;

	if (agent &&
	    (shape(run, i, agent->output, response, output, err) < 0 ||
		check_schema(agent->output_schema, output, "the agent's outputSchema", err) < 0))
		return -1;
	if (shape(run, i, node->output, response, output, err) < 0)
		return -1;
	return check_schema(node->output_schema, output, "outputSchema", err);
}

int
run_data_result(struct run *run, struct buf *out, struct err *err)
{
	struct buf context = BUF_INIT(BUF_UNLIMITED);
	struct jsonw w;
	int rc;

	if (run->w->output == EXPR_NONE)
		return 0;
	jsonw_start(&w, &context);
	jsonw_object(&w);
	jsonw_kjson(&w, "input", run->config.input);
	jsonw_key(&w, "nodes");
	jsonw_object(&w);
	for (size_t i = 0; i < run->w->count; i++)
		put_node(run, i, true, &w);
	jsonw_end(&w);
	put_surroundings(run, &w);
	jsonw_end(&w);
	jsonw_end(&w);
	rc = eval(run, run->w->output, &context, out, err);
	buf_release(&context);
	if (rc == 0 && buf_is_full(out))
		rc = err_set(err, EXIT_NO, "output: larger than %zu bytes", RUN_OUTPUT_MAX);
	if (rc == 0)
		rc = check_schema(run->w->output_schema, out, "the workflow's outputSchema", err);
	return rc;
}
