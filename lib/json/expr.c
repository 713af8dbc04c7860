/* SPDX-License-Identifier: MIT */
/* expr - a workflow's jq expressions, with the places where they stand. */
#include "json/expr.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/mem.h"
#include "json/jsonw.h"

void
expr_release(struct expr_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].text);
	free(list->items);
	jqprog_free(list->program);
	*list = (struct expr_list){ 0 };
}

/* Takes text. */
static size_t
append(struct expr_list *list, char *text, const struct yaml_doc *doc, const struct yaml *place,
    const char *what)
{
	VEC_GROW(list->items, list->count, list->cap);
	list->items[list->count] = (struct expr){ text, doc, place, what };
	return list->count++;
}

size_t
expr_add(
    struct expr_list *list, const struct yaml_doc *doc, const struct yaml *place, const char *what)
{
	return append(list, xstrdup(place->text.p), doc, place, what);
}

size_t
expr_add_template(struct expr_list *list, const struct yaml_doc *doc, const struct yaml *place,
    const char *what, struct err *err)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct err why = ERR_INIT;

	if (jqprog_template(place->text, &text, &why) < 0) {
		buf_release(&text);
		yaml_error(doc, place, err, "%s: %s", what, why.text);
		return EXPR_NONE;
	}
	return append(list, buf_take(&text), doc, place, what);
}

static void
put_tree(struct buf *out, const struct yaml *v)
{
	bool is_map = v->kind == YAML_MAP;

	if (v->kind == YAML_STRING) {
		buf_addc(out, '(');
		buf_addstr(out, v->text);
		buf_adds(out, "\n)");
	} else if (v->kind != YAML_LIST && !is_map) {
		yaml_to_json(v, out);
	} else {
		buf_addc(out, is_map ? '{' : '[');
		for (size_t i = 0; i < v->count; i++) {
			if (i)
				buf_addc(out, ',');
			if (is_map) {
				jsonw_quote(out, v->keys[i]->text);
				buf_addc(out, ':');
			}
			put_tree(out, v->items[i]);
		}
		buf_addc(out, is_map ? '}' : ']');
	}
}

size_t
expr_add_tree(
    struct expr_list *list, const struct yaml_doc *doc, const struct yaml *place, const char *what)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	if (place->kind == YAML_STRING)
		return expr_add(list, doc, place, what);
	put_tree(&text, place);
	return append(list, buf_take(&text), doc, place, what);
}

/* jq reads .nodes.a-b as a difference, and its message does not help who wrote it. */
static bool
has_dashed_name(const char *text, const char *prefix)
{
	for (text = strstr(text, prefix); text; text = strstr(text, prefix)) {
		text += strlen(prefix);
		while (isalnum((unsigned char)*text) || *text == '_')
			text++;
		if (text[0] == '-' && isalpha((unsigned char)text[1]))
			return true;
	}
	return false;
}

/* What people who know other languages write, and jq tells of in its own terms. */
static const char *
hint(const char *text, const char *why)
{
	if (has_dashed_name(text, ".nodes."))
		return " (a name with a dash is written .nodes[\"a-b\"])";
	if (has_dashed_name(text, ".tags.") || has_dashed_name(text, ".meta."))
		return " (a name with a dash is written .tags[\"a-b\"])";
	if (strchr(text, '\''))
		return " (a text stands in double quotes)";
	if (str_ends(str_of(why), "/0 is not defined"))
		return " (a member is written with a dot before it: .tags)";
	return "";
}

int
expr_compile(struct expr_list *list, struct err *err)
{
	const char **texts;
	struct err why = ERR_INIT;
	size_t bad = 0;

	if (list->count == 0)
		return 0;
	texts = xcalloc(list->count, sizeof *texts);
	for (size_t i = 0; i < list->count; i++)
		texts[i] = list->items[i].text;
	list->program = jqprog_compile(texts, list->count, &bad, &why);
	free(texts);
	if (list->program)
		return 0;
	return yaml_error(list->items[bad].doc, list->items[bad].place, err, "%s: %s%s",
	    list->items[bad].what, why.text, hint(list->items[bad].text, why.text));
}

int
expr_run(
    const struct expr_list *list, size_t index, struct json input, struct buf *out, struct err *err)
{
	if (jqprog_run(list->program, index, input, out, err) == 0)
		return 0;
	return err_wrap(err, "%s", list->items[index].what);
}
