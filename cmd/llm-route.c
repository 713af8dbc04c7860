/* SPDX-License-Identifier: MIT */
/* llm-route - decide which models may serve each request, in which order, and say why. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/die.h"
#include "cli/opt.h"
#include "failover/cards.h"
#include "failover/context.h"
#include "json/ndjson.h"
#include "policy/agents.h"
#include "policy/route.h"
#include "policy/route_diff.h"
#include "policy/route_test.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/share.h"

enum { BATCH = 256 * 1024 };
#define DAY_US (INT64_C(86400) * 1000000)

static const char *policy_file, *store_url, *at, *config_file, *out_file, *cases, *capability;
static struct opt_list price_files, cards;
static bool explain, text, check, diff, strict, no_store, quiet;
static int64_t seed;

static const struct opt opts[] = {
	{ 'p', "policy", "FILE", OPT_STR, &policy_file, "the policy (default: none)" },
	{ 0, "explain", NULL, OPT_FLAG, &explain, "tell in the route why it is so" },
	{ 't', "text", NULL, OPT_FLAG, &text, "write explanations for people, and no records" },
	{ 0, "seed", "N", OPT_INT, &seed, "seed of the chance among weights (default 0)" },
	{ 0, "at", "TIME", OPT_STR, &at, "decide as of then: 2026-11-21T09:30:00Z" },
	{ 0, "store", "URL", OPT_STR, &store_url, "the store, in place of AGENTFLOW_STORE" },
	{ 0, "no-store", NULL, OPT_FLAG, &no_store, "decide as if no state was known" },
	{ 0, "config", "FILE", OPT_STR, &config_file, "configuration in place of agentflow.yaml" },
	{ 0, "prices", "FILE", OPT_LIST, &price_files, "price rows before the built-in ones" },
	{ 'o', "output", "FILE", OPT_STR, &out_file, "write to FILE" },
	{ 'q', "quiet", NULL, OPT_FLAG, &quiet, "no warnings" },
	{ 0, NULL, NULL, OPT_HEADING, NULL, "Instead of routing:" },
	{ 0, "check", NULL, OPT_FLAG, &check, "check the policies named, and read no records" },
	{ 0, "strict", NULL, OPT_FLAG, &strict, "with --check: a warning is an error" },
	{ 0, "test", "CASES", OPT_STR, &cases, "prove the policy by its tests" },
	{ 0, "diff", NULL, OPT_FLAG, &diff, "tell what changes: --diff OLD NEW [file ...]" },
	{ 0, "agents", "CAPABILITY", OPT_STR, &capability, "tell who can, cheapest first" },
	{ 0, "cards", "PATH", OPT_LIST, &cards, "a card, or a directory (default agents)" },
	{ 0 },
};

static const struct opt_spec spec = {
	.synopsis = "[options] [file ...]",
	.purpose = "decide which models may serve each request, in which order, and why",
	.opts = opts,
};

/* What one run is made of. */
struct run {
	struct context_config
	    config; /* its store is as it was at the start: nothing changes under us */
	int64_t at_us; /* --at; -1: now */
	struct ndjson_writer out;
	uint64_t failed, refused;
	enum exit_code worst;
};

static const char *
environment(const char *name)
{
	return getenv(name);
}

static int64_t
now_us(const struct run *run)
{
	return run->at_us >= 0 ? run->at_us : clock_wall_us();
}

static void
worsen(struct run *run, enum exit_code code)
{
	if (code > run->worst)
		run->worst = code;
}

/* --- what decisions are made from --- */

static void
load(struct run *run)
{
	struct targets_config *t = &run->config.router.targets;
	char *share = share_dir(getenv("AGENTFLOW_SHARE"));
	struct err err = ERR_INIT;

	t->env = environment;
	t->day = now_us(run) / DAY_US;
	t->any_key = check || diff || cases;
	if (context_supply(t, share, config_file, price_files.items, &err) < 0)
		err_die(&err);
	run->config.router.seed = (uint64_t)seed;
	run->config.router.explain = explain || (text && !diff);
	run->config.router.health_counts = true;
	free(share);
}

/* A store that can't be read is no reason not to route, unless it was named. */
static void
read_store(struct run *run)
{
	char *usual = store_url ? NULL : store_default_url(environment);
	const char *url = no_store ? NULL : store_url ? store_url : usual;
	struct err err = ERR_INIT;

	if (url)
		run->config.store = context_snapshot(url, &err);
	if (url && !run->config.store && (store_url || err.code == EXIT_CONFIG))
		err_die(&err);
	if (url && !run->config.store)
		warn("%s; breakers, latencies and budgets are not looked at", err.text);
	free(usual);
}

