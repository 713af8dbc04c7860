/* SPDX-License-Identifier: MIT */
/* llm-breaker - show the circuit breakers and latencies of who is called, open and close them. */
#include <fnmatch.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "base/mem.h"
#include "cli/opt.h"
#include "json/ndjson.h"
#include "policy/health_list.h"
#include "policy/policy.h"
#include "sys/clock.h"

enum { BATCH = 64 * 1024 };

static const char *store_url, *policy_file;
static int64_t for_ms = -1;
static bool all, text;

static const struct opt opts[] = {
	{ 0, "for", "TIME", OPT_MS, &for_ms, "open: for so long (default: until it is closed)" },
	{ 0, "all", NULL, OPT_FLAG, &all, "open, close, reset: every name that is known" },
	{ 't', "text", NULL, OPT_FLAG, &text,
	    "write a table, not records (default at a terminal)" },
	{ 'p', "policy", "FILE", OPT_STR, &policy_file,
	    "count within the window of this policy's breaker" },
	{ 0, "store", "URL", OPT_STR, &store_url, "the store, in place of AGENTFLOW_STORE" },
	{ 0 },
};

static const struct opt_spec spec = {
	.synopsis = "[options] [list|open|close|reset] [name ...]",
	.purpose = "show, open and close the circuit breakers of models and providers",
	.commands = "list|open|close|reset",
	.opts = opts,
	.footer = "  list [NAME ...]             show those, or all (the default)\n"
		  "  open NAME ...               let nobody call them\n"
		  "  close NAME ...              let all call them again\n"
		  "  reset NAME ...              forget what was learned of them\n"
		  "\n"
		  "Names may be patterns as in sh(1).",
};

enum deed { LIST, OPEN, CLOSE, RESET };
static const char *const deeds[] = { "list", "open", "close", "reset", NULL };

/* What one run is made of. */
struct run {
	enum deed deed;
	struct store *store;
	struct health_list known; /* before the deed */
	const char **names; /* what the operands came to, NULL-terminated */
	size_t count, cap;
	enum exit_code worst;
};

static const char *
environment(const char *name)
{
	return getenv(name);
}

static enum deed
read_deed(const char *word)
{
	const char *near;

	for (size_t i = 0; deeds[i]; i++)
		if (strcmp(word, deeds[i]) == 0)
			return (enum deed)i;
	near = str_nearest(str_of(word), deeds);
	opt_misuse(near ? "%s is no command (did you mean %s?)"
			: "%s is no command (list, open, close, reset)",
	    word, near);
}

static void
check_operands(const struct run *run, char *const *names)
{
	for (char *const *name = names; *name; name++) {
		if (**name == '-')
			opt_misuse("%s: options go before %s", *name, deeds[run->deed]);
		if (!**name)
			opt_misuse("%s: a name is empty", deeds[run->deed]);
	}
	if (all && (*names || run->deed == LIST))
		opt_misuse("--all goes with open, close or reset, and no name");
	if (for_ms >= 0 && run->deed != OPEN)
		opt_misuse("--for goes with open");
	if (for_ms == 0)
		opt_misuse("--for 0: no time at all; without --for it is open until it is closed");
	if (!all && !*names && run->deed != LIST)
		opt_misuse("%s wants a name, or --all", deeds[run->deed]);
}

/* --- which names --- */

static void
add_name(struct run *run, const char *name)
{
	for (size_t i = 0; i < run->count; i++)
		if (strcmp(run->names[i], name) == 0)
			return;
	VEC_GROW(run->names, run->count, run->cap);
	run->names[run->count++] = name;
}

/* Every known name that fits; NULL: each. */
static bool
add_fitting(struct run *run, const char *pattern)
{
	bool found = false;

	for (size_t i = 0; i < run->known.count; i++) {
		const char *name = run->known.rows[i].name;

		if (!pattern || fnmatch(pattern, name, 0) == 0) {
			add_name(run, name);
			found = true;
		}
	}
	return found;
}

static const char *
nearest(const struct run *run, const char *name)
{
	const char **known = xcalloc(run->known.count + 1, sizeof *known);
	const char *near;

	for (size_t i = 0; i < run->known.count; i++)
		known[i] = run->known.rows[i].name;
	near = str_nearest(str_of(name), known);
	free(known);
	return near;
}

