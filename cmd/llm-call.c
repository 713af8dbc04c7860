/* SPDX-License-Identifier: MIT */
/* llm-call - carry requests to model providers and prove how each ended. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/die.h"
#include "base/mem.h"
#include "base/num.h"
#include "cli/opt.h"
#include "cli/progress_stderr.h"
#include "call/ask.h"
#include "call/calls.h"
#include "call/probe.h"
#include "llm/config.h"
#include "llm/model.h"
#include "sys/file.h"
#include "sys/share.h"

extern char **environ;

enum { DESCRIPTORS_OWN = 64, JOBS_MAX = 65536, REPAIRS_MAX = 10 };

static struct ask ask = ASK_INIT;
static const char *model, *file, *system_text, *config_file;
static int64_t jobs = 8, repairs;
static const char *rate, *rate_tokens, *record_dir;
static const char *profile;
static struct opt_list replay_dirs, profile_dirs;
static bool no_hold;
static bool probe, ordered, follow, strict, keep_raw, text, no_stream, dry_run, force, quiet,
    verbose;

static const struct opt opts[] = {
	{ 'm', "model", "MODEL", OPT_STR, &model,
	    "PROVIDER:MODEL or an alias, where a request names none" },
	{ 'f', "file", "FILE", OPT_STR, &file, "read requests from FILE, not from standard input" },
	{ 'j', "jobs", "N", OPT_INT, &jobs, "requests in flight at once (default 8)" },
	{ 0, "rate", "N/TIME", OPT_STR, &rate, "send no more requests than 10/s, 600/m, 5000/h" },
	{ 0, "rate-tokens", "N/TIME", OPT_STR, &rate_tokens, "use no more tokens than 100k/m" },
	{ 0, "no-hold", NULL, OPT_FLAG, &no_hold,
	    "send also to a provider that has just asked for patience" },
	{ 0, "ordered", NULL, OPT_FLAG, &ordered, "answer in the order of the requests" },
	{ 't', "text", NULL, OPT_FLAG, &text, "print the answers' text, not records" },
	{ 0, "repair", "N", OPT_INT, &repairs,
	    "ask again, N times at most, where an answer does not fit its schema" },
	{ 0, "follow", NULL, OPT_FLAG, &follow,
	    "go on where the provider pauses; wait for answers in the background" },
	{ 0, "strict", NULL, OPT_FLAG, &strict, "fail where something can't be carried" },
	{ 0, "raw", NULL, OPT_FLAG, &keep_raw, "keep what was sent and what came in the response" },
	{ 'n', "dry-run", NULL, OPT_FLAG, &dry_run,
	    "print the HTTP requests, secrets masked; send nothing" },
	{ 0, "force", NULL, OPT_FLAG, &force,
	    "send requests that are too long for their model, too" },
	{ 0, "record", "DIR", OPT_STR, &record_dir, "write each exchange to a cassette in DIR" },
	{ 0, "replay", "DIR", OPT_LIST, &replay_dirs,
	    "answer from the cassette in DIR; send nothing (may be repeated)" },
	{ 0, "probe", NULL, OPT_FLAG, &probe,
	    "tell which providers (operands; none: all) are usable, and why not" },
	{ 0, "config", "FILE", OPT_STR, &config_file, "configuration in place of agentflow.yaml" },
	{ 'q', "quiet", NULL, OPT_FLAG, &quiet, "no messages about failed requests" },
	{ 'v', "verbose", NULL, OPT_FLAG, &verbose, "tell what the HTTP client does" },
	{ 0, NULL, NULL, OPT_HEADING, NULL, "Where a request does not say otherwise:" },
	{ 0, "system", "TEXT", OPT_STR, &system_text, "system message, before all others" },
	{ 0, "stream", NULL, OPT_FLAG, &ask.stream, "stream (default at a terminal)" },
	{ 0, "no-stream", NULL, OPT_FLAG, &no_stream, "do not stream (default elsewhere)" },
	{ 0, "max-tokens", "N", OPT_INT, &ask.max_tokens, "longest answer" },
	{ 0, "temperature", "X", OPT_NUM, &ask.temperature, "0 to 2" },
	{ 0, "top-p", "X", OPT_NUM, &ask.top_p, "0 to 1" },
	{ 0, "seed", "N", OPT_INT, &ask.seed, "for repeatable answers, where the provider can" },
	{ 0, "stop", "TEXT", OPT_LIST, &ask.stops, "end the answer at TEXT (may be repeated)" },
	{ 0, "reasoning", "off|minimal|low|medium|high|xhigh", OPT_CHOICE, &ask.reasoning,
	    "how much to think" },
	{ 0, "schema", "FILE", OPT_STR, &ask.schema_file, "JSON Schema that the answer must fit" },
	{ 0, "timeout", "TIME", OPT_MS, &ask.timeout_ms, "longest whole call (default 10m)" },
	{ 0, "ttft-timeout", "TIME", OPT_MS, &ask.ttft_ms,
	    "longest wait for a stream's first output (default 2m)" },
	{ 0, "idle-timeout", "TIME", OPT_MS, &ask.idle_ms,
	    "longest silence after that (default 2m)" },
	{ 0, "profile", "NAME", OPT_STR, &profile,
	    "put the prompt as this profile says (\"auto\": by the model)" },
	{ 0, "profiles", "DIR", OPT_LIST, &profile_dirs,
	    "look for profiles here first (may be repeated)" },
	{ 0, NULL, NULL, OPT_HEADING, NULL, "With a prompt:" },
	{ 0, "attach", "FILE", OPT_LIST, &ask.attachments,
	    "send an image, a PDF, a text, sound or video along (may be repeated)" },
	{ 0, "image", "FILE", OPT_LIST, &ask.attachments, "the same" },
	{ 0 },
};

static const struct opt_spec spec = {
	.synopsis = "[options] [prompt ...]",
	.purpose = "carry requests to model providers and prove how each ended",
	.opts = opts,
	.footer =
	    "Operands are the prompt (\"-\": standard input's text); without them, requests are "
	    "read as NDJSON.",
};

static const char *
environment(const char *name)
{
	return getenv(name);
}

static const char *
scratch_dir(void)
{
	const char *dir = environment("TMPDIR");

	return dir && *dir == '/' ? dir : "/tmp";
}

/* --probe: the operands are providers. */
static int
probe_all(struct providers *providers, char **names)
{
	struct probe_config config = {
		.providers = providers,
		.env = environment,
		.environment = (const char *const *)environ,
		.ca_file = environment("SSL_CERT_FILE"),
		.ca_dir = environment("SSL_CERT_DIR"),
		.table = text || isatty(STDOUT_FILENO),
	};
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	int status = probe_run(&config, names, &out, &err);

	if (status < 0)
		err_die(&err);
	if (file_write_all(STDOUT_FILENO, out.p, out.len) < 0)
		die(EXIT_IO, "cannot write standard output: %s", strerror(errno));
	buf_release(&out);
	providers_free(providers);
	secret_forget_all();
	return status;
}

