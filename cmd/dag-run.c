/* SPDX-License-Identifier: MIT */
/* dag-run - run a workflow: its nodes in order, in parallel, journaled. */
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "base/die.h"
#include "base/mem.h"
#include "cli/opt.h"
#include "cli/progress.h"
#include "flow/narrate.h"
#include "flow/plan.h"
#include "flow/run.h"
#include "flow/rundir.h"
#include "flow/workflow.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/output.h"
#include "sys/rand.h"
#include "sys/share.h"

enum { JOBS_DEFAULT = 8, GRACE_MS = 5000, STATUS_MS = 100, OUTPUT_MARK = 1 << 20, NAMES_SHOWN = 8 };

extern char **environ;

static const char *input_file, *input_json, *run_id, *runs_dir, *agent_path, *llm_call, *log_form;
static struct opt_list models;
static int64_t jobs, grace_ms = GRACE_MS, seed = -1;
static bool dry, fail_fast, keep_going, quiet, verbose, text;

static const struct opt opts[] = {
	{ 'i', "input", "FILE", OPT_STR, &input_file, "the run's input, JSON (- is stdin)" },
	{ 0, "input-json", "JSON", OPT_STR, &input_json, "the run's input itself (default {})" },
	{ 'm', "model", "[NODE=]MODEL", OPT_LIST, &models,
	    "ask MODEL in all nodes, or in NODE; may be repeated" },
	{ 'j', "jobs", "N", OPT_INT, &jobs,
	    "nodes that run at once (default: the workflow's, or 8)" },
	{ 0, "fail-fast", NULL, OPT_FLAG, &fail_fast, "stop everything when a node has failed" },
	{ 'k', "keep-going", NULL, OPT_FLAG, &keep_going,
	    "go on with what does not depend on a failed node (the default)" },
	{ 'n', "dry-run", NULL, OPT_FLAG, &dry, "print the plan, and run nothing" },
	{ 0, "run-id", "ID", OPT_STR, &run_id, "the run's name (default: made from the time)" },
	{ 0, "runs-dir", "DIR", OPT_STR, &runs_dir, "where runs are kept (default runs)" },
	{ 0, "agent-path", "DIRS", OPT_STR, &agent_path,
	    "where agents are looked for, separated by colons" },
	{ 0, "llm-call", "PROGRAM", OPT_STR, &llm_call,
	    "what answers requests (default: llm-call, beside dag-run)" },
	{ 0, "grace", "TIME", OPT_MS, &grace_ms, "between SIGTERM and SIGKILL (default 5s)" },
	{ 0, "seed", "N", OPT_INT, &seed, "seed of the chance in retry delays" },
	{ 't', "text", NULL, OPT_FLAG, &text, "write text for people, as on a terminal" },
	{ 'q', "quiet", NULL, OPT_FLAG, &quiet, "no status line" },
	{ 'v', "verbose", NULL, OPT_FLAG, &verbose, "say what the workflow asks for in vain" },
	{ 0, "log", "text|json", OPT_CHOICE, &log_form, "form of messages on stderr" },
	{ 0 },
};

static const struct opt_spec spec = {
	.synopsis = "[options] workflow.yaml",
	.purpose = "run a workflow",
	.opts = opts,
};

/* What one run of this program is made of. */
struct session {
	uv_loop_t loop;
	uv_signal_t signals[3];
	uv_timer_t ticker;
	struct workflow *workflow;
	struct buf input;
	struct rundir dir;
	struct output *out;
	int out_error;
	struct run *run;
	struct progress progress;
};

static const char *
env_get(const char *name)
{
	return getenv(name);
}

static const char *
env_or(const char *flag, const char *name)
{
	const char *value = flag ? flag : getenv(name);

	return value && *value ? value : NULL;
}

/* --- what is run --- */

/* The list of --agent-path or AGENTFLOW_AGENT_PATH; else beside the workflow, and what came with
 * us. */
static char **
agent_dirs(const char *workflow)
{
	const char *path = env_or(agent_path, "AGENTFLOW_AGENT_PATH"), *slash;
	struct str rest = str_of(path), part;
	char **dirs = NULL;
	size_t count = 0, cap = 0;

	while (path && str_split(&rest, ':', &part)) {
		VEC_GROW(dirs, count, cap);
		dirs[count++] = part.len ? xmemdup(part.p, part.len) : xstrdup(".");
	}
	if (!path) {
		slash = strrchr(workflow, '/');
		VEC_GROW(dirs, count, cap);
		dirs[count++] = slash ? xmemdup(workflow, (size_t)(slash - workflow) + 1)
				      : xstrdup(".");
		VEC_GROW(dirs, count, cap);
		dirs[count++] = share_dir(getenv("AGENTFLOW_SHARE"));
	}
	VEC_GROW(dirs, count, cap);
	dirs[count] = NULL;
	return dirs;
}

