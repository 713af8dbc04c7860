/* SPDX-License-Identifier: MIT */
/* llm-budget - show what a policy's budgets have left, and correct them. */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/die.h"
#include "base/mem.h"
#include "base/money.h"
#include "base/num.h"
#include "cli/opt.h"
#include "cli/table.h"
#include "json/ndjson.h"
#include "policy/budget_hand.h"
#include "policy/policy.h"
#include "sys/clock.h"

enum { BATCH = 64 * 1024, COLUMNS = 8, COLUMNS_LEFT = 2 };

static const char *policy_file, *store_url;
static bool text, quiet;

static const struct opt opts[] = {
	{ 'p', "policy", "FILE", OPT_STR, &policy_file, "the policy whose budgets they are" },
	{ 0, "store", "URL", OPT_STR, &store_url, "the store, in place of AGENTFLOW_STORE" },
	{ 't', "text", NULL, OPT_FLAG, &text,
	    "write a table, not records (default at a terminal)" },
	{ 'q', "quiet", NULL, OPT_FLAG, &quiet, "no warnings" },
	{ 0 },
};

static const struct opt_spec spec = {
	.synopsis = "-p FILE [options] [list|check|spend|reset] [argument ...]",
	.purpose = "show what a policy's budgets have left, and correct them",
	.commands = "list|check|spend|reset",
	.opts = opts,
	.footer = "  list [NAME [VALUE]]         show what is left (the default)\n"
		  "  check [NAME [VALUE]]        show what is used up; status 3 if anything is\n"
		  "  spend NAME [VALUE] AMOUNT   charge what was spent elsewhere\n"
		  "  reset NAME [VALUE]          forget what was spent",
};

/* What one run is made of. */
struct run {
	struct policy *policy;
	struct store *store;
	int64_t now_us;
	char *const *arguments; /* behind the command */
	size_t argument_count;
	struct buf only; /* the value that is asked for, as it is shown */
	bool only_used_up;
	struct ndjson_writer out;
	struct table table;
	size_t shown;
	enum exit_code worst;
};

static const char *
environment(const char *name)
{
	return getenv(name);
}

static void
worsen(struct run *run, enum exit_code code)
{
	if (code > run->worst)
		run->worst = code;
}

static void
open_store(struct run *run, bool read_only)
{
	char *usual = store_url ? NULL : store_default_url(environment);
	struct store_config config = { .url = store_url ? store_url : usual,
		.read_only = read_only };
	struct err err = ERR_INIT;

	if (!config.url)
		die(EXIT_CONFIG, "there is no place for the store: set AGENTFLOW_STORE or HOME");
	run->store = store_open(&config, &err);
	if (!run->store)
		err_die(&err);
	free(usual);
}

static const struct budget_rule *
find_rule(const struct run *run, const char *name)
{
	const char **names = xcalloc(run->policy->budget_count + 1, sizeof *names);
	const char *near;
	size_t i;

	for (i = 0; i < run->policy->budget_count; i++) {
		if (strcmp(run->policy->budgets[i].name, name) == 0) {
			free(names);
			return &run->policy->budgets[i];
		}
		names[i] = run->policy->budgets[i].name;
	}
	near = str_nearest(str_of(name), names);
	free(names);
	die(EXIT_NO,
	    near ? "%s has no budget \"%s\" (did you mean \"%s\"?)" : "%s has no budget \"%s\"",
	    policy_file, name, near);
}

/* --- list, check --- */

static void
add_amount(struct run *run, const struct budget_row *row, int64_t amount)
{
	struct buf *cell = table_cell(&run->table);

	if (row->unreadable)
		buf_addc(cell, '?');
	else
		budget_print(row->rule, amount, cell);
}

static void
add_line(struct run *run, const struct budget_row *row)
{
	buf_adds(table_cell(&run->table), row->rule->name);
	buf_addstr(table_cell(&run->table), row->rule->per ? row->value : STR_LIT("-"));
	add_amount(run, row, row->spent);
	add_amount(run, row, row->reserved);
	add_amount(run, row, budget_row_left(row));
	budget_print(row->rule, row->rule->limit, table_cell(&run->table));
	buf_addf(table_cell(&run->table), "%d%%", budget_percent(row->spent, row->rule->limit));
	if (row->rule->window == BUDGET_ROLLING)
		buf_adds(table_cell(&run->table), "rolling");
	else
		clock_print(table_cell(&run->table), row->end_us);
}

static void
see_row(void *user, const struct budget_row *row)
{
	struct run *run = user;
	struct jsonw w;

	if (run->argument_count > 1 && !str_eq(row->value, buf_str(&run->only)))
		return;
	if (row->unreadable) {
		warn("budget %s: what is kept of \"%.60s\" is no ledger of this version",
		    row->rule->name, row->value.p);
		worsen(run, EXIT_IO);
	} else if (run->only_used_up) {
		if (row->spent < row->rule->limit)
			return;
		worsen(run, EXIT_GATE);
	}
	run->shown++;
	if (text) {
		add_line(run, row);
		return;
	}
	jsonw_start(&w, ndjson_put_begin(&run->out));
	budget_row_write(row, &w);
	ndjson_put_end(&run->out);
}

