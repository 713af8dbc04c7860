/* SPDX-License-Identifier: MIT */
/* agents - who can do something, cheapest first. */
#include "policy/agents.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/money.h"
#include "cli/table.h"
#include "json/jsonw.h"

struct agent {
	char *file, *text; /* of its card */
	struct json card, model, skill; /* the skill that fits */
	int64_t pusd; /* a call; negative: not known */
	const char *basis; /* "subscription", "card", "local", "estimate"; NULL: not known */
};

struct agents {
	struct targets *targets;
	char *capability;
	struct agent *items;
	size_t count, cap;
};

struct agents *
agents_new(struct targets *targets, struct str capability)
{
	struct agents *a = xcalloc(1, sizeof *a);

	a->targets = targets;
	a->capability = xmemdup(capability.p, capability.len);
	return a;
}

void
agents_free(struct agents *a)
{
	if (!a)
		return;
	while (a->count) {
		free(a->items[--a->count].file);
		free(a->items[a->count].text);
	}
	free(a->items);
	free(a->capability);
	free(a);
}

/* --- what they can --- */

static bool
is_word(struct json v, const char *word)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	bool is;

	json_text(v, &text);
	is = json_is(v, JSON_STRING) && str_eq_nocase(buf_str(&text), word);
	buf_release(&text);
	return is;
}

static bool
skill_fits(struct json skill, const char *word)
{
	struct json_iter it = json_each(json_get(skill, "tags"));

	if (is_word(json_get(skill, "id"), word) || is_word(json_get(skill, "name"), word))
		return true;
	while (json_next(&it))
		if (is_word(it.value, word))
			return true;
	return false;
}

static struct json
find_skill(struct json card, const char *word)
{
	struct json_iter it = json_each(json_get(card, "skills"));

	while (json_next(&it))
		if (skill_fits(it.value, word))
			return it.value;
	return JSON_ABSENT;
}

/* --- what they cost --- */

static void
estimate(struct agents *a, struct agent *agent)
{
	struct usage usage = USAGE_UNKNOWN;
	struct buf model = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT; /* a model that nobody knows has no price */
	const struct target *t;

	json_text(agent->model, &model);
	t = model.len ? target_of(a->targets, buf_str(&model), &err) : NULL;
	buf_release(&model);
	if (!t)
		return;
	usage.in = AGENTS_TOKENS_IN;
	usage.out = AGENTS_TOKENS_OUT;
	agent->pusd = target_cost_pusd(t, &usage);
	if (agent->pusd >= 0)
		agent->basis = t->is_local ? "local" : t->is_free ? "subscription" : "estimate";
}

/* What it runs on: the member agentflow, or the params of A2A's own way to extend a card. */
static struct json
own_part(struct json card)
{
	struct json_iter it = json_each(json_find(card, "capabilities.extensions"));
	struct json own = json_get(card, "agentflow");

	while (json_is(own, JSON_NONE) && json_next(&it))
		if (json_eq(json_get(it.value, "uri"), AGENTS_EXTENSION))
			own = json_get(it.value, "params");
	return own;
}

static int
read_cost(struct agents *a, struct agent *agent, struct err *err)
{
	struct json own = own_part(agent->card);
	struct json usd = json_get(own, "usdPerCall");

	agent->model = json_get(own, "model");
	agent->pusd = -1;
	if (json_exists(own) && !json_is(own, JSON_OBJECT))
		return err_set(err, EXIT_CONFIG, "agentflow: must be an object");
	if (json_exists(agent->model) && !json_is(agent->model, JSON_STRING))
		return err_set(err, EXIT_CONFIG, "agentflow.model: must be a string");
	if (json_is_true(json_get(own, "subscription"))) {
		agent->pusd = 0;
		agent->basis = "subscription";
	} else if (json_exists(usd)) {
		if (!json_scaled(usd, MONEY_SCALE, &agent->pusd) || agent->pusd < 0)
			return err_set(
			    err, EXIT_CONFIG, "agentflow.usdPerCall: must be an amount of dollars");
		agent->basis = "card";
	} else {
		estimate(a, agent);
	}
	return 0;
}

