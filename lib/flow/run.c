/* SPDX-License-Identifier: MIT */
/* run - the scheduler: what is ready, what runs, what comes after it. */
#include "flow/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "flow/run_state.h"
#include "json/mend.h"
#include "json/ndjson.h"
#include "sys/clock.h"
#include "sys/file.h"

struct run *
run_new(const struct run_config *config)
{
	struct run *run = xcalloc(1, sizeof *run);
	size_t count = config->workflow->count;

	run->config = *config;
	run->w = config->workflow;
	run->nodes = xcalloc(count + 1, sizeof *run->nodes);
	run->queue = xcalloc(count + 1, sizeof *run->queue);
	run->starting = xcalloc(count + 1, sizeof *run->starting);
	run->marks = xcalloc(count + 1, sizeof *run->marks);
	run->ancestors = xcalloc(count + 1, sizeof *run->ancestors);
	run->llm_log = -1;
	rand_seed(&run->chance, config->seed);
	buf_init(&run->env_json, BUF_UNLIMITED);
	run->procs = procs_new(config->loop);
	uv_prepare_init(config->loop, &run->turns);
	run->turns.data = run;
	for (size_t i = 0; i < count; i++) {
		struct run_node *n = &run->nodes[i];

		n->run = run;
		n->waits = graph_waits_for(&run->w->graph, i);
		n->files = (struct rundir_attempt){ -1, -1, -1 };
		buf_init(&n->input, BUF_UNLIMITED);
		buf_init(&n->output, BUF_UNLIMITED);
		buf_init(&n->response, BUF_UNLIMITED);
	}
	return run;
}

static void
node_free(struct run_node *n)
{
	rundir_close_attempt(&n->files);
	buf_release(&n->input);
	buf_release(&n->output);
	buf_release(&n->response);
	if (n->has_timer)
		uv_close((uv_handle_t *)&n->timer, NULL);
}

void
run_free(struct run *run)
{
	if (!run)
		return;
	for (size_t i = 0; i < run->w->count; i++)
		node_free(&run->nodes[i]);
	uv_close((uv_handle_t *)&run->turns, NULL);
	coproc_free(run->llm);
	procs_free(run->procs);
	uv_run(run->config.loop, UV_RUN_NOWAIT); /* the handles' memory is needed until now */
	journal_close(run->journal);
	if (run->llm_log >= 0)
		(void)close(run->llm_log);
	free(run->nodes);
	free(run->queue);
	free(run->starting);
	free(run->marks);
	free(run->ancestors);
	buf_release(&run->env_json);
	free(run);
}

void
run_set_timer(struct run *run, size_t i, int64_t ms, uv_timer_cb fn)
{
	struct run_node *n = &run->nodes[i];

	if (!n->has_timer) {
		uv_timer_init(run->config.loop, &n->timer);
		n->timer.data = n;
		n->has_timer = true;
	}
	uv_update_time(run->config.loop); /* the loop's own may lag by as long as a turn takes */
	uv_timer_start(&n->timer, fn, ms > 0 ? (uint64_t)ms : 0, 0);
}

void
run_break(struct run *run, const struct err *err)
{
	if (!run->broken)
		run->err = *err;
	run->broken = true;
}

/* --- the queue --- */

static void
queue_push(struct run *run, size_t i)
{
	run->queue[(run->queue_head + run->queue_len++) % run->w->count] = i;
}

static size_t
queue_pop(struct run *run)
{
	size_t i = run->queue[run->queue_head];

	run->queue_head = (run->queue_head + 1) % run->w->count;
	run->queue_len--;
	return i;
}

/* --- ends --- */

/* Node i has ended: whoever waited for it alone has its turn now. One whose turn can't come any
 * more is queued all the same, and skipped there: that way a long chain needs no recursion. */
static void
release_dependents(struct run *run, size_t i)
{
	const struct graph *g = &run->w->graph;
	const struct run_node *n = &run->nodes[i];
	bool blocks = n->status == RUN_FAILED || n->blocked_by;

	for (size_t k = g->after_at[i]; k < g->after_at[i + 1]; k++) {
		struct run_node *then = &run->nodes[g->after[k]];

		if (blocks && !then->blocked_by)
			then->blocked_by = n->status == RUN_FAILED ? i + 1 : n->blocked_by;
		if (--then->waits > 0)
			continue;
		if (!then->blocked_by)
			run_event_ready(run, g->after[k]);
		queue_push(run, g->after[k]);
	}
}

