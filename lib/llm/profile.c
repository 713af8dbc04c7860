/* SPDX-License-Identifier: MIT */
/* profile - prompt profiles: found, chosen and applied. */
#include "llm/profile.h"

#include <dirent.h>
#include <fnmatch.h>
#include <stdlib.h>

#include "base/mem.h"
#include "json/edit.h"
#include "json/jqprog.h"
#include "llm/profile_form.h"
#include "llm/profile_number.h"
#include "sys/file.h"
#include "sys/hash.h"

#define CANONICAL "canonical"

struct profile {
	char *name, *digest;
	struct profile_form form;
	struct jqprog *program; /* compiled at first use */
};

struct profiles {
	const char *const *dirs;
	struct profile **items;
	size_t count, cap;
	bool all; /* every file was read */
};

struct profiles *
profiles_new(const char *const *dirs)
{
	struct profiles *set = xcalloc(1, sizeof *set);

	set->dirs = dirs;
	return set;
}

static void
profile_free(struct profile *p)
{
	free(p->name);
	free(p->digest);
	profile_form_release(&p->form);
	jqprog_free(p->program);
	free(p);
}

void
profiles_free(struct profiles *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->count; i++)
		profile_free(set->items[i]);
	free(set->items);
	free(set);
}

/* --- finding --- */

static char *
digest_of(struct str text)
{
	struct hash h = hash_sha256(text);
	struct buf out = BUF_INIT(BUF_UNLIMITED);

	buf_adds(&out, "sha256:");
	hash_hex(&h, &out);
	return buf_take(&out);
}

static struct profile *
add(struct profiles *set, const char *name, struct str text)
{
	struct profile *p = xcalloc(1, sizeof *p);

	p->name = xstrdup(name);
	p->digest = digest_of(text);
	VEC_GROW(set->items, set->count, set->cap);
	return set->items[set->count++] = p;
}

static struct profile *
known(const struct profiles *set, struct str name)
{
	for (size_t i = 0; i < set->count; i++)
		if (str_is(name, set->items[i]->name))
			return set->items[i];
	return NULL;
}

/* Read path as the profile of that name. */
static struct profile *
load(struct profiles *set, const char *path, const char *name, struct err *err)
{
	struct buf text = BUF_INIT(YAML_FILE_MAX);
	struct yaml_doc *doc = NULL;
	struct profile_form form;
	struct profile *p = NULL;

	if (file_read(path, &text, err) == 0 &&
	    (doc = yaml_parse(path, buf_str(&text), err)) != NULL &&
	    profile_form_read(doc, name, &form, err) == 0) {
		p = add(set, name, buf_str(&text));
		p->form = form;
	}
	yaml_doc_free(doc);
	buf_release(&text);
	return p;
}

static bool
is_name(struct str name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.p[i] == '/' || name.p[i] == '\0' || (i == 0 && name.p[i] == '.'))
			return false;
	return name.len > 0;
}

/* "NAME.yaml" as NAME, or NULL. */
static char *
name_of_file(const char *file)
{
	struct str s = str_of(file);

	if (!str_ends(s, ".yaml"))
		return NULL;
	s.len -= strlen(".yaml");
	return is_name(s) ? xmemdup(s.p, s.len) : NULL;
}

/* Every profile of a directory, whose name none has yet. */
static int
load_dir(struct profiles *set, const char *dir, struct err *err)
{
	DIR *d = opendir(dir); /* a directory that is not there has no profiles */
	struct dirent *entry;
	int rc = 0;

	while (d && rc == 0 && (entry = readdir(d)) != NULL) {
		char *name = name_of_file(entry->d_name);
		char *path = name ? file_join(dir, entry->d_name) : NULL;

		if (name && !known(set, str_of(name)) && !load(set, path, name, err))
			rc = -1;
		free(path);
		free(name);
	}
	if (d)
		(void)closedir(d); /* it was only read */
	return rc;
}

static int
load_all(struct profiles *set, struct err *err)
{
	for (size_t i = 0; !set->all && set->dirs[i]; i++)
		if (load_dir(set, set->dirs[i], err) < 0)
			return -1;
	set->all = true;
	return 0;
}

static struct profile *
canonical(struct profiles *set)
{
	struct profile *p = known(set, STR_LIT(CANONICAL));

	return p ? p : add(set, CANONICAL, STR_LIT(""));
}

static void
say_unknown(struct profiles *set, struct str name, struct err *err)
{
	const char **names, *near;
	struct err ignored = ERR_INIT;

	(void)load_all(set, &ignored); /* for the hint: those that can be read */
	names = xcalloc(set->count + 1, sizeof *names);
	for (size_t i = 0; i < set->count; i++)
		names[i] = set->items[i]->name;
	near = str_nearest(name, names);
	err_set(err, EXIT_CONFIG,
	    near ? "no profile \"%.*s\" (did you mean \"%s\"?)" : "no profile \"%.*s\"",
	    (int)name.len, name.p, near);
	free(names);
}

