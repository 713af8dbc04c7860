/* SPDX-License-Identifier: MIT */
/* fault - reading fault specs. */
#include "mock/fault.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"

enum fault_argument {
	ARG_NONE,
	ARG_STATUS,
	ARG_TIME,
	ARG_PLACE,
	ARG_COUNT,
	ARG_SIZE,
	ARG_REST, /* all that follows, commas and colons too */
};

static const struct {
	const char *name;
	enum fault_argument argument;
	const char *usual; /* the argument where none is given; NULL: it must be */
} known[] = {
	[FAULT_STATUS] = { "status", ARG_STATUS, NULL },
	[FAULT_HEADER] = { "header", ARG_REST, NULL },
	[FAULT_TYPE] = { "type", ARG_REST, NULL },
	[FAULT_DELAY] = { "delay", ARG_TIME, NULL },
	[FAULT_STALL] = { "stall", ARG_PLACE, "head" },
	[FAULT_CUT] = { "cut", ARG_PLACE, NULL },
	[FAULT_RESET] = { "reset", ARG_PLACE, "head" },
	[FAULT_GARBAGE] = { "garbage", ARG_PLACE, "head" },
	[FAULT_BAD_CHUNK] = { "bad-chunk", ARG_PLACE, "token" },
	[FAULT_STRIDE] = { "stride", ARG_COUNT, NULL },
	[FAULT_HTML] = { "html", ARG_STATUS, "502" },
	[FAULT_EMPTY] = { "empty", ARG_NONE, NULL },
	[FAULT_NULL] = { "null", ARG_NONE, NULL },
	[FAULT_ARRAY] = { "array", ARG_NONE, NULL },
	[FAULT_CLOSE] = { "close", ARG_NONE, NULL },
	[FAULT_NO_END] = { "no-end", ARG_NONE, NULL },
	[FAULT_DOUBLE_END] = { "double-end", ARG_NONE, NULL },
	[FAULT_END] = { "end", ARG_PLACE, NULL },
	[FAULT_BAD_UTF8] = { "bad-utf8", ARG_NONE, NULL },
	[FAULT_GZIP] = { "gzip", ARG_NONE, NULL },
	[FAULT_HUGE_HEADER] = { "huge-header", ARG_SIZE, "1Mi" },
};

enum { FAULT_KINDS = sizeof known / sizeof *known };

static const char *
fault_name(enum mock_fault_kind kind)
{
	return known[kind].name;
}

static int
fault_bad(struct err *err, struct str word, const char *what)
{
	return err_set(
	    err, EXIT_USAGE, "fault \"%.*s\": %s", (int)str_cut_utf8(word, 80), word.p, what);
}

static int
fault_kind(struct str name, enum mock_fault_kind *kind, struct err *err)
{
	const char *names[FAULT_KINDS + 1];
	const char *near;
	size_t i;

	for (i = 0; i < FAULT_KINDS; i++) {
		names[i] = known[i].name;
		if (str_is(name, known[i].name)) {
			*kind = (enum mock_fault_kind)i;
			return 0;
		}
	}
	names[i] = NULL;
	near = str_nearest(name, names);
	if (!near)
		return fault_bad(err, name, "no such fault");
	return err_set(err, EXIT_USAGE, "fault \"%.*s\": no such fault (did you mean \"%s\"?)",
	    (int)str_cut_utf8(name, 80), name.p, near);
}

static int
fault_argument(struct mock_fault *f, struct str arg, struct err *err)
{
	switch (known[f->kind].argument) {
	case ARG_NONE:
		return fault_bad(err, arg, "this fault takes no argument");
	case ARG_STATUS:
		if (!num_i64(arg, &f->number) || f->number < 200 || f->number > 999)
			return fault_bad(err, arg, "not an HTTP status from 200 to 999");
		return 0;
	case ARG_TIME:
		if (!num_duration_ms(arg, &f->ms))
			return fault_bad(err, arg, "not a length of time (250ms, 30s)");
		return 0;
	case ARG_PLACE:
		if (str_is(arg, "head"))
			f->number = FAULT_AT_HEAD;
		else if (str_is(arg, "token"))
			f->number = FAULT_AT_TOKEN;
		else if (!num_size(arg, &f->number))
			return fault_bad(
			    err, arg, "not a place: head, token, or a number of bytes");
		if (f->kind == FAULT_BAD_CHUNK && f->number == FAULT_AT_HEAD)
			return fault_bad(err, arg, "there are no chunks before the head");
		if (f->kind == FAULT_END && f->number == FAULT_AT_HEAD)
			return fault_bad(err, arg, "there is no body before the head");
		return 0;
	case ARG_COUNT:
		if (!num_i64(arg, &f->number) || f->number < 1)
			return fault_bad(err, arg, "not a number of bytes from 1");
		return 0;
	case ARG_SIZE:
		if (!num_size(arg, &f->number) || f->number > 64 << 20)
			return fault_bad(err, arg, "not a size up to 64Mi");
		return 0;
	case ARG_REST:
		if (memchr(arg.p, '\r', arg.len) || memchr(arg.p, '\n', arg.len) ||
		    memchr(arg.p, '\0', arg.len))
			return fault_bad(err, arg, "a header field holds no line break and no NUL");
		if (f->kind == FAULT_HEADER && !memchr(arg.p, '=', arg.len))
			return fault_bad(err, arg, "not NAME=VALUE");
		f->text = xmemdup(arg.p, arg.len);
		return 0;
	}
	return 0;
}