static void
end_node(struct run *run, size_t i, enum run_status status)
{
	struct run_node *n = &run->nodes[i];

	n->status = status;
	buf_release(&n->input);
	if (status == RUN_SUCCEEDED)
		run->succeeded++;
	else if (status == RUN_FAILED)
		run->failed++;
	else
		run->skipped++;
	release_dependents(run, i);
}

static void
skip_node(struct run *run, size_t i, const char *reason)
{
	run_event_skipped(run, i, reason);
	end_node(run, i, RUN_SKIPPED);
}

static void
backoff_over(uv_timer_t *timer)
{
	struct run_node *n = timer->data;
	struct run *run = n->run;

	run->backing_off--;
	n->status = RUN_WAITING;
	queue_push(run, (size_t)(n - run->nodes));
}

/* A provider that wants to be left alone for longer than its answer may take is not waited for. */
static bool
may_retry(const struct run *run, size_t i, const struct run_failure *failure)
{
	const struct node *node = &run->w->nodes[i];

	if (failure->retry_after_ms > node->timeout_ms &&
	    failure->retry_after_ms > node->retry.max_delay_ms)
		return false;
	return failure->retryable && !run->stopping && !run->broken &&
	       run->nodes[i].attempt < node->retry.max_attempts;
}

static void
fail_attempt(
    struct run *run, size_t i, const struct run_failure *failure, const struct run_facts *facts)
{
	const struct retry *retry = &run->w->nodes[i].retry;
	struct run_node *n = &run->nodes[i];
	int64_t delay;

	if (may_retry(run, i, failure)) {
		delay = retry_delay_ms(retry, n->attempt, failure->retry_after_ms, &run->chance);
		run_event_retry(run, i, delay, failure);
		n->status = RUN_BACKOFF;
		run->backing_off++;
		run_set_timer(run, i, delay, backoff_over);
		return;
	}
	run_event_finished(run, i, failure, facts);
	run->failed_temporary += failure->temporary;
	run->failed_refused += failure->refused;
	end_node(run, i, RUN_FAILED);
	if (run->config.fail_fast)
		run_stop(run, 0);
}

static int
take_output(struct run *run, size_t i, struct str output, struct json response, struct err *err)
{
	struct run_node *n = &run->nodes[i];

	buf_reset(&n->output);
	mend_surrogates(output, &n->output);
	if (response.kind == JSON_OBJECT)
		buf_addstr(&n->response, json_raw(response));
	return run_data_shape(run, i, response, &n->output, err);
}

void
run_attempt_done(struct run *run, size_t i, struct str output, const struct run_failure *failure,
    const struct run_facts *facts)
{
	struct json response = facts ? facts->response : JSON_ABSENT;
	struct run_node *n = &run->nodes[i];
	struct err err = ERR_INIT;
	struct run_failure own = { .kind = "invalid_input" };

	if (n->has_timer)
		uv_timer_stop(&n->timer);
	rundir_close_attempt(&n->files);
	run->running--;
	if (!failure && take_output(run, i, output, response, &err) < 0) {
		buf_release(&n->output);
		own.retryable = node_is_llm(
		    &run->w->nodes[i]); /* asked again, a model says other things */
		own.message = err.text;
		failure = &own;
	}
	if (failure) {
		fail_attempt(run, i, failure, facts);
		return;
	}
	run_event_output(run, i);
	run_event_finished(run, i, NULL, facts);
	end_node(run, i, RUN_SUCCEEDED);
}

/* --- starts --- */

/* The attempt ends before it began: with: or when: failed, or the input is not what it must be. */
static void
refuse_start(struct run *run, size_t i, const struct err *err)
{
	struct run_failure failure = { .kind = "invalid_input", .message = err->text };

	run_event_finished(run, i, &failure, NULL);
	end_node(run, i, RUN_FAILED);
	if (run->config.fail_fast)
		run_stop(run, 0);
}

