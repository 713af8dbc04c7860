/* SPDX-License-Identifier: MIT */
/* yaml_load - build the tree from libyaml's events. */
#include "json/yaml.h"

#include <stdarg.h>
#include <yaml.h>

#include "base/die.h"
#include "base/mem.h"
#include "json/yaml_doc.h"
#include "sys/file.h"

enum { YAML_DEPTH_MAX = 128 };

struct anchor {
	const char *name;
	struct yaml *node;
	size_t weight;
};

/* What lives only while the file is read. */
struct loader {
	struct yaml_doc *doc;
	yaml_parser_t parser;
	struct anchor *anchors;
	size_t anchor_count, anchor_cap;
	size_t weight; /* nodes so far, each alias counted as the whole tree that it stands for */
	unsigned depth;
	struct err *err;
};

/* The node that begins with event; NULL: an error was told. */
static struct yaml *load_node(struct loader *l, const yaml_event_t *event);

static struct yaml *
new_node(struct loader *l, enum yaml_kind kind, const yaml_mark_t *at)
{
	struct yaml *node = yaml_doc_alloc(l->doc, sizeof *node);

	*node = (struct yaml){
		.kind = kind,
		.line = (unsigned)at->line + 1,
		.column = (unsigned)at->column + 1,
	};
	return node;
}

static struct yaml *
fail(struct loader *l, const yaml_mark_t *at, const char *fmt, ...)
{
	struct yaml place = { .line = (unsigned)at->line + 1, .column = (unsigned)at->column + 1 };
	struct buf text = BUF_INIT(ERR_TEXT_MAX);
	va_list ap;

	if (buf_reserve(&text, ERR_TEXT_MAX - 1)) {
		va_start(ap, fmt);
		(void)vsnprintf(text.p, ERR_TEXT_MAX, fmt, ap); /* a message may be cut */
		va_end(ap);
	}
	(void)yaml_error(l->doc, &place, l->err, "%s", text.p);
	buf_release(&text);
	return NULL;
}

/* Whether one more tree of that many nodes stays below the ceiling. */
static bool
weigh(struct loader *l, size_t weight, const yaml_mark_t *at)
{
	l->weight += weight;
	if (l->weight <= YAML_NODES_MAX)
		return true;
	fail(l, at, "more than %d nodes, aliases counted whole", YAML_NODES_MAX);
	return false;
}

static struct yaml *
parser_error(struct loader *l)
{
	const yaml_parser_t *p = &l->parser;
	yaml_mark_t at = p->problem_mark;
	size_t i;

	if (p->error == YAML_MEMORY_ERROR)
		die(EXIT_SYSTEM, "out of memory");
	if (p->error == YAML_READER_ERROR) { /* knows an offset only */
		at.line = 0;
		at.column = 0;
		for (i = 0;
		     i < p->problem_offset && p->input.string.start + i < p->input.string.end;
		     i++) {
			if (p->input.string.start[i] == '\n') {
				at.line++;
				at.column = 0;
			} else {
				at.column++;
			}
		}
	}
	return fail(l, &at, "%s%s%s", p->problem ? p->problem : "cannot be parsed",
	    p->context ? " " : "", p->context ? p->context : "");
}

static bool
next_event(struct loader *l, yaml_event_t *event)
{
	if (yaml_parser_parse(&l->parser, event))
		return true;
	parser_error(l);
	return false;
}

/* --- scalars --- */

