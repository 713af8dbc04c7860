/* SPDX-License-Identifier: MIT */
/* llm-route - decide which models may serve each request, in which order, and say why. */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>

#include "base/die.h"
#include "cli/opt.h"
#include "json/ndjson.h"
#include "policy/route.h"
#include "price/price_load.h"
#include "store/store.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/share.h"

enum { BATCH = 256 * 1024 };
#define DAY_US (INT64_C(86400) * 1000000)

static const char *policy_file, *store_url, *at, *config_file, *out_file;
static struct opt_list price_files;
static bool explain, text, no_store, quiet;
static int64_t seed;

static const struct opt opts[] = {
	{ 'p', "policy", "POLICY", OPT_STR, &policy_file,
	    "the policy (YAML); none: each request's own model" },
	{ 0, "explain", NULL, OPT_FLAG, &explain,
	    "tell in the route why each rule and candidate was taken or left" },
	{ 't', "text", NULL, OPT_FLAG, &text, "write explanations for people, and no records" },
	{ 0, "seed", "N", OPT_INT, &seed, "draw by weight from this seed (default 0)" },
	{ 0, "at", "TIME", OPT_STR, &at, "decide as of then: 2026-11-21T09:30:00Z" },
	{ 0, "store", "URL", OPT_STR, &store_url,
	    "where breakers, latencies and budgets are read (default: where all programs keep "
	    "them)" },
	{ 0, "no-store", NULL, OPT_FLAG, &no_store, "as if nothing was known of them" },
	{ 0, "config", "FILE", OPT_STR, &config_file, "configuration in place of agentflow.yaml" },
	{ 0, "prices", "FILE", OPT_LIST, &price_files,
	    "price rows that go before the built-in ones; may be repeated" },
	{ 'o', "output", "FILE", OPT_STR, &out_file, "write to FILE" },
	{ 'q', "quiet", NULL, OPT_FLAG, &quiet, "no warnings" },
	{ 0 },
};

static const struct opt_spec spec = {
	.synopsis = "[options] [file ...]",
	.purpose = "decide which models may serve each request, in which order, and say why",
	.opts = opts,
};