/* start and end do nothing: they are places to wait for. */
static bool
is_mark(const struct node *node)
{
	return node->kind == NODE_START || node->kind == NODE_END;
}

/* Node i's turn has come: pass over it, or put its start into the journal. */
static void
take_turn(struct run *run, size_t i)
{
	struct run_node *n = &run->nodes[i];
	struct err err = ERR_INIT;
	int open = 1;

	if (n->blocked_by) {
		skip_node(run, i, "dependency");
		return;
	}
	n->attempt++;
	n->started_us = clock_mono_us();
	if (n->attempt == 1 && !is_mark(&run->w->nodes[i])) {
		open = run_data_guard(run, i, &err);
		if (open == 0) {
			n->attempt = 0;
			skip_node(run, i, "when");
			return;
		}
		if (open < 0 || run_data_input(run, i, &err) < 0) {
			refuse_start(run, i, &err);
			return;
		}
	}
	run_event_started(run, i);
	if (is_mark(&run->w->nodes[i])) {
		run_event_finished(run, i, NULL, NULL);
		end_node(run, i, RUN_SUCCEEDED);
		return;
	}
	n->status = RUN_STARTING;
	run->running++;
	run->starting[run->starting_count++] = i;
}

/* The skipped take no slot, so they pass even when all slots are taken. */
static void
fill_slots(struct run *run)
{
	while (run->queue_len && !run->stopping && !run->broken) {
		size_t next = run->queue[run->queue_head];

		if ((int64_t)run->running >= run->config.max_running &&
		    !run->nodes[next].blocked_by)
			break;
		take_turn(run, queue_pop(run));
	}
}

static void
cancel_start(struct run *run, size_t i)
{
	struct run_failure failure = { .kind = "cancelled",
		.message = "not begun because the run stops" };

	run_attempt_done(run, i, STR_NONE, &failure, NULL);
}

static void
start_attempt(struct run *run, size_t i)
{
	struct run_node *n = &run->nodes[i];
	struct buf request = BUF_INIT(NDJSON_LINE_MAX);
	struct str input = buf_str(&n->input);
	struct run_failure failure = { .kind = "invalid_input" };
	struct err err = ERR_INIT;
	bool is_llm = node_is_llm(&run->w->nodes[i]);

	if (run->stopping) { /* since its start was journaled, another one failed */
		cancel_start(run, i);
		return;
	}
	n->status = RUN_RUNNING;
	n->timed_out = false;
	n->chunks = 0;
	if (is_llm && run_llm_request(run, i, &request, &err) < 0) {
		failure.message = err.text;
		run_attempt_done(run, i, STR_NONE, &failure, NULL);
	} else {
		if (is_llm)
			input = buf_str(&request);
		if (rundir_open_attempt(run->config.dir, run->w->nodes[i].name, n->attempt, input,
			&n->files, &err) < 0)
			run_break(run, &err);
		else if (is_llm)
			run_llm_start(run, i, input);
		else
			run_command_start(run, i);
	}
	buf_release(&request);
}

static void
start_all(struct run *run)
{
	size_t count = run->starting_count;

	run->starting_count = 0;
	for (size_t k = 0; k < count && !run->broken; k++)
		start_attempt(run, run->starting[k]);
}

/* --- the whole --- */

static void
commit(struct run *run)
{
	struct err err = ERR_INIT;

	/* Once the directory can't be written, an event could speak of a file that is not there. */
	if (run->broken || !journal_has_pending(run->journal))
		return;
	if (journal_commit(run->journal, &err) < 0)
		run_break(run, &err);
	else if (run->config.events)
		run->config.events(run->config.user, journal_committed(run->journal));
}

/* Commit what happened, start what may start now, and again until there is nothing to do but wait.
 */
static void
turn(struct run *run)
{
	do {
		fill_slots(run);
		commit(run);
		start_all(run);
	} while (!run->broken && (journal_has_pending(run->journal) ||
				     (run->queue_len && !run->stopping &&
					 (int64_t)run->running < run->config.max_running)));
}

static bool
is_over(const struct run *run)
{
	if (run->broken)
		return true;
	if (run->stopping)
		return run->running == 0;
	return run->running == 0 && run->queue_len == 0 && run->backing_off == 0;
}

