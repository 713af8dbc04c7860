/* SPDX-License-Identifier: MIT */
/* opt_help - what an option table says of itself: help, version, shell completion. */
#include "cli/opt_help.h"

#include <errno.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/die.h"
#include "base/version.h"
#include "sys/file.h"

enum { HELP_COLUMN = 28, HELP_WIDTH = 80 };

static _Noreturn void
print_and_leave(struct buf *text)
{
	int rc = file_write_all(STDOUT_FILENO, text->p, text->len), saved = errno;

	buf_release(text);
	if (rc < 0)
		die(EXIT_IO, "cannot write standard output: %s", strerror(saved));
	exit(EXIT_OK);
}

/* "-j, --jobs N" */
static void
add_names(struct buf *out, const struct opt *o)
{
	if (o->letter)
		buf_addf(out, "-%c, ", o->letter);
	else
		buf_adds(out, "    ");
	buf_addf(out, "--%s", o->name);
	if (o->arg)
		buf_addf(out, " %s", o->arg);
}

/* The text from the column that the line stands at, wrapped between indent and HELP_WIDTH. */
static void
add_wrapped(struct buf *out, struct str text, size_t column, size_t indent)
{
	struct str rest = text, word;
	bool first = true;

	while (str_split(&rest, ' ', &word)) {
		if (!first && column + word.len + 1 > HELP_WIDTH) {
			buf_addf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (!first) {
			buf_addc(out, ' ');
			column++;
		}
		buf_addstr(out, word);
		column += word.len;
		first = false;
	}
	buf_addc(out, '\n');
}

static void
add_option(struct buf *out, const struct opt *o)
{
	struct buf names = BUF_INIT(BUF_UNLIMITED);

	add_names(&names, o);
	if (names.len + 4 > HELP_COLUMN)
		buf_addf(out, "  %s\n%*s", names.p, HELP_COLUMN, "");
	else
		buf_addf(out, "  %-*s", HELP_COLUMN - 2, names.p);
	add_wrapped(out, str_of(o->help), HELP_COLUMN, HELP_COLUMN);
	buf_release(&names);
}

static const struct opt everyones[] = {
	{ 0, "log", "text|json", OPT_CHOICE, NULL, "the form of messages on standard error" },
	{ 'h', "help", NULL, OPT_FLAG, NULL, "print this help" },
	{ 'V', "version", NULL, OPT_FLAG, NULL, "print the version" },
	{ 0, "completion", "bash|zsh|fish", OPT_CHOICE, NULL, "print a completion script" },
	{ 0, NULL, NULL, OPT_FLAG, NULL, NULL },
};

/* Line by line, so that a footer may hold a table. */
static void
add_footer(struct buf *out, const char *footer)
{
	struct str rest = str_of(footer), line;

	buf_addc(out, '\n');
	while (str_split(&rest, '\n', &line))
		add_wrapped(out, line, 0, 0);
}

void
opt_print_help(const struct opt_spec *spec)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	const struct opt *o;
	bool headed = false;

	buf_addf(&out, "usage: %s %s\n%s: %s\n\n", die_prog(), spec->synopsis, die_prog(),
	    spec->purpose);
	for (o = spec->opts; !opt_is_end(o); o++) {
		headed |= o->kind == OPT_HEADING;
		if (o->kind == OPT_HEADING)
			buf_addf(&out, "\n%s\n", o->help);
		else
			add_option(&out, o);
	}
	if (headed)
		buf_addc(&out, '\n');
	for (o = everyones; !opt_is_end(o); o++)
		add_option(&out, o);
	if (spec->footer)
		add_footer(&out, spec->footer);
	print_and_leave(&out);
}

void
opt_print_version(void)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);

	buf_addf(&out, "%s (AgentFlow) %s\n", die_prog(), AGENTFLOW_VERSION);
	print_and_leave(&out);
}

/* --- completion --- */

typedef void add_completion_fn(struct buf *out, const struct opt *o);

static void
for_each_option(struct buf *out, const struct opt_spec *spec, add_completion_fn *add)
{
	const struct opt *o;

	for (o = spec->opts; !opt_is_end(o); o++) {
		if (o->kind != OPT_HEADING)
			add(out, o);
	}
	for (o = everyones; !opt_is_end(o); o++)
		add(out, o);
}

/* "a|b|c" as words. */
static void
add_choices(struct buf *out, const char *choices, char separator)
{
	for (; *choices; choices++)
		buf_addc(out, *choices == '|' ? separator : *choices);
}

