/* SPDX-License-Identifier: MIT */
/* field - typed values out of a YAML map, with the place in every error. */
#include "json/field.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/money.h"
#include "base/num.h"

enum { NAME_MAX_BYTES = 200 }; /* a file name may have 255, and we append to it */

const char *
field_kind_name(enum yaml_kind kind)
{
	static const char *const names[] = {
		[YAML_NULL] = "null",
		[YAML_BOOL] = "a boolean",
		[YAML_NUMBER] = "a number",
		[YAML_STRING] = "a text",
		[YAML_LIST] = "a list",
		[YAML_MAP] = "a map",
	};

	return names[kind];
}

int
field_open(struct field_map *m, const struct yaml_doc *doc, const struct yaml *node,
    const char *what, const char *const *known, struct err *err)
{
	*m = (struct field_map){ doc, NULL, what };
	if (!node || node->kind == YAML_NULL)
		return 0;
	if (node->kind != YAML_MAP)
		return yaml_error(
		    doc, node, err, "%s is %s, not a map", what, field_kind_name(node->kind));
	m->map = node;
	return yaml_known(doc, node, what, known, err);
}

const struct yaml *
field_get(const struct field_map *m, const char *key)
{
	const struct yaml *v = yaml_get(m->map, key);

	return v && v->kind != YAML_NULL ? v : NULL;
}

int
field_error(const struct field_map *m, const char *key, struct err *err, const char *fmt, ...)
{
	const struct yaml *place = yaml_get(m->map, key);
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap); /* cut where too long, as err's text is */
	va_end(ap);
	return yaml_error(m->doc, place ? place : m->map, err, "%s", text);
}

/* Values are quoted in messages, but not whole books. */
static int
shown(struct str s)
{
	return (int)str_cut_utf8(s, 60);
}

static int
wrong(const struct field_map *m, const char *key, const char *wanted, struct err *err)
{
	const struct yaml *v = field_get(m, key);

	if (v->kind == YAML_LIST || v->kind == YAML_MAP || v->kind == YAML_BOOL)
		return field_error(
		    m, key, err, "%s is %s, not %s", key, field_kind_name(v->kind), wanted);
	return field_error(
	    m, key, err, "%s: \"%.*s\" is not %s", key, shown(v->text), v->text.p, wanted);
}

static bool
is_scalar(const struct yaml *v)
{
	return v->kind == YAML_STRING || v->kind == YAML_NUMBER;
}

int
field_text(const struct field_map *m, const char *key, const char **out, struct err *err)
{
	const struct yaml *v = field_get(m, key);

	if (!v)
		return 0;
	if (!is_scalar(v))
		return wrong(m, key, "a text", err);
	if (v->text.len == 0)
		return field_error(m, key, err, "%s is empty", key);
	if (strlen(v->text.p) != v->text.len)
		return field_error(m, key, err, "%s holds a NUL character", key);
	*out = v->text.p;
	return 0;
}

int
field_int(const struct field_map *m, const char *key, int64_t *out, struct err *err)
{
	const struct yaml *v = field_get(m, key);
	int64_t n;

	if (!v)
		return 0;
	if (v->kind != YAML_NUMBER || !num_i64(v->text, &n) || n < 0)
		return wrong(m, key, "a whole number of 0 or more", err);
	*out = n;
	return 0;
}

int
field_ms(const struct field_map *m, const char *key, int64_t *out, struct err *err)
{
	const struct yaml *v = field_get(m, key);
	int64_t ms;

	if (!v)
		return 0;
	if (!is_scalar(v) || !num_duration_ms(v->text, &ms) || ms == 0)
		return wrong(m, key, "a duration (250ms, 30s, 5m)", err);
	*out = ms;
	return 0;
}

