/* SPDX-License-Identifier: MIT */
/* jq - the test's own jq programs and its list of exceptions. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "json/jqprog.h"
#include "recorded/recorded.h"
#include "sys/file.h"

enum { PROGRAMS_MAX = 32 };

/* libjq 1.6 loses strings of its own in split, in its parser and in try; what we lose of libjq's is
 * for jqprog's own test to find. */
const char *__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:libjq.so";
}

static struct jqprog *programs;
static char *names[PROGRAMS_MAX];
static size_t name_count;

int
recorded_jq_load(const char *dir, struct err *err)
{
	struct buf texts[PROGRAMS_MAX];
	const char *expressions[PROGRAMS_MAX];
	struct dirent *entry;
	size_t i, bad = 0;
	int r = 0;
	DIR *d = opendir(dir);

	if (!d)
		return err_set(err, EXIT_IO, "cannot open %s", dir);
	while (r == 0 && (entry = readdir(d))) {
		struct str name = str_of(entry->d_name);
		char *path;

		if (!str_ends(name, ".jq") || name_count == PROGRAMS_MAX)
			continue;
		path = file_join(dir, entry->d_name);
		buf_init(&texts[name_count], BUF_UNLIMITED);
		r = file_read(path, &texts[name_count], err);
		names[name_count++] = xmemdup(name.p, name.len - 3);
		free(path);
	}
	(void)closedir(d); /* read only */
	for (i = 0; i < name_count; i++)
		expressions[i] = texts[i].p;
	if (r == 0)
		programs = jqprog_compile(expressions, name_count, &bad, err);
	if (r == 0 && !programs)
		r = err_wrap(err, "%s.jq", names[bad]);
	for (i = 0; i < name_count; i++)
		buf_release(&texts[i]);
	return r;
}

int
recorded_jq(const char *name, struct json input, struct buf *out, struct err *err)
{
	size_t i = 0;

	while (i < name_count && strcmp(names[i], name) != 0)
		i++;
	if (i == name_count)
		return err_set(err, EXIT_IO, "no program %s.jq", name);
	if (jqprog_run(programs, i, input, out, err) < 0)
		return err_wrap(err, "%s.jq", name);
	return 0;
}

bool
recorded_run(const struct recorded *c, const char *name, struct json input, struct buf *hold,
    struct json *out, struct buf *why)
{
	char *program = xasprintf("%s.%s", c->words, name);
	struct err err = ERR_INIT;
	bool ok = recorded_jq(program, input, hold, &err) == 0 &&
		  json_parse(hold->p, hold->len, out, &err) == 0;

	if (!ok)
		buf_addf(why, "# %s: %s\n", program, err.text);
	free(program);
	return ok;
}

/* --- exceptions --- */

static struct exception {
	struct str id, what;
	char *reason;
	bool used;
} * exceptions;
static size_t exception_count, exception_cap;
static struct buf exception_text = BUF_INIT(BUF_UNLIMITED);

int
recorded_exceptions_load(const char *path, struct err *err)
{
	struct str rest, line, field[3];
	int i;

	if (file_read(path, &exception_text, err) < 0)
		return -1;
	rest = buf_str(&exception_text);
	while (str_split(&rest, '\n', &line)) {
		if (!line.len || line.p[0] == '#')
			continue;
		for (i = 0; i < 3; i++) {
			if (!str_split(&line, '\t', &field[i]))
				return err_set(
				    err, EXIT_IO, "%s: a line has no three fields", path);
		}
		VEC_GROW(exceptions, exception_count, exception_cap);
		exceptions[exception_count++] = (struct exception){
			.id = field[0],
			.what = field[1],
			.reason = xmemdup(field[2].p, field[2].len),
		};
	}
	return 0;
}

const char *
recorded_exception(const char *id, const char *what)
{
	size_t i;

	for (i = 0; i < exception_count; i++) {
		if (str_is(exceptions[i].id, id) && str_is(exceptions[i].what, what)) {
			exceptions[i].used = true;
			return exceptions[i].reason;
		}
	}
	return NULL;
}

size_t
recorded_exceptions_unused(void)
{
	size_t i, n = 0;

	for (i = 0; i < exception_count; i++) {
		if (exceptions[i].used)
			continue;
		n++;
		printf("# no case for the exception %.*s %.*s\n", (int)exceptions[i].id.len,
		    exceptions[i].id.p, (int)exceptions[i].what.len, exceptions[i].what.p);
	}
	return n;
}

void
recorded_jq_free(void)
{
	size_t i;

	jqprog_free(programs);
	for (i = 0; i < name_count; i++)
		free(names[i]);
	for (i = 0; i < exception_count; i++)
		free(exceptions[i].reason);
	free(exceptions);
	buf_release(&exception_text);
}