/* What one run is made of. */
struct run {
	struct router_config config;
	struct policy *policy;
	struct prices *prices;
	struct store *store; /* what was read at the start: nothing changes under us */
	int64_t at_us; /* --at; -1: now */
	struct ndjson_reader *in;
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

/* --- what a decision takes --- */

static bool
copy_entry(void *user, struct str key, struct str value)
{
	struct err err = ERR_INIT;

	return store_put(user, key, value, STORE_FOREVER, &err) == 0;
}

/* A copy of what is known now: the same input then gives the same routes to its last line. */
static int
read_store(struct run *run, struct err *err)
{
	static const char *const prefixes[] = { HEALTH_BREAKERS, HEALTH_LATENCIES, "budget/" };
	char *usual = store_url ? NULL : store_default_url(environment);
	struct store_config config = { .url = store_url ? store_url : usual, .read_only = true };
	struct store *source = config.url ? store_open(&config, err) : NULL;
	int r = source || !config.url ? 0 : -1;

	run->store = store_open(&(struct store_config){ .url = "memory:" }, err);
	for (size_t i = 0; source && r == 0 && i < sizeof prefixes / sizeof *prefixes; i++)
		r = store_scan(source, str_of(prefixes[i]), copy_entry, run->store, err);
	store_close(source);
	free(usual);
	return r;
}

static void
open_store(struct run *run)
{
	struct targets_config *t = &run->config.targets;
	struct err err = ERR_INIT;

	if (no_store)
		return;
	if (read_store(run, &err) < 0) {
		warn("%s; breakers, latencies and budgets are not looked at", err.text);
		return;
	}
	t->health = health_new(run->store, &run->policy->breaker);
	run->config.health_counts = true;
	if (run->policy->budget_count)
		run->config.budgets = budgets_new(
		    run->store, run->policy->budgets, run->policy->budget_count, 1, false);
}

static void
load(struct run *run)
{
	struct targets_config *t = &run->config.targets;
	char *share = share_dir(getenv("AGENTFLOW_SHARE"));
	struct err err = ERR_INIT;

	t->env = environment;
	t->day = now_us(run) / DAY_US;
	run->policy = policy_file ? policy_load(policy_file, &err) : policy_none();
	if (!run->policy)
		err_die(&err);
	t->policy = run->policy;
	t->providers = providers_load(share, config_file, environment, &err);
	if (!t->providers)
		err_die(&err);
	run->prices = price_load(share, price_files.items, &err);
	if (!run->prices)
		err_die(&err);
	t->prices = run->prices;
	t->models = models_new(share);
	free(share);
	open_store(run);
}

static void
unload(struct run *run)
{
	struct targets_config *t = &run->config.targets;

	budgets_free(run->config.budgets);
	health_free(t->health);
	store_close(run->store);
	models_free(t->models);
	prices_free(run->prices);
	providers_free(t->providers);
	policy_free(run->policy);
}

/* --- routing --- */

static void
put_bad_line(struct run *run, const struct ndjson_line *line, const struct err *err)
{
	run->failed++;
	if (text)
		warn("line %" PRIu64 " of %s is no record: %s", line->number,
		    strcmp(line->file, "-") == 0 ? "standard input" : line->file, err->text);
	else
		ndjson_bad_line(ndjson_put_begin(&run->out), line->number, line->file, err->text);
}

static void
route_line(struct run *run, struct route_filter *filter, const struct ndjson_line *line)
{
	struct buf *out = ndjson_put_begin(&run->out);
	enum route_outcome outcome;
	struct err err = ERR_INIT;

	filter->now_us = now_us(run);
	outcome = text ? route_decide(filter, line->text, &err)
		       : route_record(filter, line->text, out, &err);
	if (outcome == ROUTE_BAD || (text && outcome == ROUTE_MALFORMED))
		put_bad_line(run, line, &err);
	else if (outcome == ROUTE_MALFORMED)
		run->failed++;
	run->refused += outcome == ROUTE_REFUSED;
	if (text && (outcome == ROUTE_ROUTED || outcome == ROUTE_REFUSED))
		route_text(filter, out);
	else if (!text)
		ndjson_put_end(&run->out);
}

static void
route_all(struct run *run, struct router *router)
{
	struct route_filter filter;
	struct ndjson_line line;
	struct err err = ERR_INIT;
	int rc;

	route_init(&filter, router, now_us(run));
	while (!run->out.broken && (rc = ndjson_next(run->in, &line, &err)) != 0) {
		if (rc > 0) {
			route_line(run, &filter, &line);
		} else if (err.code == EXIT_NO) { /* an overlong line keeps its place */
			put_bad_line(run, &line, &err);
			if (!text)
				ndjson_put_end(&run->out);
		} else {
			warn("%s", err.text);
			worsen(run, err.code);
		}
	}
	route_release(&filter);
	if (run->failed || run->refused)
		worsen(run, run->failed ? EXIT_NO : EXIT_REFUSED);
}

static struct router *
make_router(struct run *run)
{
	struct buf warnings = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct router *router;
	struct str rest, line;

	run->config.seed = (uint64_t)seed;
	run->config.explain = explain || text;
	router = router_new(&run->config, &warnings, &err);
	if (!router)
		err_die(&err);
	rest = buf_str(&warnings);
	while (!quiet && str_split(&rest, '\n', &line))
		if (line.len)
			warn("%.*s", (int)line.len, line.p);
	buf_release(&warnings);
	return router;
}

int
main(int argc, char **argv)
{
	struct run run = { .worst = EXIT_OK, .at_us = -1 };
	struct err err = ERR_INIT;
	struct router *router;
	int fd;

	argv += opt_parse(&spec, argc, argv);
	if (at && !clock_parse(str_of(at), &run.at_us))
		opt_misuse("--at %s: must be a time like 2026-11-21T09:30:00Z", at);
	load(&run);
	router = make_router(&run);
	fd = file_create(out_file, argv, &err);
	if (fd < 0)
		err_die(&err);
	ndjson_writer_init(&run.out, fd, BATCH);
	run.in = ndjson_open(argv, NDJSON_LINE_MAX);
	ndjson_tie(run.in, &run.out);
	route_all(&run, router);
	ndjson_close(run.in);
	run.worst = ndjson_finish(&run.out, run.worst, &err);
	if (err.text[0])
		warn("%s", err.text);
	router_free(router);
	unload(&run);
	opt_list_release(&price_files);
	return (int)run.worst;
}