int
field_millis(const struct field_map *m, const char *key, int64_t *out, struct err *err)
{
	const struct yaml *v = field_get(m, key);
	int64_t ms;

	if (!v)
		return 0;
	if (v->kind != YAML_NUMBER || !num_i64(v->text, &ms) || ms <= 0)
		return wrong(m, key, "a whole number of milliseconds", err);
	*out = ms;
	return 0;
}

int
field_bool(const struct field_map *m, const char *key, bool *out, struct err *err)
{
	const struct yaml *v = field_get(m, key);

	if (!v)
		return 0;
	if (v->kind != YAML_BOOL)
		return wrong(m, key, "true or false", err);
	*out = v->text.p[0] == 't' || v->text.p[0] == 'T';
	return 0;
}

int
field_double(const struct field_map *m, const char *key, double *out, struct err *err)
{
	const struct yaml *v = field_get(m, key);
	double d;

	if (!v)
		return 0;
	if (v->kind != YAML_NUMBER || !num_double(v->text, &d) || d < 0)
		return wrong(m, key, "a number of 0 or more", err);
	*out = d;
	return 0;
}

/* Whether v is a number from 0 to whole, or a percentage: *out is the part of one. */
static bool
is_part(const struct yaml *v, double whole, double *out)
{
	struct str s = v->text;
	double d;

	if (!is_scalar(v))
		return false;
	if (str_ends(s, "%")) {
		s.len--;
		whole = 100;
	}
	if (!num_double(s, &d) || d < 0 || d > whole)
		return false;
	*out = d / whole;
	return true;
}

int
field_share(const struct field_map *m, const char *key, double *out, struct err *err)
{
	const struct yaml *v = field_get(m, key);

	if (v && !is_part(v, 1, out))
		return wrong(m, key, "a share (0.2, 20%)", err);
	return 0;
}

int
field_percent(const struct field_map *m, const char *key, double *out, struct err *err)
{
	const struct yaml *v = field_get(m, key);

	if (v && !is_part(v, 100, out))
		return wrong(m, key, "a percentage from 0 to 100", err);
	return 0;
}

int
field_size(const struct field_map *m, const char *key, int64_t *out, struct err *err)
{
	const struct yaml *v = field_get(m, key);

	if (!v)
		return 0;
	if (!is_scalar(v) || !num_size(v->text, out))
		return wrong(m, key, "a size (512Mi, 1Gi)", err);
	return 0;
}

int
field_cpu(const struct field_map *m, const char *key, int64_t *out, struct err *err)
{
	const struct yaml *v = field_get(m, key);
	struct str s;
	int64_t n;
	int scale = 3;

	if (!v)
		return 0;
	s = v->text;
	if (is_scalar(v) && str_ends(s, "m")) {
		s.len--;
		scale = 0;
	}
	if (!is_scalar(v) || !num_scaled(s, scale, &n) || n <= 0)
		return wrong(m, key, "a number of processors (200m, 2)", err);
	*out = n;
	return 0;
}

int
field_usd(const struct field_map *m, const char *key, int64_t *out, struct err *err)
{
	const struct yaml *v = field_get(m, key);
	int64_t pusd;

	if (!v)
		return 0;
	if (!is_scalar(v) || !money_parse(v->text, &pusd) || pusd < 0)
		return wrong(m, key, "an amount of dollars", err);
	*out = pusd;
	return 0;
}

static int
read_texts(const struct field_map *m, const char *key, size_t full, const struct yaml **out,
    struct err *err)
{
	const struct yaml *v = field_get(m, key);

	if (!v)
		return 0;
	if (v->kind != YAML_LIST)
		return wrong(m, key, "a list", err);
	for (size_t i = 0; i < v->count; i++) {
		const struct yaml *item = v->items[i];

		if (!is_scalar(item) || (i < full && item->text.len == 0) ||
		    strlen(item->text.p) != item->text.len)
			return yaml_error(m->doc, item, err, "%s[%zu] is not a text", key, i);
	}
	*out = v;
	return 0;
}

