/* SPDX-License-Identifier: MIT */
/* policy_models - what a policy says of models, by name or by a form that many names fit. */
#include <stdlib.h>

#include "base/mem.h"
#include "policy/name_form.h"
#include "policy/policy_read.h"

const struct policy_model *
policy_model_find(const struct policy *p, struct str spec)
{
	const struct policy_model *best = NULL;

	for (size_t i = 0; i < p->model_count; i++) {
		const struct policy_model *m = &p->models[i];

		if (name_form_fits(m->name, spec) &&
		    (!best || name_form_said(m->name) > name_form_said(best->name)))
			best = m;
	}
	return best;
}

static int
read_model_rates(const struct field_map *m, struct policy_model *model, struct err *err)
{
	if (field_double(m, "usdPerMillionIn", &model->usd_per_million_in, err) < 0 ||
	    field_double(m, "usdPerMillionOut", &model->usd_per_million_out, err) < 0)
		return -1;
	if ((model->usd_per_million_in < 0) != (model->usd_per_million_out < 0))
		return yaml_error(
		    m->doc, m->map, err, "usdPerMillionIn and usdPerMillionOut stand together");
	return 0;
}

static int
read_model(struct policy *p, const struct yaml *node, struct policy_model *model, struct err *err)
{
	static const char *const known[] = { "quality", "residency", "sensitivity", "cli",
		"usdPerMillionIn", "usdPerMillionOut", "contextWindow", "bigger", "subscription",
		NULL };
	struct field_map m;
	int label = -1;

	if (field_open(&m, p->doc, node, "model", known, err) < 0 ||
	    field_share(&m, "quality", &model->quality, err) < 0 ||
	    policy_read_strings(p, &m, "residency", &model->residency, err) < 0 ||
	    field_word(&m, "sensitivity", p->labels, &label, err) < 0 ||
	    field_text(&m, "cli", &model->cli, err) < 0 || read_model_rates(&m, model, err) < 0 ||
	    field_int(&m, "contextWindow", &model->context_window, err) < 0 ||
	    field_text(&m, "bigger", &model->bigger, err) < 0 ||
	    field_bool(&m, "subscription", &model->subscription, err) < 0)
		return -1;
	model->bigger_place = field_get(&m, "bigger");
	if (label >= 0)
		model->sensitivity = p->labels[label];
	if (model->cli && !str_starts(str_of(model->cli), "cli:"))
		return field_error(
		    &m, "cli", err, "cli: \"%.60s\" names no program (cli:claude)", model->cli);
	return 0;
}

/* --- what a wider form says holds for the narrower too --- */

struct said {
	struct policy_model *model;
	bool subscription; /* is it said, here or by what it inherits from? */
};

/* Those that say as much, as they stand. */
static int
narrower_first(const void *a, const void *b)
{
	const struct policy_model *m = ((const struct said *)a)->model;
	const struct policy_model *n = ((const struct said *)b)->model;
	size_t x = name_form_said(m->name), y = name_form_said(n->name);

	if (x != y)
		return x > y ? -1 : 1;
	return m < n ? -1 : m > n;
}

static void
inherit(struct said *to, const struct said *from)
{
	struct policy_model *m = to->model;
	const struct policy_model *f = from->model;

	if (m->quality < 0)
		m->quality = f->quality;
	if (!m->residency)
		m->residency = f->residency;
	if (!m->sensitivity)
		m->sensitivity = f->sensitivity;
	if (!m->cli)
		m->cli = f->cli;
	if (m->usd_per_million_in < 0) {
		m->usd_per_million_in = f->usd_per_million_in;
		m->usd_per_million_out = f->usd_per_million_out;
	}
	if (!m->context_window)
		m->context_window = f->context_window;
	if (!m->bigger) {
		m->bigger = f->bigger;
		m->bigger_place = f->bigger_place;
	}
	if (!to->subscription) {
		m->subscription = f->subscription;
		to->subscription = from->subscription;
	}
}

/* "openai:gpt-4o" does not lose the sensitivity that "openai:*" is given by being told its
 * quality. Each inherits from all that it fits, the nearest first. */
static void
inherit_all(struct policy *p, const struct yaml *map)
{
	struct said *all = xcalloc(p->model_count + 1, sizeof *all);

	for (size_t i = 0; i < p->model_count; i++)
		all[i] = (struct said){ &p->models[i],
			yaml_get(map->items[i], "subscription") != NULL };
	qsort(all, p->model_count, sizeof *all, narrower_first);
	for (size_t i = 0; i < p->model_count; i++) {
		for (size_t j = i + 1; j < p->model_count; j++) {
			if (name_form_fits(all[j].model->name, str_of(all[i].model->name)))
				inherit(&all[i], &all[j]);
		}
	}
	free(all);
}

int
policy_models_read(struct policy *p, const struct field_map *top, struct err *err)
{
	struct field_map m;

	if (policy_read_map(p, top, "models", &m, err) < 0)
		return -1;
	if (!m.map)
		return 0;
	p->models = policy_own(p, xcalloc(m.map->count, sizeof *p->models));
	for (size_t i = 0; i < m.map->count; i++) {
		struct policy_model *model = &p->models[p->model_count++];

		*model = (struct policy_model){
			.name = m.map->keys[i]->text.p,
			.quality = -1,
			.usd_per_million_in = -1,
			.usd_per_million_out = -1,
			.place = m.map->keys[i],
		};
		if (!strpbrk(model->name, ":*"))
			return yaml_error(p->doc, model->place, err,
			    "models: \"%.60s\" is no provider:model (nor \"provider:*\")",
			    model->name);
		if (read_model(p, m.map->items[i], model, err) < 0)
			return -1;
	}
	inherit_all(p, m.map);
	return 0;
}
