/* SPDX-License-Identifier: MIT */
/* schema_document - the texts that a schema is made of, and places in them. */
#include "json/schema.h"

#include <stdlib.h>

#include "base/mem.h"
#include "json/schema_node.h"

enum { DOCUMENTS_MAX = 256 };
#define DOCUMENT_MAX ((size_t)16 << 20)

/* Drafts before 2019-09 are read as draft 7; everything else as 2020-12; what says nothing, as the
 * document that led there. */
static bool
is_draft7(const struct schema *s, struct json root)
{
	struct buf uri = BUF_INIT(BUF_UNLIMITED);
	bool old;

	json_text(json_get(root, "$schema"), &uri);
	old = strstr(uri.p, "json-schema.org/draft-0");
	if (!uri.len && s->document_count)
		old = s->documents[0]->is_draft7;
	buf_release(&uri);
	return old;
}

const struct schema_node *
schema_add_document(struct schema *s, struct json text, const char *uri, struct err *err)
{
	struct schema_document *d = xcalloc(1, sizeof *d);

	d->text = xmemdup(text.p, text.len);
	d->root = text;
	d->root.p = d->text;
	d->node_at = xcalloc(text.len + 1, sizeof *d->node_at);
	d->is_draft7 = is_draft7(s, d->root);
	d->resource = s->resource_count;
	VEC_GROW(s->documents, s->document_count, s->document_cap);
	s->documents[s->document_count++] = d;
	VEC_GROW(s->resources, s->resource_count, s->resource_cap);
	s->resources[s->resource_count++] = (struct schema_resource){ xstrdup(uri), NULL };
	return schema_node_at(s, d->root, d->resource, NULL, err);
}

const struct schema_node *
schema_load_document(struct schema *s, const char *uri, struct err *err)
{
	struct buf text = BUF_INIT(DOCUMENT_MAX);
	const struct schema_node *node = NULL;
	struct json root;

	if (s->document_count >= DOCUMENTS_MAX) {
		err_set(err, EXIT_CONFIG, "schema: more than %d documents", DOCUMENTS_MAX);
	} else if (s->source->load(s->source->user, uri, &text, err) == 0) {
		if (json_parse(text.p, text.len, &root, err) == 0)
			node = schema_add_document(s, root, uri, err);
		else
			err_set(err, EXIT_CONFIG, "schema: %s is no JSON", uri);
	}
	buf_release(&text);
	return node;
}

struct schema_document *
schema_document_of(const struct schema *s, const char *p)
{
	size_t i = s->document_count - 1;

	while (i > 0 &&
	       !((uintptr_t)p >= (uintptr_t)s->documents[i]->root.p &&
		   (uintptr_t)p < (uintptr_t)s->documents[i]->root.p + s->documents[i]->root.len))
		i--;
	return s->documents[i];
}

/* Only what failed is looked for, so walking there is cheap enough. */
static void
locate(struct json v, const char *p, const struct schema_place *up, struct buf *out)
{
	struct schema_place place = { .up = up };
	struct json_iter it = json_each(v);

	if (v.p == p) {
		schema_place_print(up, out);
		return;
	}
	for (; json_next(&it); place.index++) {
		place.key = it.key;
		if (it.value.p <= p && p < it.value.p + it.value.len) {
			locate(it.value, p, &place, out);
			return;
		}
	}
}

void
schema_locate(const struct schema *s, const char *p, struct buf *out)
{
	const struct schema_document *d = schema_document_of(s, p);

	if (d != s->documents[0])
		buf_adds(out, s->resources[d->resource].uri);
	buf_addc(out, '#');
	locate(d->root, p, NULL, out);
}

void
schema_documents_free(struct schema *s)
{
	size_t i;

	for (i = 0; i < s->document_count; i++) {
		free(s->documents[i]->text);
		free(s->documents[i]->node_at);
		free(s->documents[i]);
	}
	free(s->documents);
}