/* The place of the scalar v in words. */
static int
read_word(const struct field_map *m, const char *key, const struct yaml *v,
    const char *const *words, struct err *err)
{
	const char *nearest;
	int i = 0;

	while (words[i] && !str_is(v->text, words[i]))
		i++;
	if (words[i])
		return i;
	nearest = str_nearest(v->text, words);
	if (nearest)
		return yaml_error(m->doc, v, err, "unknown %s \"%.*s\" (did you mean \"%s\"?)", key,
		    shown(v->text), v->text.p, nearest);
	return yaml_error(m->doc, v, err, "unknown %s \"%.*s\" (\"%s\" is one)", key,
	    shown(v->text), v->text.p, words[0]);
}

int
field_word(
    const struct field_map *m, const char *key, const char *const *words, int *out, struct err *err)
{
	const struct yaml *v = field_get(m, key);
	int word;

	if (!v)
		return 0;
	if (!is_scalar(v))
		return wrong(m, key, "a word", err);
	word = read_word(m, key, v, words, err);
	if (word >= 0)
		*out = word;
	return word < 0 ? -1 : 0;
}

int
field_words(const struct field_map *m, const char *key, const char *const *words, unsigned *out,
    struct err *err)
{
	const struct yaml *v = field_get(m, key);
	unsigned bits = 0;
	int word = 0;

	if (!v)
		return 0;
	if (v->kind != YAML_LIST) {
		if (field_word(m, key, words, &word, err) < 0)
			return -1;
		*out = 1U << word;
		return 0;
	}
	if (read_texts(m, key, SIZE_MAX, &v, err) < 0)
		return -1;
	if (v->count == 0)
		return field_error(m, key, err, "%s is empty", key);
	for (size_t i = 0; i < v->count; i++) {
		word = read_word(m, key, v->items[i], words, err);
		if (word < 0)
			return -1;
		bits |= 1U << word;
	}
	*out = bits;
	return 0;
}

int
field_texts(const struct field_map *m, const char *key, const struct yaml **out, struct err *err)
{
	return read_texts(m, key, SIZE_MAX, out, err);
}

int
field_strings(const struct field_map *m, const char *key, const char ***out, struct err *err)
{
	const struct yaml *v = field_get(m, key);
	const char *one = NULL;

	if (!v)
		return 0;
	if (v->kind != YAML_LIST) {
		if (is_scalar(v) ? field_text(m, key, &one, err) < 0
				 : wrong(m, key, "a text or a list of texts", err))
			return -1;
		*out = xcalloc(2, sizeof **out);
		(*out)[0] = one;
		return 0;
	}
	if (read_texts(m, key, SIZE_MAX, &v, err) < 0)
		return -1;
	*out = xcalloc(v->count + 1, sizeof **out);
	for (size_t i = 0; i < v->count; i++)
		(*out)[i] = v->items[i]->text.p;
	return 0;
}

int
field_argv(const struct field_map *m, const char *key, const struct yaml **out, struct err *err)
{
	return read_texts(m, key, 1, out, err);
}

int
field_json(const struct field_map *m, const char *key, enum yaml_kind kind, struct buf *out,
    struct err *err)
{
	const struct yaml *v = field_get(m, key);

	if (!v)
		return 0;
	if (v->kind != kind)
		return wrong(m, key, field_kind_name(kind), err);
	yaml_to_json(v, out);
	return 0;
}

const char *
field_name_fault(const char *name)
{
	size_t len = strlen(name);

	if (len == 0)
		return "is empty";
	if (len > NAME_MAX_BYTES)
		return "is longer than 200 bytes";
	if (name[0] == '.' || name[0] == '-')
		return "begins with a dot or a dash";
	if (!str_is_utf8(str_of(name)))
		return "is not UTF-8";
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)name[i];

		if (c < ' ' || c == 0x7f)
			return "holds a control character";
		if (c == '/' || c == '=')
			return "holds a \"/\" or \"=\"";
	}
	return NULL;
}
