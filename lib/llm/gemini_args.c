/* SPDX-License-Identifier: MIT */
/* gemini-args - put a function call's arguments together from pieces addressed by JSON path. */
#include "base/die.h"
#include "json/jsonw.h"
#include "llm/gemini.h"

enum { PATH_MAX_STEPS = 48 }; /* below the depth that the writer nests */

/* One step of a path: a member's name, or an element's index (name.p NULL). */
struct step {
	struct str name;
	size_t index;
};

static bool
read_index(struct str text, size_t *index)
{
	size_t i;

	*index = 0;
	if (!text.len || text.len > 6)
		return false;
	for (i = 0; i < text.len; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		*index = *index * 10 + (size_t)(text.p[i] - '0');
	}
	return true;
}

/* The bracket at the start of *rest: [12], ['name'] or ["name"]. */
static bool
read_bracket(struct str *rest, struct step *step)
{
	char quote = rest->len > 1 ? rest->p[1] : '\0';
	struct str inner = { rest->p + 1, 0 };

	if (quote == '\'' || quote == '"') {
		inner.p++;
		while (2 + inner.len < rest->len && inner.p[inner.len] != quote)
			inner.len++;
		if (3 + inner.len >= rest->len || inner.p[inner.len + 1] != ']')
			return false;
		step->name = inner;
		rest->p += inner.len + 4;
		rest->len -= inner.len + 4;
		return true;
	}
	while (1 + inner.len < rest->len && inner.p[inner.len] != ']')
		inner.len++;
	if (1 + inner.len >= rest->len || !read_index(inner, &step->index))
		return false;
	rest->p += inner.len + 2;
	rest->len -= inner.len + 2;
	return true;
}

/* "$.a.b[0]['c d']" -> steps. 0 where it is no such path. */
static size_t
read_path(struct str path, struct step steps[PATH_MAX_STEPS])
{
	size_t n = 0;

	if (!path.len || path.p[0] != '$')
		return 0;
	path.p++;
	path.len--;
	while (path.len) {
		struct step step = { STR_NONE, 0 };

		if (n == PATH_MAX_STEPS)
			return 0;
		if (path.p[0] == '[') {
			if (!read_bracket(&path, &step))
				return 0;
		} else if (path.p[0] == '.') {
			step.name = (struct str){ path.p + 1, 0 };
			while (1 + step.name.len < path.len && path.p[1 + step.name.len] != '.' &&
			       path.p[1 + step.name.len] != '[')
				step.name.len++;
			path.p += step.name.len + 1;
			path.len -= step.name.len + 1;
		} else {
			return 0;
		}
		steps[n++] = step;
	}
	return n;
}

static void
write_value(struct jsonw *w, struct json old, struct json partial)
{
	struct json text = json_get(partial, "stringValue");
	struct buf joined = BUF_INIT(ANSWER_TEXT_MAX);

	if (text.kind == JSON_STRING) {
		json_text(old, &joined);
		json_text(text, &joined);
		jsonw_strn(w, buf_str(&joined));
	} else if (json_exists(json_get(partial, "numberValue"))) {
		jsonw_json(w, json_get(partial, "numberValue"));
	} else if (json_exists(json_get(partial, "boolValue"))) {
		jsonw_json(w, json_get(partial, "boolValue"));
	} else {
		jsonw_null(w);
	}
	buf_release(&joined);
}

static void write_spliced(
    struct jsonw *w, struct json old, const struct step *steps, size_t n, struct json partial);

/* The members or elements of old, the one that *steps names spliced. False: it has none such. */
static bool
write_children(
    struct jsonw *w, struct json old, const struct step *steps, size_t n, struct json partial)
{
	struct buf name = BUF_INIT(ANSWER_TEXT_MAX);
	struct json_iter it = json_each(old);
	bool object = steps->name.p != NULL, found = false, here;
	size_t i;

	if (old.kind != (object ? JSON_OBJECT : JSON_ARRAY))
		return false;
	for (i = 0; json_next(&it); i++) {
		here = !object && i == steps->index;
		if (object) {
			buf_reset(&name);
			json_text(it.key, &name);
			here = str_eq(buf_str(&name), steps->name);
			jsonw_keyn(w, buf_str(&name));
		}
		if (here)
			write_spliced(w, it.value, steps + 1, n - 1, partial);
		else
			jsonw_json(w, it.value);
		found |= here;
	}
	buf_release(&name);
	return found;
}

/* Write old with what lies at steps replaced; objects and lists on the way are made where they are
 * missing. */
static void
write_spliced(
    struct jsonw *w, struct json old, const struct step *steps, size_t n, struct json partial)
{
	if (n == 0) {
		write_value(w, old, partial);
		return;
	}
	if (steps->name.p)
		jsonw_object(w);
	else
		jsonw_array(w);
	if (!write_children(w, old, steps, n, partial)) {
		if (steps->name.p)
			jsonw_keyn(w, steps->name);
		write_spliced(w, JSON_ABSENT, steps + 1, n - 1, partial);
	}
	jsonw_end(w);
}

bool
gemini_args_add(struct buf *args, struct json partial)
{
	struct buf path = BUF_INIT(ANSWER_TEXT_MAX), out = BUF_INIT(ANSWER_TEXT_MAX);
	struct step steps[PATH_MAX_STEPS];
	struct json old = JSON_ABSENT;
	struct err err = ERR_INIT;
	struct jsonw w;
	size_t n;

	json_text(json_get(partial, "jsonPath"), &path);
	n = read_path(buf_str(&path), steps);
	if (n && steps[0].name.p) {
		if (args->len && json_parse(args->p, args->len, &old, &err) < 0)
			BUG("arguments that we wrote: %s", err.text);
		jsonw_start(&w, &out);
		write_spliced(&w, old, steps, n, partial);
		buf_reset(args);
		buf_addstr(args, buf_str(&out));
	}
	buf_release(&out);
	buf_release(&path);
	return n && steps[0].name.p;
}
