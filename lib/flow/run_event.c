/* SPDX-License-Identifier: MIT */
/* run_event - the events of a run, as agentflow-records(5) has them. */
#include <stdlib.h>

#include "base/mem.h"
#include "base/version.h"
#include "flow/run_state.h"
#include "json/jsonw.h"
#include "sys/clock.h"

static struct jsonw *
begin(struct run *run, const char *event, size_t i)
{
	struct jsonw *w = journal_event(run->journal, event);

	jsonw_kstr(w, "node", run->w->nodes[i].name);
	return w;
}

static struct jsonw *
begin_attempt(struct run *run, const char *event, size_t i)
{
	struct jsonw *w = begin(run, event, i);

	jsonw_ki64(w, "attempt", run->nodes[i].attempt);
	return w;
}

void
run_event_run_started(struct run *run)
{
	struct jsonw *w = journal_event(run->journal, "run.started");

	jsonw_kstr(w, "workflow", run->w->name);
	jsonw_ki64(w, "nodes", (int64_t)run->w->count);
	jsonw_ki64(w, "maxRunning", run->config.max_running);
	jsonw_kbool(w, "failFast", run->config.fail_fast);
	jsonw_kstr(w, "version", AGENTFLOW_VERSION);
	journal_event_end(run->journal);
}

void
run_event_run_finished(struct run *run, struct str output, const struct err *failure)
{
	size_t ended = run->succeeded + run->failed + run->skipped;
	bool ok = !failure && run->failed == 0 && run->stop_signal == 0 && ended == run->w->count;
	struct jsonw *w = journal_event(run->journal, "run.finished");

	jsonw_kbool(w, "ok", ok);
	if (run->stop_signal)
		jsonw_ki64(w, "signal", run->stop_signal);
	jsonw_ki64(w, "succeeded", (int64_t)run->succeeded);
	jsonw_ki64(w, "failed", (int64_t)run->failed);
	jsonw_ki64(w, "skipped", (int64_t)run->skipped);
	jsonw_ki64(w, "pending", (int64_t)(run->w->count - ended));
	jsonw_ki64(w, "ms", (clock_mono_us() - run->began_us) / 1000);
	if (output.len) {
		jsonw_key(w, "output");
		jsonw_raw(w, output);
	}
	if (failure)
		jsonw_kstr(w, "message", failure->text);
	journal_event_end(run->journal);
}

void
run_event_ready(struct run *run, size_t i)
{
	begin(run, "node.ready", i);
	journal_event_end(run->journal);
}

void
run_event_started(struct run *run, size_t i)
{
	const struct node *node = &run->w->nodes[i];
	struct jsonw *w = begin_attempt(run, "node.started", i);

	jsonw_kstr(w, "kind", node_kind_name(node->kind));
	if (node_is_llm(node))
		jsonw_kstr(w, "model", node->task.model);
	if (node->agent)
		jsonw_kstr(w, "agent", node->agent->image);
	journal_event_end(run->journal);
}

/* A large value goes into a file of its own first, whole, and the event says where. */
static char *
put_beside(struct run *run, size_t i)
{
	struct err err = ERR_INIT;
	char *name = xasprintf(
	    "nodes/%s/%lld/output.json", run->w->nodes[i].name, (long long)run->nodes[i].attempt);

	if (rundir_put(run->config.dir, name, buf_str(&run->nodes[i].output), &err) < 0)
		run_break(run, &err);
	return name;
}

void
run_event_output(struct run *run, size_t i)
{
	const struct buf *output = &run->nodes[i].output;
	struct jsonw *w;
	char *file = NULL;

	if (output->len == 0)
		return;
	if (output->len > RUN_INLINE_MAX)
		file = put_beside(run, i);
	w = begin_attempt(run, "node.output", i);
	if (file) {
		jsonw_kstr(w, "outputFile", file);
		jsonw_ki64(w, "bytes", (int64_t)output->len);
	} else {
		jsonw_key(w, "output");
		jsonw_raw(w, buf_str(output));
	}
	journal_event_end(run->journal);
	free(file);
}

static void
put_failure(struct jsonw *w, const struct run_failure *f)
{
	if (f->error.kind == JSON_OBJECT) {
		jsonw_kjson(w, "error", f->error);
		return;
	}
	jsonw_key(w, "error");
	jsonw_object(w);
	jsonw_kstr(w, "kind", f->kind);
	jsonw_kstr(w, "message", f->message);
	jsonw_kbool(w, "retryable", f->retryable);
	jsonw_end(w);
}

void
run_event_retry(struct run *run, size_t i, int64_t delay_ms, const struct run_failure *failure)
{
	struct jsonw *w = begin_attempt(run, "node.retry", i);

	jsonw_ki64(w, "delayMs", delay_ms);
	put_failure(w, failure);
	journal_event_end(run->journal);
}

static void
put_response_facts(struct jsonw *w, const struct run_facts *facts)
{
	static const char *const told[] = { "provider", "model", "stop", "usage", "ttftMs" };

	if (facts->response.kind != JSON_OBJECT)
		return;
	for (size_t k = 0; k < sizeof told / sizeof *told; k++)
		jsonw_kjson_opt(w, told[k], json_get(facts->response, told[k]));
	jsonw_ki64(w, "chunks", facts->chunks);
}

static void
put_exit(struct jsonw *w, const struct proc_exit *how)
{
	if (!how)
		return;
	if (how->signal)
		jsonw_ki64(w, "signal", how->signal);
	else
		jsonw_ki64(w, "exit", how->status);
	jsonw_ki64(w, "userMs", how->user_us / 1000);
	jsonw_ki64(w, "systemMs", how->system_us / 1000);
}

void
run_event_finished(
    struct run *run, size_t i, const struct run_failure *failure, const struct run_facts *facts)
{
	struct jsonw *w = begin_attempt(run, "node.finished", i);

	jsonw_kbool(w, "ok", !failure);
	jsonw_ki64(w, "ms", (clock_mono_us() - run->nodes[i].started_us) / 1000);
	if (facts) {
		put_response_facts(w, facts);
		put_exit(w, facts->how);
	}
	if (failure)
		put_failure(w, failure);
	journal_event_end(run->journal);
}

void
run_event_skipped(struct run *run, size_t i, const char *reason)
{
	size_t by = run->nodes[i].blocked_by;
	struct jsonw *w = begin(run, "node.skipped", i);

	jsonw_kstr(w, "reason", reason);
	if (by)
		jsonw_kstr(w, "dependency", run->w->nodes[by - 1].name);
	journal_event_end(run->journal);
}
