/* SPDX-License-Identifier: MIT */
/* jqprog - the user's jq expressions: one libjq program that holds them all. */
#include "json/jqprog.h"

#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>

#include "base/die.h"
#include "base/mem.h"
#include "json/jqlib.h"
#include "json/jsonw.h"
#include "sys/alarm.h"

extern char **environ;

/*
 * Expressions are functions of one program, chosen by number. libjq binds each function over all
 * that follows it, which is quadratic, so a long list is cut into programs of CHUNK.
 */
enum { CHUNK = 256 };

static const struct jqlib *lib; /* there since the first program was compiled */

struct jqprog {
	struct chunk {
		jq_state *jq; /* NULL: libjq gave up in it, and it is to be compiled again */
		char *program;
	} * chunks;
	size_t count; /* expressions */
	int64_t limit_ms;
	bool was_late;
};

/* What could reach outside, or end the program, is defined away before any expression is read. */
static const char prelude[] =
    "{} as $ENV | def env: {}; def input: empty; def inputs: empty; "
    "def debug: .; def stderr: .; def input_filename: null; "
    "def input_line_number: 0; def get_search_list: []; "
    "def halt: error(\"halt has no place here\"); def halt_error: halt; "
    "def halt_error(f): halt; def modulemeta: error(\"no modules here\"); ";

static bool
bracket_closes(char open, char close)
{
	switch (close) {
	case ')':
		return open == '(' || open == '\\';
	case ']':
		return open == '[';
	default:
		return open == '{';
	}
}

static int
scan_unfinished(char open, struct err *err)
{
	if (open == '"')
		return err_set(err, EXIT_CONFIG, "a string has no closing quote");
	if (open == '\\')
		return err_set(err, EXIT_CONFIG, "\\( has no closing parenthesis");
	return err_set(err, EXIT_CONFIG, "%c is never closed", open);
}

/*
 * Walk a jq expression from s.p[*at] to its end, or to a ')' that closes nothing in it; *at is
 * where that is. Strings, their interpolations and comments are understood. This is what keeps "1),
 * (2" from breaking out of the parentheses that it is put in.
 */
static int
expression_scan(struct str s, size_t *at, struct err *err)
{
	struct buf open = BUF_INIT(
	    BUF_UNLIMITED); /* open brackets; '\\' for \( and '"' for strings */
	size_t i;
	int rc = 0;

	for (i = *at; i < s.len; i++) {
		char c = s.p[i], top = '\0';

		if (open.len)
			top = open.p[open.len - 1];
		if (top == '"') {
			if (c == '"')
				open.len--;
			else if (c == '\\' && ++i < s.len && s.p[i] == '(')
				buf_addc(&open, '\\');
		} else if (c == '#') {
			while (i + 1 < s.len && s.p[i + 1] != '\n')
				i++;
		} else if (c == '(' || c == '[' || c == '{' || c == '"') {
			buf_addc(&open, c);
		} else if (c == ')' || c == ']' || c == '}') {
			if (!open.len && c == ')')
				break;
			if (!open.len || !bracket_closes(top, c)) {
				rc = err_set(err, EXIT_CONFIG, "%c closes nothing", c);
				break;
			}
			open.len--;
		}
	}
	if (rc == 0 && open.len)
		rc = scan_unfinished(open.p[open.len - 1], err);
	buf_release(&open);
	*at = i;
	return rc;
}

static int
expression_check(const char *expression, struct err *err)
{
	struct str s = str_of(expression);
	size_t at = 0;

	if (str_trim(s).len == 0)
		return err_set(err, EXIT_CONFIG, "the expression is empty");
	if (expression_scan(s, &at, err) < 0)
		return -1;
	if (at < s.len)
		return err_set(err, EXIT_CONFIG, ") closes nothing");
	return 0;
}

/* --- compiling --- */

static void
keep_first_message(void *user, jv message)
{
	struct buf *first = user;

	message = lib->jq_format_error(message);
	if (first->len == 0)
		buf_add(first, lib->jv_string_value(message),
		    (size_t)lib->jv_string_length_bytes(lib->jv_copy(message)));
	lib->jv_free(message);
}

/* "jq: error: syntax error, unexpected '}' (Unix shell quoting issues?) at <top-level>, line 1:..."
 * without what says nothing here. */
static void
set_compile_error(struct str message, struct err *err)
{
	static const char *const endings[] = { "\n", " at <top-level>",
		" (Unix shell quoting issues?)" };
	const char *text = message.p, *end;
	size_t len = message.len;

	if (str_starts(message, "jq: error: ")) {
		text += strlen("jq: error: ");
		len -= strlen("jq: error: ");
	}
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		end = strstr(text, endings[i]);
		if (end && (size_t)(end - text) < len)
			len = (size_t)(end - text);
	}
	if (len == 0)
		err_set(err, EXIT_CONFIG, "the expression does not compile");
	else
		err_set(err, EXIT_CONFIG, "%.*s", (int)len, text);
}

/*
 * libjq 1.6 reads ~/.jq into every program, wanted or not, and takes in the environment as $ENV. It
 * finds both by environ, so while it compiles there is none.
 */
