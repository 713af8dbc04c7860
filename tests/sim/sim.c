/* SPDX-License-Identifier: MIT */
/*
 * sim - providers' weather on a virtual clock: what a policy makes of it, against no policy,
 * retries alone, and who knows the future.
 *
 *	sim [-n REQUESTS] [-s SEED] [-f table|json|mdoc|weathers]	for agentflow-failover(7)
 *	sim -w WEATHER -j JOBS -n REQUESTS	the policy alone, so many requests at once
 *	sim -w WEATHER -n REQUESTS -f mock	that weather as a script of llm-mock
 *	sim -c [-n REQUESTS] [-s SEED]				what must hold, as TAP
 *	sim -x WORLDS [-s SEED]					random policies in chaos, as TAP
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/die.h"
#include "base/num.h"
#include "sim/drive.h"
#include "sim/mock.h"
#include "support/top.h"
#include "sys/file.h"

enum { PER_S = 100 };
enum { NONE, RETRIES, POLICY, ORACLE, STRATEGIES };
static const char *const names[STRATEGIES] = { "no policy", "retries", "policy", "oracle" };

/* One candidate, as the makers' own clients ask it. */
#define CLIENT                                                                                     \
	"version: 1\ndeadline: 60s\nmaxLatencyMs: 10000\nmaxTtftMs: 5000\nafterOutput: fail\n"
static const char no_policy[] = CLIENT "retries: 0\n";
static const char retries_only[] = CLIENT "retries: 2\nbackoff: {base: 500ms, max: 8s}\n";

static size_t requests = 100000, jobs;
static uint64_t seed = 1;
static struct buf policy = BUF_INIT(BUF_UNLIMITED);

static void
add_models(struct buf *text)
{
	buf_adds(text, "models:\n");
	for (size_t i = 0; i < SITES; i++)
		buf_addf(text,
		    "  %s: {usdPerMillionIn: %g, usdPerMillionOut: %g, contextWindow: 128000}\n",
		    site_facts[i].spec, site_facts[i].usd_in, site_facts[i].usd_out);
}

static void
load_policy(void)
{
	char *path = top_file("examples/policy/resilient.yaml");
	struct err err = ERR_INIT;

	if (file_read(path, &policy, &err) < 0)
		err_die(&err);
	add_models(&policy);
	free(path);
}

static void
run(const struct weather *weather, int strategy, struct drive_result *result)
{
	struct drive_config config = {
		.policy = policy.p,
		.weather = weather,
		.seed = seed,
		.requests = requests,
		.per_s = PER_S,
		.jobs = jobs,
	};
	struct buf client = BUF_INIT(BUF_UNLIMITED);

	if (strategy == ORACLE) {
		drive_oracle(&config, result);
		return;
	}
	config.has_memory = strategy == POLICY;
	if (strategy != POLICY) {
		buf_adds(&client, strategy == NONE ? no_policy : retries_only);
		add_models(&client);
		config.policy = client.p;
		config.candidates = site_facts[SITE_A].spec;
	}
	drive_run(&config, result);
	buf_release(&client);
}

/* --- figures --- */

struct figures {
	double ok_percent, p50_s, p95_s, p99_s;
	double usd_per_1000; /* good answers */
	double added_percent; /* to what a good answer costs without a policy */
	double attempts; /* a request */
};

static double
percentile_s(const struct drive_result *r, double share)
{
	size_t at = (size_t)(share * (double)r->ok);

	return r->ok ? r->ms[at < r->ok ? at : r->ok - 1] / 1000 : 0;
}

static struct figures
figures_of(const struct drive_result *r, const struct drive_result *none)
{
	double usd = r->ok ? r->usd / (double)r->ok : 0;
	double usd_none = none->ok ? none->usd / (double)none->ok : 0;

	return (struct figures){
		.ok_percent = 100 * (double)r->ok / (double)r->requests,
		.p50_s = percentile_s(r, 0.5),
		.p95_s = percentile_s(r, 0.95),
		.p99_s = percentile_s(r, 0.99),
		.usd_per_1000 = usd * 1000,
		.added_percent = usd_none > 0 ? 100 * (usd / usd_none - 1) : 0,
		.attempts = (double)r->attempts / (double)r->requests,
	};
}

