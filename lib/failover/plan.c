/* SPDX-License-Identifier: MIT */
/* plan - what would be tried for a request, in which order and within which bounds. */
#include "failover/plan.h"

#include <math.h>

#include "base/money.h"
#include "failover/trip.h"
#include "json/jsonw.h"

/* A candidate, with what can be told of it before it is asked. */
struct prospect {
	const struct choice *choice;
	int64_t most_pusd, tokens;
	struct health_pass pass;
	double ms; /* that half of its answers take; negative: not known */
};

static struct prospect
look(struct trip *t, size_t i)
{
	struct health *health = t->f->config->health;
	struct prospect p = { .choice = &t->decision.items[i], .ms = -1 };
	const struct target *target = p.choice->target;
	struct target_wish wish;
	struct target_most most;

	wish = decision_wish(p.choice, &t->request);
	most = target_most(target, &t->facts, &wish);
	p.most_pusd = most.pusd;
	p.tokens = most.tokens;
	if (target->health) {
		p.pass = health_look(health, target->health, failover_now(t->f));
		p.ms = latency_percentile(&health_latency(health, target->health)->total, 0.5, 1);
	}
	return p;
}

static const char *
breaker_of(const struct prospect *p)
{
	if (p->pass.verdict == BREAKER_PASS)
		return breaker_state_name(BREAKER_CLOSED);
	return breaker_state_name(
	    p->pass.verdict == BREAKER_PROBE ? BREAKER_HALF_OPEN : BREAKER_OPEN);
}

static int64_t
open_ms(const struct trip *t, const struct prospect *p)
{
	int64_t left_us = p->pass.until_us - failover_now(t->f);

	return p->pass.verdict == BREAKER_REFUSED && p->pass.until_us != INT64_MAX && left_us > 0
		   ? left_us / 1000
		   : 0;
}

/* Whether its budgets would let it be sent; why not is appended. */
static bool
is_granted(struct trip *t, const struct prospect *p, struct buf *why)
{
	struct budget_reply reply = { .why = BUF_INIT(BUF_UNLIMITED),
		.warnings = BUF_INIT(BUF_UNLIMITED) };
	struct budget_ask ask = target_ask(p->choice->target, &t->request, p->most_pusd, p->tokens);
	enum budget_verdict verdict;

	if (!t->f->config->budgets)
		return true;
	verdict = budgets_look(t->f->config->budgets, &ask, failover_now(t->f), &reply);
	buf_addstr(why, buf_str(&reply.why));
	buf_release(&reply.why);
	buf_release(&reply.warnings);
	return verdict == BUDGET_GRANTED;
}

/* --- as a record --- */

static void
put_candidate(struct trip *t, size_t i, struct jsonw *w)
{
	struct prospect p = look(t, i);
	struct buf why = BUF_INIT(BUF_UNLIMITED);

	jsonw_object(w);
	jsonw_kstr(w, "model", p.choice->target->spec);
	jsonw_kstr(w, "reason", p.choice->reason);
	if (p.choice->options.len) {
		jsonw_key(w, "options");
		jsonw_raw(w, p.choice->options);
	}
	if (p.choice->profile)
		jsonw_kstr(w, "profile", p.choice->profile);
	if (p.most_pusd >= 0) {
		jsonw_key(w, "maxCostUsd");
		jsonw_usd(w, p.most_pusd);
	}
	if (p.ms >= 0) {
		jsonw_key(w, "expectedMs");
		jsonw_double(w, round(p.ms));
	}
	jsonw_kstr(w, "breaker", breaker_of(&p));
	if (open_ms(t, &p))
		jsonw_ki64(w, "openMs", open_ms(t, &p));
	if (!is_granted(t, &p, &why))
		jsonw_kstr(w, "budget", why.p);
	jsonw_end(w);
	buf_release(&why);
}

static void
put_lines(struct jsonw *w, const char *key, struct str lines)
{
	struct str line;

	if (!lines.len)
		return;
	jsonw_key(w, key);
	jsonw_array(w);
	while (str_split(&lines, '\n', &line))
		if (line.len)
			jsonw_strn(w, line);
	jsonw_end(w);
}

static void
put_hedge(struct jsonw *w, const struct policy_hedge *hedge)
{
	if (hedge->max <= 0)
		return;
	jsonw_key(w, "hedge");
	jsonw_object(w);
	if (hedge->after_ms)
		jsonw_ki64(w, "afterMs", hedge->after_ms);
	if (hedge->percentile > 0)
		jsonw_ki64(w, "afterPercentile", (int64_t)round(hedge->percentile * 100));
	jsonw_ki64(w, "max", hedge->max);
	jsonw_end(w);
}

static void
put_limits(struct jsonw *w, const struct policy_limits *l)
{
	if (l->deadline_ms)
		jsonw_ki64(w, "deadlineMs", l->deadline_ms);
	if (l->max_latency_ms)
		jsonw_ki64(w, "maxLatencyMs", l->max_latency_ms);
	if (l->max_ttft_ms)
		jsonw_ki64(w, "maxTtftMs", l->max_ttft_ms);
	if (l->max_cost_pusd >= 0) {
		jsonw_key(w, "maxCostUsd");
		jsonw_usd(w, l->max_cost_pusd);
	}
	jsonw_ki64(w, "retries", l->retries);
	jsonw_kstr(w, "afterOutput", policy_after_outputs[l->after_output]);
	if (l->when_full != POLICY_FULL_NEXT)
		jsonw_kstr(w, "whenFull", policy_when_fulls[l->when_full]);
}

