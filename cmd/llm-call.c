/* SPDX-License-Identifier: MIT */
/* llm-call - carry requests to model providers and prove how each ended. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/die.h"
#include "base/mem.h"
#include "cli/opt.h"
#include "json/jsonw.h"
#include "call/calls.h"
#include "llm/media.h"
#include "sys/file.h"
#include "sys/share.h"

enum { DESCRIPTORS_OWN = 64, JOBS_MAX = 65536 };
#define PROMPT_MAX ((size_t)64 << 20)

static const char *model, *file, *system_text, *reasoning, *schema_file, *config_file;
static int64_t jobs = 8, timeout_ms = -1, ttft_ms = -1, idle_ms = -1, max_tokens = -1, seed = -1;
static double temperature = NAN, top_p = NAN;
static bool ordered, keep_raw, text, stream, no_stream, dry_run, quiet, verbose;
static struct opt_list stops, images;

static const struct opt opts[] = {
	{ 'm', "model", "MODEL", OPT_STR, &model,
	    "PROVIDER:MODEL or an alias, where a request names none" },
	{ 'f', "file", "FILE", OPT_STR, &file, "read requests from FILE, not from standard input" },
	{ 'j', "jobs", "N", OPT_INT, &jobs, "requests in flight at once (default 8)" },
	{ 0, "ordered", NULL, OPT_FLAG, &ordered, "answer in the order of the requests" },
	{ 't', "text", NULL, OPT_FLAG, &text, "print the answers' text, not records" },
	{ 0, "raw", NULL, OPT_FLAG, &keep_raw, "keep the provider's body in the response" },
	{ 'n', "dry-run", NULL, OPT_FLAG, &dry_run,
	    "print the HTTP requests, secrets masked; send nothing" },
	{ 0, "config", "FILE", OPT_STR, &config_file, "configuration in place of agentflow.yaml" },
	{ 'q', "quiet", NULL, OPT_FLAG, &quiet, "no messages about failed requests" },
	{ 'v', "verbose", NULL, OPT_FLAG, &verbose, "tell what the HTTP client does" },
	{ 0, NULL, NULL, OPT_HEADING, NULL, "Where a request does not say otherwise:" },
	{ 0, "system", "TEXT", OPT_STR, &system_text, "system message, before all others" },
	{ 0, "stream", NULL, OPT_FLAG, &stream, "stream (default at a terminal)" },
	{ 0, "no-stream", NULL, OPT_FLAG, &no_stream, "do not stream (default elsewhere)" },
	{ 0, "max-tokens", "N", OPT_INT, &max_tokens, "longest answer" },
	{ 0, "temperature", "X", OPT_NUM, &temperature, "0 to 2" },
	{ 0, "top-p", "X", OPT_NUM, &top_p, "0 to 1" },
	{ 0, "seed", "N", OPT_INT, &seed, "for repeatable answers, where the provider can" },
	{ 0, "stop", "TEXT", OPT_LIST, &stops, "end the answer at TEXT (may be repeated)" },
	{ 0, "reasoning", "off|minimal|low|medium|high|xhigh", OPT_CHOICE, &reasoning,
	    "how much to think" },
	{ 0, "schema", "FILE", OPT_STR, &schema_file, "JSON Schema that the answer must fit" },
	{ 0, "timeout", "TIME", OPT_MS, &timeout_ms, "longest whole call (default 10m)" },
	{ 0, "ttft-timeout", "TIME", OPT_MS, &ttft_ms,
	    "longest wait for a stream's first output (default 2m)" },
	{ 0, "idle-timeout", "TIME", OPT_MS, &idle_ms, "longest silence after that (default 2m)" },
	{ 0, NULL, NULL, OPT_HEADING, NULL, "With a prompt:" },
	{ 0, "image", "FILE", OPT_LIST, &images, "show an image or PDF too (may be repeated)" },
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

static void
put_number(struct jsonw *w, const char *key, double d)
{
	if (isnan(d))
		return;
	jsonw_key(w, key);
	jsonw_double(w, d);
}

static void
put_count(struct jsonw *w, const char *key, int64_t n)
{
	if (n != -1)
		jsonw_ki64(w, key, n);
}

static void
put_schema(struct jsonw *w, struct err *err)
{
	struct buf schema = BUF_INIT(PROMPT_MAX);
	struct json v;

	if (!schema_file)
		return;
	if (file_read(schema_file, &schema, err) < 0)
		err_die(err);
	if (json_parse(schema.p, schema.len, &v, err) < 0 || !json_is(v, JSON_OBJECT))
		die(EXIT_CONFIG, "%s: not a JSON Schema: %s", schema_file,
		    *err->text ? err->text : "it is no object");
	jsonw_kjson(w, "responseSchema", v);
	buf_release(&schema);
}

/* The options of the command line as a request's options. */
static void
put_options(struct buf *out, bool streaming, struct err *err)
{
	struct jsonw w;

	jsonw_start(&w, out);
	jsonw_object(&w);
	if (streaming)
		jsonw_kbool(&w, "stream", true);
	put_count(&w, "maxTokens", max_tokens);
	put_number(&w, "temperature", temperature);
	put_number(&w, "topP", top_p);
	put_count(&w, "seed", seed);
	if (stops.count) {
		jsonw_key(&w, "stop");
		jsonw_array(&w);
		for (size_t i = 0; i < stops.count; i++)
			jsonw_str(&w, stops.items[i]);
		jsonw_end(&w);
	}
	if (reasoning)
		jsonw_kstr(&w, "reasoning", reasoning);
	put_schema(&w, err);
	put_count(&w, "timeoutMs", timeout_ms);
	put_count(&w, "ttftTimeoutMs", ttft_ms);
	put_count(&w, "idleTimeoutMs", idle_ms);
	jsonw_end(&w);
}

