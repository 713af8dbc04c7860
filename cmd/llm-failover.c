/* SPDX-License-Identifier: MIT */
/* llm-failover - ask one candidate after the other until one answers each request. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/die.h"
#include "base/mem.h"
#include "call/calls.h"
#include "cli/opt.h"
#include "cli/progress_stderr.h"
#include "failover/context.h"
#include "failover/failover.h"
#include "failover/intake.h"
#include "store/store.h"
#include "sys/clock.h"
#include "sys/rand.h"
#include "sys/share.h"

extern char **environ;

enum { JOBS_MAX = 65536, SLOTS_SPARE = 4 };
#define DAY_US ((int64_t)86400 * 1000 * 1000)

static const char *policy_file, *model, *store_url, *metrics_file, *config_file;
static int64_t jobs = 8, seed = -1;
static struct opt_list price_files;
static bool ordered, dry_run, text, no_store, budget_open, quiet;

static const struct opt opts[] = {
	{ 'p', "policy", "FILE", OPT_STR, &policy_file,
	    "the policy: who may be asked, how often, at what price" },
	{ 'm', "model", "MODEL", OPT_STR, &model,
	    "PROVIDER:MODEL or an alias, where a request names none" },
	{ 'j', "jobs", "N", OPT_INT, &jobs, "requests in flight at once (default 8)" },
	{ 0, "ordered", NULL, OPT_FLAG, &ordered, "answer in the order of the requests" },
	{ 't', "text", NULL, OPT_FLAG, &text, "print the answers' text, not records" },
	{ 'n', "dry-run", NULL, OPT_FLAG, &dry_run, "print the plan of each; send nothing" },
	{ 0, "metrics", "FILE", OPT_STR, &metrics_file,
	    "write at the end what failing over was good for (- is standard output)" },
	{ 0, "store", "URL", OPT_STR, &store_url, "the store, in place of AGENTFLOW_STORE" },
	{ 0, "no-store", NULL, OPT_FLAG, &no_store, "keep the state in this process alone" },
	{ 0, "budget-open", NULL, OPT_FLAG, &budget_open,
	    "where budgets can't be kept, let all requests pass" },
	{ 0, "seed", "N", OPT_INT, &seed, "seed of the chance among weights and in delays" },
	{ 0, "config", "FILE", OPT_STR, &config_file, "configuration in place of agentflow.yaml" },
	{ 0, "prices", "FILE", OPT_LIST, &price_files, "price rows before the built-in ones" },
	{ 'q', "quiet", NULL, OPT_FLAG, &quiet, "no warnings, no messages about failed requests" },
	{ 0 },
};

static const struct opt_spec spec = {
	.synopsis = "[options] [file ...] [-- command ...]",
	.purpose = "ask one candidate after the other until one answers",
	.opts = opts,
	.footer = "The command carries one try each: requests in, chunks and responses out "
		  "(default: llm-call).",
};

static const char *
environment(const char *name)
{
	return getenv(name);
}

static void
warn_of(struct str lines)
{
	struct str line;

	while (!quiet && str_split(&lines, '\n', &line))
		if (line.len)
			warn("%.*s", (int)line.len, line.p);
}

/* --- what the command line says --- */

/* The operands up to "--" are files, those behind it the command, if there is one. */
static void
split_command(char **words, char ***command)
{
	while (*words && strcmp(*words, "--") != 0)
		words++;
	if (!*words)
		return;
	*words = NULL;
	*command = words + 1;
}

static void
check_options(char **files, char **command)
{
	if (jobs < 1 || jobs > JOBS_MAX)
		opt_misuse("-j wants 1 to %d", JOBS_MAX);
	if (no_store && store_url)
		opt_misuse("--store and --no-store exclude each other");
	if (command && !*command)
		opt_misuse("-- wants a command");
	if (!*files && isatty(STDIN_FILENO))
		opt_misuse("no files, and no requests on standard input");
}