static void
load_workflow(struct session *s, const char *path)
{
	const char *everywhere = env_or(NULL, "AGENTFLOW_MODEL");
	const char **list = xcalloc(models.count + 2, sizeof *list);
	char **dirs = agent_dirs(path);
	struct buf notes = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	size_t n = 0;

	if (everywhere)
		list[n++] = everywhere;
	for (size_t i = 0; i < models.count; i++)
		list[n++] = models.items[i];
	s->workflow = workflow_load(path,
	    &(struct workflow_setup){ .agent_dirs = (const char *const *)dirs, .models = list },
	    &err);
	if (!s->workflow)
		err_die(&err);
	workflow_print_notes(s->workflow, &notes);
	if (verbose && notes.len)
		warn("%s: checked, but not enforced by this version: %s", path, notes.p);
	buf_release(&notes);
	for (size_t i = 0; dirs[i]; i++)
		free(dirs[i]);
	free(dirs);
	free(list);
}

static struct json
load_input(struct session *s)
{
	struct err err = ERR_INIT;
	struct json v;

	if (input_file && input_json)
		opt_misuse("--input and --input-json exclude each other");
	if (input_file) {
		if (file_read(input_file, &s->input, &err) < 0)
			err_die(&err);
	} else {
		buf_adds(&s->input, input_json ? input_json : "{}");
	}
	if (json_parse(s->input.p, s->input.len, &v, &err) < 0)
		die(EXIT_IO, "%s: %s", input_file ? input_file : "--input-json", err.text);
	if (s->workflow->input_schema && !schema_valid(s->workflow->input_schema, v, &err))
		die(EXIT_IO, "the input does not fit the workflow's inputSchema: %s", err.text);
	return v;
}

static void
make_rundir(struct session *s, const char *workflow_file)
{
	const char *runs = env_or(runs_dir, "AGENTFLOW_RUNS");
	struct buf copy = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct rand chance;

	if (!runs)
		runs = "runs";
	rand_seed_random(&chance);
	if (rundir_create(&s->dir, runs, run_id, &chance, &err) < 0 ||
	    file_read(workflow_file, &copy, &err) < 0 ||
	    rundir_put(&s->dir, "workflow.yaml", buf_str(&copy), &err) < 0 ||
	    rundir_put(&s->dir, "input.json", buf_str(&s->input), &err) < 0 ||
	    rundir_set_latest(&s->dir, runs, &err) < 0)
		err_die(&err);
	buf_release(&copy);
	/* Line ends lie between the input's tokens; records must not have any. */
	for (size_t i = 0; i < s->input.len; i++) {
		if (s->input.p[i] == '\n' || s->input.p[i] == '\r')
			s->input.p[i] = ' ';
	}
}

/* llm-call beside our own program, as in an installation or a build; else on PATH. */
static char *
find_llm_call(void)
{
	char own[4096], *slash, *beside; /* a path that is longer is looked for on PATH */
	size_t size = sizeof own;

	if (llm_call)
		return xstrdup(llm_call);
	if (uv_exepath(own, &size) == 0 && (slash = strrchr(own, '/'))) {
		slash[1] = '\0';
		beside = file_join(own, "llm-call");
		if (access(beside, X_OK) == 0)
			return beside;
		free(beside);
	}
	return xstrdup("llm-call");
}

/* --- what is shown --- */

static void
show_status(uv_timer_t *ticker)
{
	struct session *s = ticker->data;
	struct run_progress p = run_progress(s->run);
	struct progress_count count = { .done = p.succeeded + p.failed + p.skipped,
		.failed = p.failed };
	struct buf names = BUF_INIT(BUF_UNLIMITED);

	buf_addf(&names, "%zu running: ", p.running);
	run_print_running(s->run, NAMES_SHOWN, &names);
	s->progress.note = p.running ? names.p : NULL;
	progress_update(&s->progress, count, clock_mono_us());
	s->progress.note = NULL;
	buf_release(&names);
}

static void
events(void *user, struct str lines)
{
	struct session *s = user;

	progress_clear(&s->progress);
	if (text)
		narrate_events(lines, output_buf(s->out));
	else
		buf_addstr(output_buf(s->out), lines);
	output_kick(s->out);
}

/* Nobody reads any more: the run is not worth its cost. A full disk is no better. */
static void
output_failed(void *user, int errnum)
{
	struct session *s = user;

	s->out_error = errnum;
	run_stop(s->run, errnum == EPIPE ? SIGPIPE : 0);
}

/* --- how it is ended --- */