static int
fault_limit(struct mock_fault *f, struct str word, struct err *err)
{
	struct str value = word, key;

	(void)str_split(&value, '=', &key);
	if (!value.p)
		return fault_bad(err, word, "a limit is NAME=VALUE");
	if (str_is(key, "p")) {
		if (!num_double(value, &f->p) || f->p < 0 || f->p > 1)
			return fault_bad(err, word, "a probability is from 0 to 1");
		return 0;
	}
	if (str_is(key, "first")) {
		if (!num_i64(value, &f->first) || f->first < 0)
			return fault_bad(err, word, "not a number of requests");
		return 0;
	}
	if (str_is(key, "for") && f->kind == FAULT_STALL) {
		if (!num_duration_ms(value, &f->ms))
			return fault_bad(err, word, "not a length of time (250ms, 30s)");
		return 0;
	}
	return fault_bad(err, word, "a fault is limited by p=, first=, and a stall by for=");
}

/* One fault from the front of *rest. */
static int
fault_parse(struct mock_fault *f, struct str *rest, struct err *err)
{
	struct str whole = *rest, word, name, arg, limits;
	size_t n = 0;
	bool has_arg;

	while (n < whole.len && !strchr("@:,", whole.p[n]))
		n++;
	name = str_trim((struct str){ whole.p, n });
	if (fault_kind(name, &f->kind, err) < 0)
		return -1;
	has_arg = n < whole.len && whole.p[n] == '@';
	if (known[f->kind].argument == ARG_REST && has_arg) {
		*rest = STR_NONE;
		return fault_argument(f, (struct str){ whole.p + n + 1, whole.len - n - 1 }, err);
	}
	(void)str_split(rest, ',', &word);
	limits = (struct str){ word.p + n + has_arg, word.len - n - has_arg };
	arg = str_of(known[f->kind].usual);
	if (has_arg)
		(void)str_split(&limits, ':', &arg);
	else if (limits.len > 0)
		limits = (struct str){ limits.p + 1, limits.len - 1 };
	if (has_arg || known[f->kind].usual) {
		if (fault_argument(f, str_trim(arg), err) < 0)
			return -1;
	} else if (known[f->kind].argument != ARG_NONE) {
		return fault_bad(err, word, "an argument is missing (FAULT@ARGUMENT)");
	}
	while (limits.len && str_split(&limits, ':', &word))
		if (fault_limit(f, str_trim(word), err) < 0)
			return -1;
	return 0;
}

static void
faults_note(struct mock_faults *faults, const char *p, size_t n)
{
	char *both = xasprintf(
	    "%s%s%.*s", faults->spec ? faults->spec : "", faults->spec ? "," : "", (int)n, p);

	free(faults->spec);
	faults->spec = both;
}

int
mock_faults_parse(struct mock_faults *faults, struct str spec, struct err *err)
{
	struct str rest = spec;
	struct mock_fault f;

	do {
		f = (struct mock_fault){ .ms = -1, .p = 1, .first = -1 };
		if (fault_parse(&f, &rest, err) < 0) {
			free(f.text);
			return -1;
		}
		VEC_GROW(faults->items, faults->count, faults->cap);
		faults->items[faults->count++] = f;
	} while (rest.len > 0);
	faults_note(faults, spec.p, spec.len);
	return 0;
}

void
mock_faults_release(struct mock_faults *faults)
{
	size_t i;

	for (i = 0; i < faults->count; i++)
		free(faults->items[i].text);
	free(faults->items);
	free(faults->spec);
	*faults = (struct mock_faults){ 0 };
}

void
mock_faults_choose(struct mock_faults *faults, struct rand *chance, struct mock_faults *chosen)
{
	struct mock_fault *f;
	const char *name;
	size_t i;

	for (i = 0; i < faults->count; i++) {
		f = &faults->items[i];
		if (f->first >= 0 && f->met >= f->first)
			continue;
		if (f->p < 1 && rand_unit(chance) >= f->p)
			continue;
		f->met++;
		name = fault_name(f->kind);
		VEC_GROW(chosen->items, chosen->count, chosen->cap);
		chosen->items[chosen->count++] = *f;
		faults_note(chosen, name, strlen(name));
	}
}
