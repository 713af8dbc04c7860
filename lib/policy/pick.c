/* SPDX-License-Identifier: MIT */
/* pick - a policy's list of candidates with its names resolved. */
#include "policy/pick.h"

#include <stdlib.h>

#include "base/mem.h"
#include "json/jsonw.h"
#include "policy/strategy.h"

enum { DEPTH_MAX = 16, PICKS_MAX = 1000 };

/* A list as it is drawn from: its children are lists or picks. */
struct pick_node {
	size_t pick; /* its index, where there are no children */
	struct pick_node *children;
	size_t count;
	bool weighted;
	double weight; /* 1 where it is not said */
	uint64_t name;
	double key; /* as drawn last */
	size_t *order; /* scratch: of the children */
};

/* What stands further out, on the way from a list down to its targets. */
struct context {
	struct str options;
	const char *profile;
	enum policy_mode mode;
	double weight;
	unsigned depth;
};

struct builder {
	struct picks *picks;
	const struct pick_source *from;
	struct err *err;
};

/* --- options --- */

static struct json
object(struct str text)
{
	return text.len ? (struct json){ text.p, text.len, JSON_OBJECT } : JSON_ABSENT;
}

static bool
has_key(struct json obj, struct json key)
{
	struct json_iter it = json_each(obj);

	while (json_next(&it))
		if (json_equal(it.key, key))
			return true;
	return false;
}

/* The members of under that over does not have, and all of over's. */
static void
options_join(struct str under, struct str over, struct buf *out)
{
	struct json_iter it = json_each(object(under));
	struct buf key = BUF_INIT(BUF_UNLIMITED);
	struct jsonw w;

	if (!under.len && !over.len)
		return;
	jsonw_start(&w, out);
	jsonw_object(&w);
	while (json_next(&it)) {
		if (has_key(object(over), it.key))
			continue;
		buf_reset(&key);
		json_text(it.key, &key);
		jsonw_keyn(&w, buf_str(&key));
		jsonw_json(&w, it.value);
	}
	jsonw_members(&w, object(over));
	jsonw_end(&w);
	buf_release(&key);
}

/* --- building --- */

static int add_candidate(struct builder *b, const struct policy_candidate *c,
    const struct context *above, struct pick_node *node);

static struct pick *
pick_add(struct builder *b, const struct target *t, const struct context *at, const char *name,
    const struct yaml *place)
{
	struct picks *p = b->picks;
	struct str under = p->route ? buf_str(&p->route->options) : STR_NONE;
	struct pick *pick;

	VEC_GROW(p->items, p->count, p->cap);
	pick = &p->items[p->count++];
	*pick = (struct pick){ .target = t,
		.name = xstrdup(t ? t->spec : name),
		.profile = at->profile,
		.weight = at->weight,
		.place = place };
	buf_init(&pick->options, BUF_UNLIMITED);
	buf_init(&pick->reason, BUF_UNLIMITED);
	buf_init(&pick->json, BUF_UNLIMITED);
	options_join(under, at->options, &pick->options);
	pick->wish = target_wish(object(buf_str(&pick->options)));
	return pick;
}

static void
add_leaf(struct builder *b, const struct target *t, const struct context *at,
    const struct policy_candidate *c, struct pick_node *node)
{
	node->pick = b->picks->count;
	pick_add(b, t, at, c->model, c->place);
}

/* The program of CLI_FIRST, and the API behind it. */
static void
add_both(struct builder *b, const struct target *program, const struct target *t,
    const struct context *at, const struct policy_candidate *c, struct pick_node *node)
{
	node->children = xcalloc(2, sizeof *node->children);
	node->order = xcalloc(2, sizeof *node->order);
	node->count = 2;
	add_leaf(b, program, at, c, &node->children[0]);
	add_leaf(b, t, at, c, &node->children[1]);
}

static void
add_target(struct builder *b, const struct policy_candidate *c, const struct context *at,
    struct pick_node *node)
{
	struct err err = ERR_INIT;
	const struct target *t = target_of(b->from->targets, str_of(c->model), &err);
	const struct target *program = NULL;

	if (!t) {
		node->pick = b->picks->count;
		pick_add(b, NULL, at, c->model, c->place)->why = xstrdup(err.text);
		return;
	}
	if (at->mode != POLICY_DIRECT)
		program = target_program(b->from->targets, t);
	if (program && at->mode == POLICY_CLI_FIRST)
		add_both(b, program, t, at, c, node);
	else
		add_leaf(b, program && !t->has_key ? program : t, at, c, node);
}

static int
add_list(struct builder *b, const struct policy_list *list, const struct context *at,
    struct pick_node *node)
{
	node->children = xcalloc(list->count ? list->count : 1, sizeof *node->children);
	node->order = xcalloc(list->count ? list->count : 1, sizeof *node->order);
	for (size_t i = 0; i < list->count; i++) {
		const struct policy_candidate *c = &list->items[i];
		struct pick_node *child = &node->children[node->count++];

		child->weight = c->weight < 0 ? 1 : c->weight;
		child->name = strategy_name(str_of(c->model));
		node->weighted |= c->weight >= 0;
		if (add_candidate(b, c, at, child) < 0)
			return -1;
	}
	b->picks->weighted |= node->weighted;
	return 0;
}

static void
write_reasoning(const char *word, struct buf *out)
{
	struct jsonw w;

	jsonw_start(&w, out);
	jsonw_object(&w);
	jsonw_kstr(&w, "reasoning", word);
	jsonw_end(&w);
}

