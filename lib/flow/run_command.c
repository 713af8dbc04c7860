/* SPDX-License-Identifier: MIT */
/* run_command - one attempt of a node that runs a command. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "flow/run_state.h"
#include "json/jsonw.h"
#include "json/ndjson.h"

enum { TAIL_MAX = 512, SHOWN_MAX = 200 };

static void
timed_out(uv_timer_t *timer)
{
	struct run_node *n = timer->data;

	n->timed_out = true;
	if (n->proc)
		proc_end(n->proc, n->run->config.grace_ms);
}

/* --- what it wrote --- */

static int
read_at(int fd, struct buf *out, off_t from, size_t size)
{
	ssize_t n;

	while (size && buf_reserve(out, size)) {
		n = pread(fd, out->p + out->len, size, from);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (int)n;
		out->len += (size_t)n;
		out->p[out->len] = '\0';
		from += n;
		size -= (size_t)n;
	}
	return 0;
}

/* Whether every line is a JSON value; *last is the last one. */
static bool
is_ndjson(struct str text, struct json *last)
{
	struct err err = ERR_INIT;
	struct lines lines;
	struct str line;
	enum lines_status status;
	bool good = true;

	*last = JSON_ABSENT;
	lines_init(&lines, RUN_OUTPUT_MAX);
	lines_push(&lines, text.p, text.len);
	while (good && (status = lines_next(&lines, &line)) != LINES_MORE)
		good = status == LINES_LINE && json_parse(line.p, line.len, last, &err) == 0;
	lines_release(&lines);
	return good && last->kind != JSON_NONE;
}

/* Line ends in JSON lie between its tokens; a journal line must not have any. */
static void
put_on_one_line(struct str json, struct buf *out)
{
	buf_addstr(out, json);
	for (size_t i = out->len - json.len; i < out->len; i++) {
		if (out->p[i] == '\n' || out->p[i] == '\r')
			out->p[i] = ' ';
	}
}

/* text as a node's output: one JSON value, the last of a line each, or else a string. text ends in
 * a newline or at the end of a line that has none. */
static void
put_output(struct str text, struct buf *out)
{
	struct err err = ERR_INIT;
	struct json v;

	if (str_trim(text).len == 0)
		return;
	if (json_parse(text.p, text.len, &v, &err) == 0 || is_ndjson(text, &v)) {
		put_on_one_line(json_raw(v), out);
		return;
	}
	if (text.p[text.len - 1] == '\n')
		text.len--;
	jsonw_quote(out, text);
}

static int
read_output(const struct run_node *n, struct buf *out, struct err *err)
{
	struct buf text = BUF_INIT(RUN_OUTPUT_MAX + 1);
	struct stat st;
	int rc = 0;

	if (fstat(n->files.out, &st) < 0)
		return err_sys(err, errno, "cannot read its output");
	if ((uint64_t)st.st_size > RUN_OUTPUT_MAX)
		return err_set(err, EXIT_NO, "its output is larger than %zu bytes", RUN_OUTPUT_MAX);
	if (st.st_size && read_at(n->files.out, &text, 0, (size_t)st.st_size) < 0)
		rc = err_sys(err, errno, "cannot read its output");
	else if (text.len && text.p[text.len - 1] != '\n')
		buf_addc(&text, '\n'); /* the last line is one, too */
	if (rc == 0)
		put_output(buf_str(&text), out);
	buf_release(&text);
	return rc;
}

/* The last line that it wrote to stderr, which is where programs say what went wrong. */
static void
put_last_words(const struct run_node *n, struct buf *out)
{
	struct buf tail = BUF_INIT(TAIL_MAX + 1);
	struct str rest, line, last = STR_NONE;
	struct stat st;

	if (fstat(n->files.err, &st) == 0 && st.st_size > 0 &&
	    read_at(n->files.err, &tail, st.st_size > TAIL_MAX ? st.st_size - TAIL_MAX : 0,
		TAIL_MAX) == 0) {
		rest = buf_str(&tail);
		while (str_split(&rest, '\n', &line)) {
			if (str_trim(line).len)
				last = str_trim(line);
		}
	}
	if (last.len) {
		buf_adds(out, ": ");
		buf_add(out, last.p, str_cut_utf8(last, SHOWN_MAX));
	}
	buf_release(&tail);
}

