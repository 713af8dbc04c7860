/* SPDX-License-Identifier: MIT */
/*
 * opt - one table a program: it parses the command line and prints the help.
 *
 *	static const struct opt opts[] = {
 *		{ 'j', "jobs", "N", OPT_INT, &jobs, "requests in flight at once (default 8)" },
 *		{ 0, "raw", NULL, OPT_FLAG, &raw, "keep the provider's body in the response" },
 *		{ 0 },
 *	};
 *	static const struct opt_spec spec = {
 *		"[options] [file ...]", "one line: what it does", opts, NULL,
 *	};
 *	argv += opt_parse(&spec, argc, argv);
 *
 * --log FORM, -h/--help, -V/--version and --completion SHELL are everyone's and are not listed.
 * Options precede operands ("--" ends them). Misuse prints one line and ends with 2. opt_parse is
 * what main does first: it calls die_init and stdfds_hold.
 */
#ifndef CLI_OPT_H
#define CLI_OPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum opt_kind {
	OPT_FLAG, /* bool: set true */
	OPT_STR, /* const char *: the argument, borrowed from argv */
	OPT_LIST, /* struct opt_list: the argument, appended */
	OPT_INT, /* int64_t, 0 or more */
	OPT_NUM, /* double */
	OPT_MS, /* int64_t milliseconds: 30s, 1m, 250ms; a bare number is seconds */
	OPT_SIZE, /* int64_t bytes: 64Ki, 10M */
	OPT_CHOICE, /* const char *: one of the words in arg, written "a|b|c" */
	OPT_HEADING, /* no option: help prints its text as a heading */
};

struct opt_list { /* items: borrowed pointers; NULL-terminated; zero value is empty */
	const char **items;
	size_t count, cap;
};

struct opt {
	char letter; /* 0: long name only */
	const char *name; /* long name; NULL ends the table (unless OPT_HEADING) */
	const char *arg; /* the argument's name in the help; NULL where it takes none */
	enum opt_kind kind;
	void *value;
	const char *help;
};

struct opt_spec {
	const char *synopsis; /* what follows the name: "[options] [file ...]" */
	const char *purpose; /* one line, no capital, no full stop */
	const char
	    *commands; /* what the first operand may be, for completion: "list|open"; or NULL */
	const struct opt *opts;
	const char *footer; /* a paragraph after the options, or NULL */
};

/* How many of argv's words are the program name and options: argv += that gives the operands. */
int opt_parse(const struct opt_spec *spec, int argc, char **argv);

/* End with exit 2: "prog: message" and where help is to be had. */
_Noreturn void opt_misuse(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

void opt_list_add(struct opt_list *list, const char *item);
void opt_list_release(struct opt_list *list);

#endif
