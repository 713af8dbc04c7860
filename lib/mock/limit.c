/* SPDX-License-Identifier: MIT */
/* limit - accounts and what is left of them. */
#include "mock/limit.h"

#include <fnmatch.h>
#include <math.h>

#include "base/mem.h"
#include "base/money.h"

#define ENOUGH 1e-6 /* what a sum of fractions may lack */

void
mock_limits_release(struct mock_limits *l)
{
	for (struct mock_limit *limit = l->items; limit < l->items + l->count; limit++) {
		for (size_t i = 0; i < limit->count; i++) {
			free(limit->accounts[i]->provider);
			free(limit->accounts[i]->key);
			free(limit->accounts[i]);
		}
		free(limit->accounts);
		free(limit->provider);
		free(limit->model);
	}
	free(l->items);
	*l = (struct mock_limits){ 0 };
}

/* --- accounts --- */

static struct mock_account *
account_of(struct mock_limit *limit, struct str provider, struct str key, int64_t now_us)
{
	struct mock_account *a;

	for (size_t i = 0; i < limit->count; i++)
		if (str_is(key, limit->accounts[i]->key) &&
		    str_is(provider, limit->accounts[i]->provider))
			return limit->accounts[i];
	VEC_GROW(limit->accounts, limit->count, limit->cap);
	limit->accounts[limit->count++] = a = xcalloc(1, sizeof *a);
	a->provider = xmemdup(provider.p, provider.len);
	a->key = xmemdup(key.p ? key.p : "", key.len);
	a->filled_us = now_us;
	for (int m = 0; m < METERS; m++)
		a->level[m] = (double)limit->rates[m].count;
	return a;
}

static double
per_us(const struct mock_rate *r)
{
	return (double)r->count / (double)r->period_us;
}

static void
fill(const struct mock_limit *limit, struct mock_account *a, int64_t now_us)
{
	for (int m = 0; m < METERS; m++) {
		const struct mock_rate *rate = &limit->rates[m];

		if (!rate->period_us)
			continue;
		a->level[m] += per_us(rate) * (double)(now_us - a->filled_us);
		if (a->level[m] > (double)rate->count)
			a->level[m] = (double)rate->count;
	}
	a->filled_us = now_us;
}

int64_t
mock_account_left(const struct mock_account *a, enum mock_meter meter)
{
	return a->level[meter] > 0 ? (int64_t)(a->level[meter] + ENOUGH) : 0;
}

/* --- letting in --- */

static bool
is_empty(const struct mock_quota *q, const struct mock_account *a)
{
	return (q->requests >= 0 && a->requests >= q->requests) ||
	       (q->tokens >= 0 && a->tokens >= q->tokens) || (q->pusd >= 0 && a->pusd >= q->pusd);
}

static bool
refuse(struct mock_refusal *refusal, const struct mock_limit *limit, enum mock_lack lack)
{
	*refusal = (struct mock_refusal){ .limit = limit, .lack = lack, .wait_us = -1 };
	return false;
}

static bool
may_take(const struct mock_limit *limit, const struct mock_account *a, enum mock_meter meter,
    int64_t need, struct mock_refusal *refusal)
{
	const struct mock_rate *rate = &limit->rates[meter];

	if (!rate->period_us || a->level[meter] + ENOUGH >= (double)need)
		return true;
	(void)refuse(refusal, limit, (enum mock_lack)meter);
	refusal->left = mock_account_left(a, meter);
	refusal->need = need;
	if (need <= rate->count)
		refusal->wait_us = (int64_t)ceil(((double)need - a->level[meter]) / per_us(rate));
	return false;
}

static bool
lets_in(const struct mock_stay *stay, int64_t tokens_in, struct mock_refusal *refusal)
{
	const struct mock_limit *limit = stay->limit;
	const struct mock_account *a = stay->account;
	int64_t need[METERS] = { 1, tokens_in, tokens_in, 1 };

	if (is_empty(&limit->quota, a))
		return refuse(refusal, limit, LACK_QUOTA);
	if (limit->concurrent >= 0 && a->in_flight >= limit->concurrent)
		return refuse(refusal, limit, LACK_CONCURRENT);
	for (int m = 0; m < METERS; m++)
		if (!may_take(limit, a, (enum mock_meter)m, need[m] > 0 ? need[m] : 1, refusal))
			return false;
	return true;
}

static bool
applies(const struct mock_limit *limit, const struct mock_asking *asking)
{
	if (limit->provider && fnmatch(limit->provider, asking->request->provider.p, 0) != 0)
		return false;
	if (limit->model && fnmatch(limit->model, asking->request->model.p, 0) != 0)
		return false;
	return !limit->during.to_us || mock_span_holds(&limit->during, asking->since_us);
}

static void
take_tokens(struct mock_stay *stay, int64_t in, int64_t out)
{
	struct mock_account *a = stay->account;
	const struct mock_quota *q = &stay->limit->quota;
	int64_t pusd;

	a->level[METER_TOKENS] -= (double)(in + out);
	a->level[METER_INPUT] -= (double)in;
	a->level[METER_OUTPUT] -= (double)out;
	a->tokens += in + out;
	if (money_charge(in, q->in_pusd, &pusd))
		(void)money_add(&a->pusd, pusd); /* past nine million dollars it is empty anyway */
	if (money_charge(out, q->out_pusd, &pusd))
		(void)money_add(&a->pusd, pusd);
}

bool
mock_limits_admit(struct mock_limits *l, const struct mock_asking *asking,
    struct mock_admission *admission, struct mock_refusal *refusal)
{
	bool ok = true;

	admission->tokens_in = mock_request_tokens(asking->request);
	for (struct mock_limit *limit = l->items; limit < l->items + l->count; limit++) {
		struct mock_stay *stay;

		if (!applies(limit, asking))
			continue;
		VEC_GROW(admission->stays, admission->count, admission->cap);
		stay = &admission->stays[admission->count++];
		stay->limit = limit;
		stay->account = account_of(
		    limit, buf_str(&asking->request->provider), asking->key, asking->since_us);
		fill(limit, stay->account, asking->since_us);
		ok = ok && lets_in(stay, admission->tokens_in, refusal);
	}
	for (size_t i = 0; ok && i < admission->count; i++) {
		struct mock_account *a = admission->stays[i].account;

		a->in_flight++;
		a->requests++;
		a->level[METER_REQUESTS] -= 1;
		take_tokens(&admission->stays[i], admission->tokens_in, 0);
	}
	admission->is_in = ok;
	return ok;
}

void
mock_admission_settle(struct mock_admission *a, int64_t tokens_in, int64_t tokens_out)
{
	for (size_t i = 0; a->is_in && i < a->count; i++)
		take_tokens(&a->stays[i], tokens_in - a->tokens_in, tokens_out);
	a->tokens_in = tokens_in;
}

void
mock_admission_end(struct mock_admission *a)
{
	for (size_t i = 0; a->is_in && i < a->count; i++)
		a->stays[i].account->in_flight--;
	free(a->stays);
	*a = (struct mock_admission){ 0 };
}
