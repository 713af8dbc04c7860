/* SPDX-License-Identifier: MIT */
/* model - the models that are known, read as they are asked for. */
#include "llm/model.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "llm/dialect.h"
#include "llm/model_name.h"
#include "llm/provider.h"
#include "sys/file.h"

#define MODEL_FILE_MAX ((size_t)16 << 20)
enum { LIKE_MAX = 8 };

/*
 * A provider's file. A program mostly asks for one model: the first that is asked for is read
 * alone, which takes a tenth of the time; the second one has the file read whole.
 */
struct shelf {
	char *provider;
	char *first; /* the name that few was read for; NULL: none yet */
	struct model_sheet *few, *whole; /* NULL: not read, or there is no file */
	bool absent;
};

struct models {
	char *dir;
	struct shelf *shelves;
	size_t count, cap;
};

struct models *
models_new(const char *share)
{
	struct models *set = xcalloc(1, sizeof *set);

	set->dir = file_join(share, "models");
	return set;
}

void
models_free(struct models *set)
{
	size_t i;

	if (!set)
		return;
	for (i = 0; i < set->count; i++) {
		free(set->shelves[i].provider);
		free(set->shelves[i].first);
		model_sheet_free(set->shelves[i].few);
		model_sheet_free(set->shelves[i].whole);
	}
	free(set->shelves);
	free(set->dir);
	free(set);
}

/* Whether there may be a file of that provider's models: not all files there are such, and the name
 * must be no path of its own. */
static bool
is_file_name(struct str name)
{
	return name.len && !memchr(name.p, '/', name.len) && !memchr(name.p, '\0', name.len) &&
	       name.p[0] != '.' && !str_is(name, "providers") && !str_is(name, "programs");
}

static struct shelf *
shelf_of(struct models *set, struct str provider)
{
	size_t i;

	for (i = 0; i < set->count; i++)
		if (str_is(provider, set->shelves[i].provider))
			return &set->shelves[i];
	VEC_GROW(set->shelves, set->count, set->cap);
	set->shelves[set->count] = (struct shelf){
		.provider = xmemdup(provider.p, provider.len),
		.absent = !is_file_name(provider),
	};
	return &set->shelves[set->count++];
}

/* The shelf's file as a sheet; NULL also where there is no such file (err stays as it was). */
static struct model_sheet *
read_sheet(
    struct models *set, struct shelf *shelf, const struct str *names, size_t count, struct err *err)
{
	struct buf text = BUF_INIT(MODEL_FILE_MAX);
	struct model_sheet *sheet = NULL;
	char *name = xasprintf("%s.yaml", shelf->provider), *path = file_join(set->dir, name);

	shelf->absent = !file_exists(path);
	if (!shelf->absent && file_read(path, &text, err) == 0)
		sheet = model_sheet_parse(path, buf_str(&text), names, count, err);
	free(name);
	free(path);
	buf_release(&text);
	return sheet;
}

static const struct model_sheet *
whole_sheet(struct models *set, struct shelf *shelf, struct err *err)
{
	if (!shelf->whole && !shelf->absent)
		shelf->whole = read_sheet(set, shelf, NULL, 0, err);
	return shelf->whole;
}

/* The sheet in which that model is, if it is in any. */
static const struct model_sheet *
sheet_for(struct models *set, struct shelf *shelf, struct str model, const struct str *names,
    size_t count, struct err *err)
{
	if (shelf->whole || shelf->absent)
		return shelf->whole;
	if (shelf->few && str_is(model, shelf->first))
		return shelf->few;
	if (shelf->first)
		return whole_sheet(set, shelf, err);
	shelf->first = xmemdup(model.p, model.len);
	shelf->few = read_sheet(set, shelf, names, count, err);
	return shelf->few;
}

/* The length of "azure" in "azure-responses": other doors to the same models. */
static size_t
stem_of(struct str provider)
{
	size_t n = provider.len;

	while (n > 0 && provider.p[n - 1] != '-')
		n--;
	return n > 1 ? n - 1 : provider.len;
}

static const struct model *
find(struct models *set, struct str provider, struct str model, unsigned depth, struct err *err)
{
	struct str names[MODEL_NAMES_MAX];
	size_t i, stem = stem_of(provider), count = model_name_all(provider, model, names);
	const struct model_sheet *sheet;
	const struct model *m;
	const char *const *like;

	sheet = sheet_for(set, shelf_of(set, provider), model, names, count, err);
	if (!sheet)
		return provider.len > stem
			   ? find(set, (struct str){ provider.p, stem }, model, depth + 1, err)
			   : NULL;
	m = model_sheet_find(sheet, names, count);
	like = model_sheet_like(sheet);
	for (i = 0; !m && like[i] && depth < LIKE_MAX; i++)
		m = find(set, str_of(like[i]), model, depth + 1, err);
	return m;
}

const struct model *
model_find(struct models *set, struct str provider, struct str model, struct err *err)
{
	return model.len ? find(set, provider, model, 0, err) : NULL;
}

const struct model *
model_for(struct models *set, const struct provider *p, struct str model, struct err *err)
{
	const struct model *m = model_find(set, str_of(p->name), model, err);

	if (!m && p->like)
		m = model_find(set, str_of(p->like), model, err);
	if (m || !p->dialect || !p->dialect->maker || strcmp(p->dialect->maker, p->name) == 0)
		return m;
	return model_find(set, str_of(p->dialect->maker), model, err);
}

const struct model *const *
models_of(struct models *set, struct str provider, size_t *count, struct err *err)
{
	static const struct model *const none[] = { NULL };
	struct shelf *shelf = shelf_of(set, provider);
	const struct model_sheet *sheet = whole_sheet(set, shelf, err);

	*count = 0;
	if (sheet)
		return model_sheet_models(sheet, count);
	return shelf->absent ? none : NULL;
}

/* --- the providers --- */

static int
is_model_file(const struct dirent *entry)
{
	struct str name = str_of(entry->d_name);

	if (!str_ends(name, ".yaml"))
		return 0;
	name.len -= strlen(".yaml");
	return is_file_name(name);
}

char **
models_providers(const struct models *set, struct err *err)
{
	struct dirent **entries;
	int i, n = scandir(set->dir, &entries, is_model_file, alphasort);
	char **names;

	if (n < 0) {
		(void)err_sys(err, errno, "cannot read %s", set->dir);
		return NULL;
	}
	names = xcalloc((size_t)n + 1, sizeof *names);
	for (i = 0; i < n; i++) {
		names[i] = xmemdup(
		    entries[i]->d_name, strlen(entries[i]->d_name) - strlen(".yaml"));
		free(entries[i]);
	}
	free(entries);
	return names;
}

void
models_names_free(char **names)
{
	xfree_strings(names);
}

bool
model_is_gone(const struct model *m, const char *today)
{
	return m->deprecation_date && strcmp(m->deprecation_date, today) <= 0;
}