static void
print_json(const struct weather *weather, int strategy, const struct drive_result *r,
    const struct figures *f)
{
	struct buf line = BUF_INIT(BUF_UNLIMITED);
	struct jsonw w;

	jsonw_start(&w, &line);
	jsonw_object(&w);
	jsonw_kstr(&w, "type", "simulation");
	jsonw_kstr(&w, "weather", weather->name);
	jsonw_kstr(&w, "strategy", names[strategy]);
	jsonw_ki64(&w, "requests", (int64_t)r->requests);
	jsonw_ki64(&w, "ok", (int64_t)r->ok);
	jsonw_key(&w, "p50Seconds");
	jsonw_double(&w, f->p50_s);
	jsonw_key(&w, "p95Seconds");
	jsonw_double(&w, f->p95_s);
	jsonw_key(&w, "p99Seconds");
	jsonw_double(&w, f->p99_s);
	jsonw_key(&w, "usdPerThousandOk");
	jsonw_double(&w, f->usd_per_1000);
	jsonw_key(&w, "lostUsd");
	jsonw_double(&w, r->lost_usd);
	jsonw_key(&w, "billedUsd");
	jsonw_double(&w, r->usd);
	jsonw_key(&w, "bookedUsd");
	jsonw_double(&w, r->booked_usd);
	jsonw_ki64(&w, "attempts", (int64_t)r->attempts);
	jsonw_ki64(&w, "hedges", (int64_t)r->hedges);
	jsonw_ki64(&w, "hedgesWon", (int64_t)r->hedges_won);
	jsonw_ki64(&w, "rescued", (int64_t)r->rescued);
	jsonw_ki64(&w, "restarted", (int64_t)r->restarted);
	jsonw_key(&w, "failed");
	jsonw_object(&w);
	for (int kind = 1; kind <= ERROR_INVALID_INPUT; kind++)
		if (r->kinds[kind])
			jsonw_ki64(
			    &w, error_kind_name((enum error_kind)kind), (int64_t)r->kinds[kind]);
	jsonw_end(&w);
	jsonw_end(&w);
	puts(line.p);
	buf_release(&line);
}

static void
print_row(const char *format, const struct weather *weather, int strategy, const struct figures *f)
{
	if (strcmp(format, "mdoc") == 0)
		printf(".It %s Ta %s Ta %.2f Ta %.2f Ta %.2f Ta %.2f Ta %+ld Ta %.2f\n",
		    strategy == NONE ? weather->name : "", names[strategy], f->ok_percent, f->p50_s,
		    f->p95_s, f->p99_s, lround(f->added_percent), f->attempts);
	else
		printf("%-12s %-10s %7.2f %6.2f %6.2f %6.2f %+7.1f %6.3f\n",
		    strategy == NONE ? weather->name : "", names[strategy], f->ok_percent, f->p50_s,
		    f->p95_s, f->p99_s, f->added_percent, f->attempts);
}

static size_t
print_figures(const char *format)
{
	struct drive_result r[STRATEGIES];
	size_t violations = 0;

	if (strcmp(format, "table") == 0)
		printf("%-12s %-10s %7s %6s %6s %6s %7s %6s\n", "weather", "", "ok %", "p50 s",
		    "p95 s", "p99 s", "cost %", "tries");
	for (const struct weather *w = weathers; w->name; w++) {
		for (int s = 0; s < STRATEGIES; s++) {
			struct figures f;

			run(w, s, &r[s]);
			f = figures_of(&r[s], &r[NONE]);
			violations += r[s].violations;
			if (strcmp(format, "json") == 0)
				print_json(w, s, &r[s], &f);
			else
				print_row(format, w, s, &f);
			(void)fflush(stdout);
		}
		for (int s = 0; s < STRATEGIES; s++)
			drive_result_release(&r[s]);
	}
	return violations;
}