static int
add_role(
    struct builder *b, const struct policy_role *role, struct context *at, struct pick_node *node)
{
	struct buf reasoning = BUF_INIT(BUF_UNLIMITED), options = BUF_INIT(BUF_UNLIMITED);
	int r;

	if (role->reasoning)
		write_reasoning(role->reasoning, &reasoning);
	options_join(buf_str(&reasoning), at->options, &options);
	at->options = buf_str(&options);
	if (role->mode != POLICY_MODE_UNSET)
		at->mode = role->mode;
	r = add_list(b, &role->list, at, node);
	buf_release(&reasoning);
	buf_release(&options);
	return r;
}

static int
add_named(
    struct builder *b, const struct policy_candidate *c, struct context *at, struct pick_node *node)
{
	struct str name = str_of(c->model);
	const struct policy_alias *alias = policy_alias_find(b->from->policy, name);
	const struct policy_role *role = NULL;

	if (alias)
		return add_list(b, &alias->list, at, node);
	if (str_starts(name, "role:"))
		role = policy_role_find(b->from->policy, (struct str){ name.p + 5, name.len - 5 });
	if (role)
		return add_role(b, role, at, node);
	if (str_starts(name, "role:")) {
		node->pick = b->picks->count;
		pick_add(b, NULL, at, c->model, c->place)->why = xasprintf(
		    "the policy has no role \"%s\"", c->model + 5);
		return 0;
	}
	add_target(b, c, at, node);
	return 0;
}

static int
add_candidate(struct builder *b, const struct policy_candidate *c, const struct context *above,
    struct pick_node *node)
{
	struct buf options = BUF_INIT(BUF_UNLIMITED);
	struct context at = *above;
	int r;

	if (++at.depth > DEPTH_MAX)
		return err_set(b->err, EXIT_CONFIG, "%s: \"%s\" leads in a circle",
		    b->picks->source, c->model);
	if (b->picks->count >= PICKS_MAX)
		return err_set(b->err, EXIT_CONFIG, "%s: aliases stand for more than %d models",
		    b->picks->source, PICKS_MAX);
	options_join(buf_str(&c->options), above->options, &options);
	at.options = buf_str(&options);
	at.profile = above->profile ? above->profile : c->profile;
	at.weight = c->weight >= 0 ? c->weight : above->weight;
	r = add_named(b, c, &at, node);
	buf_release(&options);
	return r;
}

/* --- what is said of each, once for all requests --- */

static void
write_reason(const struct picks *p, size_t i)
{
	static const char *const words[] = { "first", "second", "third" };
	struct buf *out = &p->items[i].reason;

	if (p->weighted && p->items[i].weight >= 0)
		buf_addf(out, "weight %g", p->items[i].weight);
	else if (i < sizeof words / sizeof *words)
		buf_adds(out, words[i]);
	else
		buf_addf(out, "%zuth", i + 1);
	buf_addf(out, " in %s", p->source);
}

static void
write_json(struct pick *pick)
{
	struct jsonw w;

	jsonw_start(&w, &pick->json);
	jsonw_object(&w);
	jsonw_kstr(&w, "model", pick->name);
	if (pick->options.len)
		jsonw_kjson(&w, "options", object(buf_str(&pick->options)));
	if (pick->profile)
		jsonw_kstr(&w, "profile", pick->profile);
	jsonw_kstrn(&w, "reason", buf_str(&pick->reason));
	jsonw_end(&w);
}

int
picks_init(struct picks *p, const struct pick_source *from, const struct policy_list *list,
    const struct policy_route *route, const char *source, struct err *err)
{
	struct builder b = { p, from, err };
	struct context at = { .mode = from->policy->mode, .weight = -1 };
	int r;

	*p = (struct picks){ .source = xstrdup(source), .route = route };
	p->root = xcalloc(1, sizeof *p->root);
	r = add_list(&b, list, &at, p->root);
	for (size_t i = 0; i < p->count; i++) {
		write_reason(p, i);
		write_json(&p->items[i]);
	}
	return r;
}

static void
node_release(struct pick_node *node)
{
	for (size_t i = 0; i < node->count; i++)
		node_release(&node->children[i]);
	free(node->children);
	free(node->order);
}

void
picks_release(struct picks *p)
{
	for (size_t i = 0; i < p->count; i++) {
		struct pick *pick = &p->items[i];

		free(pick->name);
		free(pick->why);
		buf_release(&pick->options);
		buf_release(&pick->reason);
		buf_release(&pick->json);
	}
	if (p->root)
		node_release(p->root);
	free(p->root);
	free(p->items);
	free(p->source);
	*p = (struct picks){ 0 };
}

/* --- drawing --- */

static void
draw(struct pick_node *node, uint64_t request)
{
	for (size_t i = 0; i < node->count; i++) {
		struct pick_node *child = &node->children[i];
		size_t at = i;

		child->key = node->weighted ? strategy_draw(request, child->name, child->weight)
					    : -(double)i;
		while (at > 0 && child->key > node->children[node->order[at - 1]].key) {
			node->order[at] = node->order[at - 1];
			at--;
		}
		node->order[at] = i;
	}
}

static size_t *
walk(struct pick_node *node, uint64_t request, size_t *order)
{
	if (!node->children) {
		*order = node->pick;
		return order + 1;
	}
	draw(node, request);
	for (size_t i = 0; i < node->count; i++)
		order = walk(&node->children[node->order[i]], request, order);
	return order;
}

void
picks_order(const struct picks *p, uint64_t request, size_t *order)
{
	if (p->weighted)
		(void)walk(p->root, request, order);
	else
		for (size_t i = 0; i < p->count; i++)
			order[i] = i;
}