static void
check_options(bool with_prompt)
{
	if (jobs < 1 || jobs > JOBS_MAX)
		opt_misuse("-j wants 1 to %d", JOBS_MAX);
	if (repairs < 0 || repairs > REPAIRS_MAX)
		opt_misuse("--repair wants 0 to %d", REPAIRS_MAX);
	if (ask.stream && no_stream)
		opt_misuse("--stream and --no-stream exclude each other");
	if (record_dir && replay_dirs.count)
		opt_misuse("--record and --replay exclude each other");
	if (with_prompt && file)
		opt_misuse("-f and a prompt exclude each other");
	if (!with_prompt && ask.attachments.count)
		opt_misuse("--attach wants a prompt");
	if (!with_prompt && !probe && !file && isatty(STDIN_FILENO))
		opt_misuse("no prompt, and no requests on standard input");
}

static double
rate_of(const char *option, const char *value)
{
	double per_s = 0;

	if (value && (!num_rate(str_of(value), &per_s) || per_s <= 0))
		opt_misuse("%s wants a number and a period: 10/s, 600/m", option);
	return per_s;
}

/*
 * A connection each, and some for ourselves: as many jobs as there can be descriptors for. Where
 * those are short they go by two, since finding a host takes some of its own.
 */
static int64_t
jobs_within_limits(int64_t n)
{
	struct rlimit limit;
	rlim_t wanted = (rlim_t)n + DESCRIPTORS_OWN;
	int64_t fit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
		return n;
	limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
	if (setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur == wanted)
		return n;
	fit = limit.rlim_cur > DESCRIPTORS_OWN / 2 + 2
		  ? ((int64_t)limit.rlim_cur - DESCRIPTORS_OWN / 2) / 2
		  : 1;
	if (fit >= n)
		return n;
	warn("%lld jobs and not %lld: no more descriptors (ulimit -n)", (long long)fit,
	    (long long)n);
	return fit;
}

