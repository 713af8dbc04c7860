/* SPDX-License-Identifier: MIT */
/* dag-run - run a workflow: its nodes in order, in parallel, journaled. */
#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

#include "base/die.h"
#include "base/mem.h"
#include "cli/opt.h"
#include "flow/console.h"
#include "flow/plan.h"
#include "flow/run.h"
#include "flow/run_input.h"
#include "flow/rundir.h"
#include "flow/workflow.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/rand.h"
#include "sys/share.h"
#include "sys/signals.h"

enum { JOBS_DEFAULT = 8, JOBS_MAX = 100000, NODE_FILES = 3, OWN_FILES = 32 };
enum { GRACE_MS = 5000, FLUSH_MS = 2000 };

extern char **environ;

static const char *input_file, *input_json, *run_id, *runs_dir, *agent_path, *llm_call, *policy;
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
	{ 'p', "policy", "FILE", OPT_STR, &policy,
	    "requests go through llm-failover, by this policy (default: the workflow's)" },
	{ 0, "llm-call", "PROGRAM", OPT_STR, &llm_call,
	    "what answers requests (default: llm-call, beside dag-run)" },
	{ 0, "grace", "TIME", OPT_MS, &grace_ms, "between SIGTERM and SIGKILL (default 5s)" },
	{ 0, "seed", "N", OPT_INT, &seed, "seed of the chance in retry delays" },
	{ 't', "text", NULL, OPT_FLAG, &text, "write text for people, as on a terminal" },
	{ 'q', "quiet", NULL, OPT_FLAG, &quiet, "no status line" },
	{ 'v', "verbose", NULL, OPT_FLAG, &verbose, "say what is checked, but not enforced" },
	{ 0 },
};

static const struct opt_spec spec = {
	.synopsis = "[options] workflow.yaml",
	.purpose = "run a workflow",
	.opts = opts,
};

static uv_loop_t loop;
static struct signals signals;