struct profile *
profiles_find(struct profiles *set, struct str name, struct err *err)
{
	struct profile *p = known(set, name);

	for (size_t i = 0; !p && is_name(name) && set->dirs[i]; i++) {
		char *file = xasprintf("%.*s.yaml", (int)name.len, name.p);
		char *path = file_join(set->dirs[i], file), *text = xmemdup(name.p, name.len);
		bool there = file_exists(path);

		p = there ? load(set, path, text, err) : NULL;
		free(file);
		free(path);
		free(text);
		if (there)
			return p;
	}
	if (!p && str_is(name, CANONICAL))
		return canonical(set);
	if (!p)
		say_unknown(set, name, err);
	return p;
}

/* How many bytes of the pattern that fits are no wild cards, plus one; 0: none fits. */
static size_t
closeness(const char *patterns, const char *text)
{
	struct str rest = str_of(patterns), one;
	size_t best = 0;

	while (str_split(&rest, '\n', &one)) {
		char *pattern = xmemdup(one.p, one.len);
		size_t n = 1;

		for (size_t i = 0; i < one.len; i++)
			n += !strchr("*?", one.p[i]);
		if (n > best && fnmatch(pattern, text, 0) == 0)
			best = n;
		free(pattern);
	}
	return best;
}

static size_t
fit_of(const struct profile *p, const char *const *providers, const char *model)
{
	enum { MODEL_WEIGHT = 1000 }; /* a pattern of the model outweighs any of the provider */
	size_t by_model = 0, by_provider = 0;

	if (p->form.models && (by_model = closeness(p->form.models, model)) == 0)
		return 0;
	if (p->form.providers) {
		for (; *providers; providers++) {
			size_t fit = closeness(p->form.providers, *providers);

			by_provider = fit > by_provider ? fit : by_provider;
		}
		if (!by_provider)
			return 0;
	}
	return by_model * MODEL_WEIGHT + by_provider;
}

struct profile *
profiles_match(
    struct profiles *set, const char *const *providers, const char *model, struct err *err)
{
	struct profile *best = NULL;
	size_t best_fit = 0;

	if (load_all(set, err) < 0)
		return NULL;
	for (size_t i = 0; i < set->count; i++) {
		struct profile *p = set->items[i];
		size_t fit = fit_of(p, providers, model);

		if (fit > best_fit || (fit && fit == best_fit && strcmp(p->name, best->name) < 0)) {
			best = p;
			best_fit = fit;
		}
	}
	return best ? best : canonical(set);
}

const char *
profile_name(const struct profile *p)
{
	return p->name;
}

const char *
profile_digest(const struct profile *p)
{
	return p->digest;
}

/* --- applying --- */

static int
compile(struct profile *p, struct err *err)
{
	size_t bad;

	if (!p->program)
		p->program = jqprog_compile(
		    (const char *const[]){ p->form.expression }, 1, &bad, err);
	return p->program ? 0 : err_wrap(err, "profile %s", p->name);
}

/* The members that a profile may change, as it wants them. */
static void
splice(struct json record, struct json changed, struct buf *out)
{
	static const char *const names[] = { "messages", "tools", "toolChoice", "options",
		"providerOptions", NULL };
	struct json_edit e;

	json_edit_start(&e, record);
	json_edit_drop(&e, "prompt"); /* it is a message now */
	for (size_t i = 0; names[i]; i++) {
		struct json v = json_get(changed, names[i]);

		if (!json_exists(v))
			json_edit_drop(&e, names[i]);
		else if (!json_equal(v, json_get(record, names[i]))) /* else its bytes stay */
			json_edit_set(&e, names[i], json_raw(v));
	}
	json_edit_write(&e, out);
}

/* Run the program over the record; its numbers come through as they are. */
static int
run(struct profile *p, struct json record, struct buf *changed, struct err *err)
{
	struct buf hidden = BUF_INIT(BUF_UNLIMITED), result = BUF_INIT(BUF_UNLIMITED);
	struct json given = record;
	int rc = 0;

	if (profile_number_hide(json_raw(record), &hidden))
		rc = json_parse(hidden.p, hidden.len, &given, err);
	if (rc == 0)
		rc = jqprog_run(p->program, 0, given, &result, err);
	if (rc == 0 && !result.len)
		rc = err_set(err, EXIT_NO, "there is no result");
	if (rc == 0 && hidden.len)
		profile_number_show(buf_str(&result), changed);
	else
		buf_addstr(changed, buf_str(&result));
	buf_release(&hidden);
	buf_release(&result);
	return rc;
}

int
profile_apply(struct profile *p, struct json record, struct buf *out, struct err *err)
{
	struct buf changed = BUF_INIT(BUF_UNLIMITED);
	struct json v;
	int rc = -1;

	if (!p->form.expression) { /* canonical */
		buf_addstr(out, json_raw(record));
		return 0;
	}
	if (compile(p, err) == 0) {
		if (run(p, record, &changed, err) == 0 &&
		    json_parse(changed.p, changed.len, &v, err) == 0) {
			splice(record, v, out);
			rc = 0;
		} else {
			(void)err_wrap(err, "profile %s", p->name);
		}
	}
	buf_release(&changed);
	return rc;
}

void
profile_read_calls(const struct profile *p, struct answer *a)
{
	if (p->form.call_open)
		answer_calls_in_text(
		    a, str_trim(str_of(p->form.call_open)), str_trim(str_of(p->form.call_close)));
}