/* --- what must hold --- */

static size_t failed, checked;

static void __attribute__((format(printf, 2, 3))) verdict(bool ok, const char *fmt, ...)
{
	va_list ap;

	failed += !ok;
	(void)printf("%s %zu - ", ok ? "ok" : "not ok", ++checked);
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	(void)putchar('\n');
}

static void
check_weather(const struct weather *w)
{
	struct drive_result r[STRATEGIES];
	struct figures f[STRATEGIES];
	double booked;

	for (int s = 0; s < STRATEGIES; s++) {
		run(w, s, &r[s]);
		f[s] = figures_of(&r[s], &r[NONE]);
		verdict(r[s].violations == 0, "%s, %s: nothing happens that must not", w->name,
		    names[s]);
	}
	booked = r[POLICY].booked_usd / r[POLICY].usd;
	verdict(r[POLICY].ok >= r[RETRIES].ok && r[RETRIES].ok >= r[NONE].ok,
	    "%s: the policy answers %.2f %%, retries %.2f %%, nothing %.2f %%", w->name,
	    f[POLICY].ok_percent, f[RETRIES].ok_percent, f[NONE].ok_percent);
	verdict(f[POLICY].ok_percent >= f[ORACLE].ok_percent - 5,
	    "%s: who knows the future answers %.2f %%", w->name, f[ORACLE].ok_percent);
	verdict(f[POLICY].usd_per_1000 <= 2 * f[ORACLE].usd_per_1000,
	    "%s: it pays %.2f times as much", w->name,
	    f[POLICY].usd_per_1000 / f[ORACLE].usd_per_1000);
	verdict(
	    f[POLICY].attempts <= 1.25, "%s: %.3f attempts a request", w->name, f[POLICY].attempts);
	/* Who was cut off does not say what it wrote, so more is held than it can have been. */
	verdict(booked >= 1 && booked < 1.25,
	    "%s: its account is never less than the bill, nor a quarter more: %.3f", w->name,
	    booked);
	for (int s = 0; s < STRATEGIES; s++)
		drive_result_release(&r[s]);
}

/* --- random policies in chaos --- */

static int64_t
among(struct rand *r, int64_t least, int64_t most)
{
	return least + (int64_t)rand_below(r, (uint64_t)(most - least + 1));
}

static void
write_random_policy(struct rand *r, struct buf *text)
{
	static const char *const afters[] = { "fail", "restart", "continue" };
	static const char *const jitters[] = { "full", "equal", "none" };

	buf_addf(text, "version: 1\ndeadline: %lldms\nretries: %lld\nafterOutput: %s\n",
	    (long long)among(r, 500, 30000), (long long)among(r, 0, 3), afters[among(r, 0, 2)]);
	if (among(r, 0, 1))
		buf_addf(text, "maxLatencyMs: %lld\n", (long long)among(r, 300, 5000));
	if (among(r, 0, 1))
		buf_addf(text, "maxTtftMs: %lld\n", (long long)among(r, 200, 2000));
	if (among(r, 0, 2) == 0)
		buf_addf(text, "maxCostUsd: 0.%05lld\n", (long long)among(r, 10, 500));
	buf_addf(text, "hedge: {max: %lld", (long long)among(r, 0, 2));
	if (among(r, 0, 1))
		buf_adds(text, ", afterPercentile: 80");
	buf_addf(text, ", afterMs: %lld}\n", (long long)among(r, 50, 2000));
	buf_addf(text, "backoff: {base: %lldms, max: %lldms, jitter: %s, budget: %lld%%}\n",
	    (long long)among(r, 10, 300), (long long)among(r, 300, 5000), jitters[among(r, 0, 2)],
	    (long long)among(r, 0, 100));
	buf_addf(text, "breaker: {window: 10s, consecutive: %lld, cooldown: %llds, key: %s}\n",
	    (long long)among(r, 0, 8), (long long)among(r, 1, 5),
	    among(r, 0, 1) ? "model" : "provider");
	buf_adds(text, "providers: [\"openai:gpt-4o-mini\", \"gemini:gemini-2.5-flash\", "
		       "\"anthropic:claude-haiku-4-5\"]\n");
	if (among(r, 0, 1))
		buf_adds(text, "fallback: {local: \"ollama:llama3.2\", contentFilter: "
			       "[\"ollama:llama3.2\"]}\n");
	buf_addf(text, "budgets: [{name: all, limitUsd: 0.%03lld, window: 1h}]\n",
	    (long long)among(r, 1, 200));
	add_models(text);
}

