/* SPDX-License-Identifier: MIT */
/* price_import - price rows from LiteLLM's model_prices_and_context_window.json. */
#include "price/price_import.h"

#include "base/buf.h"
#include "base/mem.h"
#include "json/jsonw.h"

/* Its names of our kinds; with a tier, "_above_200k_tokens" follows. */
static const char *const cost_keys[] = {
	[PRICE_IN] = "input_cost_per_token",
	[PRICE_OUT] = "output_cost_per_token",
	[PRICE_CACHE_READ] = "cache_read_input_token_cost",
	[PRICE_CACHE_WRITE] = "cache_creation_input_token_cost",
	[PRICE_CACHE_WRITE_1H] = "cache_creation_input_token_cost_above_1hr",
	[PRICE_REASONING] = "output_cost_per_reasoning_token",
};

static const struct {
	const char *suffix;
	int64_t tokens;
} tiers[] = {
	{ "_above_128k_tokens", 128000 },
	{ "_above_200k_tokens", 200000 },
	{ "_above_256k_tokens", 256000 },
	{ "_above_272k_tokens", 272000 },
	{ "_above_512k_tokens", 512000 },
};

/* Providers that are called otherwise here. */
static const char *const providers[][2] = {
	{ "together_ai", "together" },
	{ "fireworks_ai", "fireworks" },
	{ "azure", "azure-openai" },
	{ "bedrock_converse", "bedrock" },
};

bool
price_import_fits(struct json v)
{
	struct json_iter it = json_each(v);

	if (!json_is(v, JSON_OBJECT) || json_exists(json_get(v, "provider")))
		return false;
	while (json_next(&it)) {
		if (json_exists(json_get(it.value, "litellm_provider")))
			return true;
	}
	return false;
}

/* Pico-dollars a token; PRICE_UNKNOWN where there is no sensible number. */
static int64_t
read_cost(struct json model, enum price_kind kind, const char *suffix)
{
	struct buf key = BUF_INIT(BUF_UNLIMITED);
	struct json v;
	double usd;

	buf_adds(&key, cost_keys[kind]);
	buf_adds(&key, suffix);
	v = json_get(model, key.p);
	buf_release(&key);
	if (!json_double(v, &usd) || usd < 0 || usd > 1)
		return PRICE_UNKNOWN;
	return (int64_t)(usd * 1e12 + 0.5);
}

static struct price_rates
read_rates(struct json model, const char *suffix, const struct price_rates *base)
{
	struct price_rates r;
	size_t kind;

	for (kind = 0; kind < PRICE_KINDS; kind++) {
		r.pusd[kind] = read_cost(model, (enum price_kind)kind, suffix);
		if (r.pusd[kind] == 0 && kind >= PRICE_CACHE_READ)
			r.pusd[kind] = PRICE_UNKNOWN;
		if (base && (r.pusd[kind] == PRICE_UNKNOWN || base->pusd[kind] == PRICE_UNKNOWN))
			r.pusd[kind] = base->pusd[kind];
	}
	return r;
}

static void
write_rates(struct jsonw *w, const struct price_rates *r)
{
	size_t kind;

	jsonw_key(w, "usdPerMillion");
	jsonw_object(w);
	for (kind = 0; kind < PRICE_KINDS; kind++) {
		if (r->pusd[kind] == PRICE_UNKNOWN)
			continue;
		jsonw_key(w, price_kind_name((enum price_kind)kind));
		jsonw_usd(w, r->pusd[kind] * 1000000); /* read_cost's bound: fits */
	}
	jsonw_end(w);
}

static void
write_tiers(struct jsonw *w, struct json model, struct str provider, const struct price_rates *base)
{
	struct price_rates r;
	bool any = false;
	size_t i;

	for (i = 0; i < sizeof tiers / sizeof *tiers; i++) {
		if (read_cost(model, PRICE_IN, tiers[i].suffix) == PRICE_UNKNOWN)
			continue;
		r = read_rates(model, tiers[i].suffix, base);
		if (!any) {
			jsonw_key(w, "contextTiers");
			jsonw_array(w);
		}
		any = true;
		jsonw_object(w);
		jsonw_ki64(w, str_is(provider, "xai") ? "from" : "above", tiers[i].tokens);
		write_rates(w, &r);
		jsonw_end(w);
	}
	if (any)
		jsonw_end(w);
}