static int
compile_without_environment(jq_state *jq, const char *program)
{
	char *none[] = { NULL }, **saved = environ;
	int ok;

	environ = none;
	ok = lib->jq_compile(jq, program);
	environ = saved;
	return ok;
}

/* libjq would abort. */
static void
out_of_memory(void *user)
{
	(void)user;
	die(EXIT_SYSTEM, "out of memory in an expression");
}

static jq_state *
program_compile(const char *program, struct err *err)
{
	struct buf message = BUF_INIT(4096);
	jq_state *jq = lib->jq_init();

	if (!jq) {
		err_set(err, EXIT_SYSTEM, "libjq does not start");
		return NULL;
	}
	lib->jq_set_nomem_handler(jq, out_of_memory, NULL);
	lib->jq_set_error_cb(jq, keep_first_message, &message);
	lib->jq_set_attr(jq, lib->jv_string("JQ_LIBRARY_PATH"), lib->jv_array());
	if (!compile_without_environment(jq, program)) {
		set_compile_error(buf_str(&message), err);
		lib->jq_teardown(&jq);
	} else {
		lib->jq_set_error_cb(jq, NULL, NULL);
	}
	buf_release(&message);
	return jq;
}

/* The choice of function lo … hi-1 by $__n as a balanced tree, so that none is far down. */
static void
put_choice(struct buf *out, size_t lo, size_t hi)
{
	size_t middle = lo + (hi - lo) / 2;

	if (hi - lo == 1) {
		buf_addf(out, "__e%zu", lo);
		return;
	}
	buf_addf(out, "if $__n < %zu then ", middle);
	put_choice(out, lo, middle);
	buf_adds(out, " else ");
	put_choice(out, middle, hi);
	buf_adds(out, " end");
}

static char *
chunk_program(const char *const *expressions, size_t count)
{
	struct buf program = BUF_INIT(BUF_UNLIMITED);

	buf_adds(&program, prelude);
	for (size_t i = 0; i < count; i++) /* the newline ends a comment that ends the expression */
		buf_addf(&program, "def __e%zu: (%s\n); ", i, expressions[i]);
	buf_adds(&program, ".[0] as $__n | .[1] | ");
	put_choice(&program, 0, count);
	return buf_take(&program);
}

/* A chunk failed as a whole: which of its expressions is it? */
static size_t
find_bad(const char *const *expressions, size_t count, struct err *err)
{
	struct err own = ERR_INIT;

	for (size_t i = 0; i < count; i++) {
		char *program = chunk_program(&expressions[i], 1);
		jq_state *jq = program_compile(program, &own);

		free(program);
		if (!jq) {
			*err = own;
			return i;
		}
		lib->jq_teardown(&jq);
	}
	return 0; /* none alone: err says what is wrong with all together */
}

struct jqprog *
jqprog_compile(const char *const *expressions, size_t count, size_t *bad, struct err *err)
{
	struct jqprog *p;

	for (size_t i = 0; i < count; i++) {
		if (expression_check(expressions[i], err) < 0) {
			*bad = i;
			return NULL;
		}
	}
	lib = jqlib_load(err);
	if (!lib) {
		*bad = 0;
		return NULL;
	}
	p = xcalloc(1, sizeof *p);
	p->count = count;
	p->limit_ms = JQPROG_RUN_MS;
	p->chunks = xcalloc(count / CHUNK + 1, sizeof *p->chunks);
	for (size_t i = 0; i < count; i += CHUNK) {
		size_t n = count - i < CHUNK ? count - i : CHUNK;

		struct chunk *c = &p->chunks[i / CHUNK];

		c->program = chunk_program(expressions + i, n);
		c->jq = program_compile(c->program, err);
		if (!c->jq) {
			*bad = i + find_bad(expressions + i, n, err);
			jqprog_free(p);
			return NULL;
		}
	}
	return p;
}

void
jqprog_free(struct jqprog *p)
{
	if (!p)
		return;
	for (size_t i = 0; i * CHUNK < p->count; i++) {
		if (p->chunks[i].jq)
			lib->jq_teardown(&p->chunks[i].jq);
		free(p->chunks[i].program);
	}
	free(p->chunks);
	free(p);
}

/* --- running --- */

static bool
is_valid(jv value)
{
	return lib->jv_get_kind(value) != JV_KIND_INVALID;
}

/* Takes result, which is invalid and bears a message. */
static int
set_run_error(jv result, struct err *err)
{
	jv message = lib->jv_invalid_get_msg(result);

	if (lib->jv_get_kind(message) != JV_KIND_STRING)
		message = lib->jv_dump_string(message, 0);
	err_set(err, EXIT_NO, "%s", lib->jv_string_value(message));
	lib->jv_free(message);
	return -1;
}

/* jv_dump_string writes a note, which is no JSON, in place of what lies more than 256 deep. */
static int
put_value(jv value, struct buf *out, struct err *err)
{
	jv dumped = lib->jv_dump_string(value, 0);
	struct str text = { lib->jv_string_value(dumped),
		(size_t)lib->jv_string_length_bytes(lib->jv_copy(dumped)) };
	struct json proven;
	int rc = 0;

	if (json_parse(text.p, text.len, &proven, err) == 0)
		buf_addstr(out, text);
	else
		rc = err_set(err, EXIT_NO, "the result is nested too deeply");
	lib->jv_free(dumped);
	return rc;
}

