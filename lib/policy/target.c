/* SPDX-License-Identifier: MIT */
/* target - who can be asked, and what is known of each: made once a name. */
#include "policy/target.h"

#include <math.h>
#include <stdlib.h>

#include "base/fnv.h"
#include "base/mem.h"
#include "sys/hash.h"

enum { SLOTS = 4 * TARGETS_MAX /* a power of two: there is always a free one */, KEY_DIGITS = 12 };

/* A name, and whom it leads to: several may lead to one. */
struct name {
	char *text;
	struct target *target; /* NULL: nobody, and why says so */
	char *why;
};

struct targets {
	struct targets_config config;
	struct name *names;
	size_t name_count, name_cap;
	struct target **items;
	size_t count, cap;
	uint32_t *slots; /* 1 + the index of a name; 0: free */
};

struct targets *
targets_new(const struct targets_config *config)
{
	struct targets *set = xcalloc(1, sizeof *set);

	set->config = *config;
	set->slots = xcalloc(SLOTS, sizeof *set->slots);
	return set;
}

static void
target_free(struct target *t)
{
	free(t->spec);
	free(t->model);
	free(t->no_key);
	free(t->key_name);
	free(t);
}

void
targets_free(struct targets *set)
{
	if (!set)
		return;
	while (set->count)
		target_free(set->items[--set->count]);
	while (set->name_count) {
		struct name *n = &set->names[--set->name_count];

		free(n->text);
		free(n->why);
	}
	free(set->items);
	free(set->names);
	free(set->slots);
	free(set);
}

/* --- names --- */

static uint64_t
hash_name(struct str s)
{
	uint64_t h = fnv_add(FNV_BASIS, s);

	return h ^ (h >> 32);
}

static uint32_t *
slot_of(const struct targets *set, struct str text)
{
	size_t i = hash_name(text) & (SLOTS - 1);

	while (set->slots[i] && !str_is(text, set->names[set->slots[i] - 1].text))
		i = (i + 1) & (SLOTS - 1);
	return &set->slots[i];
}

static struct name *
name_add(struct targets *set, struct str text)
{
	VEC_GROW(set->names, set->name_count, set->name_cap);
	set->names[set->name_count] = (struct name){ .text = xmemdup(text.p, text.len) };
	*slot_of(set, text) = (uint32_t)set->name_count + 1;
	return &set->names[set->name_count++];
}

/* --- what is known of one --- */

/* "localhost", 127.0.0.1, ::1, the private ranges of RFC 1918, and names of the house: without a
 * dot, or under .local, .internal, .lan and .home.arpa. */
static bool
is_near(struct str host)
{
	static const char *const begins[] = { "127.", "10.", "192.168.", "[::1]", "[fd",
		"[fe80:", "unix:" };
	static const char *const ends[] = { ".local", ".localhost", ".internal", ".lan",
		".home.arpa" };

	for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
		if (str_starts(host, begins[i]))
			return true;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (str_ends(host, ends[i]))
			return true;
	if (str_starts(host, "172.") && host.len > 6 && host.p[6] == '.') {
		int second = (host.p[4] - '0') * 10 + host.p[5] - '0';

		return second >= 16 && second <= 31;
	}
	return host.len && !memchr(host.p, '.', host.len) && !memchr(host.p, '[', host.len);
}

/* The host of a URL, without user and port; "[::1]" with its brackets. */
static struct str
host_of(const char *url)
{
	const char *p = strstr(url, "://"), *end, *at;

	p = p ? p + 3 : url;
	end = p + strcspn(p, "/?#");
	at = memchr(p, '@', (size_t)(end - p));
	if (at)
		p = at + 1;
	if (*p == '[')
		return (struct str){ p, strcspn(p, "]/") + 1 };
	at = memchr(p, ':', (size_t)(end - p));
	return (struct str){ p, (size_t)((at ? at : end) - p) };
}