static void
choose_names(struct run *run, char *const *operands)
{
	const char *near;

	if (!*operands)
		(void)add_fitting(run, NULL); /* none is known: none is shown */
	for (; *operands; operands++) {
		if (add_fitting(run, *operands))
			continue;
		near = nearest(run, *operands);
		if (run->deed == OPEN && !strpbrk(*operands, "*?[")) {
			if (near)
				warn("%s was not known before; %s is", *operands, near);
			add_name(run, *operands);
			continue;
		}
		warn(near ? "nothing is known of %s (did you mean %s?)" : "nothing is known of %s",
		    *operands, near);
		run->worst = EXIT_NO;
	}
}

/* --- what is done, and shown --- */

static int
change(struct run *run, const char *name, int64_t now_us, struct err *err)
{
	switch (run->deed) {
	case LIST:
		break;
	case OPEN:
		return health_open(
		    run->store, str_of(name), now_us, for_ms < 0 ? 0 : for_ms * 1000, err);
	case CLOSE:
		return health_close(run->store, str_of(name), now_us, err);
	case RESET:
		return health_reset(run->store, str_of(name), err);
	}
	return 0;
}

static void
show(struct run *run, const struct health_list *list, const struct breaker_rule *rule)
{
	struct ndjson_writer out;
	struct table table;
	struct jsonw w;
	struct err err = ERR_INIT;
	int64_t now_us = clock_wall_us();
	size_t shown = 0;

	ndjson_writer_init(&out, STDOUT_FILENO, BATCH);
	health_table_init(&table);
	for (size_t i = 0; i < list->count; i++) {
		size_t n = 0;

		while (n < run->count && strcmp(run->names[n], list->rows[i].name) != 0)
			n++;
		if (n == run->count)
			continue;
		shown++;
		if (text) {
			health_table_add(&table, &list->rows[i], rule, now_us);
			continue;
		}
		jsonw_start(&w, ndjson_put_begin(&out));
		health_row_write(&list->rows[i], rule, now_us, &w);
		ndjson_put_end(&out);
	}
	if (text && shown)
		table_print(&table, ndjson_put_begin(&out));
	run->worst = ndjson_finish(&out, run->worst, &err);
	if (err.text[0])
		warn("%s", err.text);
	table_release(&table);
}

static void
open_store(struct run *run)
{
	struct err err = ERR_INIT;
	char *url = store_url ? xstrdup(store_url) : store_default_url(environment);

	if (!url)
		die(EXIT_CONFIG,
		    "no store is named (--store, AGENTFLOW_STORE), and HOME is not set");
	run->store = store_open(
	    &(struct store_config){ .url = url, .read_only = run->deed == LIST }, &err);
	if (!run->store || health_list_read(&run->known, run->store, &err) < 0)
		err_die(&err);
	free(url);
}

int
main(int argc, char **argv)
{
	struct run run = { .deed = LIST, .worst = EXIT_OK };
	struct health_list after = { 0 };
	struct policy *policy = NULL;
	struct err err = ERR_INIT;

	argv += opt_parse(&spec, argc, argv);
	(void)signal(SIGPIPE, SIG_IGN); /* a reader that has gone is told by EPIPE */
	if (*argv)
		run.deed = read_deed(*argv++);
	check_operands(&run, argv);
	text = text || isatty(STDOUT_FILENO);
	if (policy_file && !(policy = policy_load(policy_file, &err)))
		err_die(&err);
	open_store(&run);
	choose_names(&run, argv);
	for (size_t i = 0; i < run.count; i++)
		if (change(&run, run.names[i], clock_wall_us(), &err) < 0)
			err_die(&err);
	if (run.deed != LIST && health_list_read(&after, run.store, &err) < 0)
		err_die(&err);
	show(&run, run.deed == LIST ? &run.known : &after, policy ? &policy->breaker : NULL);
	health_list_release(&run.known);
	health_list_release(&after);
	free(run.names);
	policy_free(policy);
	store_close(run.store);
	return (int)run.worst;
}
