/* SPDX-License-Identifier: MIT */
/* sieve - whether a target can serve a request, and why not. */
#include "policy/sieve.h"

#include "base/mem.h"
#include "base/money.h"
#include "policy/overrule.h"

enum { MEASURED_AT_LEAST = 5 /* answers, before a latency is held against a target */ };

/* --- what holds for all --- */

static void
read_sensitivity(struct sieve_ask *ask)
{
	struct json label = facts_sensitivity(ask->facts);
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	ask->sensitivity = -1;
	if (!json_exists(label))
		return;
	json_text(label, &text);
	ask->sensitivity = policy_label_rank(ask->policy, buf_str(&text));
	ask->sensitivity_unknown = ask->sensitivity < 0;
	buf_release(&text);
}

void
sieve_start(struct sieve_ask *ask)
{
	ask->needs = facts_needs(ask->facts);
	ask->residency = facts_residency(ask->facts);
	read_sensitivity(ask);
}

static bool
label_is_denied(const struct policy *p, struct json label, struct buf *why)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	bool denied, allowed;

	json_text(label, &text);
	denied = policy_names_hold(p->deny.labels, buf_str(&text));
	allowed = !p->allow.labels || policy_names_hold(p->allow.labels, buf_str(&text));
	if (denied || !allowed)
		buf_addf(why, "label \"%.60s\" is %s", text.p,
		    denied ? "denied" : "not among those that are allowed");
	buf_release(&text);
	return denied || !allowed;
}

/* What is neither a text nor texts cannot be told, and is not let by. */
static bool
labels_are_denied(const struct policy *p, struct json labels, struct buf *why)
{
	struct json_iter it = json_each(labels);
	bool told = json_is(labels, JSON_ARRAY);

	if (!json_exists(labels))
		return false;
	if (json_is(labels, JSON_STRING))
		return label_is_denied(p, labels, why);
	while (told && json_next(&it)) {
		told = json_is(it.value, JSON_STRING);
		if (told && label_is_denied(p, it.value, why))
			return true;
	}
	if (!told)
		buf_adds(why, "tags.labels is neither a text nor a list of texts");
	return !told;
}

static bool
tool_is_denied(const struct policy *p, struct json tool, struct buf *why)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	bool denied, allowed;

	json_text(json_get(tool, "name"), &text);
	denied = policy_names_hold(p->deny.tools, buf_str(&text));
	allowed = !p->allow.tools || policy_names_hold(p->allow.tools, buf_str(&text));
	if (denied || !allowed)
		buf_addf(why, "tool \"%.60s\" is %s", text.p,
		    denied ? "denied" : "not among those that are allowed");
	buf_release(&text);
	return denied || !allowed;
}

bool
sieve_is_denied(const struct sieve_ask *ask, struct buf *why)
{
	const struct policy *p = ask->policy;
	const struct request *request = ask->facts->request;
	struct json_iter it;

	if ((p->deny.labels || p->allow.labels) &&
	    labels_are_denied(p, facts_labels(ask->facts), why))
		return true;
	if (!p->deny.tools && !p->allow.tools)
		return false;
	for (it = json_each(request->tools); json_next(&it);)
		if (tool_is_denied(p, it.value, why))
			return true;
	return overrule_tools(request, why);
}

/* --- what holds for a target, whatever is asked --- */

/* A program's provider is "cli:claude"; "cli" stands for all of them. */
static bool
provider_holds(const char *const *names, const struct target *t)
{
	return policy_names_hold(names, str_of(t->provider->name)) ||
	       (t->is_program && policy_names_hold(names, STR_LIT("cli")));
}

/* Moderation and speech are had by requests, too. */
const char *
sieve_kind(const struct target *t)
{
	static const char *const others[] = { "embedding", "transcription", "image", NULL };

	for (size_t i = 0; t->facts && others[i]; i++)
		if (strcmp(t->facts->kind, others[i]) == 0)
			return others[i];
	return NULL;
}

char *
sieve_never(const struct policy *p, const struct target *t, const char *today)
{
	if (policy_names_hold(p->deny.models, str_of(t->spec)))
		return xstrdup("the policy denies this model");
	if (provider_holds(p->deny.providers, t))
		return xasprintf("the policy denies %s", t->provider->name);
	if (p->allow.models && !policy_names_hold(p->allow.models, str_of(t->spec)))
		return xstrdup("not among the models that the policy allows");
	if (p->allow.providers && !provider_holds(p->allow.providers, t))
		return xasprintf(
		    "%s is not among the providers that the policy allows", t->provider->name);
	if (sieve_kind(t))
		return xasprintf("its kind is %s, and it answers no requests", sieve_kind(t));
	if (t->facts && model_is_gone(t->facts, today))
		return xasprintf("withdrawn on %s%s%s", t->facts->deprecation_date,
		    t->facts->replacement ? "; its replacement is " : "",
		    t->facts->replacement ? t->facts->replacement : "");
	return t->no_key ? xstrdup(t->no_key) : NULL;
}