static int
open_metrics(void)
{
	int fd;

	if (!metrics_file)
		return -1;
	if (strcmp(metrics_file, "-") == 0)
		return STDOUT_FILENO;
	fd = open(metrics_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		die(EXIT_IO, "cannot write %s: %s", metrics_file, strerror(errno));
	return fd;
}

/* --- what stands behind it --- */

/* Every attempt that there may be at once has a slot there, so that cancel records are read. */
static int64_t
slots_for(const struct policy *p)
{
	int64_t most = p->hedge.max > 0 ? p->hedge.max : 0;

	for (size_t i = 0; i < p->route_count; i++)
		if (p->routes[i].hedge.max > most)
			most = p->routes[i].hedge.max;
	if (most >= JOBS_MAX / jobs)
		return JOBS_MAX;
	return jobs * (1 + most) + SLOTS_SPARE < JOBS_MAX ? jobs * (1 + most) + SLOTS_SPARE
							  : JOBS_MAX;
}

struct command {
	char *program, *slots;
	const char *argv[8];
};

static const char *const *
usual_command(struct command *c, const struct policy *p)
{
	size_t n = 0;

	c->program = share_program("llm-call");
	c->slots = xasprintf("%lld", (long long)slots_for(p));
	c->argv[n++] = c->program;
	c->argv[n++] = "-j";
	c->argv[n++] = c->slots;
	c->argv[n++] = "--no-hold"; /* whom to ask when is our business */
	if (config_file) {
		c->argv[n++] = "--config";
		c->argv[n++] = config_file;
	}
	c->argv[n] = NULL;
	return c->argv;
}

/* The shared state; NULL where there is none, which is no reason not to work. */
static struct store *
open_store(void)
{
	char *url = no_store    ? xstrdup("memory:")
		    : store_url ? xstrdup(store_url)
				: store_default_url(environment);
	struct store *store = NULL;
	struct err err = ERR_INIT;

	if (url)
		store = store_open(&(struct store_config){ .url = url }, &err);
	if (url && !store && err.code == EXIT_CONFIG)
		err_die(&err);
	if (url && !store)
		warn("%s: " FAILOVER_ALONE, err.text);
	free(url);
	return store;
}

static uint64_t
random_number(void)
{
	struct rand r;

	rand_seed_random(&r);
	return rand_u64(&r);
}

/* All that decisions rest on. */
static void
open_context(struct context *context, struct context_config *c)
{
	char *share = share_dir(environment("AGENTFLOW_SHARE"));
	struct buf warnings = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	int rc;

	c->router.targets.env = environment;
	c->router.targets.day = clock_wall_us() / DAY_US;
	c->router.seed = seed >= 0 ? (uint64_t)seed : 0;
	c->keeps = true;
	c->budget_open = budget_open;
	c->holder = random_number() | 1;
	if (context_supply(&c->router.targets, share, config_file, price_files.items, &err) < 0)
		err_die(&err);
	c->store = open_store();
	rc = context_open(context, c, policy_file, &warnings, &err);
	warn_of(buf_str(&warnings));
	if (rc < 0)
		err_die(&err);
	buf_release(&warnings);
	free(share);
}

static void
close_context(struct context *context, struct context_config *c)
{
	context_close(context);
	store_close(c->store);
	context_unsupply(&c->router.targets);
	secret_forget_all();
}

int
main(int argc, char **argv)
{
	struct context_config made = { .store = NULL };
	struct context context;
	struct command usual = { NULL };
	struct failover_config config = { .env = (const char *const *)environ };
	struct err err = ERR_INIT;
	char **files, **command = NULL;
	int status;

	files = argv + opt_parse(&spec, argc, argv);
	if (strcmp(files[-1], "--") == 0) /* which ended the options, and is no option's argument */
		files--;
	split_command(files, &command);
	check_options(files, command);
	(void)signal(SIGPIPE, SIG_IGN); /* a reader that has gone is told by EPIPE */
	open_context(&context, &made);
	config.operands = files;
	config.policy = context.policy;
	config.router = context.router;
	config.health = context.health;
	config.budgets = context.budgets;
	config.budget_open = budget_open;
	config.store = made.store;
	config.command = command ? (const char *const *)command
				 : usual_command(&usual, context.policy);
	config.model = model;
	config.jobs = jobs;
	config.ordered = ordered;
	config.dry_run = dry_run;
	config.text = text;
	config.live = text && !dry_run && isatty(STDOUT_FILENO);
	config.seed = seed >= 0 ? (uint64_t)seed : random_number();
	config.out_fd = STDOUT_FILENO;
	config.metrics_fd = open_metrics();
	config.complain = quiet ? NULL : progress_stderr_complain;
	if (!quiet && progress_stderr_is_seen())
		config.progress = progress_stderr_start(
		    "requests", intake_count(files), environment("NO_COLOR"));
	status = failover_run(&config, &err);
	progress_stderr_end();
	if (err.code)
		warn("%s", err.text);
	close_context(&context, &made);
	free(usual.program);
	free(usual.slots);
	opt_list_release(&price_files);
	return calls_leave(status);
}