static void
write_record(struct trip *t, struct buf *out)
{
	const struct decision *d = &t->decision;
	struct jsonw w;

	jsonw_start(&w, out);
	jsonw_object(&w);
	jsonw_kstr(&w, "type", "plan");
	jsonw_key(&w, "id");
	jsonw_raw(&w, buf_str(&t->id));
	if (d->rule)
		jsonw_kstr(&w, "rule", d->rule->name);
	if (router_policy(t->f->config->router))
		jsonw_kstr(&w, "policy", router_policy(t->f->config->router));
	jsonw_key(&w, "candidates");
	jsonw_array(&w);
	for (size_t i = 0; i < d->count; i++)
		put_candidate(t, i, &w);
	jsonw_end(&w);
	put_limits(&w, &d->limits);
	put_hedge(&w, &d->hedge);
	if (!d->count)
		jsonw_kstr(&w, "refused",
		    error_kind_name(d->refused != ERROR_NONE ? d->refused : ERROR_POLICY));
	put_lines(&w, "reasons", buf_str(&d->reasons));
	put_lines(&w, "warnings", buf_str(&d->warnings));
	jsonw_end(&w);
}

/* --- for people --- */

static void
say_candidate(struct trip *t, size_t i, struct buf *out)
{
	struct prospect p = look(t, i);
	struct buf why = BUF_INIT(BUF_UNLIMITED);

	buf_addf(out, "\n  %zu. %s: %s", i + 1, p.choice->target->spec, p.choice->reason);
	if (p.most_pusd >= 0) {
		buf_adds(out, "; $");
		money_print(out, p.most_pusd);
		buf_adds(out, " at most");
	}
	if (p.ms >= 0)
		buf_addf(out, "; about %.0f ms", p.ms);
	if (p.pass.verdict != BREAKER_PASS)
		buf_addf(out, "; its breaker is %s", breaker_of(&p));
	if (open_ms(t, &p))
		buf_addf(out, " for %.1f s more", (double)open_ms(t, &p) / 1000);
	if (p.pass.verdict == BREAKER_REFUSED && p.pass.cause && *p.pass.cause)
		buf_addf(out, " (%s)", p.pass.cause);
	if (!is_granted(t, &p, &why))
		buf_addf(out, "; %s", why.p);
	buf_release(&why);
}

static void
say_seconds(struct buf *out, const char *before, int64_t ms)
{
	if (ms)
		buf_addf(out, "%s %g s", before, (double)ms / 1000);
}

/* What holds for all of them. */
static void
say_limits(const struct decision *d, struct buf *out)
{
	const struct policy_limits *l = &d->limits;

	buf_addf(out, "\n  %lld %s each; after output: %s", (long long)l->retries,
	    l->retries == 1 ? "retry" : "retries", policy_after_outputs[l->after_output]);
	if (l->when_full == POLICY_FULL_WAIT)
		buf_adds(out, "; who is at its limit is waited for");
	say_seconds(out, "; all within", l->deadline_ms);
	say_seconds(out, "; each within", l->max_latency_ms);
	say_seconds(out, "; first output within", l->max_ttft_ms);
	if (l->max_cost_pusd >= 0) {
		buf_adds(out, "; all for $");
		money_print(out, l->max_cost_pusd);
		buf_adds(out, " at most");
	}
	if (d->hedge.max <= 0)
		return;
	buf_adds(out, "; hedged");
	if (d->hedge.percentile > 0)
		buf_addf(out, " at the %gth percentile", d->hedge.percentile * 100);
	say_seconds(out, d->hedge.percentile > 0 ? ", else after" : " after", d->hedge.after_ms);
}

static void
say_lines(struct str lines, const char *before, struct buf *out)
{
	struct str line;

	while (str_split(&lines, '\n', &line))
		if (line.len)
			buf_addf(out, "\n  %s%.*s", before, (int)line.len, line.p);
}

static void
say(struct trip *t, struct buf *out)
{
	const struct decision *d = &t->decision;

	if (*t->id.p == '"')
		json_text((struct json){ t->id.p, t->id.len, JSON_STRING }, out);
	else
		buf_addstr(out, buf_str(&t->id));
	buf_addf(out, ": %s", d->rule ? d->rule->name : "no rule");
	if (!d->count)
		buf_adds(out, ", and nobody may serve it");
	for (size_t i = 0; i < d->count; i++)
		say_candidate(t, i, out);
	if (d->count)
		say_limits(d, out);
	say_lines(buf_str(&d->reasons), "- ", out);
	say_lines(buf_str(&d->warnings), "warning: ", out);
}

void
plan_write(struct trip *t, struct buf *out)
{
	if (t->f->config->text)
		say(t, out);
	else
		write_record(t, out);
}
