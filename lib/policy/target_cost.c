/* SPDX-License-Identifier: MIT */
/* target_cost - the most that a request can come to, and what it came to. */
#include "base/money.h"
#include "llm/ceiling.h"
#include "policy/facts.h"
#include "policy/target.h"
#include "price/charge.h"

enum { ANSWERS_MAX = 1 << 16 /* who asks for more is taken to ask for so many */ };

static int64_t
at_most(int64_t n, int64_t most)
{
	return n < most ? n : most;
}

/* --- what is asked for --- */

struct target_wish
target_wish(struct json options)
{
	struct target_wish wish = { .reasoning = REASONING_UNSET };
	struct json reasoning = json_get(options, "reasoning");

	if (json_count_of(json_get(options, "maxTokens"), &wish.max_tokens) && wish.max_tokens > 0)
		wish.max_tokens = at_most(wish.max_tokens, TARGET_TOKENS_MAX);
	else
		wish.max_tokens = 0;
	if (json_count_of(json_get(reasoning, "budgetTokens"), &wish.reasoning_budget))
		wish.reasoning = REASONING_BUDGET;
	for (int i = 1; request_levels[i]; i++)
		if (json_eq(reasoning, request_levels[i]))
			wish.reasoning = (enum reasoning_level)i;
	return wish;
}

struct target_wish
target_wish_over(struct target_wish wish, const struct request *request)
{
	const struct request_options *o = &request->options;

	if (!wish.max_tokens && o->max_tokens != OPTION_UNSET)
		wish.max_tokens = at_most(o->max_tokens, TARGET_TOKENS_MAX);
	if (wish.reasoning == REASONING_UNSET) {
		wish.reasoning = o->reasoning;
		wish.reasoning_budget = o->reasoning_budget;
	}
	return wish;
}

/* Most requests say nothing in a provider's words, and most dialects count as we do. */
static struct ceiling
ceiling(const struct target *t, const struct request *r, const struct target_wish *wish)
{
	struct ceiling c = { .tokens = wish->max_tokens, .answers = 1 };
	struct build b = { .provider = t->provider, .model = str_of(t->model) };
	struct request request;

	if (!t->provider->dialect->room && !t->provider->options &&
	    !json_exists(r->provider_options))
		return c;
	request = *r;
	request.options.max_tokens = wish->max_tokens ? wish->max_tokens : OPTION_UNSET;
	request.options.reasoning = wish->reasoning;
	request.options.reasoning_budget = wish->reasoning_budget;
	b.request = &request;
	c = ceiling_of(&b);
	c.tokens = at_most(c.tokens, TARGET_TOKENS_MAX);
	c.answers = at_most(c.answers, ANSWERS_MAX);
	return c;
}

/* --- what it costs --- */

/* Whether a cache may be written, for which some charge more than for input. */
static bool
may_cache(const struct request *r)
{
	static const char word[] = "\"cache";
	const char *p = r->record.p, *end = p + r->record.len;

	while (p < end && (p = memchr(p, '"', (size_t)(end - p))) != NULL) {
		if ((size_t)(end - p) > sizeof word && memcmp(p, word, sizeof word - 1) == 0)
			return true;
		p++;
	}
	return r->options.cache_auto;
}

static int64_t
dearest(const struct price_rates *rates, enum price_kind first, enum price_kind last, int64_t most)
{
	for (enum price_kind k = first; k <= last; k++)
		most = rates->pusd[k] > most ? rates->pusd[k] : most;
	return most;
}

/* The most that it can write for a request of so many tokens; negative: not known. */
static int64_t
most_output(const struct target *t, int64_t in, int64_t max_tokens)
{
	if (max_tokens > 0)
		return max_tokens;
	if (t->max_output)
		return at_most(t->max_output, TARGET_TOKENS_MAX);
	return t->context_window > in ? at_most(t->context_window - in, TARGET_TOKENS_MAX) : -1;
}

int64_t
target_tokens(const struct target *t, struct facts *facts)
{
	return facts_tokens_of(facts, t->family).high;
}

/* Of so much input and output, at the dearest; out negative: not known. */
static int64_t
charge(const struct target *t, struct facts *facts, int64_t in, int64_t out)
{
	const struct price_rates *rates = &t->rates;
	const struct price_tier *tier;
	int64_t in_rate, out_rate, sum, part;

	if (t->price)
		rates = price_row_rates(t->price, in, &tier);
	in_rate = rates->pusd[PRICE_IN];
	if (in_rate == PRICE_UNKNOWN || rates->pusd[PRICE_OUT] == PRICE_UNKNOWN || out < 0)
		return in_rate == 0 && rates->pusd[PRICE_OUT] == 0 ? 0 : -1;
	if (dearest(rates, PRICE_CACHE_WRITE, PRICE_CACHE_WRITE_1H, in_rate) > in_rate &&
	    may_cache(facts->request))
		in_rate = dearest(rates, PRICE_CACHE_WRITE, PRICE_CACHE_WRITE_1H, in_rate);
	out_rate = dearest(rates, PRICE_REASONING, PRICE_REASONING, rates->pusd[PRICE_OUT]);
	if (!money_charge(in, in_rate, &sum) || !money_charge(out, out_rate, &part) ||
	    !money_add(&sum, part))
		return INT64_MAX;
	return sum;
}

struct target_most
target_most(const struct target *t, struct facts *facts, const struct target_wish *wish)
{
	struct ceiling c = ceiling(t, facts->request, wish);
	int64_t in = target_tokens(t, facts), out = most_output(t, in, c.tokens);
	struct target_most most = { .tokens = -1 };

	if (out >= 0) {
		out *= c.answers;
		most.tokens = in + out;
	}
	if (t->is_free)
		return most;
	most.unpriced = c.unpriced;
	most.pusd = c.unpriced ? -1 : charge(t, facts, in, out);
	return most;
}

void
target_say_unknown(const struct target_most *most, struct buf *why)
{
	if (most->unpriced)
		buf_addf(
		    why, "what it costs with providerOptions' %s is not known", most->unpriced);
	else
		buf_adds(why, "its price is not known");
}

int64_t
target_written_pusd(const struct target *t, struct facts *facts, int64_t written)
{
	const struct target_wish none = { 0 };

	if (t->is_free)
		return 0;
	return charge(
	    t, facts, target_tokens(t, facts), written * ceiling(t, facts->request, &none).answers);
}

int64_t
target_cost_pusd(const struct target *t, const struct usage *usage)
{
	struct price_row own = { .rates = t->rates };
	struct charge charge;

	if (t->is_free)
		return 0;
	if (t->rates.pusd[PRICE_IN] == PRICE_UNKNOWN || t->rates.pusd[PRICE_OUT] == PRICE_UNKNOWN)
		return -1;
	return charge_usage(t->price ? t->price : &own, usage, 1, &charge) ? -1 : charge.pusd;
}

struct budget_ask
target_ask(const struct target *t, const struct request *request, int64_t most_pusd, int64_t tokens)
{
	return (struct budget_ask){
		.record = request->record,
		.provider = str_of(t->provider->name),
		.model = str_of(t->spec),
		.key = str_of(t->key_name),
		.most = { .pusd = most_pusd, .tokens = tokens, .requests = 1 },
	};
}