/* The name that the model has at its provider: the map puts the provider's before it. */
static struct str
bare(struct str name, struct str provider)
{
	if (name.len > provider.len + 1 && name.p[provider.len] == '/' &&
	    memcmp(name.p, provider.p, provider.len) == 0)
		return (struct str){ name.p + provider.len + 1, name.len - provider.len - 1 };
	return name;
}

static struct str
our_provider(struct str provider)
{
	size_t i;

	for (i = 0; i < sizeof providers / sizeof *providers; i++) {
		if (str_is(provider, providers[i][0]))
			return str_of(providers[i][1]);
	}
	return provider;
}

static const char *
why_unpriced(struct json model, const struct price_rates *r)
{
	if (json_exists(json_get(model, "tiered_pricing")))
		return "tiered_pricing is not read from an imported map";
	if (r->pusd[PRICE_IN] == PRICE_UNKNOWN || r->pusd[PRICE_OUT] == PRICE_UNKNOWN)
		return "the imported map has no price per token";
	if (r->pusd[PRICE_IN] == 0 && r->pusd[PRICE_OUT] == 0)
		return "the imported map says 0, which there also stands for unknown";
	return NULL;
}

/* A model of the map. Some stand there twice, with and without the provider's name before them. */
struct entry {
	struct str provider, id;
	bool prefixed;
	struct json model;
};

static int
compare_str(struct str a, struct str b)
{
	int order = memcmp(a.p, b.p, a.len < b.len ? a.len : b.len);

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* By provider and id, the prefixed one first. */
static int
compare_entries(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;
	int order = compare_str(a->provider, b->provider);

	if (!order)
		order = compare_str(a->id, b->id);
	return order ? order : b->prefixed - a->prefixed;
}

static size_t
collect(struct json map, struct entry **entries)
{
	struct json_iter it = json_each(map);
	struct str name, provider;
	size_t count = 0, cap = 0;

	*entries = NULL;
	while (json_next(&it)) {
		if (json_eq(it.key, "sample_spec") || !json_plain(it.key, &name) || !name.len ||
		    memchr(name.p, '*', name.len))
			continue;
		if (!json_plain(json_get(it.value, "litellm_provider"), &provider) || !provider.len)
			continue;
		VEC_GROW(*entries, count, cap);
		(*entries)[count].provider = our_provider(provider);
		(*entries)[count].id = bare(name, provider);
		(*entries)[count].prefixed = (*entries)[count].id.p != name.p;
		(*entries)[count++].model = it.value;
	}
	if (count)
		qsort(*entries, count, sizeof **entries, compare_entries);
	return count;
}

static bool
is_same(const struct entry *a, const struct entry *b)
{
	return str_eq(a->provider, b->provider) && str_eq(a->id, b->id);
}

/* One model as a line of share/pricing. */
static void
write_row(struct jsonw *w, const struct entry *e)
{
	struct price_rates r = read_rates(e->model, "", NULL);
	const char *why = why_unpriced(e->model, &r);

	jsonw_object(w);
	jsonw_kstrn(w, "provider", e->provider);
	jsonw_kstrn(w, "id", e->id);
	if (why) {
		jsonw_kstr(w, "unpriced", why);
	} else {
		write_rates(w, &r);
		write_tiers(w, e->model, e->provider, &r);
	}
	jsonw_end(w);
}

int
price_import(struct prices *prices, const char *file, struct json map, int layer, struct err *err)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct entry *entries;
	size_t i, count = collect(map, &entries);
	struct jsonw w;
	int rc;

	for (i = 0; i < count; i++) {
		if (i && is_same(&entries[i - 1], &entries[i]))
			continue;
		jsonw_start(&w, &text);
		write_row(&w, &entries[i]);
		buf_addc(&text, '\n');
	}
	free(entries);
	rc = prices_add(prices, file, buf_str(&text), layer, err);
	buf_release(&text);
	return rc;
}
