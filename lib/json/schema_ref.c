/* SPDX-License-Identifier: MIT */
/* schema_ref - the names inside a schema ($id, $anchor, $dynamicAnchor) and the references to them.
 */
#include "json/schema.h"

#include <stdlib.h>

#include "base/mem.h"
#include "json/pointer.h"
#include "json/schema_node.h"
#include "json/uri.h"

static void
add_anchor(struct schema *s, struct schema_node *node, struct str name, bool is_dynamic)
{
	VEC_GROW(s->anchors, s->anchor_count, s->anchor_cap);
	s->anchors[s->anchor_count++] = (struct schema_anchor){ node->resource,
		xmemdup(name.p, name.len), node, is_dynamic };
}

const struct schema_anchor *
schema_anchor_find(const struct schema *s, size_t resource, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < s->anchor_count; i++) {
		if (s->anchors[i].resource == resource &&
		    str_eq(str_of(s->anchors[i].name), (struct str){ name, len }))
			return &s->anchors[i];
	}
	return NULL;
}

/* Text up to its fragment, and the fragment without its '#'. */
static struct str
cut_fragment(struct str uri, struct str *fragment)
{
	const char *hash = uri.len ? memchr(uri.p, '#', uri.len) : NULL;

	*fragment = STR_LIT("");
	if (hash) {
		*fragment = (struct str){ hash + 1, uri.len - (size_t)(hash + 1 - uri.p) };
		uri.len = (size_t)(hash - uri.p);
	}
	return uri;
}

/* An $id makes the node a resource, or in draft 7, where it is a fragment only, an anchor. */
static void
name_resource(struct schema *s, struct schema_node *node, struct str id)
{
	struct buf uri = BUF_INIT(BUF_UNLIMITED);
	struct str fragment, text = cut_fragment(id, &fragment);

	if (text.len) {
		uri_resolve(str_of(s->resources[node->resource].uri), text, &uri);
		VEC_GROW(s->resources, s->resource_count, s->resource_cap);
		node->resource = s->resource_count++;
		s->resources[node->resource] = (struct schema_resource){ buf_take(&uri), node };
	}
	if (fragment.len && schema_document_of(s, node->at.p)->is_draft7)
		add_anchor(s, node, fragment, false);
}

int
schema_name_node(struct schema *s, struct schema_node *node, struct err *err)
{
	static const char *const names[] = { "$id", "$anchor", "$dynamicAnchor" };
	bool is_draft7 = schema_document_of(s, node->at.p)->is_draft7;
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++) {
		struct json v = json_get(node->at, names[i]);

		if (json_is(v, JSON_NONE) || (i > 0 && is_draft7))
			continue;
		if (!json_is(v, JSON_STRING)) {
			buf_release(&text);
			return err_set(err, EXIT_CONFIG, "schema: %s is no string", names[i]);
		}
		buf_reset(&text);
		json_text(v, &text);
		if (i == 0)
			name_resource(s, node, buf_str(&text));
		else
			add_anchor(s, node, buf_str(&text), i == 2);
	}
	buf_release(&text);
	return 0;
}

/* The schema that a JSON pointer leads to from the resource's root. NULL: err may say more than it
 * did. */
static const struct schema_node *
node_by_pointer(struct schema *s, size_t resource, struct str pointer, struct err *err)
{
	struct json v = s->resources[resource].root->at;
	const struct schema_document *document = schema_document_of(s, v.p);
	struct str segment;

	(void)str_split(&pointer, '/', &segment); /* what stands before the first slash: nothing */
	while (str_split(&pointer, '/', &segment)) {
		uint32_t known;

		v = pointer_step(v, segment);
		if (json_is(v, JSON_NONE))
			return NULL;
		known = document->node_at[v.p - document->text];
		if (known)
			resource = s->nodes[known - 1]->resource;
	}
	return schema_node_at(s, v, resource, NULL, err);
}

static const struct schema_node *
node_by_fragment(struct schema *s, size_t resource, struct str fragment, struct err *err)
{
	const struct schema_anchor *anchor;

	if (!fragment.len)
		return s->resources[resource].root;
	if (fragment.p[0] == '/')
		return node_by_pointer(s, resource, fragment, err);
	anchor = schema_anchor_find(s, resource, fragment.p, fragment.len);
	return anchor ? anchor->node : NULL;
}

static const struct schema_node *
node_by_uri(struct schema *s, struct str uri, struct str fragment, struct err *err)
{
	const struct schema_node *root;
	char *name;
	size_t i;

	for (i = s->resource_count; i > 0; i--) {
		if (str_is(uri, s->resources[i - 1].uri))
			return node_by_fragment(s, i - 1, fragment, err);
	}
	if (!s->source)
		return NULL;
	name = xmemdup(uri.p, uri.len);
	root = schema_load_document(s, name, err);
	free(name);
	if (!root)
		return NULL;
	err_set(err, EXIT_CONFIG, "schema: %.*s has nothing at #%.*s", (int)str_cut_utf8(uri, 200),
	    uri.p, (int)str_cut_utf8(fragment, 200), fragment.p);
	return node_by_fragment(s, s->documents[s->document_count - 1]->resource, fragment, err);
}

/* Where $dynamicRef's target is named by $dynamicAnchor, the name counts, not the place. */
static void
note_anchor(struct schema *s, struct schema_rule *rule, struct str fragment)
{
	const struct schema_node *node = rule->subs[0].node;
	const struct schema_anchor *anchor;

	if (rule->keyword != SCHEMA_DYNAMIC_REF)
		return;
	anchor = schema_anchor_find(s, node->resource, fragment.p, fragment.len);
	if (anchor && anchor->node == node && anchor->is_dynamic)
		rule->anchor = xmemdup(fragment.p, fragment.len);
}

static int
resolve(struct schema *s, struct schema_pending pending, struct err *err)
{
	struct schema_rule *rule = (struct schema_rule *)schema_rule_of(
	    pending.node, pending.keyword);
	const struct schema_node *target;
	struct buf ref = BUF_INIT(BUF_UNLIMITED), full = BUF_INIT(BUF_UNLIMITED);
	struct buf fragment = BUF_INIT(BUF_UNLIMITED);
	struct str uri, part;

	json_text(rule->value, &ref);
	uri_resolve(str_of(s->resources[pending.node->resource].uri), buf_str(&ref), &full);
	uri = cut_fragment(buf_str(&full), &part);
	uri_decode(part, &fragment);
	err_set(err, EXIT_CONFIG, "schema: %s leads nowhere within the document", ref.p);
	target = node_by_uri(s, uri, buf_str(&fragment), err);
	if (target) {
		rule->subs[0].node = target;
		note_anchor(s, rule, buf_str(&fragment));
	}
	buf_release(&ref);
	buf_release(&full);
	buf_release(&fragment);
	return target ? 0 : -1;
}

int
schema_resolve(struct schema *s, struct err *err)
{
	while (s->pending_count > 0) {
		if (resolve(s, s->pending[--s->pending_count], err) < 0)
			return -1;
	}
	return 0;
}
