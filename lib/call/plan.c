/* SPDX-License-Identifier: MIT */
/* plan - a program's plan on the ground. */
#include "call/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "sys/file.h"
#include "sys/proc.h"
#include "sys/rand.h"
#include "sys/tree.h"

char *
plan_scratch(const char *base)
{
	struct rand chance;

	rand_seed_random(&chance);
	return xasprintf("%s/agentflow-%016llx", base, (unsigned long long)rand_u64(&chance));
}

/* --- words --- */

static char **
words_of(struct json list)
{
	char **words = xcalloc(json_count(list) + 1, sizeof *words);
	struct json_iter it = json_each(list);
	size_t n = 0;

	while (json_next(&it)) {
		words[n] = json_strdup(it.value);
		if (!words[n++])
			break;
	}
	return words;
}

static int
set_argv(struct plan *plan, struct json argv, struct err *err)
{
	size_t n = 0;

	plan->argv = words_of(argv);
	while (plan->argv[n])
		n++;
	if (n && n == json_count(argv))
		return 0;
	return err_set(err, EXIT_NO, "argv must hold words, without a NUL");
}

/* --- environment --- */

static bool
is_taken_away(const char *entry, struct json env)
{
	size_t n = strcspn(entry, "=");
	char *name = xmemdup(entry, n);
	bool taken = json_is(json_get(env, name), JSON_NULL);

	free(name);
	return taken;
}

static int
set_env(struct plan *plan, struct json env, const char *const *base, struct err *err)
{
	struct json_iter it = json_each(env);
	const char **kept;
	size_t n = 0;

	plan->additions = xcalloc(json_count(env) + 1, sizeof *plan->additions);
	while (json_next(&it)) {
		char *name = json_strdup(it.key), *value = json_strdup(it.value);

		if (name && value)
			plan->additions[n++] = xasprintf("%s=%s", name, value);
		free(name);
		free(value);
		if (!name || (!value && !json_is(it.value, JSON_NULL)))
			return err_set(err, EXIT_NO, "env must hold strings, without a NUL");
	}
	kept = proc_env(base, (const char *const *)plan->additions);
	plan->env = kept;
	for (n = 0; *kept; kept++)
		if (kept < plan->env + json_count(env) || !is_taken_away(*kept, env))
			plan->env[n++] = *kept;
	plan->env[n] = NULL;
	return 0;
}

/* --- files --- */

static int
make_dir_of(const char *path, struct err *err)
{
	char *dir = xstrdup(path), *slash = strrchr(dir, '/');
	int rc = 0;

	if (slash && slash != dir) {
		*slash = '\0';
		rc = file_mkdirs(dir, err);
	}
	free(dir);
	return rc;
}

/* For its owner alone: keys may stand in it. */
static int
write_file(const char *path, struct str text, struct err *err)
{
	int fd, rc;

	if (make_dir_of(path, err) < 0)
		return -1;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
	if (fd < 0)
		return err_sys(err, errno, "cannot write %s", path);
	rc = file_write_all(fd, text.p, text.len);
	if (close(fd) < 0 || rc < 0)
		return err_sys(err, errno, "cannot write %s", path);
	return 0;
}

static int
write_files(struct json files, struct err *err)
{
	struct json_iter it = json_each(files);
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	int rc = 0;

	while (rc == 0 && json_next(&it)) {
		char *path = json_strdup(it.key);

		buf_reset(&text);
		json_text(it.value, &text);
		if (!path || !json_is(it.value, JSON_STRING))
			rc = err_set(err, EXIT_NO, "files must be paths and texts");
		else
			rc = write_file(path, buf_str(&text), err);
		free(path);
	}
	buf_release(&text);
	return rc;
}

/* Only what this run made itself is its own: a directory that is there already is another's. */
static int
make_scratch(struct plan *plan, const char *scratch, struct json env, struct err *err)
{
	static const char *const names[] = { "HOME", "TMPDIR" };
	int rc = 0;

	if (make_dir_of(scratch, err) < 0)
		return -1;
	if (mkdir(scratch, S_IRWXU) < 0)
		return err_sys(err, errno, "cannot make %s", scratch);
	plan->scratch = xstrdup(scratch);
	for (size_t i = 0; rc == 0 && i < sizeof names / sizeof *names; i++) {
		char *dir = json_strdup(json_get(env, names[i]));

		if (dir && str_starts(str_of(dir), scratch))
			rc = file_mkdirs(dir, err);
		free(dir);
	}
	return rc;
}

int
plan_lay(struct plan *plan, struct json json, const char *scratch, const char *const *environment,
    struct err *err)
{
	struct json env = json_get(json, "env");

	*plan = (struct plan){ .cwd = json_strdup(json_get(json, "cwd")),
		.report = json_strdup(json_get(json, "report")) };
	buf_init(&plan->input, BUF_UNLIMITED);
	json_text(json_get(json, "stdin"), &plan->input);
	if ((plan->cwd ? 0 : err_set(err, EXIT_NO, "cwd must be a path, without a NUL")) == 0 &&
	    make_scratch(plan, scratch, env, err) == 0 &&
	    set_argv(plan, json_get(json, "argv"), err) == 0 &&
	    set_env(plan, env, environment, err) == 0 &&
	    write_files(json_get(json, "files"), err) == 0)
		return 0;
	plan_clear(plan);
	return -1;
}

void
plan_read_report(const struct plan *plan, struct buf *out)
{
	struct err err = ERR_INIT;

	if (plan->report && file_read_regular(plan->report, out, &err) < 0)
		buf_reset(out); /* it was not written: what is missing will tell */
}

void
plan_clear(struct plan *plan)
{
	if (plan->scratch)
		(void)tree_remove(plan->scratch); /* what stays is in a directory made for that */
	free(plan->scratch);
	free(plan->cwd);
	free(plan->report);
	xfree_strings(plan->argv);
	xfree_strings(plan->additions);
	free(plan->env);
	buf_release(&plan->input);
	*plan = (struct plan){ .input = BUF_INIT(0) };
}