static size_t
tell(const struct buf *lines)
{
	struct str rest = buf_str(lines), line;
	size_t n = 0;

	while (str_split(&rest, '\n', &line)) {
		if (!line.len)
			continue;
		n++;
		if (!quiet)
			warn("%.*s", (int)line.len, line.p);
	}
	return n;
}

/* How many warnings there were, which are told. -1 and err; where err is NULL, that is the end. */
static int64_t
open_context(struct context *c, const struct run *run, const char *file, struct err *err)
{
	struct buf warnings = BUF_INIT(BUF_UNLIMITED);
	struct err fatal = ERR_INIT;
	int r = context_open(c, &run->config, file, &warnings, err ? err : &fatal);
	int64_t n = (int64_t)tell(&warnings);

	buf_release(&warnings);
	if (r < 0 && !err)
		err_die(&fatal);
	return r < 0 ? -1 : n;
}

/* --- lines --- */

typedef void line_fn(struct run *run, const struct ndjson_line *line, void *user);

static void
put_bad_line(struct run *run, const struct ndjson_line *line, const struct err *err)
{
	run->failed++;
	if (text || cases || diff) {
		warn("line %" PRIu64 " of %s is no record: %s", line->number,
		    strcmp(line->file, "-") == 0 ? "standard input" : line->file, err->text);
		return;
	}
	ndjson_bad_line(ndjson_put_begin(&run->out), line->number, line->file, err->text);
	ndjson_put_end(&run->out);
}

static void
each_line(struct run *run, char *const *files, line_fn *fn, void *user)
{
	struct ndjson_reader *in = ndjson_open(files, NDJSON_LINE_MAX);
	struct ndjson_line line;
	struct err err = ERR_INIT;
	int rc;

	ndjson_tie(in, &run->out);
	while (!run->out.broken && (rc = ndjson_next(in, &line, &err)) != 0) {
		if (rc > 0) {
			fn(run, &line, user);
		} else if (err.code == EXIT_NO) { /* an overlong line keeps its place */
			put_bad_line(run, &line, &err);
		} else {
			warn("%s", err.text);
			worsen(run, err.code);
		}
	}
	ndjson_close(in);
	if (run->failed || run->refused)
		worsen(run, run->failed ? EXIT_NO : EXIT_REFUSED);
}

/* --- routing --- */

static void
route_line(struct run *run, const struct ndjson_line *line, void *user)
{
	struct route_filter *filter = user;
	struct buf *out = ndjson_put_begin(&run->out);
	enum route_outcome outcome;
	struct err err = ERR_INIT;

	filter->now_us = now_us(run);
	outcome = text ? route_decide(filter, line->text, &err)
		       : route_record(filter, line->text, out, &err);
	(void)tell(router_complaints(filter->router)); /* they fail nothing */
	run->refused += outcome == ROUTE_REFUSED;
	if (outcome == ROUTE_BAD || (text && outcome == ROUTE_MALFORMED)) {
		put_bad_line(run, line, &err);
		return;
	}
	run->failed += outcome == ROUTE_MALFORMED;
	if (text && outcome != ROUTE_OTHER)
		route_text(filter, out);
	if (!text || outcome != ROUTE_OTHER)
		ndjson_put_end(&run->out);
}

static void
route_all(struct run *run, char *const *files)
{
	struct route_filter filter;
	struct context context;

	(void)open_context(&context, run, policy_file, NULL);
	route_init(&filter, context.router, now_us(run));
	each_line(run, files, route_line, &filter);
	route_release(&filter);
	context_close(&context);
}

/* --- the other modes --- */

static void
check_one(struct run *run, const char *file)
{
	struct buf *out = ndjson_put_begin(&run->out);
	struct err err = ERR_INIT;
	struct context context;
	int64_t n = open_context(&context, run, file, &err);

	if (n < 0 || (n && strict))
		worsen(run, EXIT_CONFIG);
	if (n < 0) {
		warn("%s", err.text);
	} else {
		buf_addf(out, "%s: %s, routes: %zu, warnings: %" PRId64, file,
		    context.policy->digest, context.policy->route_count, n);
		ndjson_put_end(&run->out);
	}
	context_close(&context);
}

