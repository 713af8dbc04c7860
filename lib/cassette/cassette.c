/* SPDX-License-Identifier: MIT */
/* cassette - finding a recorded case: by name, by what is asked, or as the next one. */
#include "cassette/cassette.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "sys/file.h"

enum { CASSETTE_DEPTH_MAX = 8 }; /* of directories below a cassette's */

struct cassettes {
	const char *const *dirs;
	struct cassette_case **cases; /* all of them once walked; before, those that were named */
	size_t count, cap;
	size_t named; /* how many there were before the walk */
	bool walked, sorted;
	size_t next; /* of the sequence */
};

struct cassettes *
cassettes_open(const char *const *dirs, struct err *err)
{
	struct cassettes *c;
	const char *const *dir;
	struct stat st;

	for (dir = dirs; *dir; dir++) {
		if (stat(*dir, &st) < 0) {
			(void)err_sys(err, errno, "%s", *dir);
			return NULL;
		}
		if (!S_ISDIR(st.st_mode)) {
			(void)err_set(err, EXIT_IO, "%s: not a directory", *dir);
			return NULL;
		}
	}
	c = xcalloc(1, sizeof *c);
	c->dirs = dirs;
	return c;
}

void
cassettes_free(struct cassettes *c)
{
	size_t i;

	if (!c)
		return;
	for (i = 0; i < c->count; i++) {
		cassette_case_release(c->cases[i]);
		free(c->cases[i]);
	}
	free(c->cases);
	free(c);
}

static struct cassette_case *
cassette_add(struct cassettes *c, const char *dir, const char *name)
{
	struct cassette_case *k = xcalloc(1, sizeof *k);

	cassette_case_init(k, dir, name);
	VEC_GROW(c->cases, c->count, c->cap);
	c->cases[c->count++] = k;
	return k;
}

/* Among the first count. */
static struct cassette_case *
cassette_known(const struct cassettes *c, struct str name, size_t count)
{
	size_t i;
	const char *last;

	for (i = 0; i < count; i++) {
		last = strrchr(c->cases[i]->name, '/');
		if (str_is(name, c->cases[i]->name) || (last && str_is(name, last + 1)))
			return c->cases[i];
	}
	return NULL;
}

/* A directory, and no link: those can go round in circles. */
static bool
is_directory(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Every directory below path that holds a meta.json is a case; name is path below its cassette. */
static void
cassette_walk(struct cassettes *c, const char *path, const char *name, int depth)
{
	char *meta = file_join(path, "meta.json"), *below, *below_name;
	bool is_case = file_exists(meta);
	struct dirent *entry;
	DIR *dir;

	free(meta);
	if (is_case) {
		if (!cassette_known(c, str_of(name), c->named))
			(void)cassette_add(c, path, name);
		return;
	}
	dir = depth < CASSETTE_DEPTH_MAX ? opendir(path) : NULL;
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		below = file_join(path, entry->d_name);
		below_name = file_join(name, entry->d_name);
		if (is_directory(below))
			cassette_walk(c, below, below_name, depth + 1);
		free(below);
		free(below_name);
	}
	if (dir)
		(void)closedir(dir); /* it was only read */
}

static void
cassette_walk_all(struct cassettes *c)
{
	const char *const *dir;

	if (c->walked)
		return;
	c->walked = true;
	c->named = c->count;
	for (dir = c->dirs; *dir; dir++)
		cassette_walk(c, *dir, "", 0);
}

/* A name from outside stays inside: no "..", no absolute path. */
static bool
cassette_name_is_safe(struct str name)
{
	struct str part;

	if (name.len == 0 || name.p[0] == '/' || memchr(name.p, '\0', name.len))
		return false;
	while (str_split(&name, '/', &part))
		if (part.len == 0 || str_starts(part, "."))
			return false;
	return true;
}

struct cassette_case *
cassettes_named(struct cassettes *c, struct str name)
{
	struct cassette_case *found;
	const char *const *dir;
	char *text, *path, *meta;

	if (!cassette_name_is_safe(name))
		return NULL;
	found = cassette_known(c, name, c->count);
	text = xmemdup(name.p, name.len);
	for (dir = c->dirs; *dir && !found; dir++) {
		path = file_join(*dir, text);
		meta = file_join(path, "meta.json");
		if (file_exists(meta))
			found = cassette_add(c, path, text);
		free(path);
		free(meta);
	}
	free(text);
	if (found || c->walked)
		return found;
	cassette_walk_all(c);
	return cassette_known(c, name, c->count);
}

/* --- by what is asked --- */

struct cassette_case *
cassettes_at(struct cassettes *c, size_t i)
{
	cassette_walk_all(c);
	return i < c->count ? c->cases[i] : NULL;
}

struct cassette_case *
cassettes_same(struct cassettes *c, const char *method, struct str path, struct json body)
{
	struct cassette_case *best = NULL, *k;
	uint64_t print = cassette_print(body);
	struct json recorded;

	for (size_t i = 0; (k = cassettes_at(c, i)) != NULL; i++) {
		if ((best && k->given >= best->given) || !cassette_case_meta(k) ||
		    !str_eq(path, buf_str(&k->path)) || cassette_case_print(k) != print ||
		    !json_eq(json_get(k->meta, "method"), method))
			continue;
		recorded = cassette_case_body(k);
		if (recorded.kind == JSON_NONE ? body.kind == JSON_NONE
					       : json_equal(recorded, body))
			best = k;
	}
	return best;
}

/* --- in order --- */

static int
cassette_compare(const void *left, const void *right)
{
	struct cassette_case *a = *(struct cassette_case *const *)left;
	struct cassette_case *b = *(struct cassette_case *const *)right;
	struct buf from_a = BUF_INIT(BUF_UNLIMITED), from_b = BUF_INIT(BUF_UNLIMITED);
	int64_t turn_a = 0, turn_b = 0;
	int order;

	(void)cassette_case_meta(a); /* those without one are passed over when their turn comes */
	(void)cassette_case_meta(b);
	json_text(json_get(a->meta, "source_path"), &from_a);
	json_text(json_get(b->meta, "source_path"), &from_b);
	(void)json_i64(json_get(a->meta, "interaction"), &turn_a); /* 0 where it is absent */
	(void)json_i64(json_get(b->meta, "interaction"), &turn_b);
	order = strcmp(from_a.p, from_b.p);
	if (order == 0)
		order = (turn_a > turn_b) - (turn_a < turn_b);
	buf_release(&from_a);
	buf_release(&from_b);
	return order ? order : strcmp(a->name, b->name);
}

struct cassette_case *
cassettes_next(struct cassettes *c)
{
	if (!c->sorted) {
		cassette_walk_all(c);
		if (c->count)
			qsort(c->cases, c->count, sizeof *c->cases, cassette_compare);
		c->sorted = true;
	}
	while (c->next < c->count && !cassette_case_meta(c->cases[c->next]))
		c->next++;
	return c->next < c->count ? c->cases[c->next++] : NULL;
}
