/* SPDX-License-Identifier: MIT */
/* run_llm - one attempt of a node that asks a model: a request to the llm-call beside us. */
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "flow/run_state.h"
#include "json/edit.h"
#include "json/jsonw.h"
#include "llm/llm.h"
#include "sys/file.h"

/* llm-call keeps the deadline that the request names; this is for when it does not. */
enum { BACKSTOP_MS = 2000 };

/* --- the request --- */

static int
put_message(struct run *run, size_t i, const char *role, size_t expression, struct jsonw *w,
    struct err *err)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	int rc;

	if (expression == EXPR_NONE)
		return 0;
	rc = run_data_eval(run, i, expression, &text, err);
	if (rc == 0) {
		jsonw_object(w);
		jsonw_kstr(w, "role", role);
		jsonw_key(w, "content");
		jsonw_raw(w, text.len ? buf_str(&text) : STR_LIT("\"\""));
		jsonw_end(w);
	}
	buf_release(&text);
	return rc;
}

/* Streamed, unless the node says otherwise: then a stall shows, and what came before it is kept. */
static void
put_options(const struct node *node, struct jsonw *w)
{
	struct buf own = BUF_INIT(BUF_UNLIMITED), merged = BUF_INIT(BUF_UNLIMITED);
	struct json target, patch;
	struct err err = ERR_INIT;
	struct jsonw o;

	jsonw_start(&o, &own);
	jsonw_object(&o);
	jsonw_kbool(&o, "stream", true);
	jsonw_ki64(&o, "timeoutMs", node->timeout_ms);
	jsonw_end(&o);
	jsonw_key(w, "options");
	if (json_parse(own.p, own.len, &target, &err) == 0 &&
	    json_parse(node->task.options.p, node->task.options.len, &patch, &err) == 0)
		json_merge_patch(target, patch, &merged);
	jsonw_raw(w, buf_str(&merged));
	buf_release(&own);
	buf_release(&merged);
}

static void
put_meta(const struct run *run, size_t i, struct jsonw *w)
{
	jsonw_key(w, "meta");
	jsonw_object(w);
	jsonw_kstr(w, "run", run->config.dir->id);
	jsonw_kstr(w, "workflow", run->w->name);
	jsonw_kstr(w, "node", run->w->nodes[i].name);
	jsonw_ki64(w, "attempt", run->nodes[i].attempt);
	jsonw_end(w);
}

static void
put_id(const struct run *run, size_t i, struct buf *out)
{
	buf_addf(out, "%s/%s/%lld", run->config.dir->id, run->w->nodes[i].name,
	    (long long)run->nodes[i].attempt);
}

int
run_llm_request(struct run *run, size_t i, struct buf *out, struct err *err)
{
	const struct task *task = &run->w->nodes[i].task;
	struct buf id = BUF_INIT(BUF_UNLIMITED), messages = BUF_INIT(BUF_UNLIMITED);
	struct jsonw w;
	int rc;

	jsonw_start(&w, &messages);
	jsonw_array(&w);
	rc = put_message(run, i, "system", task->system, &w, err);
	if (rc == 0)
		rc = put_message(run, i, "user", task->prompt, &w, err);
	if (rc == 0) {
		jsonw_end(&w);
		put_id(run, i, &id);
		jsonw_start(&w, out);
		jsonw_object(&w);
		jsonw_kstr(&w, "type", "request");
		jsonw_kstrn(&w, "id", buf_str(&id));
		if (task->model)
			jsonw_kstr(&w, "model", task->model);
		jsonw_key(&w, "messages");
		jsonw_raw(&w, buf_str(&messages));
		if (task->tools.len) {
			jsonw_key(&w, "tools");
			jsonw_raw(&w, buf_str(&task->tools));
		}
		if (task->tool_choice.len) {
			jsonw_key(&w, "toolChoice");
			jsonw_raw(&w, buf_str(&task->tool_choice));
		}
		put_options(&run->w->nodes[i], &w);
		put_meta(run, i, &w);
		jsonw_end(&w);
		if (buf_is_full(out))
			rc = err_set(
			    err, EXIT_NO, "the request is larger than %zu bytes", out->limit);
	}
	buf_release(&id);
	buf_release(&messages);
	return rc;
}

/* --- its answers --- */

/* The node whose running attempt has that id, or SIZE_MAX: a late answer is nobody's. */
static size_t
find_by_id(const struct run *run, struct json id)
{
	struct buf text = BUF_INIT(4096);
	struct str rest, run_id, name;
	size_t i = SIZE_MAX;
	int64_t attempt;

	json_text(id, &text);
	rest = buf_str(&text);
	if (str_split(&rest, '/', &run_id) && str_is(run_id, run->config.dir->id) &&
	    str_split(&rest, '/', &name) && num_i64(rest, &attempt)) {
		i = workflow_find(run->w, name);
		if (i != SIZE_MAX &&
		    (run->nodes[i].status != RUN_RUNNING || run->nodes[i].attempt != attempt))
			i = SIZE_MAX;
	}
	buf_release(&text);
	return i;
}