/* --- how it ended --- */

/* Statuses that say "not like this": the same command would end the same way. */
static bool
is_final(int status)
{
	return status == EXIT_USAGE || status == EXIT_REFUSED || status == EXIT_CONFIG ||
	       status == EXIT_NOEXEC || status == EXIT_NOTFOUND;
}

static bool
describe_failure(const struct run *run, const struct run_node *n, const struct proc_exit *how,
    struct run_failure *failure, struct buf *message)
{
	failure->kind = "command";
	failure->retryable = true;
	if (how->status == 0 && !n->timed_out)
		return false;
	if (n->timed_out) {
		failure->kind = "timeout";
		failure->temporary = true;
		buf_addf(message, "not done after %lld ms",
		    (long long)run->w->nodes[n - run->nodes].timeout_ms);
	} else if (run->stopping) {
		failure->kind = "cancelled";
		failure->retryable = false;
		buf_adds(message, "ended because the run stops");
	} else if (how->signal) {
		buf_addf(message, "killed by signal %d", how->signal);
	} else {
		buf_addf(message, "exit status %d", how->status);
		failure->retryable = !is_final(how->status);
		failure->temporary = how->status == EXIT_RETRY;
		failure->refused = how->status == EXIT_REFUSED;
	}
	put_last_words(n, message);
	failure->message = message->p;
	return true;
}

static void
exited(void *user, const struct proc_exit *how)
{
	struct run_node *n = user;
	struct run *run = n->run;
	size_t i = (size_t)(n - run->nodes);
	struct buf output = BUF_INIT(BUF_UNLIMITED), message = BUF_INIT(BUF_UNLIMITED);
	struct run_failure failure = { .kind = NULL };
	struct run_facts facts = { .response = JSON_ABSENT, .how = how };
	struct err err = ERR_INIT;
	bool failed;

	n->proc = NULL;
	failed = describe_failure(run, n, how, &failure, &message);
	if (!failed && read_output(n, &output, &err) < 0) {
		failed = true;
		failure.message = err.text;
	}
	run_attempt_done(run, i, buf_str(&output), failed ? &failure : NULL, &facts);
	buf_release(&output);
	buf_release(&message);
}

/* --- its start --- */

static struct proc *
spawn(struct run *run, size_t i, struct err *err)
{
	const struct node *node = &run->w->nodes[i];
	struct run_node *n = &run->nodes[i];
	char *own[] = {
		xasprintf("AGENTFLOW_RUN=%s", run->config.dir->id),
		xasprintf("AGENTFLOW_RUN_DIR=%s", run->config.dir->absolute),
		xasprintf("AGENTFLOW_NODE=%s", node->name),
		xasprintf("AGENTFLOW_ATTEMPT=%lld", (long long)n->attempt),
		node->agent ? xasprintf("AGENTFLOW_AGENT_DIR=%s", node->agent->absolute) : NULL,
		NULL,
	};
	const char **env = proc_env(run->config.env, (const char *const *)own);
	struct proc_spec spec = {
		.argv = node->task.command,
		.env = env,
		.in = n->files.in,
		.out = n->files.out,
		.err = n->files.err,
	};
	struct proc *p = proc_spawn(run->procs, &spec, exited, n, err);

	free(env);
	for (size_t k = 0; k < sizeof own / sizeof *own; k++)
		free(own[k]);
	return p;
}

void
run_command_start(struct run *run, size_t i)
{
	struct run_node *n = &run->nodes[i];
	struct run_failure failure = { .kind = "command" };
	struct err err = ERR_INIT;

	n->proc = spawn(run, i, &err);
	if (!n->proc) {
		failure.message = err.text;
		failure.retryable = failure.temporary = err.code == EXIT_SYSTEM;
		run_attempt_done(run, i, STR_NONE, &failure, NULL);
		return;
	}
	run_set_timer(run, i, run->w->nodes[i].timeout_ms, timed_out);
}