/* Where profiles are looked for: as told, among the user's own, and among those that come along. */
static void
open_profiles(struct call_config *call, const char *share, char *prompts[2])
{
	prompts[0] = config_user_path("prompts", environment);
	prompts[1] = file_join(share, "prompts");
	for (size_t i = 0; i < 2; i++)
		if (prompts[i])
			opt_list_add(&profile_dirs, prompts[i]);
	call->profiles = profiles_new(profile_dirs.items);
	call->profile = profile;
}

/* How each call is made. */
static void
set_call(struct call_config *call, const char *share, struct str options)
{
	call->defaults = (struct request_defaults){
		.model = str_of(model),
		.system = str_of(system_text),
		.options = json_literal(options.p),
	};
	call->traceparent = environment("TRACEPARENT");
	call->environment = (const char *const *)environ;
	call->scratch = scratch_dir();
	call->keep_raw = keep_raw;
	call->repairs = repairs;
	call->follow = follow;
	call->strict = strict;
	call->models = models_new(share);
	call->force = force;
	call->dry_run = dry_run;
	call->log = verbose ? warn_line : NULL;
	call->record_dir = record_dir;
}

/* How many, how fast, from where and to where; line: the prompt's record, p NULL: there is none. */
static void
set_run(struct calls_config *config, struct str line, struct err *err)
{
	config->ordered = ordered;
	config->no_hold = no_hold;
	config->requests_per_s = rate_of("--rate", rate);
	config->tokens_per_s = rate_of("--rate-tokens", rate_tokens);
	config->in_fd = line.p ? -1 : calls_open(file, err);
	if (!line.p && config->in_fd < 0)
		err_die(err);
	config->line = line;
	config->out_fd = STDOUT_FILENO;
	config->complain = quiet ? NULL : progress_stderr_complain;
}

int
main(int argc, char **argv)
{
	struct buf options = BUF_INIT(BUF_UNLIMITED), line = BUF_INIT(BUF_UNLIMITED);
	struct call_config call = { .env = environment };
	struct calls_config config = { .call = &call };
	struct err err = ERR_INIT;
	bool with_prompt, terminal = isatty(STDOUT_FILENO);
	char *share, *prompts[2];
	int status;

	argv += opt_parse(&spec, argc, argv);
	with_prompt = !probe && *argv != NULL;
	check_options(with_prompt);
	(void)signal(SIGPIPE, SIG_IGN); /* a reader that has gone is told by EPIPE */
	config.jobs = with_prompt ? 1 : jobs_within_limits(jobs);
	share = share_dir(environment("AGENTFLOW_SHARE"));
	if (call_config_open(&call, share, config_file, &err) < 0)
		err_die(&err);
	if (probe) {
		free(share);
		return probe_all(call.providers, argv);
	}
	config.text = text || (with_prompt && terminal && !dry_run);
	ask.stream = ask.stream || (config.text && with_prompt && terminal && !no_stream);
	if (ask_options(&ask, &options, &err) < 0 ||
	    (with_prompt && ask_request(&ask, argv, &line, &err) < 0))
		err_die(&err);
	set_call(&call, share, buf_str(&options));
	open_profiles(&call, share, prompts);
	if (call_config_replay(&call, replay_dirs.items, &err) < 0)
		err_die(&err);
	call.at_once = config.jobs;
	call.many = !with_prompt;
	set_run(&config, with_prompt ? buf_str(&line) : STR_NONE, &err);
	if (!with_prompt && !quiet && progress_stderr_is_seen())
		config.progress = progress_stderr_start(
		    "requests", file_lines_ahead(config.in_fd), environment("NO_COLOR"));
	status = calls_run(&config, &err);
	progress_stderr_end();
	if (status == EXIT_IO)
		warn("%s", err.text);
	call_config_close(&call);
	opt_list_release(&replay_dirs);
	opt_list_release(&profile_dirs);
	free(prompts[0]);
	free(prompts[1]);
	buf_release(&options);
	buf_release(&line);
	ask_release(&ask);
	free(share);
	return calls_leave(status);
}