static struct yaml *
load_scalar(struct loader *l, const yaml_event_t *event)
{
	const char *tag = (const char *)event->data.scalar.tag;
	struct str s = { (const char *)event->data.scalar.value, event->data.scalar.length };
	struct yaml *node = new_node(l, YAML_STRING, &event->start_mark);

	if (tag && strcmp(tag, YAML_STR_TAG) != 0 && strcmp(tag, "!") != 0)
		return fail(l, &event->start_mark, "tag %s is not understood", tag);
	if (memchr(s.p, '\0', s.len))
		return fail(l, &event->start_mark, "a string may not hold a NUL");
	if (!tag && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		node->kind = yaml_scalar_kind(s);
	node->text = (struct str){ yaml_doc_text(l->doc, s.p, s.len), s.len };
	return node;
}

/* --- collections --- */

/* Children as they are gathered, before they are moved into the arena. */
struct children {
	struct yaml **items;
	size_t count, cap;
};

static void
children_add(struct children *c, struct yaml *node)
{
	VEC_GROW(c->items, c->count, c->cap);
	c->items[c->count++] = node;
}

static struct yaml **
children_take(struct loader *l, struct children *c)
{
	struct yaml **items = yaml_doc_alloc(l->doc, (c->count + 1) * sizeof *items);

	if (c->count)
		memcpy(items, c->items, c->count * sizeof *items);
	return items;
}

static bool
enter(struct loader *l, const yaml_event_t *event)
{
	if (++l->depth <= YAML_DEPTH_MAX)
		return true;
	fail(l, &event->start_mark, "nested deeper than %d", YAML_DEPTH_MAX);
	return false;
}

/* The next child, NULL at the collection's end or on an error: *ok tells which. */
static struct yaml *
load_child(struct loader *l, yaml_event_type_t end, bool *ok)
{
	struct yaml *child = NULL;
	yaml_event_t event;

	*ok = next_event(l, &event);
	if (!*ok)
		return NULL;
	if (event.type != end) {
		child = load_node(l, &event);
		*ok = child != NULL;
	}
	yaml_event_delete(&event);
	return child;
}

static struct yaml *
load_list(struct loader *l, const yaml_event_t *event)
{
	struct yaml *node = new_node(l, YAML_LIST, &event->start_mark), *child;
	struct children items = { 0 };
	bool ok = enter(l, event);

	while (ok && (child = load_child(l, YAML_SEQUENCE_END_EVENT, &ok)))
		children_add(&items, child);
	l->depth--;
	node->count = items.count;
	node->items = children_take(l, &items);
	free(items.items);
	return ok ? node : NULL;
}

static bool
is_merge_key(const yaml_event_t *event)
{
	return event->type == YAML_SCALAR_EVENT &&
	       event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       strcmp((const char *)event->data.scalar.value, "<<") == 0;
}

static int
compare_keys(const void *a, const void *b)
{
	const struct yaml *x = *(struct yaml *const *)a, *y = *(struct yaml *const *)b;
	size_t n = x->text.len < y->text.len ? x->text.len : y->text.len;
	int order = memcmp(x->text.p, y->text.p, n);

	if (order)
		return order;
	if (x->text.len != y->text.len)
		return x->text.len < y->text.len ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

/* Sorted, so that a map of a hundred thousand keys is no trap. */
static bool
keys_are_unique(struct loader *l, const struct children *keys)
{
	struct yaml **sorted;
	bool ok = true;
	size_t i;

	if (keys->count < 2)
		return true;
	sorted = xreallocn(NULL, keys->count, sizeof *sorted);
	memcpy(sorted, keys->items, keys->count * sizeof *sorted);
	qsort(sorted, keys->count, sizeof *sorted, compare_keys);
	for (i = 1; ok && i < keys->count; i++) {
		if (!str_eq(sorted[i - 1]->text, sorted[i]->text))
			continue;
		ok = false;
		(void)yaml_error(l->doc, sorted[i], l->err,
		    "\"%s\" stands twice (first in line %u)", sorted[i]->text.p,
		    sorted[i - 1]->line);
	}
	free(sorted);
	return ok;
}

/* Add the members of a merged map that the map itself does not have. */
static void
merge_map(struct children *keys, struct children *values, const struct yaml *from)
{
	size_t i, j;

	for (i = 0; i < from->count; i++) {
		for (j = 0; j < keys->count; j++) {
			if (str_eq(keys->items[j]->text, from->keys[i]->text))
				break;
		}
		if (j < keys->count)
			continue;
		children_add(keys, from->keys[i]);
		children_add(values, from->items[i]);
	}
}

static bool
merge(struct loader *l, struct children *keys, struct children *values, const struct yaml *from)
{
	size_t i;

	if (from->kind == YAML_MAP) {
		merge_map(keys, values, from);
		return true;
	}
	for (i = 0; from->kind == YAML_LIST && i < from->count; i++) {
		if (from->items[i]->kind != YAML_MAP)
			break;
		merge_map(keys, values, from->items[i]);
	}
	if (from->kind == YAML_LIST && i == from->count)
		return true;
	(void)yaml_error(l->doc, from, l->err, "<< takes a map or a list of maps");
	return false;
}

/* One key and its value; false at the map's end or on an error: *ok tells which. */
static bool
load_pair(struct loader *l, struct children *keys, struct children *values, struct yaml **merged,
    bool *ok)
{
	struct yaml *key, *value;
	yaml_event_t event;
	bool is_merge, more = false;

	*ok = next_event(l, &event);
	if (!*ok)
		return false;
	if (event.type == YAML_MAPPING_END_EVENT)
		goto out;
	*ok = false;
	is_merge = is_merge_key(&event);
	if (event.type != YAML_SCALAR_EVENT) {
		fail(l, &event.start_mark, "a key must be a plain word or a string");
		goto out;
	}
	key = load_node(l, &event);
	if (!key)
		goto out;
	key->kind = YAML_STRING;
	value = load_child(l, YAML_NO_EVENT, ok);
	if (!value)
		goto out;
	if (is_merge) {
		*merged = value;
	} else {
		children_add(keys, key);
		children_add(values, value);
	}
	more = true;
out:
	yaml_event_delete(&event);
	return more;
}

static struct yaml *
load_map(struct loader *l, const yaml_event_t *event)
{
	struct yaml *node = new_node(l, YAML_MAP, &event->start_mark), *merged = NULL;
	struct children keys = { 0 }, values = { 0 };
	bool ok = enter(l, event);

	while (ok && load_pair(l, &keys, &values, &merged, &ok))
		continue;
	l->depth--;
	ok = ok && keys_are_unique(l, &keys);
	if (ok && merged)
		ok = merge(l, &keys, &values, merged);
	node->count = keys.count;
	node->keys = children_take(l, &keys);
	node->items = children_take(l, &values);
	free(keys.items);
	free(values.items);
	return ok ? node : NULL;
}

/* --- anchors --- */

static void
remember(struct loader *l, const yaml_char_t *name, struct yaml *node, size_t weight)
{
	const char *copy = yaml_doc_text(l->doc, (const char *)name, strlen((const char *)name));

	VEC_GROW(l->anchors, l->anchor_count, l->anchor_cap);
	l->anchors[l->anchor_count++] = (struct anchor){ copy, node, weight };
}

static struct yaml *
load_alias(struct loader *l, const yaml_event_t *event)
{
	const char *name = (const char *)event->data.alias.anchor;
	size_t i;

	for (i = l->anchor_count; i-- > 0;) { /* the latest of that name */
		if (strcmp(l->anchors[i].name, name) == 0)
			return weigh(l, l->anchors[i].weight, &event->start_mark)
				   ? l->anchors[i].node
				   : NULL;
	}
	return fail(l, &event->start_mark, "alias *%s has no anchor before it", name);
}

static struct yaml *
load_node(struct loader *l, const yaml_event_t *event)
{
	const yaml_char_t *anchor = NULL;
	size_t before = l->weight;
	struct yaml *node;

	if (event->type == YAML_ALIAS_EVENT)
		return load_alias(l, event);
	if (!weigh(l, 1, &event->start_mark))
		return NULL;
	if (event->type == YAML_SCALAR_EVENT) {
		anchor = event->data.scalar.anchor;
		node = load_scalar(l, event);
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		anchor = event->data.sequence_start.anchor;
		node = load_list(l, event);
	} else if (event->type == YAML_MAPPING_START_EVENT) {
		anchor = event->data.mapping_start.anchor;
		node = load_map(l, event);
	} else {
		return fail(l, &event->start_mark, "something else stands where a value should be");
	}
	if (node && anchor)
		remember(l, anchor, node, l->weight - before);
	return node;
}

/* --- documents --- */

/* Stream start, one document or none, stream end. */
static bool
load_stream(struct loader *l)
{
	static const yaml_mark_t top = { 0 };
	yaml_event_t event;
	bool ok = true;

	l->doc->root = NULL;
	while (ok && next_event(l, &event)) {
		yaml_event_type_t type = event.type;

		if (type == YAML_DOCUMENT_START_EVENT && l->doc->root) {
			ok = false;
			fail(
			    l, &event.start_mark, "a second document begins here; one is expected");
		} else if (type != YAML_STREAM_START_EVENT && type != YAML_DOCUMENT_START_EVENT &&
			   type != YAML_DOCUMENT_END_EVENT && type != YAML_STREAM_END_EVENT) {
			l->doc->root = load_node(l, &event);
			ok = l->doc->root != NULL;
		}
		yaml_event_delete(&event);
		if (type == YAML_STREAM_END_EVENT) {
			if (!l->doc->root)
				l->doc->root = new_node(l, YAML_NULL, &top);
			return ok;
		}
	}
	return false;
}

struct yaml_doc *
yaml_parse(const char *file, struct str text, struct err *err)
{
	struct loader l = { .err = err };
	bool ok;

	l.doc = yaml_doc_new(file);
	if (!yaml_parser_initialize(&l.parser))
		die(EXIT_SYSTEM, "out of memory");
	yaml_parser_set_input_string(&l.parser, (const unsigned char *)text.p, text.len);
	ok = load_stream(&l);
	yaml_parser_delete(&l.parser);
	free(l.anchors);
	if (ok)
		return l.doc;
	yaml_doc_free(l.doc);
	return NULL;
}

struct yaml_doc *
yaml_load(const char *path, struct err *err)
{
	struct buf text = BUF_INIT(YAML_FILE_MAX);
	struct yaml_doc *doc = NULL;

	if (file_read(path, &text, err) == 0)
		doc = yaml_parse(path, buf_str(&text), err);
	else
		err->code = EXIT_CONFIG;
	buf_release(&text);
	return doc;
}