static void
add_bash_word(struct buf *out, const struct opt *o)
{
	if (o->letter)
		buf_addf(out, "-%c ", o->letter);
	buf_addf(out, "--%s ", o->name);
}

static void
add_bash_choice(struct buf *out, const struct opt *o)
{
	if (o->kind != OPT_CHOICE)
		return;
	buf_addf(out, "\t--%s) COMPREPLY=($(compgen -W \"", o->name);
	add_choices(out, o->arg, ' ');
	buf_adds(out, "\" -- \"$cur\")); return ;;\n");
}

static void
add_bash(struct buf *out, const struct opt_spec *spec)
{
	const char *prog = die_prog();

	buf_addf(out, "# %s completion for bash\n_%s() {\n", prog, prog);
	buf_adds(out, "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
		      "\tcase $prev in\n");
	for_each_option(out, spec, add_bash_choice);
	buf_adds(out, "\tesac\n\tcase $cur in\n\t-*) COMPREPLY=($(compgen -W \"");
	for_each_option(out, spec, add_bash_word);
	buf_adds(out, "\" -- \"$cur\")) ;;\n\t*) COMPREPLY=($(compgen ");
	if (spec->commands) {
		buf_adds(out, "-W \"");
		add_choices(out, spec->commands, ' ');
		buf_adds(out, "\" ");
	}
	buf_addf(out,
	    "-f -- \"$cur\")) ;;\n\tesac\n}\n"
	    "complete -o filenames -F _%s %s\n",
	    prog, prog);
}

/* Text for a zsh or fish description: in single quotes, without what either gives a meaning. */
static void
add_description(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("'[]:\\", *text))
			buf_addc(out, ' ');
		else
			buf_addc(out, *text);
	}
}

static void
add_zsh_line(struct buf *out, const struct opt *o)
{
	if (o->letter)
		buf_addf(out, "\t'(-%c --%s)'{-%c,--%s}'[", o->letter, o->name, o->letter, o->name);
	else
		buf_addf(out, "\t'--%s[", o->name);
	add_description(out, o->help);
	buf_addc(out, ']');
	if (o->kind == OPT_CHOICE) {
		buf_addf(out, ":%s:(", o->name);
		add_choices(out, o->arg, ' ');
		buf_addc(out, ')');
	} else if (o->arg) {
		buf_addf(out, ":%s:_files", o->arg);
	}
	buf_adds(out, "' \\\n");
}

static void
add_zsh(struct buf *out, const struct opt_spec *spec)
{
	buf_addf(out, "#compdef %s\n_arguments \\\n", die_prog());
	for_each_option(out, spec, add_zsh_line);
	if (spec->commands) {
		buf_adds(out, "\t'1:command:(");
		add_choices(out, spec->commands, ' ');
		buf_adds(out, ")' \\\n");
	}
	buf_adds(out, "\t'*:file:_files'\n");
}

static void
add_fish_line(struct buf *out, const struct opt *o)
{
	buf_addf(out, "complete -c %s -l %s", die_prog(), o->name);
	if (o->letter)
		buf_addf(out, " -s %c", o->letter);
	if (o->kind == OPT_CHOICE) {
		buf_adds(out, " -x -a '");
		add_choices(out, o->arg, ' ');
		buf_addc(out, '\'');
	} else if (o->arg) {
		buf_adds(out, " -r");
	}
	buf_adds(out, " -d '");
	add_description(out, o->help);
	buf_adds(out, "'\n");
}

static void
add_fish(struct buf *out, const struct opt_spec *spec)
{
	if (spec->commands) {
		buf_addf(out, "complete -c %s -n __fish_use_subcommand -a '", die_prog());
		add_choices(out, spec->commands, ' ');
		buf_adds(out, "'\n");
	}
	for_each_option(out, spec, add_fish_line);
}

void
opt_print_completion(const struct opt_spec *spec, const char *shell)
{
	static const struct {
		const char *name;
		void (*add)(struct buf *, const struct opt_spec *);
	} shells[] = { { "bash", add_bash }, { "zsh", add_zsh }, { "fish", add_fish } };
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	size_t i;

	for (i = 0; i < sizeof shells / sizeof *shells; i++) {
		if (strcmp(shell, shells[i].name) == 0) {
			shells[i].add(&out, spec);
			print_and_leave(&out);
		}
	}
	opt_misuse("--completion %s: not bash, zsh or fish", shell);
}