/* --- what the request needs --- */

static bool
lacks_medium(const struct target *t, unsigned needs, struct buf *why)
{
	static const struct {
		unsigned need, medium;
		const char *what;
	} media[] = {
		{ NEED_IMAGE, MODEL_IMAGE, "images" },
		{ NEED_PDF, MODEL_PDF, "PDF documents" },
		{ NEED_AUDIO, MODEL_AUDIO, "audio" },
		{ NEED_VIDEO, MODEL_VIDEO, "video" },
	};

	if (!t->facts || !t->facts->input)
		return false;
	for (size_t i = 0; i < sizeof media / sizeof *media; i++) {
		if ((needs & media[i].need) && !(t->facts->input & media[i].medium)) {
			buf_addf(why, "reads no %s", media[i].what);
			return true;
		}
	}
	return false;
}

static bool
lacks_ability(const struct sieve_ask *ask, const struct target *t, struct buf *why)
{
	unsigned needs = ask->needs;

	if ((needs & NEED_TOOLS) && (t->is_program || (t->facts && t->facts->tools == MODEL_NO))) {
		buf_adds(why, t->is_program ? "a program takes no tools" : "calls no tools");
		return true;
	}
	if (t->facts && t->facts->tools == MODEL_NO && facts_holds_calls(ask->facts)) {
		buf_adds(why, "knows no calls of tools, and the conversation holds some");
		return true;
	}
	if ((needs & NEED_SCHEMA) && t->facts && t->facts->schema == MODEL_SCHEMA_NONE) {
		buf_adds(why, "keeps to no schema");
		return true;
	}
	return lacks_medium(t, needs, why);
}

/* A request that is this short fits without being counted: a byte makes at most two tokens, and
 * what a family adds to messages and tools is shorter than their JSON; pictures are not. */
static bool
fits_at_a_glance(const struct sieve_ask *ask, int64_t window)
{
	const unsigned heavy = NEED_IMAGE | NEED_PDF | NEED_AUDIO | NEED_VIDEO;
	size_t len = ask->facts->request->record.len;

	return !(ask->needs & heavy) && len < SIZE_MAX / 4 &&
	       (int64_t)(2 * len + ask->facts->request->system.len * 2 + 4096) < window;
}

static bool
is_too_long(const struct sieve_ask *ask, const struct target *t, int64_t out, struct buf *why)
{
	int64_t window = t->context_window, in;
	int64_t max_in = t->facts ? t->facts->max_input : 0;

	if (out > 0 && t->max_output && out > t->max_output) {
		buf_addf(why, "writes at most %lld tokens, and %lld are asked for",
		    (long long)t->max_output, (long long)out);
		return true;
	}
	if (window && out < window && fits_at_a_glance(ask, window - out) &&
	    (!max_in || fits_at_a_glance(ask, max_in)))
		return false;
	if (!window && !max_in)
		return false;
	in = target_tokens(t, ask->facts);
	if (max_in && in > max_in) {
		buf_addf(why, "reads at most %lld tokens, and it may be %lld", (long long)max_in,
		    (long long)in);
		return true;
	}
	if (!window || in <= window - out)
		return false;
	buf_addf(why, "its window is %lld tokens, and it may be %lld%s", (long long)window,
	    (long long)(in + out), out ? " with the answer" : "");
	return true;
}

/* --- where data may go --- */

static bool
is_too_sensitive(const struct sieve_ask *ask, const struct target *t, struct buf *why)
{
	const char *most = t->said ? t->said->sensitivity : NULL;

	if (!most || (ask->sensitivity < 0 && !ask->sensitivity_unknown))
		return false;
	if (ask->sensitivity_unknown) {
		buf_addf(why, "may see %s at most, and tags.sensitivity is no known label", most);
		return true;
	}
	if (ask->sensitivity <= policy_label_rank(ask->policy, str_of(most)))
		return false;
	buf_addf(why, "may see %s at most", most);
	return true;
}