static void
got_signal(uv_signal_t *handle, int signum)
{
	struct session *s = handle->data;

	if (run_is_stopping(s->run)) {
		progress_finish(&s->progress);
		run_kill(s->run);
		_exit(EXIT_SIGNAL + signum);
	}
	run_stop(s->run, signum);
}

static void
watch_signals(struct session *s)
{
	static const int signums[] = { SIGINT, SIGTERM, SIGHUP };

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof signums / sizeof *signums; i++) {
		uv_signal_init(&s->loop, &s->signals[i]);
		s->signals[i].data = s;
		uv_signal_start(&s->signals[i], got_signal, signums[i]);
	}
	uv_timer_init(&s->loop, &s->ticker);
	s->ticker.data = s;
	progress_start(&s->progress,
	    &(struct progress_config){ .what = "nodes",
		.total = s->workflow->count,
		.fd = STDERR_FILENO,
		.no_color = getenv("NO_COLOR") },
	    clock_mono_us());
	if (!quiet && s->progress.is_terminal)
		uv_timer_start(&s->ticker, show_status, STATUS_MS, STATUS_MS);
}

static void
close_handles(struct session *s)
{
	for (size_t i = 0; i < sizeof s->signals / sizeof *s->signals; i++)
		uv_close((uv_handle_t *)&s->signals[i], NULL);
	uv_close((uv_handle_t *)&s->ticker, NULL);
	output_close(s->out);
	uv_run(&s->loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&s->loop); /* we end anyway */
}

/* --- the run --- */

static int
execute(struct session *s, struct json input)
{
	const struct output_events on = { NULL, output_failed };
	char *program = find_llm_call(), *cap;
	const char *argv[] = { program, "-j", NULL, NULL };
	struct err err = ERR_INIT;
	struct rand chance;
	int status;

	rand_seed_random(&chance);
	if (jobs == 0)
		jobs = s->workflow->max_concurrent ? s->workflow->max_concurrent : JOBS_DEFAULT;
	argv[2] = cap = xasprintf("%lld", (long long)jobs);
	s->out = output_open(&s->loop, STDOUT_FILENO, OUTPUT_MARK, &on, s);
	s->run = run_new(&(struct run_config){
	    .loop = &s->loop,
	    .workflow = s->workflow,
	    .dir = &s->dir,
	    .input = input,
	    .env = (const char *const *)environ,
	    .getenv = env_get,
	    .llm_call = argv,
	    .max_running = jobs,
	    .grace_ms = grace_ms,
	    .seed = seed >= 0 ? (uint64_t)seed : rand_u64(&chance),
	    .fail_fast = fail_fast,
	    .events = events,
	    .user = s,
	});
	watch_signals(s);
	status = run_execute(s->run, &err);
	progress_finish(&s->progress);
	if (err.code != EXIT_OK)
		warn("%s", err.text);
	if (!output_flush(s->out, CLOCK_NEVER))
		s->out_error = errno;
	if (s->out_error && s->out_error != EPIPE) {
		warn("cannot write events: %s", strerror(s->out_error));
		status = EXIT_IO;
	}
	run_free(s->run);
	close_handles(s);
	free(cap);
	free(program);
	return status;
}

static int
print_plan(const struct workflow *w)
{
	struct buf plan = BUF_INIT(BUF_UNLIMITED);
	int rc;

	if (text)
		plan_print_table(w, &plan);
	else
		plan_print(w, &plan);
	rc = file_write_all(STDOUT_FILENO, plan.p, plan.len);
	if (rc < 0)
		die(EXIT_IO, "cannot write: %s", strerror(errno));
	buf_release(&plan);
	return EXIT_OK;
}

int
main(int argc, char **argv)
{
	struct session s = { .input = BUF_INIT((size_t)64 << 20), .dir = { .nodes_fd = -1 } };
	struct json input;
	int status;

	argv += opt_parse(&spec, argc, argv);
	if (log_form && strcmp(log_form, "json") == 0)
		die_log_json(true);
	if (!argv[0] || argv[1])
		opt_misuse("one workflow file is wanted");
	if (fail_fast && keep_going)
		opt_misuse("--fail-fast and --keep-going exclude each other");
	text = text || isatty(STDOUT_FILENO);
	load_workflow(&s, argv[0]);
	input = load_input(&s);
	if (dry) {
		status = print_plan(s.workflow);
	} else {
		if (uv_loop_init(&s.loop) < 0)
			die(EXIT_SYSTEM, "cannot start the event loop");
		make_rundir(&s, argv[0]);
		status = execute(&s, input);
	}
	rundir_release(&s.dir);
	workflow_free(s.workflow);
	buf_release(&s.input);
	opt_list_release(&models);
	return status;
}
