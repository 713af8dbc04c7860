/* SPDX-License-Identifier: MIT */
/* schema_fit_merge - references followed, and several schemas made one. */
#include <stdlib.h>

#include "base/mem.h"
#include "json/pointer.h"
#include "llm/schema_fitter.h"

enum { TOGETHER_MAX = 64, TARGETS_MAX = 4096 };

struct json
schema_fit_resolve(const struct fitter *x, struct json ref)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct json v = JSON_ABSENT;

	json_text(ref, &text);
	if (text.len && text.p[0] == '#' && !strchr(text.p, '%'))
		v = pointer_find(x->root, (struct str){ text.p + 1, text.len - 1 });
	buf_release(&text);
	return v;
}

bool
schema_fit_is_inlined(const struct fit_inlined *inlined, struct json target)
{
	while (inlined && inlined->target != target.p)
		inlined = inlined->up;
	return inlined != NULL;
}

/* --- recursion --- */

struct walk {
	const struct fitter *x;
	const char *done[TARGETS_MAX]; /* led to, and never back: looked at once */
	size_t count;
};

static bool leads_back(struct walk *walk, struct json v, const struct fit_inlined *from);

static bool
follows_back(struct walk *walk, struct json ref, const struct fit_inlined *from)
{
	struct json target = schema_fit_resolve(walk->x, ref);
	struct fit_inlined here = { from, target.p };
	size_t i;

	if (target.kind != JSON_OBJECT)
		return false;
	if (schema_fit_is_inlined(from, target))
		return true;
	for (i = 0; i < walk->count; i++) {
		if (walk->done[i] == target.p)
			return false;
	}
	if (walk->count == TARGETS_MAX || leads_back(walk, target, &here))
		return true;
	walk->done[walk->count++] = target.p;
	return false;
}

static bool
leads_back(struct walk *walk, struct json v, const struct fit_inlined *from)
{
	struct json_iter it = json_each(v);

	while (json_next(&it)) {
		bool ref = it.value.kind == JSON_STRING && json_eq(it.key, "$ref");

		if (ref ? follows_back(walk, it.value, from) : leads_back(walk, it.value, from))
			return true;
	}
	return false;
}

bool
schema_fit_is_recursive(const struct fitter *x)
{
	struct walk *walk = xcalloc(1, sizeof *walk);
	struct fit_inlined root = { NULL, x->root.p };
	bool recursive;

	walk->x = x;
	recursive = leads_back(walk, x->root, &root);
	free(walk);
	return recursive;
}

/* --- merging --- */

struct together {
	const struct fitter *x;
	struct json schemas[TOGETHER_MAX];
	size_t count;
};

/* The schema and all that holds beside it. */
static bool
gather(struct together *t, struct json schema)
{
	struct json_iter it = json_each(json_get(schema, "allOf"));
	struct json ref = json_get(schema, "$ref");

	if (schema.kind == JSON_TRUE)
		return true;
	if (schema.kind != JSON_OBJECT || t->count == TOGETHER_MAX)
		return false;
	t->schemas[t->count++] = schema;
	if (json_exists(ref) && !gather(t, schema_fit_resolve(t->x, ref)))
		return false;
	while (json_next(&it)) {
		if (!gather(t, it.value))
			return false;
	}
	return true;
}

/* Whether one of the schemas before the i'th has it; *v is what it says. */
static bool
said_before(const struct together *t, size_t i, struct json key, struct json *v)
{
	while (i-- > 0) {
		struct json_iter it = json_each(t->schemas[i]);

		while (json_next(&it)) {
			if (json_equal(it.key, key)) {
				*v = it.value;
				return true;
			}
		}
	}
	return false;
}

static bool
is_union(struct json key)
{
	return json_eq(key, "properties") || json_eq(key, "required");
}

static bool
says_nothing(struct json key)
{
	return json_eq(key, "description") || json_eq(key, "title") || json_eq(key, "default");
}

/* Members or elements of all that say key, each once; a member said in two ways is a conflict. */
static bool
put_union(const struct together *t, struct json key, struct jsonw *w)
{
	bool properties = json_eq(key, "properties"), ok = true;
	struct buf seen = BUF_INIT(BUF_UNLIMITED), one = BUF_INIT(BUF_UNLIMITED);
	size_t i;

	jsonw_keyn(w, properties ? STR_LIT("properties") : STR_LIT("required"));
	(properties ? jsonw_object : jsonw_array)(w);
	buf_addc(&seen, '\n');
	for (i = 0; i < t->count; i++) {
		struct json_iter it = json_each(
		    json_get(t->schemas[i], properties ? "properties" : "required"));

		while (json_next(&it)) {
			struct json name = properties ? it.key : it.value;

			buf_reset(&one);
			buf_addc(&one, '\n');
			json_text(name, &one);
			buf_addc(&one, '\n');
			if (strstr(seen.p, one.p)) {
				ok = ok && !properties;
				continue;
			}
			buf_addstr(&seen, (struct str){ one.p + 1, one.len - 1 });
			if (properties)
				jsonw_keyn(w, (struct str){ one.p + 1, one.len - 2 });
			jsonw_json(w, it.value);
		}
	}
	jsonw_end(w);
	buf_release(&seen);
	buf_release(&one);
	return ok;
}

static bool
put_member(const struct together *t, size_t i, const struct json_iter *it, struct jsonw *w)
{
	struct buf key = BUF_INIT(BUF_UNLIMITED);
	struct json before;
	bool said = said_before(t, i, it->key, &before), ok = true;

	if (json_eq(it->key, "$ref") || json_eq(it->key, "allOf"))
		return true;
	if (said) {
		ok = is_union(it->key) || says_nothing(it->key) || json_equal(before, it->value);
	} else if (is_union(it->key)) {
		ok = put_union(t, it->key, w);
	} else {
		json_text(it->key, &key);
		jsonw_keyn(w, buf_str(&key));
		jsonw_json(w, it->value);
	}
	buf_release(&key);
	return ok;
}

bool
schema_fit_merge(const struct fitter *x, struct json schema, struct buf *out)
{
	struct together t = { .x = x };
	bool ok = gather(&t, schema);
	struct jsonw w;
	size_t i;

	jsonw_start(&w, out);
	jsonw_object(&w);
	for (i = 0; ok && i < t.count; i++) {
		struct json_iter it = json_each(t.schemas[i]);

		while (ok && json_next(&it))
			ok = put_member(&t, i, &it, &w);
	}
	jsonw_end(&w);
	return ok && !buf_is_full(out);
}