/* A local server may pass a model on to its maker's cloud: Ollama does, and names it so. */
static bool
is_local(const struct target *t)
{
	struct str model = str_of(t->model);

	return t->provider->base_url && !t->is_program && !str_ends(model, "-cloud") &&
	       !str_ends(model, ":cloud") && is_near(host_of(t->provider->base_url));
}

/* Dollars a million tokens to pico-dollars a token. */
static int64_t
rate_of(double usd_per_million)
{
	return usd_per_million < 0 ? PRICE_UNKNOWN : (int64_t)llround(usd_per_million * 1e6);
}

static void
set_price(const struct targets *set, struct target *t)
{
	const struct policy_model *said = t->said;
	enum price_miss miss;

	for (int i = 0; i < PRICE_KINDS; i++)
		t->rates.pusd[i] = PRICE_UNKNOWN;
	if (said && said->usd_per_million_in >= 0 && said->usd_per_million_out >= 0) {
		t->rates.pusd[PRICE_IN] = rate_of(said->usd_per_million_in);
		t->rates.pusd[PRICE_OUT] = rate_of(said->usd_per_million_out);
	} else if (set->config.prices) {
		t->price = price_find(set->config.prices, str_of(t->provider->name),
		    str_of(t->model), set->config.day, &miss);
		if (!t->price && t->provider->like)
			t->price = price_find(set->config.prices, str_of(t->provider->like),
			    str_of(t->model), set->config.day, &miss);
		if (t->price && t->price->unpriced.p)
			t->price = NULL;
		if (t->price)
			t->rates = t->price->rates;
	}
	t->is_free = (said && said->subscription) ||
		     (t->is_local && t->rates.pusd[PRICE_IN] == PRICE_UNKNOWN);
}

/* What stands for the key in names that many read: its hash, of which too little is kept to find a
 * key by. Of a key that is not looked at now, the hash of where it is. */
static char *
key_name(const struct provider *p, env_fn *env)
{
	struct str rest = str_of(p->key_ref), ref;
	struct buf hex = BUF_INIT(BUF_UNLIMITED);
	const char *key = p->key;
	struct hash h;

	while (!key && str_split(&rest, '\n', &ref)) {
		char *reference = xmemdup(ref.p, ref.len);

		key = str_starts(ref, "env:") ? env(reference + 4) : p->key_ref;
		key = key && *key ? key : NULL;
		free(reference);
	}
	if (!key)
		return xstrdup("");
	h = hash_sha256(str_of(key));
	hash_hex(&h, &hex);
	buf_truncate(&hex, KEY_DIGITS);
	return buf_take(&hex);
}

static void
set_key(const struct targets *set, struct target *t)
{
	struct buf names = BUF_INIT(BUF_UNLIMITED);

	t->has_key = provider_has_key(t->provider, set->config.env, &names) || set->config.any_key;
	if (!t->has_key)
		t->no_key = names.len
				? xasprintf("no key for %s: set %s", t->provider->name, names.p)
				: xasprintf("no key for %s", t->provider->name);
	t->key_name = key_name(t->provider, set->config.env);
	buf_release(&names);
}

static void
set_facts(const struct targets *set, struct target *t)
{
	struct err err = ERR_INIT; /* a file that can't be read leaves the model unknown */

	t->facts = model_for(set->config.models, t->provider, str_of(t->model), &err);
	t->said = policy_model_find(set->config.policy, str_of(t->spec));
	t->quality = t->said ? t->said->quality : -1;
	if (t->facts) {
		t->context_window = t->facts->context_window;
		t->max_output = t->facts->max_output;
	}
	if (t->said && t->said->context_window)
		t->context_window = t->said->context_window;
}

