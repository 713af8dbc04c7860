/* SPDX-License-Identifier: MIT */
/* opt - parse the command line by the program's table. */
#include "cli/opt.h"

#include <getopt.h>
#include <stdarg.h>

#include "base/buf.h"
#include "base/die.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/version.h"
#include "cli/opt_help.h"
#include "sys/stdfds.h"
#include "sys/file.h"

/* What getopt_long returns for long names: the table's index past every letter, then everyone's
 * own. */
enum { OPT_LONG = 256, OPT_LOG = 1 << 16, OPT_COMPLETION };

void
opt_misuse(const char *fmt, ...)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&text, fmt, ap);
	va_end(ap);
	warn("%s (%s --help tells more)", text.p, die_prog());
	buf_release(&text);
	exit(EXIT_USAGE);
}

void
opt_list_release(struct opt_list *list)
{
	free(list->items);
	*list = (struct opt_list){ 0 };
}

void
opt_list_add(struct opt_list *list, const char *item)
{
	VEC_GROW(list->items, list->count, list->cap);
	list->items[list->count++] = item;
	VEC_GROW(list->items, list->count, list->cap);
	list->items[list->count] = NULL;
}

bool
opt_is_end(const struct opt *o)
{
	return !o->name && o->kind != OPT_HEADING;
}

/* Whether word is one of "a|b|c". */
static bool
is_choice(const char *choices, const char *word)
{
	struct str rest = str_of(choices), one;

	while (str_split(&rest, '|', &one)) {
		if (str_is(one, word))
			return true;
	}
	return false;
}

/* Give the option its argument; what it takes where that is wrong, NULL where all is well. */
static const char *
set_value(const struct opt *o, const char *arg)
{
	struct str s = str_of(arg);

	switch (o->kind) {
	case OPT_FLAG:
		*(bool *)o->value = true;
		return NULL;
	case OPT_STR:
		*(const char **)o->value = arg;
		return NULL;
	case OPT_LIST:
		opt_list_add(o->value, arg);
		return NULL;
	case OPT_INT:
		return num_i64(s, o->value) && *(int64_t *)o->value >= 0
			   ? NULL
			   : "a whole number, 0 or more";
	case OPT_NUM:
		return num_double(s, o->value) ? NULL : "a number";
	case OPT_MS:
		return num_duration_ms(s, o->value) ? NULL : "a time such as 30s, 2m or 250ms";
	case OPT_SIZE:
		return num_size(s, o->value) ? NULL : "a size such as 512, 64Ki or 10M";
	case OPT_CHOICE:
		if (!is_choice(o->arg, arg))
			return o->arg;
		*(const char **)o->value = arg;
		return NULL;
	case OPT_HEADING:
		break;
	}
	BUG("option of unknown kind %d", (int)o->kind);
}

/* getopt's two tables, made from ours. */
struct getopt_tables {
	struct buf letters;
	struct option *longs;
};

static void
tables_init(struct getopt_tables *t, const struct opt *opts)
{
	static const struct option everyones[] = {
		{ "log", required_argument, NULL, OPT_LOG },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ "completion", required_argument, NULL, OPT_COMPLETION },
		{ NULL, 0, NULL, 0 },
	};
	const size_t own = sizeof everyones / sizeof *everyones;
	size_t count = 0, i, n = 0;

	while (!opt_is_end(&opts[count]))
		count++;
	buf_init(&t->letters, BUF_UNLIMITED);
	buf_adds(
	    &t->letters, "+:hV"); /* stop at the first operand; tell a missing argument apart */
	t->longs = xcalloc(count + own, sizeof *t->longs);
	for (i = 0; i < count; i++) {
		if (opts[i].kind == OPT_HEADING)
			continue;
		t->longs[n].name = opts[i].name;
		t->longs[n].has_arg = opts[i].kind == OPT_FLAG ? no_argument : required_argument;
		t->longs[n++].val = OPT_LONG + (int)i;
		if (opts[i].letter) {
			buf_addc(&t->letters, opts[i].letter);
			if (opts[i].kind != OPT_FLAG)
				buf_addc(&t->letters, ':');
		}
	}
	memcpy(t->longs + n, everyones, sizeof everyones);
}

static void
tables_release(struct getopt_tables *t)
{
	buf_release(&t->letters);
	free(t->longs);
}

/* The option that getopt found: getopt knows only letters that the table has. */
static const struct opt *
find_option(const struct opt *opts, int code)
{
	if (code >= OPT_LONG)
		return &opts[code - OPT_LONG];
	while (opts->letter != code)
		opts++;
	return opts;
}

/* getopt said '?': say what was wrong with the word, and what may have been meant. */
static _Noreturn void
unknown_option(const struct opt *opts, const char *word)
{
	const char *names[256] = { "help", "version" }; /* the nearest of the first 250 will do */
	const char *nearest;
	struct str typed;
	size_t n = 2;

	if (word[0] != '-' || word[1] != '-')
		opt_misuse("unknown option -%c", optopt);
	typed = (struct str){ word + 2, strcspn(word + 2, "=") };
	for (; !opt_is_end(opts) && n < 250; opts++) {
		if (opts->kind == OPT_HEADING)
			continue;
		if (opts->kind == OPT_FLAG && str_is(typed, opts->name))
			opt_misuse("option --%s takes no argument", opts->name);
		names[n++] = opts->name;
	}
	names[n] = NULL;
	nearest = str_nearest(typed, names);
	if (nearest)
		opt_misuse("unknown option %s (did you mean --%s?)", word, nearest);
	opt_misuse("unknown option %s", word);
}

static void
log_as(const char *form)
{
	if (strcmp(form, "json") != 0 && strcmp(form, "text") != 0)
		opt_misuse("--log %s: not text or json", form);
	die_log_json(strcmp(form, "json") == 0);
}

static void
take_option(const struct opt_spec *spec, int code, char **argv)
{
	const struct opt *o;
	const char *wanted;

	if (code == 'h')
		opt_print_help(spec);
	if (code == 'V')
		opt_print_version();
	if (code == OPT_COMPLETION)
		opt_print_completion(spec, optarg);
	if (code == OPT_LOG) {
		log_as(optarg);
		return;
	}
	if (code == ':')
		opt_misuse("option %s needs an argument", argv[optind - 1]);
	if (code == '?')
		unknown_option(spec->opts, argv[optind - 1]);
	o = find_option(spec->opts, code);
	wanted = set_value(o, optarg);
	if (wanted)
		opt_misuse("--%s %s: not %s", o->name, optarg, wanted);
}

int
opt_parse(const struct opt_spec *spec, int argc, char **argv)
{
	struct getopt_tables t;
	int code;

	file_hold_standard();
	stdfds_hold();
	die_init(argc > 0 ? argv[0] : NULL);
	tables_init(&t, spec->opts);
	opterr = 0;
	optind = 1;
	while ((code = getopt_long(argc, argv, t.letters.p, t.longs, NULL)) != -1)
		take_option(spec, code, argv);
	tables_release(&t);
	return optind;
}