static bool
goes_there(const struct target *t, struct json place)
{
	const char *const *to = t->said ? t->said->residency : NULL;

	for (size_t i = 0; to && to[i]; i++)
		if (json_eq(place, to[i]))
			return true;
	return !to && t->is_local && json_eq(place, "local");
}

static bool
goes_elsewhere(const struct sieve_ask *ask, const struct target *t, struct buf *why)
{
	struct json_iter it = json_each(ask->residency);

	if (!json_exists(ask->residency))
		return false;
	if (json_is(ask->residency, JSON_STRING) && goes_there(t, ask->residency))
		return false;
	while (json_is(ask->residency, JSON_ARRAY) && json_next(&it))
		if (goes_there(t, it.value))
			return false;
	buf_adds(why, t->said && t->said->residency
			  ? "data would go where tags.residency does not allow"
			  : "it is not said where data goes, and tags.residency asks for it");
	return true;
}

bool
sieve_sees(const struct sieve_ask *ask, const struct target *t, struct buf *why)
{
	return !overrule_model(ask->facts->request, t, why) && !is_too_sensitive(ask, t, why) &&
	       !goes_elsewhere(ask, t, why);
}

/* --- what it takes --- */

static bool
is_too_dear(const struct sieve_ask *ask, const struct target *t, const struct target_wish *wish,
    struct buf *why)
{
	int64_t limit = ask->limits->max_cost_pusd;
	struct target_most most;

	if (limit < 0 || t->is_free)
		return false;
	most = target_most(t, ask->facts, wish);
	if (most.pusd < 0) {
		target_say_unknown(&most, why);
		buf_adds(why, ", and maxCostUsd is set");
	} else if (most.pusd > limit) {
		buf_adds(why, "may cost $");
		money_print(why, most.pusd);
		buf_adds(why, ", more than $");
		money_print(why, limit);
	}
	return most.pusd < 0 || most.pusd > limit;
}

static bool
is_past(const struct latency_histogram *h, int64_t limit_ms, const char *what, struct buf *why)
{
	double half;

	if (!limit_ms)
		return false;
	half = latency_percentile(h, 0.5, MEASURED_AT_LEAST);
	if (half <= (double)limit_ms)
		return false;
	buf_addf(why, "half of its %s take over %.0f ms, more than %lld", what, half,
	    (long long)limit_ms);
	return true;
}

static bool
is_too_slow(const struct sieve_ask *ask, const struct target *t, struct buf *why)
{
	const struct policy_limits *limits = ask->limits;
	const struct latency *known;

	if (!ask->health || !t->health || (!limits->max_latency_ms && !limits->max_ttft_ms))
		return false;
	known = health_latency(ask->health, t->health);
	return is_past(&known->total, limits->max_latency_ms, "answers", why) ||
	       (ask->facts->request->options.stream &&
		   is_past(&known->first, limits->max_ttft_ms, "streams' first words", why));
}

static bool
is_broken(const struct sieve_ask *ask, const struct target *t, struct buf *why)
{
	struct health_pass pass;

	if (!ask->health || !t->health)
		return false;
	pass = health_look(ask->health, t->health, ask->now_us);
	if (pass.verdict != BREAKER_REFUSED)
		return false;
	health_say(&pass, ask->now_us, why);
	return true;
}

static bool
is_spent(const struct sieve_ask *ask, const struct target *t, const struct target_wish *wish,
    struct budget_reply *reply)
{
	struct target_most most;
	struct budget_ask b;

	if (!ask->budgets)
		return false;
	most = target_most(t, ask->facts, wish);
	b = target_ask(t, ask->facts->request, most.pusd, most.tokens);
	b.until_us = ask->now_us;
	return budgets_look(ask->budgets, &b, ask->now_us, reply) == BUDGET_REFUSED;
}

enum sieve_verdict
sieve_look(const struct sieve_ask *ask, const struct target *t, struct target_wish own,
    struct buf *why, struct budget_reply *reply)
{
	struct target_wish wish = target_wish_over(own, ask->facts->request);

	if (lacks_ability(ask, t, why) || is_too_long(ask, t, wish.max_tokens, why) ||
	    !sieve_sees(ask, t, why) || is_too_dear(ask, t, &wish, why) || is_too_slow(ask, t, why))
		return SIEVE_CANNOT;
	if (is_spent(ask, t, &wish, reply)) {
		buf_addstr(why, buf_str(&reply->why));
		return SIEVE_SPENT;
	}
	return is_broken(ask, t, why) ? SIEVE_BROKEN : SIEVE_CAN;
}