int
agents_add(struct agents *a, const char *file, struct str text, struct err *err)
{
	struct agent agent = { .text = xmemdup(text.p, text.len) };
	int r = json_parse(agent.text, text.len, &agent.card, err);

	if (r == 0 && !json_is(agent.card, JSON_OBJECT))
		r = err_set(err, EXIT_CONFIG, "not a JSON object");
	if (r == 0 && !json_is(json_get(agent.card, "name"), JSON_STRING))
		r = err_set(err, EXIT_CONFIG, "name: must be a string");
	if (r == 0)
		r = read_cost(a, &agent, err);
	if (r < 0) {
		free(agent.text);
		err->code = EXIT_CONFIG;
		return err_wrap(err, "%s", file);
	}
	agent.skill = find_skill(agent.card, a->capability);
	if (!json_exists(agent.skill)) {
		free(agent.text);
		return 0;
	}
	agent.file = xstrdup(file);
	VEC_GROW(a->items, a->count, a->cap);
	a->items[a->count++] = agent;
	return 0;
}

/* --- writing --- */

static bool
is_flat(const struct agent *agent)
{
	return agent->basis && strcmp(agent->basis, "subscription") == 0;
}

/* A subscription before an API that costs nothing either; then by name, that files' order is
 * nothing. */
static int
compare(const void *left, const void *right)
{
	const struct agent *a = left, *b = right;
	bool flat_a = is_flat(a), flat_b = is_flat(b);

	if ((a->pusd < 0) != (b->pusd < 0))
		return a->pusd < 0 ? 1 : -1;
	if (a->pusd != b->pusd)
		return a->pusd < b->pusd ? -1 : 1;
	if (flat_a != flat_b)
		return flat_a ? -1 : 1;
	return strcmp(a->file, b->file);
}

static void
write_record(const struct agent *agent, struct buf *out)
{
	struct jsonw w;

	jsonw_start(&w, out);
	jsonw_object(&w);
	jsonw_kstr(&w, "type", "offer");
	jsonw_kjson(&w, "name", json_get(agent->card, "name"));
	jsonw_kjson_opt(&w, "model", agent->model);
	jsonw_kjson_opt(&w, "skill", json_get(agent->skill, "id"));
	jsonw_key(&w, "usdPerCall");
	if (agent->pusd < 0)
		jsonw_null(&w);
	else
		jsonw_usd(&w, agent->pusd);
	jsonw_kstr(&w, "basis", agent->basis ? agent->basis : "unknown");
	jsonw_kjson_opt(&w, "url", json_get(agent->card, "url"));
	jsonw_kstr(&w, "card", agent->file);
	jsonw_end(&w);
	buf_addc(out, '\n');
}

static void
add_cells(const struct agent *agent, struct table *t)
{
	struct buf *cell = table_cell(t);

	if (agent->pusd < 0) {
		buf_adds(cell, "?");
	} else {
		buf_addc(cell, '$');
		money_print(cell, agent->pusd);
	}
	buf_adds(table_cell(t), agent->basis ? agent->basis : "unknown");
	json_text(json_get(agent->card, "name"), table_cell(t));
	json_text(agent->model, table_cell(t));
}

size_t
agents_write(struct agents *a, bool text, struct buf *out)
{
	struct table t;

	if (a->count)
		qsort(a->items, a->count, sizeof *a->items, compare);
	table_init(&t, 4, 4);
	for (size_t i = 0; i < a->count; i++) {
		if (text)
			add_cells(&a->items[i], &t);
		else
			write_record(&a->items[i], out);
	}
	table_print(&t, out);
	table_release(&t);
	return a->count;
}
