/* SPDX-License-Identifier: MIT */
/* llm-embed - texts to vectors, by any provider that embeds. */
#include <signal.h>
#include <unistd.h>

#include "base/die.h"
#include "base/mem.h"
#include "call/calls.h"
#include "cli/opt.h"
#include "json/jsonw.h"
#include "llm/embed.h"
#include "sys/share.h"

enum { JOBS_MAX = 256 };
#define TEXT_MAX ((size_t)64 << 20)

static const char *model, *file, *config_file, *input_type, *record_dir;
static struct opt_list replay_dirs;
static int64_t jobs = 4, dimensions = -1, batch = -1, timeout_ms = -1;
static bool base64, unordered, dry_run, quiet, verbose;

static const struct opt opts[] = {
	{ 'm', "model", "MODEL", OPT_STR, &model, "PROVIDER:MODEL, or an alias" },
	{ 'f', "file", "FILE", OPT_STR, &file, "read records from FILE, not from standard input" },
	{ 'd', "dimensions", "N", OPT_INT, &dimensions, "how long the vectors are" },
	{ 0, "input-type", "query|document", OPT_CHOICE, &input_type, "what the texts are" },
	{ 0, "base64", NULL, OPT_FLAG, &base64, "write vectors as base64, not as numbers" },
	{ 0, "batch", "N", OPT_INT, &batch,
	    "texts in a request (default: what the provider takes)" },
	{ 'j', "jobs", "N", OPT_INT, &jobs, "requests in flight at once (default 4)" },
	{ 0, "unordered", NULL, OPT_FLAG, &unordered, "write each batch as it comes" },
	{ 'n', "dry-run", NULL, OPT_FLAG, &dry_run,
	    "print the HTTP requests, secrets masked; send nothing" },
	{ 0, "timeout", "TIME", OPT_MS, &timeout_ms, "longest wait for a batch (default 10m)" },
	{ 0, "record", "DIR", OPT_STR, &record_dir, "write each exchange to a cassette in DIR" },
	{ 0, "replay", "DIR", OPT_LIST, &replay_dirs,
	    "answer from the cassette in DIR; send nothing (may be repeated)" },
	{ 0, "config", "FILE", OPT_STR, &config_file, "configuration in place of agentflow.yaml" },
	{ 'q', "quiet", NULL, OPT_FLAG, &quiet, "no messages about failed records" },
	{ 'v', "verbose", NULL, OPT_FLAG, &verbose, "tell what the HTTP client does" },
	{ 0 },
};

static const struct opt_spec spec = {
	.synopsis = "[options] [text ...]",
	.purpose = "texts to vectors, by any provider that embeds",
	.opts = opts,
	.footer = "Each operand is a text; without them, records with \"text\" are read as NDJSON.",
};

static const char *
environment(const char *name)
{
	return getenv(name);
}

/* The operands as records. */
static void
put_words(char **words, struct buf *out)
{
	struct jsonw w;

	for (; *words; words++) {
		if (!str_is_utf8(str_of(*words)))
			die(EXIT_USAGE, "a text is not UTF-8");
		jsonw_start(&w, out);
		jsonw_object(&w);
		jsonw_kstr(&w, "text", *words);
		jsonw_end(&w);
		buf_addc(out, '\n');
	}
}

static void
check_options(bool with_words)
{
	if (jobs < 1 || jobs > JOBS_MAX)
		opt_misuse("-j wants 1 to %d", JOBS_MAX);
	if (dimensions == 0 || batch == 0)
		opt_misuse("%s wants 1 or more", batch == 0 ? "--batch" : "-d");
	if (with_words && file)
		opt_misuse("-f and texts exclude each other");
	if (record_dir && replay_dirs.count)
		opt_misuse("--record and --replay exclude each other");
	if (!with_words && !file && isatty(STDIN_FILENO))
		opt_misuse("no text, and no records on standard input");
}

/* How much goes in a request, by who is asked. */
static struct embed_limits
limits_of(struct providers *set, const char *named, struct err *err)
{
	struct provider *provider;
	struct embed_limits limits;
	struct str name;

	if (providers_resolve(set, str_of(named), &provider, &name, err) < 0) {
		err->code = EXIT_USAGE;
		err_die(err);
	}
	limits = embed_limits(provider, name);
	if (!limits.texts)
		die(EXIT_USAGE, "%s does not embed", provider->name);
	if (batch > 0 && (uint64_t)batch < limits.texts)
		limits.texts = (size_t)batch;
	return limits;
}

int
main(int argc, char **argv)
{
	struct embed_options options = { .dimensions = OPTION_UNSET };
	struct call_config call = { .env = environment, .embed = &options };
	struct calls_config config = { .call = &call };
	struct buf words = BUF_INIT(TEXT_MAX), text = BUF_INIT(BUF_UNLIMITED);
	struct embed_limits limits;
	struct err err = ERR_INIT;
	struct jsonw w;
	int status;
	char *share;

	argv += opt_parse(&spec, argc, argv);
	check_options(*argv != NULL);
	(void)signal(SIGPIPE, SIG_IGN); /* a reader that has gone is told by EPIPE */
	share = share_dir(environment("AGENTFLOW_SHARE"));
	if (call_config_open(&call, share, config_file, &err) < 0 ||
	    call_config_replay(&call, replay_dirs.items, &err) < 0)
		err_die(&err);
	if (!model)
		model = providers_default_model(call.providers);
	limits = limits_of(call.providers, model, &err);
	jsonw_start(&w, &text);
	jsonw_object(&w);
	if (timeout_ms != -1)
		jsonw_ki64(&w, "timeoutMs", timeout_ms);
	jsonw_end(&w);
	call.defaults = (struct request_defaults){ .model = str_of(model),
		.options = json_literal(text.p) };
	if (dimensions > 0)
		options.dimensions = dimensions;
	options.input_type = input_type;
	call.embed_base64 = base64;
	call.record_dir = record_dir;
	call.dry_run = dry_run;
	call.log = verbose ? warn_line : NULL;
	call.at_once = config.jobs = jobs;
	config.ordered = !unordered;
	config.complain = quiet ? NULL : warn_line;
	config.gather = limits.texts;
	config.gather_bytes = limits.bytes;
	put_words(argv, &words);
	config.in_fd = *argv ? -1 : calls_open(file, &err);
	if (!*argv && config.in_fd < 0)
		err_die(&err);
	config.line = *argv ? buf_str(&words) : STR_NONE;
	config.out_fd = STDOUT_FILENO;
	status = calls_run(&config, &err);
	if (status == EXIT_IO)
		warn("%s", err.text);
	call_config_close(&call);
	opt_list_release(&replay_dirs);
	buf_release(&words);
	buf_release(&text);
	free(share);
	return calls_leave(status);
}