/* Before the loop goes to sleep: timers and exits have had their say. (Between calls of UV_RUN_ONCE
 * would not do: it sleeps after a timer has fired.) */
static void
take_turns(uv_prepare_t *handle)
{
	struct run *run = handle->data;

	turn(run);
	if (is_over(run))
		uv_stop(run->config.loop);
}

static int
exit_status(const struct run *run)
{
	if (run->stop_signal)
		return EXIT_SIGNAL + run->stop_signal;
	if (run->failed == 0)
		return EXIT_OK;
	if (run->failed == run->failed_temporary)
		return EXIT_RETRY;
	return run->failed == run->failed_refused ? EXIT_REFUSED : EXIT_NO;
}

static int
finish(struct run *run, struct err *err)
{
	struct buf output = BUF_INIT(RUN_OUTPUT_MAX);
	struct err failure = ERR_INIT;
	int status = exit_status(run), rc = 0;

	if (status == EXIT_OK)
		rc = run_data_result(run, &output, &failure);
	run_event_run_finished(run, buf_str(&output), rc < 0 ? &failure : NULL);
	buf_release(&output);
	commit(run);
	if (run->broken) {
		*err = run->err;
		return EXIT_IO;
	}
	if (rc < 0) {
		*err = failure;
		return EXIT_NO;
	}
	return status;
}

static int
open_files(struct run *run, struct err *err)
{
	char *journal = file_join(run->config.dir->path, "journal.ndjson");
	char *log = file_join(run->config.dir->path, "llm-call.log");
	bool asks = false;
	int rc = 0;

	for (size_t i = 0; i < run->w->count; i++)
		asks = asks || node_is_llm(&run->w->nodes[i]);
	run->journal = journal_create(journal, run->config.dir->id, err);
	if (!run->journal)
		rc = -1;
	if (rc == 0 && asks) {
		run->llm_log = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
		if (run->llm_log < 0)
			rc = err_sys(err, errno, "cannot create %s", log);
	}
	free(journal);
	free(log);
	return rc;
}

int
run_execute(struct run *run, struct err *err)
{
	run->began_us = clock_mono_us();
	if (open_files(run, err) < 0)
		return EXIT_IO;
	run_data_env(run);
	run_event_run_started(run);
	for (size_t k = 0; k < run->w->count; k++) {
		size_t i = run->w->order[k];

		if (run->nodes[i].waits > 0)
			break; /* the order is by level: no other is ready */
		run_event_ready(run, i);
		queue_push(run, i);
	}
	uv_prepare_start(&run->turns, take_turns);
	uv_run(run->config.loop, UV_RUN_DEFAULT);
	uv_prepare_stop(&run->turns);
	if (run->broken) {
		*err = run->err;
		return EXIT_IO;
	}
	return finish(run, err);
}

/* --- from outside --- */

void
run_stop(struct run *run, int signal)
{
	if (signal && !run->stop_signal)
		run->stop_signal = signal;
	if (run->stopping)
		return;
	run->stopping = true;
	for (size_t i = 0; i < run->w->count; i++) {
		if (run->nodes[i].proc)
			proc_end(run->nodes[i].proc, run->config.grace_ms);
	}
	if (run->llm)
		coproc_end(run->llm, run->config.grace_ms);
}

bool
run_is_stopping(const struct run *run)
{
	return run->stop_signal != 0;
}

struct run_progress
run_progress(const struct run *run)
{
	size_t ended = run->succeeded + run->failed + run->skipped;

	return (struct run_progress){
		.total = run->w->count,
		.waiting = run->w->count - ended - run->running,
		.running = run->running,
		.succeeded = run->succeeded,
		.failed = run->failed,
		.skipped = run->skipped,
		.elapsed_ms = (clock_mono_us() - run->began_us) / 1000,
	};
}

void
run_print_running(const struct run *run, size_t max, struct buf *out)
{
	size_t shown = 0;

	for (size_t i = 0; i < run->w->count && shown < max; i++) {
		if (run->nodes[i].status == RUN_RUNNING)
			buf_addf(out, "%s%s", shown++ ? " " : "", run->w->nodes[i].name);
	}
}