static void
list(struct run *run)
{
	static const char *const heads[COLUMNS] = { "BUDGET", "OF", "SPENT", "RESERVED", "LEFT",
		"LIMIT", "USED", "UNTIL" };
	const struct budget_rule *one = run->argument_count ? find_rule(run, run->arguments[0])
							    : NULL;
	struct err err = ERR_INIT;
	size_t i;

	if (run->argument_count > 1)
		budget_hand_shown(one, str_of(run->arguments[1]), &run->only);
	for (i = 0; text && i < COLUMNS; i++)
		buf_adds(table_cell(&run->table), heads[i]);
	for (i = 0; i < run->policy->budget_count; i++) {
		const struct budget_rule *rule = &run->policy->budgets[i];

		if (one && rule != one)
			continue;
		if (budget_hand_each(run->store, rule, run->now_us, see_row, run, &err) < 0)
			err_die(&err);
	}
	if (text && run->shown)
		table_print(&run->table, ndjson_put_begin(&run->out));
}

static void
check(struct run *run)
{
	run->only_used_up = true;
	list(run);
}

/* --- spend, reset --- */

static struct str
value_of(const struct budget_rule *rule, const struct run *run)
{
	return rule->per ? str_of(run->arguments[1]) : STR_LIT("");
}

static void
spend(struct run *run)
{
	const struct budget_rule *rule = find_rule(run, run->arguments[0]);
	size_t wanted = rule->per ? 3 : 2;
	struct err err = ERR_INIT;
	struct str amount;
	int64_t n;

	if (run->argument_count != wanted)
		opt_misuse(rule->per ? "budget %s is kept per %s: spend NAME VALUE AMOUNT"
				     : "budget %s has no values: spend NAME AMOUNT",
		    rule->name, rule->per);
	amount = str_of(run->arguments[wanted - 1]);
	if (!(rule->unit == BUDGET_USD ? money_parse(amount, &n) : num_i64(amount, &n)) || n < 0)
		opt_misuse("\"%s\" is no amount of %s", amount.p, budget_units[rule->unit]);
	if (budget_hand_spend(run->store, rule, value_of(rule, run), n, run->now_us, &err) < 0)
		err_die(&err);
}

static void
reset(struct run *run)
{
	const struct budget_rule *rule = find_rule(run, run->arguments[0]);
	struct err err = ERR_INIT;
	size_t count;

	if (run->argument_count > 1 && !rule->per)
		opt_misuse("budget %s has no values", rule->name);
	if (budget_hand_reset(run->store, rule,
		run->argument_count > 1 ? value_of(rule, run) : STR_NONE, run->now_us, &count,
		&err) < 0)
		err_die(&err);
	if (!count && run->argument_count > 1) {
		warn("budget %s: nothing is kept of \"%s\"", rule->name, run->arguments[1]);
		worsen(run, EXIT_NO);
	}
}

static const struct command {
	const char *name;
	size_t least, most; /* arguments */
	bool reads;
	void (*run)(struct run *run);
} commands[] = {
	{ "list", 0, 2, true, list },
	{ "check", 0, 2, true, check },
	{ "spend", 2, 3, false, spend },
	{ "reset", 1, 2, false, reset },
};

static const struct command *
find_command(const char *name, size_t arguments)
{
	size_t i;

	for (i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(commands[i].name, name) == 0) {
			if (arguments < commands[i].least || arguments > commands[i].most)
				opt_misuse("%s takes %zu to %zu arguments", name, commands[i].least,
				    commands[i].most);
			return &commands[i];
		}
	opt_misuse("unknown command \"%s\" (list, check, spend, reset)", name);
}

static void
load_policy(struct run *run)
{
	struct err err = ERR_INIT;
	struct str rest, line;

	if (!policy_file)
		opt_misuse("-p FILE says whose budgets they are");
	run->policy = policy_load(policy_file, &err);
	if (!run->policy)
		err_die(&err);
	rest = buf_str(&run->policy->warnings);
	while (!quiet && str_split(&rest, '\n', &line))
		if (line.len)
			warn("%.*s", (int)line.len, line.p);
}

int
main(int argc, char **argv)
{
	struct run run = { .only = BUF_INIT(BUF_UNLIMITED), .worst = EXIT_OK };
	const struct command *command = &commands[0];
	struct err err = ERR_INIT;

	argv += opt_parse(&spec, argc, argv);
	(void)signal(SIGPIPE, SIG_IGN); /* a reader that has gone is told by EPIPE */
	text = text || isatty(STDOUT_FILENO);
	run.arguments = argv;
	if (*argv) {
		for (run.arguments++; run.arguments[run.argument_count];)
			run.argument_count++;
		command = find_command(*argv, run.argument_count);
	}
	load_policy(&run);
	open_store(&run, command->reads);
	run.now_us = clock_wall_us();
	ndjson_writer_init(&run.out, STDOUT_FILENO, BATCH);
	table_init(&run.table, COLUMNS, COLUMNS_LEFT);
	command->run(&run);
	run.worst = ndjson_finish(&run.out, run.worst, &err);
	if (err.text[0])
		warn("%s", err.text);
	table_release(&run.table);
	buf_release(&run.only);
	store_close(run.store);
	policy_free(run.policy);
	return (int)run.worst;
}