static int
keep_line(struct run *run, size_t i, struct str line)
{
	struct err err = ERR_INIT;
	int fd = run->nodes[i].files.out;

	if (file_write_all(fd, line.p, line.len) == 0 && file_write_all(fd, "\n", 1) == 0)
		return 0;
	err_sys(&err, errno, "cannot write the answer of \"%s\"", run->w->nodes[i].name);
	run_break(run, &err);
	return -1;
}

/* The error of a response, in kind's and message's memory. */
static void
read_failure(struct json response, struct run_failure *f, struct buf *kind, struct buf *message)
{
	enum error_kind known;

	f->error = json_get(response, "error");
	if (!json_exists(json_get(f->error, "kind"))) {
		f->error = JSON_ABSENT;
		f->kind = "protocol";
		f->message = "a failed response that does not say why";
		return;
	}
	json_text(json_get(f->error, "kind"), kind);
	json_text(json_get(f->error, "message"), message);
	f->kind = kind->p;
	f->message = message->p;
	f->retryable = f->temporary = json_is_true(json_get(f->error, "retryable"));
	f->refused = error_kind_parse(buf_str(kind), &known) && error_kind_is_refusal(known);
	(void)json_i64(json_get(f->error, "retryAfterMs"), &f->retry_after_ms);
}

static void
take_response(struct run *run, size_t i, struct json response)
{
	struct buf kind = BUF_INIT(4096), message = BUF_INIT(BUF_UNLIMITED);
	struct run_failure failure = { .kind = NULL };
	struct run_facts facts = { .response = response, .chunks = run->nodes[i].chunks };
	bool ok = json_is_true(json_get(response, "ok"));
	struct json output = json_get(response, "object");

	if (!ok)
		read_failure(response, &failure, &kind, &message);
	if (!json_exists(output))
		output = json_get(response, "content");
	run_attempt_done(run, i, json_raw(output), ok ? NULL : &failure, &facts);
	buf_release(&kind);
	buf_release(&message);
}

static void
got_line(void *user, struct str line)
{
	struct run *run = user;
	struct err err = ERR_INIT;
	struct json record, type;
	size_t i;

	if (json_parse(line.p, line.len, &record, &err) < 0)
		return; /* not a record of ours; the attempt's deadline is the answer to that */
	i = find_by_id(run, json_get(record, "id"));
	if (i == SIZE_MAX || keep_line(run, i, line) < 0)
		return;
	type = json_get(record, "type");
	if (json_eq(type, "chunk"))
		run->nodes[i].chunks++;
	else if (json_eq(type, "response"))
		take_response(run, i, record);
}

static void
fail(struct run *run, size_t i, const char *kind, const char *message, bool retryable)
{
	struct run_failure failure = { .kind = kind, .message = message };

	failure.retryable = failure.temporary = retryable;
	run_attempt_done(run, i, STR_NONE, &failure, NULL);
}

static void
went_down(void *user, const char *why)
{
	struct run *run = user;

	for (size_t i = 0; i < run->w->count; i++) {
		if (run->nodes[i].status != RUN_RUNNING || !node_is_llm(&run->w->nodes[i]))
			continue;
		if (run->stopping)
			fail(run, i, "cancelled", "ended because the run stops", false);
		else
			fail(run, i, "network", why, true);
	}
}

static void
timed_out(uv_timer_t *timer)
{
	struct run_node *n = timer->data;
	size_t i = (size_t)(n - n->run->nodes);
	char *message;

	message = xasprintf("no answer after %lld ms", (long long)n->run->w->nodes[i].timeout_ms);
	fail(n->run, i, "timeout", message, true);
	free(message);
}

/* --- its start --- */

static void
open_llm(struct run *run)
{
	struct coproc_config config = {
		.argv = run->config.llm_call,
		.env = run->config.env,
		.log_fd = run->llm_log,
		.line = got_line,
		.down = went_down,
		.user = run,
	};

	run->llm = coproc_new(run->config.loop, run->procs, &config);
}

void
run_llm_start(struct run *run, size_t i, struct str request)
{
	struct err err = ERR_INIT;

	if (!run->llm)
		open_llm(run);
	if (coproc_send(run->llm, request, &err) < 0) {
		fail(run, i, "network", err.text, false);
		return;
	}
	run_set_timer(run, i, run->w->nodes[i].timeout_ms + BACKSTOP_MS, timed_out);
}