static void
set_health(const struct targets *set, struct target *t)
{
	struct buf name = BUF_INIT(BUF_UNLIMITED);

	if (!set->config.health)
		return;
	switch (set->config.policy->breaker.scope) {
	case BREAKER_PROVIDER:
		buf_adds(&name, t->provider->name);
		break;
	case BREAKER_MODEL:
		buf_adds(&name, t->spec);
		break;
	case BREAKER_KEY:
		buf_addf(&name, "%s#%s", t->provider->name, t->key_name);
		break;
	}
	t->health = health_of(set->config.health, buf_str(&name), str_of(t->spec));
	buf_release(&name);
}

static char *
spec_of(const struct provider *p, struct str model)
{
	return model.len ? xasprintf("%s:%.*s", p->name, (int)model.len, model.p)
			 : xstrdup(p->name);
}

static struct target *
target_new(struct targets *set, struct provider *p, struct str model)
{
	struct target *t = xcalloc(1, sizeof *t);

	t->spec = spec_of(p, model);
	t->provider = p;
	t->model = xmemdup(model.p, model.len);
	t->is_program = p->program != NULL;
	t->is_local = is_local(t);
	t->family = tokens_family(str_of(t->model));
	t->index = set->count;
	set_facts(set, t);
	set_price(set, t);
	set_key(set, t);
	set_health(set, t);
	VEC_GROW(set->items, set->count, set->cap);
	set->items[set->count++] = t;
	return t;
}

/* --- finding one --- */

/* Make the name, and whom it leads to, or why it leads nowhere. */
static struct name *
name_new(struct targets *set, struct str text, struct err *err)
{
	struct provider *p;
	struct str model;
	struct name *n;
	struct target *t;
	char *whole;
	uint32_t at;

	if (providers_resolve(set->config.providers, text, &p, &model, err) < 0) {
		n = name_add(set, text);
		n->why = xstrdup(err->text);
		return n;
	}
	whole = spec_of(p, model);
	at = *slot_of(set, str_of(whole));
	t = at ? set->names[at - 1].target : target_new(set, p, model);
	if (!at)
		name_add(set, str_of(whole))->target = t;
	if (!str_is(text, whole))
		name_add(set, text)->target = t;
	free(whole);
	return &set->names[*slot_of(set, text) - 1];
}

const struct target *
target_of(struct targets *set, struct str spec, struct err *err)
{
	uint32_t at = *slot_of(set, spec);
	const struct name *n;

	if (spec.len && memchr(spec.p, '\0', spec.len)) {
		(void)err_set(err, EXIT_NO, "a model's name holds a NUL");
		return NULL;
	}
	if (!at && set->name_count + 2 > TARGETS_MAX) {
		(void)err_set(err, EXIT_NO, "more than %d models were named", TARGETS_MAX - 1);
		return NULL;
	}
	n = at ? &set->names[at - 1] : name_new(set, spec, err);
	if (!n->target)
		(void)err_set(err, EXIT_NO, "%s", n->why);
	return n->target;
}

/* The program of the provider's maker. */
static const char *
program_of(const struct target *t)
{
	static const char *const makers[][2] = {
		{ "anthropic", "cli:claude" },
		{ "openai", "cli:codex" },
		{ "openai-responses", "cli:codex" },
		{ "gemini", "cli:gemini" },
	};

	if (t->said && t->said->cli)
		return t->said->cli;
	for (size_t i = 0; i < sizeof makers / sizeof *makers; i++)
		if (strcmp(provider_kin(t->provider), makers[i][0]) == 0)
			return makers[i][1];
	return NULL;
}

const struct target *
target_program(struct targets *set, const struct target *t)
{
	const char *program = t->is_program ? NULL : program_of(t);
	struct err err = ERR_INIT; /* whoever names a program that is none is told by the policy */
	const struct target *found;
	char *spec;

	if (!program)
		return NULL;
	/* "cli:NAME:MODEL" has its model; "cli:NAME" gets this one as a hint */
	spec = strchr(program + strlen("cli:"), ':') ? xstrdup(program)
						     : xasprintf("%s:%s", program, t->model);
	found = target_of(set, str_of(spec), &err);
	free(spec);
	return found;
}
