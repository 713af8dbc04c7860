/* SPDX-License-Identifier: MIT */
/* cost_model - the pairs of provider and model that a run has seen, and what was spent on each. */
#include "price/cost_model.h"

#include "base/fnv.h"
#include "base/mem.h"
#include "base/money.h"

enum {
	SLOTS = 4096
}; /* a power of two, more than twice COST_MODELS_MAX: there is always a free one */

void
cost_models_init(struct cost_models *models, const struct prices *prices, int64_t day)
{
	*models = (struct cost_models){ .prices = prices, .day = day };
	models->slots = xcalloc(SLOTS, sizeof *models->slots);
	cost_sums_init(&models->others.sums);
	buf_init(&models->text, BUF_UNLIMITED);
}

/* Everything but the sums. */
static void
model_release(struct cost_model *m)
{
	while (m->form_count)
		cost_form_release(&m->forms[--m->form_count]);
	free(m->forms);
	m->forms = NULL;
	m->form_cap = 0;
	free((char *)m->provider.p);
	free((char *)m->model.p);
}

void
cost_models_release(struct cost_models *models)
{
	size_t i;

	for (i = 0; i < models->count; i++) {
		model_release(models->items[i]);
		free(models->items[i]);
	}
	model_release(&models->others);
	free(models->items);
	free(models->slots);
	buf_release(&models->text);
}

static struct str
copy(struct json v)
{
	return (struct str){ xmemdup(v.p ? v.p : "", v.len), v.len };
}

static const struct price_row *
find_row(struct cost_models *models, struct json provider, struct json model, enum price_miss *miss)
{
	struct str p, n;

	buf_reset(&models->text);
	json_text(provider, &models->text);
	p.len = models->text.len;
	json_text(model, &models->text);
	p.p = models->text.p;
	n = (struct str){ p.p + p.len, models->text.len - p.len };
	return price_find(models->prices, p, n, models->day, miss);
}

/* Name the pair and look its price row up. */
static void
model_set(struct cost_models *models, struct cost_model *m, struct json provider, struct json model,
    struct json like)
{
	enum price_miss of_like;

	m->provider = copy(provider);
	m->model = copy(model);
	m->row = find_row(models, provider, model, &m->miss);
	if (m->row || !json_is(like, JSON_STRING))
		return;
	m->row = find_row(models, like, model, &of_like);
	if (m->miss == PRICE_NO_PROVIDER)
		m->miss = of_like;
}

static bool
model_is(const struct cost_model *m, struct json provider, struct json model)
{
	return str_eq(m->model, json_raw(model)) && str_eq(m->provider, json_raw(provider));
}

static uint64_t
hash(uint64_t h, struct json v)
{
	h = fnv_add(h, json_raw(v));
	return h ^ h >> 29;
}

static struct cost_model *
model_new(struct cost_models *models, struct json provider, struct json model, struct json like)
{
	struct cost_model *m;

	if (models->count == COST_MODELS_MAX || provider.len + model.len > COST_NAMES_MAX) {
		m = &models->others;
		model_release(m);
	} else {
		m = xcalloc(1, sizeof *m);
		cost_sums_init(&m->sums);
		VEC_GROW(models->items, models->count, models->cap);
		models->items[models->count++] = m;
	}
	model_set(models, m, provider, model, like);
	return m;
}

struct cost_model *
cost_model_of(struct cost_models *models, struct json provider, struct json model, struct json like)
{
	struct cost_model *m = models->last;
	size_t at, before = models->count;

	if (m && model_is(m, provider, model))
		return m;
	at = hash(hash(FNV_BASIS, provider), model) & (SLOTS - 1);
	for (m = NULL; models->slots[at]; at = (at + 1) & (SLOTS - 1)) {
		m = models->items[models->slots[at] - 1];
		if (model_is(m, provider, model))
			return models->last = m;
	}
	m = model_new(models, provider, model, like);
	if (models->count > before)
		models->slots[at] = (unsigned)models->count;
	return models->last = m;
}

const struct cost_form *
cost_model_form(struct cost_model *model, const struct price_tier *tier)
{
	size_t i;

	for (i = 0; i < model->form_count; i++) {
		if (model->forms[i].tier == tier)
			return &model->forms[i];
	}
	VEC_GROW(model->forms, model->form_count, model->form_cap);
	cost_form_init(&model->forms[model->form_count], model->row, tier);
	return &model->forms[model->form_count++];
}

/* --- sums --- */

void
cost_sums_init(struct cost_sums *sums)
{
	*sums = (struct cost_sums){ .usage = USAGE_UNKNOWN };
}

static void
count_add(int64_t *sum, int64_t count)
{
	if (count == TOKENS_UNKNOWN)
		return;
	if (*sum == TOKENS_UNKNOWN)
		*sum = 0;
	if (__builtin_add_overflow(*sum, count, sum))
		*sum = INT64_MAX;
}

void
cost_sums_add(struct cost_sums *s, const struct usage *u, const int64_t *pusd, bool reported)
{
	s->responses++;
	s->reported += reported;
	count_add(&s->usage.in, u->in);
	count_add(&s->usage.out, u->out);
	count_add(&s->usage.cache_read, u->cache_read);
	count_add(&s->usage.cache_write, u->cache_write);
	count_add(&s->usage.cache_write_1h, u->cache_write_1h);
	count_add(&s->usage.reasoning, u->reasoning);
	if (!pusd)
		s->unpriced++;
	else if (!money_add(&s->pusd, *pusd))
		s->overflow = true;
}
