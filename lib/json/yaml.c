/* SPDX-License-Identifier: MIT */
/* yaml - what is asked of a document: its memory, its nodes, its names, its errors. */
#include "json/yaml.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "json/yaml_doc.h"

enum { BLOCK_SIZE = 16 * 1024 };

struct yaml_block {
	struct yaml_block *next;
	size_t used, size;
	char bytes[];
};

struct yaml_doc *
yaml_doc_new(const char *file)
{
	struct yaml_doc *doc = xcalloc(1, sizeof *doc);

	doc->file = yaml_doc_text(doc, file, strlen(file));
	return doc;
}

void *
yaml_doc_alloc(struct yaml_doc *doc, size_t n)
{
	struct yaml_block *b = doc->blocks;
	size_t size;
	void *p;

	n = (n + 15) & ~(size_t)15;
	if (!b || b->size - b->used < n) {
		size = n > BLOCK_SIZE ? n : BLOCK_SIZE;
		b = xmalloc(sizeof *b + size);
		*b = (struct yaml_block){ .next = doc->blocks, .size = size };
		doc->blocks = b;
	}
	p = b->bytes + b->used;
	b->used += n;
	return p;
}

char *
yaml_doc_text(struct yaml_doc *doc, const char *p, size_t n)
{
	char *copy = yaml_doc_alloc(doc, n + 1);

	if (n)
		memcpy(copy, p, n);
	copy[n] = '\0';
	return copy;
}

void
yaml_doc_free(struct yaml_doc *doc)
{
	struct yaml_block *b, *next;

	if (!doc)
		return;
	for (b = doc->blocks; b; b = next) {
		next = b->next;
		free(b);
	}
	free(doc);
}

const struct yaml *
yaml_root(const struct yaml_doc *doc)
{
	return doc->root;
}

const struct yaml *
yaml_get(const struct yaml *node, const char *key)
{
	size_t i;

	if (!node || node->kind != YAML_MAP)
		return NULL;
	for (i = 0; i < node->count; i++) {
		if (str_is(node->keys[i]->text, key))
			return node->items[i];
	}
	return NULL;
}

const char *
yaml_str(const struct yaml *node)
{
	if (!node || node->kind == YAML_NULL || node->kind == YAML_LIST || node->kind == YAML_MAP)
		return NULL;
	return node->text.p;
}

int
yaml_error(
    const struct yaml_doc *doc, const struct yaml *node, struct err *err, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX]; /* as much as err itself holds */
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (!node)
		return err_set(err, EXIT_CONFIG, "%s: %s", doc->file, text);
	return err_set(err, EXIT_CONFIG, "%s:%u:%u: %s", doc->file, node->line, node->column, text);
}

/* Nothing that is known is like it: whoever comes from elsewhere wants to see what there is. */
static int
unknown_member(const struct yaml_doc *doc, const struct yaml *key, const char *what,
    const char *const *known, struct err *err)
{
	struct buf list = BUF_INIT(BUF_UNLIMITED);

	for (size_t i = 0; known[i]; i++)
		buf_addf(&list, "%s%s", i ? ", " : "", known[i]);
	yaml_error(doc, key, err, "unknown member \"%.60s\" in %s; known are %s", key->text.p, what,
	    list.p);
	buf_release(&list);
	return -1;
}

int
yaml_known(const struct yaml_doc *doc, const struct yaml *map, const char *what,
    const char *const *known, struct err *err)
{
	const char *nearest;
	size_t i, k;

	if (!map || map->kind != YAML_MAP)
		return 0;
	for (i = 0; i < map->count; i++) {
		struct str key = map->keys[i]->text;

		for (k = 0; known[k] && !str_is(key, known[k]); k++)
			continue;
		if (known[k])
			continue;
		nearest = str_nearest(key, known);
		if (nearest)
			return yaml_error(doc, map->keys[i], err,
			    "unknown member \"%s\" in %s (did you mean \"%s\"?)", key.p, what,
			    nearest);
		return unknown_member(doc, map->keys[i], what, known, err);
	}
	return 0;
}