static const char *
env_get(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static struct workflow *
load_workflow(const char *path)
{
	const char *everywhere = env_get("AGENTFLOW_MODEL");
	const char **list = xcalloc(models.count + 2, sizeof *list);
	char *share = share_dir(getenv("AGENTFLOW_SHARE"));
	char **dirs = agent_dirs(
	    agent_path ? agent_path : env_get("AGENTFLOW_AGENT_PATH"), path, share);
	struct workflow_setup setup = {
		.agent_dirs = (const char *const *)dirs, .models = list, .routed = policy != NULL
	};
	struct buf notes = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct workflow *w;
	size_t n = 0;

	if (everywhere)
		list[n++] = everywhere;
	for (size_t i = 0; i < models.count; i++)
		list[n++] = models.items[i];
	w = workflow_load(path, &setup, &err);
	if (!w)
		err_die(&err);
	workflow_print_notes(w, &notes);
	if (verbose && notes.len)
		warn("%s: checked, but not enforced by this version: %s", path, notes.p);
	buf_release(&notes);
	agent_dirs_free(dirs);
	free(share);
	free(list);
	return w;
}

static int
print_plan(const struct workflow *w)
{
	struct buf plan = BUF_INIT(BUF_UNLIMITED);

	if (text)
		plan_print_table(w, &plan);
	else
		plan_print(w, &plan);
	if (file_write_all(STDOUT_FILENO, plan.p, plan.len) < 0)
		die(EXIT_IO, "cannot write the plan: %s", strerror(errno));
	buf_release(&plan);
	return EXIT_OK;
}

static void
on_signal(void *user)
{
	run_stop(user, signals.number);
}

static int
execute(struct run *run, struct console *console)
{
	/* A second one ends us; what still runs ends after us (sys/keeper.h). */
	static const struct signals_events stops = { .first = on_signal };
	struct err err = ERR_INIT, lost = ERR_INIT;
	bool signalled;
	int status;

	signals_open(&signals, &loop, &stops, run);
	console_watch(console, run);
	status = run_execute(run, &err);
	console_end_status(console);
	if (err.code != EXIT_OK)
		warn("%s", err.text);
	/* All is journaled, and a reader may take for ever: from now on a signal ends us at once.
	 */
	signals_close(&signals);
	signalled = run_is_stopping(run);
	if (console_flush(console, signalled ? clock_deadline(FLUSH_MS) : CLOCK_NEVER, &lost) < 0 &&
	    !signalled) {
		warn("%s", lost.text);
		status = EXIT_IO;
	}
	run_free(run);
	console_close(console);
	uv_run(&loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&loop); /* we end anyway */
	return status;
}

/*
 * What answers requests: llm-call, or llm-failover with a policy, which calls the same program. A
 * workflow that routes is its own policy: its copy in the run's directory is the one that is read.
 */
struct answerer {
	const char *argv[10];
	char *call, *failover, *cap, *slots, *policy;
};

/* Beside a request's attempt there may be its hedges, and one more that is being cancelled. */
enum { ATTEMPTS_EACH = 1 + 8 + 1, SLOTS_MAX = 65536 };

static void
answerer_init(struct answerer *a, const struct workflow *w, const struct rundir *dir)
{
	size_t n = 0;

	a->call = llm_call ? xstrdup(llm_call) : share_program("llm-call");
	a->failover = share_program("llm-failover");
	a->cap = xasprintf("%lld", (long long)jobs);
	a->slots = xasprintf("%lld",
	    (long long)(jobs < SLOTS_MAX / ATTEMPTS_EACH ? jobs * ATTEMPTS_EACH : SLOTS_MAX));
	a->policy = policy      ? xstrdup(policy)
		    : w->routes ? file_join(dir->path, "workflow.yaml")
				: NULL;
	if (a->policy) {
		a->argv[n++] = a->failover;
		a->argv[n++] = "-p";
		a->argv[n++] = a->policy;
		a->argv[n++] = "-j";
		a->argv[n++] = a->cap;
	}
	if (a->policy && llm_call)
		a->argv[n++] = "--";
	if (!a->policy || llm_call) {
		a->argv[n++] = a->call;
		a->argv[n++] = "-j";
		a->argv[n++] = a->policy ? a->slots : a->cap;
	}
	a->argv[n] = NULL;
}

static void
answerer_release(struct answerer *a)
{
	free(a->call);
	free(a->failover);
	free(a->cap);
	free(a->slots);
	free(a->policy);
}

static int
run_workflow(const struct workflow *w, const struct rundir *dir, struct json input)
{
	struct answerer answerer;
	struct run_config config = {
		.loop = &loop,
		.workflow = w,
		.dir = dir,
		.input = input,
		.env = (const char *const *)environ,
		.getenv = env_get,
		.llm_call = answerer.argv,
		.max_running = jobs,
		.grace_ms = grace_ms,
		.seed = (uint64_t)seed,
		.fail_fast = fail_fast,
		.events = console_events,
	};
	int status;

	answerer_init(&answerer, w, dir);
	if (uv_loop_init(&loop) < 0)
		die(EXIT_SYSTEM, "cannot start the event loop");
	signal(SIGPIPE, SIG_IGN);
	config.user = console_open(&(struct console_config){
	    .loop = &loop, .text = text, .quiet = quiet, .no_color = getenv("NO_COLOR") });
	status = execute(run_new(&config), config.user);
	answerer_release(&answerer);
	return status;
}

/* A running node has three files open. Where the system allows no more, fewer run at once. */
static void
fit_descriptors(void)
{
	struct rlimit limit;
	rlim_t want;

	if (jobs > JOBS_MAX)
		jobs = JOBS_MAX;
	want = (rlim_t)(NODE_FILES * jobs + OWN_FILES);
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= want)
		return;
	limit.rlim_cur = limit.rlim_max < want ? limit.rlim_max : want;
	(void)setrlimit(RLIMIT_NOFILE, &limit); /* what it is now is looked at below */
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < want)
		jobs = limit.rlim_cur < OWN_FILES + NODE_FILES
			   ? 1
			   : (int64_t)(limit.rlim_cur - OWN_FILES) / NODE_FILES;
}

static int
make_run(const struct workflow *w)
{
	const char *runs = runs_dir ? runs_dir : env_get("AGENTFLOW_RUNS");
	struct err err = ERR_INIT;
	struct run_input input;
	struct rundir dir;
	struct rand chance;
	int status;

	if (run_input_read(
		&input, input_file, input_json ? input_json : "{}", w->input_schema, &err) < 0)
		err_die(&err);
	runs = runs ? runs : "runs";
	rand_seed_random(&chance);
	if (seed < 0)
		seed = (int64_t)rand_below(&chance, INT64_MAX);
	if (jobs == 0)
		jobs = w->max_concurrent ? w->max_concurrent : JOBS_DEFAULT;
	fit_descriptors();
	if (rundir_create(&dir, runs, run_id, &chance, &err) < 0 ||
	    rundir_fill(&dir, runs, buf_str(&w->text), buf_str(&input.bytes), &err) < 0)
		err_die(&err);
	status = run_workflow(w, &dir, input.value);
	rundir_release(&dir);
	run_input_release(&input);
	return status;
}

int
main(int argc, char **argv)
{
	struct workflow *w;
	int status;

	argv += opt_parse(&spec, argc, argv);
	if (!argv[0] || argv[1])
		opt_misuse("one workflow file is wanted");
	if (fail_fast && keep_going)
		opt_misuse("--fail-fast and --keep-going exclude each other");
	if (input_file && input_json)
		opt_misuse("--input and --input-json exclude each other");
	text = text || isatty(STDOUT_FILENO);
	w = load_workflow(argv[0]);
	status = dry ? print_plan(w) : make_run(w);
	workflow_free(w);
	opt_list_release(&models);
	return status;
}
