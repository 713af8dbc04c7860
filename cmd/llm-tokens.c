/* SPDX-License-Identifier: MIT */
/* llm-tokens - how many tokens requests are, and whether they fit. */
#include <signal.h>
#include <unistd.h>

#include "base/die.h"
#include "call/ask.h"
#include "call/calls.h"
#include "cli/opt.h"
#include "llm/model.h"
#include "sys/share.h"

enum { JOBS_MAX = 256 };

static struct ask ask = ASK_INIT;
static const char *model, *file, *system_text, *config_file, *record_dir;
static struct opt_list replay_dirs;
static int64_t jobs = 8;
static bool live, ordered, dry_run, quiet, verbose;

static const struct opt opts[] = {
	{ 'm', "model", "MODEL", OPT_STR, &model,
	    "PROVIDER:MODEL or an alias, where a request names none" },
	{ 'f', "file", "FILE", OPT_STR, &file, "read requests from FILE, not from standard input" },
	{ 0, "live", NULL, OPT_FLAG, &live, "have those providers count that do" },
	{ 'j', "jobs", "N", OPT_INT, &jobs, "providers' counts asked for at once (default 8)" },
	{ 0, "ordered", NULL, OPT_FLAG, &ordered, "count in the order of the requests" },
	{ 'n', "dry-run", NULL, OPT_FLAG, &dry_run,
	    "print the HTTP requests of --live, secrets masked; send nothing" },
	{ 0, "record", "DIR", OPT_STR, &record_dir, "write each exchange to a cassette in DIR" },
	{ 0, "replay", "DIR", OPT_LIST, &replay_dirs,
	    "count by the cassette in DIR; send nothing (may be repeated)" },
	{ 0, "config", "FILE", OPT_STR, &config_file, "configuration in place of agentflow.yaml" },
	{ 'q', "quiet", NULL, OPT_FLAG, &quiet, "no messages about failed requests" },
	{ 'v', "verbose", NULL, OPT_FLAG, &verbose, "tell what the HTTP client does" },
	{ 0, NULL, NULL, OPT_HEADING, NULL, "Where a request does not say otherwise:" },
	{ 0, "system", "TEXT", OPT_STR, &system_text, "system message, before all others" },
	{ 0, "max-tokens", "N", OPT_INT, &ask.max_tokens,
	    "longest answer, for which to leave room" },
	{ 0, "schema", "FILE", OPT_STR, &ask.schema_file, "JSON Schema that the answer must fit" },
	{ 0, "timeout", "TIME", OPT_MS, &ask.timeout_ms, "longest wait for a count (default 10m)" },
	{ 0, NULL, NULL, OPT_HEADING, NULL, "With a prompt:" },
	{ 0, "attach", "FILE", OPT_LIST, &ask.attachments,
	    "count an image, a PDF, a text, sound or video too (may be repeated)" },
	{ 0 },
};

static const struct opt_spec spec = {
	.synopsis = "[options] [prompt ...]",
	.purpose = "how many tokens requests are, and whether they fit",
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

static void
check_options(bool with_prompt)
{
	if (jobs < 1 || jobs > JOBS_MAX)
		opt_misuse("-j wants 1 to %d", JOBS_MAX);
	if (with_prompt && file)
		opt_misuse("-f and a prompt exclude each other");
	if (!with_prompt && ask.attachments.count)
		opt_misuse("--attach wants a prompt");
	if ((dry_run || record_dir || replay_dirs.count) && !live)
		opt_misuse("--dry-run, --record and --replay want --live");
	if (record_dir && replay_dirs.count)
		opt_misuse("--record and --replay exclude each other");
	if (!with_prompt && !file && isatty(STDIN_FILENO))
		opt_misuse("no prompt, and no requests on standard input");
}

/* The calls' settings; what is opened here is the caller's to close. */
static void
settle(struct call_config *call, struct buf *options)
{
	struct err err = ERR_INIT;
	char *share = share_dir(environment("AGENTFLOW_SHARE"));

	call->env = environment;
	if (call_config_open(call, share, config_file, &err) < 0 ||
	    call_config_replay(call, replay_dirs.items, &err) < 0 ||
	    ask_options(&ask, options, &err) < 0)
		err_die(&err);
	call->defaults = (struct request_defaults){
		.model = str_of(model),
		.system = str_of(system_text),
		.options = json_literal(options->p),
	};
	call->models = models_new(share);
	call->count = live ? CALL_COUNT : CALL_ESTIMATE;
	call->dry_run = dry_run;
	call->log = verbose ? warn_line : NULL;
	call->record_dir = record_dir;
	free(share);
}

int
main(int argc, char **argv)
{
	struct buf options = BUF_INIT(BUF_UNLIMITED), line = BUF_INIT(BUF_UNLIMITED);
	struct call_config call = { .at_once = 1 };
	struct calls_config config = { .call = &call, .in_fd = -1, .out_fd = STDOUT_FILENO };
	struct err err = ERR_INIT;
	bool with_prompt;
	int status;

	argv += opt_parse(&spec, argc, argv);
	with_prompt = *argv != NULL;
	check_options(with_prompt);
	(void)signal(SIGPIPE, SIG_IGN); /* a reader that has gone is told by EPIPE */
	settle(&call, &options);
	call.at_once = config.jobs = with_prompt ? 1 : jobs;
	config.ordered = ordered;
	config.complain = quiet ? NULL : warn_line;
	if (with_prompt) {
		if (ask_request(&ask, argv, &line, &err) < 0)
			err_die(&err);
		config.line = buf_str(&line);
	} else {
		config.in_fd = calls_open(file, &err);
		if (config.in_fd < 0)
			err_die(&err);
	}
	status = calls_run(&config, &err);
	if (status == EXIT_IO)
		warn("%s", err.text);
	call_config_close(&call);
	opt_list_release(&replay_dirs);
	buf_release(&options);
	buf_release(&line);
	ask_release(&ask);
	return calls_leave(status);
}