/* The operands joined by spaces, each "-" being what standard input holds. */
static void
read_prompt(char **words, struct buf *out, struct err *err)
{
	for (size_t i = 0; words[i]; i++) {
		if (i)
			buf_addc(out, ' ');
		if (strcmp(words[i], "-") != 0)
			buf_adds(out, words[i]);
		else if (file_read("-", out, err) < 0)
			err_die(err);
	}
	if (!str_is_utf8(buf_str(out)))
		die(EXIT_USAGE, "the prompt is not UTF-8");
}

/* The prompt, and what is to be seen, as a request. */
static void
put_request(char **words, struct buf *out, struct err *err)
{
	struct buf prompt = BUF_INIT(PROMPT_MAX);
	struct buf part = BUF_INIT(BUF_UNLIMITED);
	struct jsonw w;

	read_prompt(words, &prompt, err);
	jsonw_start(&w, out);
	jsonw_object(&w);
	if (!images.count) {
		jsonw_kstrn(&w, "prompt", buf_str(&prompt));
	} else {
		jsonw_key(&w, "messages");
		jsonw_array(&w);
		jsonw_object(&w);
		jsonw_kstr(&w, "role", "user");
		jsonw_key(&w, "content");
		jsonw_array(&w);
		for (size_t i = 0; i < images.count; i++) {
			buf_reset(&part);
			if (media_part(images.items[i], &part, err) < 0)
				err_die(err);
			jsonw_raw(&w, buf_str(&part));
		}
		jsonw_object(&w);
		jsonw_kstr(&w, "type", "text");
		jsonw_kstrn(&w, "text", buf_str(&prompt));
		jsonw_end(&w);
		jsonw_end(&w);
		jsonw_end(&w);
		jsonw_end(&w);
	}
	jsonw_end(&w);
	buf_release(&prompt);
	buf_release(&part);
}

static void
check_options(bool with_prompt)
{
	if (jobs < 1 || jobs > JOBS_MAX)
		opt_misuse("-j wants 1 to %d", JOBS_MAX);
	if (stream && no_stream)
		opt_misuse("--stream and --no-stream exclude each other");
	if (with_prompt && file)
		opt_misuse("-f and a prompt exclude each other");
	if (!with_prompt && images.count)
		opt_misuse("--image wants a prompt");
	if (!with_prompt && !file && isatty(STDIN_FILENO))
		opt_misuse("no prompt, and no requests on standard input");
}

static void
complain(const char *line)
{
	if (!quiet)
		warn("%s", line);
}

static int
open_input(void)
{
	int fd;

	if (!file || strcmp(file, "-") == 0)
		return STDIN_FILENO;
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die(EXIT_IO, "cannot open %s: %s", file, strerror(errno));
	return fd;
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

/* End as the signal would have ended us, so that a shell or make sees it. */
static void
leave_by_signal(int number)
{
	(void)signal(number, SIG_DFL); /* cannot fail for these */
	(void)raise(number);
}

static void
say(const char *line)
{
	warn("%s", line);
}

int
main(int argc, char **argv)
{
	struct buf options = BUF_INIT(BUF_UNLIMITED), line = BUF_INIT(BUF_UNLIMITED);
	struct call_config call = { .env = environment };
	struct calls_config config = { .call = &call };
	struct err err = ERR_INIT;
	bool with_prompt, terminal = isatty(STDOUT_FILENO);
	char *share;
	int status;

	argv += opt_parse(&spec, argc, argv);
	with_prompt = *argv != NULL;
	check_options(with_prompt);
	(void)signal(SIGPIPE, SIG_IGN); /* a reader that has gone is told by EPIPE */
	config.jobs = with_prompt ? 1 : jobs_within_limits(jobs);
	share = share_dir(environment("AGENTFLOW_SHARE"));
	call.providers = providers_load(share, config_file, environment, &err);
	if (!call.providers)
		err_die(&err);
	config.text = text || (with_prompt && terminal && !dry_run);
	put_options(
	    &options, stream || (config.text && with_prompt && terminal && !no_stream), &err);
	if (with_prompt)
		put_request(argv, &line, &err);
	call.defaults = (struct request_defaults){
		.model = str_of(model),
		.system = str_of(system_text),
		.options = json_literal(options.p),
	};
	call.ca_file = environment("SSL_CERT_FILE");
	call.ca_dir = environment("SSL_CERT_DIR");
	call.traceparent = environment("TRACEPARENT");
	call.keep_raw = keep_raw;
	call.dry_run = dry_run;
	call.log = verbose ? say : NULL;
	config.ordered = ordered;
	config.in_fd = with_prompt ? -1 : open_input();
	config.line = with_prompt ? buf_str(&line) : STR_NONE;
	config.out_fd = STDOUT_FILENO;
	config.complain = complain;
	status = calls_run(&config, &err);
	if (status == EXIT_IO)
		warn("%s", err.text);
	providers_free(call.providers);
	secret_forget_all();
	buf_release(&options);
	buf_release(&line);
	opt_list_release(&stops);
	opt_list_release(&images);
	free(share);
	if (status > EXIT_SIGNAL)
		leave_by_signal(status - EXIT_SIGNAL);
	return status;
}