static void
check_all(struct run *run, char *const *files)
{
	if (policy_file)
		check_one(run, policy_file);
	else if (!*files)
		opt_misuse("--check wants a policy: -p POLICY, or its name");
	for (; *files; files++)
		check_one(run, *files);
}

static void
test_line(struct run *run, const struct ndjson_line *line, void *user)
{
	run->failed += !route_test_line(user, line->text, ndjson_put_begin(&run->out));
	ndjson_put_end(&run->out);
}

static void
test_all(struct run *run)
{
	char *files[] = { (char *)cases, NULL };
	struct route_test test;
	struct context context;

	(void)open_context(&context, run, policy_file, NULL);
	run->config.router.targets.policy = context.policy;
	route_test_init(&test, &run->config.router, context.router, now_us(run));
	each_line(run, files, test_line, &test);
	route_test_end(&test, ndjson_put_begin(&run->out));
	ndjson_put_end(&run->out);
	context_close(&context);
}

static void
diff_line(struct run *run, const struct ndjson_line *line, void *user)
{
	struct buf *out = ndjson_put_begin(&run->out);
	enum route_outcome outcome;
	struct err err = ERR_INIT;

	outcome = route_diff_line(user, line->text, text, out, &err);
	if (outcome == ROUTE_BAD || outcome == ROUTE_MALFORMED)
		put_bad_line(run, line, &err);
	else if (outcome == ROUTE_ROUTED)
		ndjson_put_end(&run->out);
}

static void
diff_all(struct run *run, char *const *files)
{
	struct context before, after;
	struct route_diff d;

	if (policy_file || !files[0] || !files[1])
		opt_misuse("--diff wants two policies: --diff OLD NEW [file ...]");
	(void)open_context(&before, run, files[0], NULL);
	(void)open_context(&after, run, files[1], NULL);
	route_diff_init(&d, before.router, after.router, now_us(run));
	each_line(run, files + 2, diff_line, &d);
	route_diff_end(&d, text, ndjson_put_begin(&run->out));
	ndjson_put_end(&run->out);
	if (d.changed)
		worsen(run, EXIT_NO);
	route_diff_release(&d);
	context_close(&before);
	context_close(&after);
}

static void
list_agents(struct run *run)
{
	struct err err = ERR_INIT;
	struct context context;
	int64_t n;

	(void)open_context(&context, run, policy_file, NULL);
	n = cards_offer(router_targets(context.router), capability, cards.items, text,
	    ndjson_put_begin(&run->out), &err);
	if (n < 0)
		err_die(&err);
	if (n == 0)
		worsen(run, EXIT_NO);
	context_close(&context);
}

static void
read_options(struct run *run, char *const *operands)
{
	run->at_us = -1;
	if (at && !clock_parse(str_of(at), &run->at_us))
		opt_misuse("--at %s: must be a time like 2026-11-21T09:30:00Z", at);
	if (check + diff + (cases != NULL) + (capability != NULL) > 1)
		opt_misuse("--check, --test, --diff and --agents do not go together");
	if (strict && !check)
		opt_misuse("--strict goes with --check");
	if (cards.count && !capability)
		opt_misuse("--cards goes with --agents");
	if (cases && !policy_file)
		opt_misuse("--test wants a policy: -p POLICY");
	if ((cases || capability) && *operands)
		opt_misuse("%s: no files are read with --test and --agents", *operands);
	if (store_url && no_store)
		opt_misuse("--store and --no-store do not go together");
}

static void
run_mode(struct run *run, char *const *operands)
{
	if (!check && !cases && !capability)
		read_store(run);
	if (check)
		check_all(run, operands);
	else if (cases)
		test_all(run);
	else if (diff)
		diff_all(run, operands);
	else if (capability)
		list_agents(run);
	else
		route_all(run, operands);
}

int
main(int argc, char **argv)
{
	struct run run = { .worst = EXIT_OK };
	struct err err = ERR_INIT;
	int fd;

	argv += opt_parse(&spec, argc, argv);
	read_options(&run, argv);
	fd = file_create(out_file, argv, &err);
	if (fd < 0)
		err_die(&err);
	ndjson_writer_init(&run.out, fd, BATCH);
	load(&run);
	run_mode(&run, argv);
	run.worst = ndjson_finish(&run.out, run.worst, &err);
	if (err.text[0])
		warn("%s", err.text);
	store_close(run.config.store);
	context_unsupply(&run.config.router.targets);
	opt_list_release(&price_files);
	opt_list_release(&cards);
	return (int)run.worst;
}