/* From a signal handler: jq looks before each of its steps whether it was halted. */
static void
out_of_time(void *user)
{
	lib->jq_halt(user, lib->jv_null(), lib->jv_null());
}

static sigjmp_buf gave_up;

static void
aborted(int signum)
{
	(void)signum;
	siglongjmp(gave_up, 1);
}

/*
 * False where libjq gave up: it aborts when a recursion fills its stack, and where an expression
 * runs into one of its assertions (0 | strftime([]) in 1.6), which is no reason for us to end. What
 * it held is lost.
 */
static bool
first_result(jq_state *jq, jv input, int64_t limit_ms, jv *result)
{
	struct sigaction fence = { .sa_handler = aborted }, before;
	volatile bool good = false;

	sigemptyset(&fence.sa_mask);
	(void)sigaction(SIGABRT, &fence, &before); /* fails for unknown signals only */
	if (sigsetjmp(gave_up, 1) == 0) {
		lib->jq_start(jq, input, 0);
		alarm_set(limit_ms, out_of_time, jq);
		*result = lib->jq_next(jq);
		good = true;
	}
	alarm_clear();
	(void)sigaction(SIGABRT, &before, NULL);
	return good;
}

/* Takes result. */
static int
take_result(struct jqprog *p, jq_state *jq, jv result, struct buf *out, struct err *err)
{
	if (is_valid(result))
		return put_value(result, out, err);
	if (!lib->jq_halted(jq) && lib->jv_invalid_has_msg(lib->jv_copy(result)))
		return set_run_error(result, err);
	lib->jv_free(result);
	p->was_late = lib->jq_halted(jq);
	if (p->was_late)
		return err_set(err, EXIT_NO, "no result after %g s", (double)p->limit_ms / 1000);
	return 0;
}

int
jqprog_run(struct jqprog *p, size_t index, struct json input, struct buf *out, struct err *err)
{
	struct chunk *c = &p->chunks[index / CHUNK];
	jv value, result;

	p->was_late = false;
	if (input.len > INT32_MAX)
		return err_set(err, EXIT_NO, "the value is too large for jq");
	if (!c->jq && !(c->jq = program_compile(c->program, err)))
		return -1;
	value = lib->jv_parse_sized(input.p, (int)input.len);
	if (!is_valid(value)) /* it is JSON, so this is a limit of libjq's: depth 256 */
		return set_run_error(value, err);
	value = lib->jv_array_append(
	    lib->jv_array_append(lib->jv_array(), lib->jv_number((double)(index % CHUNK))), value);
	if (first_result(c->jq, value, p->limit_ms, &result))
		return take_result(p, c->jq, result, out, err);
	c->jq = NULL;
	return err_set(err, EXIT_NO,
	    "libjq gave up: it recurses too deeply, or is given what it "
	    "does not expect");
}

void
jqprog_limit(struct jqprog *p, int64_t ms)
{
	p->limit_ms = ms;
}

bool
jqprog_was_late(const struct jqprog *p)
{
	return p->was_late;
}

bool
jqprog_truth(struct str result)
{
	return result.len > 0 && !str_is(result, "false") && !str_is(result, "null");
}

/* --- templates --- */

/* Take literal's text into the string literal that expression ends in. */
static void
put_literal(struct buf *expression, struct buf *literal)
{
	struct buf quoted = BUF_INIT(BUF_UNLIMITED);

	jsonw_quote(&quoted, buf_str(literal));
	buf_add(expression, quoted.p + 1, quoted.len - 2);
	buf_release(&quoted);
	buf_reset(literal);
}

/* text.p[*at] is behind \(: copy the expression to its end, and leave *at behind that. */
static int
put_interpolation(struct buf *expression, struct str text, size_t *at, struct err *err)
{
	size_t from = *at;

	if (expression_scan(text, at, err) < 0)
		return -1;
	if (*at >= text.len)
		return scan_unfinished('\\', err);
	buf_adds(expression, "\\(");
	buf_add(expression, text.p + from, *at - from);
	buf_adds(expression, "\n)");
	++*at;
	return 0;
}

int
jqprog_template(struct str text, struct buf *expression, struct err *err)
{
	struct buf literal = BUF_INIT(BUF_UNLIMITED);
	size_t at = 0;
	int rc = 0;

	buf_addc(expression, '"');
	while (rc == 0 && at < text.len) {
		struct str rest = { text.p + at, text.len - at };

		if (str_starts(rest, "\\\\(")) { /* how a text says \( */
			buf_adds(&literal, "\\(");
			at += 3;
		} else if (str_starts(rest, "\\(")) {
			at += 2;
			put_literal(expression, &literal);
			rc = put_interpolation(expression, text, &at, err);
		} else {
			buf_addc(&literal, text.p[at++]);
		}
	}
	put_literal(expression, &literal);
	buf_addc(expression, '"');
	buf_release(&literal);
	return rc;
}