/* Whether nothing happened that must not. */
static bool
check_chaos(uint64_t world)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct drive_config config = {
		.weather = &weather_chaos,
		.seed = world,
		.requests = 300,
		.per_s = 30,
		.has_memory = true,
	};
	struct drive_result result;
	struct rand r;
	bool ok;

	rand_seed(&r, world);
	write_random_policy(&r, &text);
	config.policy = text.p;
	drive_run(&config, &result);
	if (result.violations) {
		printf("# world %llu:\n", (unsigned long long)world);
		for (struct str rest = buf_str(&text), line; str_split(&rest, '\n', &line);)
			printf("# %.*s\n", (int)line.len, line.p);
	}
	ok = result.violations == 0;
	drive_result_release(&result);
	buf_release(&text);
	return ok;
}

static void
check_worlds(size_t worlds)
{
	bool ok = true;

	for (size_t i = 0; i < worlds; i++)
		ok &= check_chaos(seed + i);
	verdict(ok, "in %zu worlds of random policies nothing happens that must not", worlds);
}

static void
print_weathers(void)
{
	for (const struct weather *w = weathers; w->name; w++)
		printf(".It Sy %s\n%s\n", w->name, w->what);
}

static const struct weather *
find_weather(const char *name)
{
	const struct weather *w = weathers;

	while (w->name && strcmp(w->name, name) != 0)
		w++;
	if (!w->name)
		die(EXIT_USAGE, "there is no weather \"%s\"", name);
	return w;
}

static void
print_alone(const struct weather *w)
{
	struct drive_result r;
	struct figures f;

	run(w, POLICY, &r);
	f = figures_of(&r, &r);
	print_row("table", w, POLICY, &f);
	failed += r.violations;
	drive_result_release(&r);
}

int
main(int argc, char **argv)
{
	const char *format = "table";
	const struct weather *weather = NULL;
	size_t worlds = 0;
	bool check = false;
	int64_t n = 0;
	int c;

	die_init(argv[0]);
	while ((c = getopt(argc, argv, "cn:s:f:x:j:w:")) != -1) {
		if (strchr("nsxj", c) && !num_i64(str_of(optarg), &n))
			die(EXIT_USAGE, "-%c takes a number", c);
		check |= c == 'c';
		switch (c) {
		case 'n':
			requests = (size_t)n;
			break;
		case 's':
			seed = (uint64_t)n;
			break;
		case 'j':
			jobs = (size_t)n;
			break;
		case 'w':
			weather = find_weather(optarg);
			break;
		case 'x':
			worlds = (size_t)n;
			break;
		case 'f':
			format = optarg;
			break;
		case '?':
			return EXIT_USAGE;
		}
	}
	if (worlds)
		check_worlds(worlds);
	load_policy();
	for (const struct weather *w = weathers; check && w->name; w++)
		check_weather(w);
	if (checked)
		(void)printf("1..%zu\n", checked);
	else if (strcmp(format, "weathers") == 0)
		print_weathers();
	else if (weather && strcmp(format, "mock") == 0)
		mock_print(weather, (double)requests / PER_S);
	else if (weather)
		print_alone(weather);
	else
		failed += print_figures(format);
	buf_release(&policy);
	return failed ? EXIT_NO : EXIT_OK;
}
