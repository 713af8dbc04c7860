/* SPDX-License-Identifier: MIT */
/* call_check - a request held against what is known of its model, before it is sent. */
#include "call/call_state.h"
#include "llm/model.h"
#include "llm/tokens.h"
#include "sys/clock.h"

enum { DAY_LENGTH = 10 }; /* of "2026-11-21", which a time begins with */

static void
warn_of_age(struct call *c, const struct model *m)
{
	struct buf now = BUF_INIT(BUF_UNLIMITED);

	if (!m->deprecation_date)
		return;
	clock_print(&now, clock_wall_us());
	buf_truncate(&now, DAY_LENGTH);
	if (model_is_gone(m, now.p))
		answer_warn(&c->answer, "model", "%s was to be withdrawn on %s%s%s", m->id,
		    m->deprecation_date, m->replacement ? "; its like now is " : "",
		    m->replacement ? m->replacement : "");
	buf_release(&now);
}

static void
warn_of_output(struct call *c, const struct model *m)
{
	int64_t wanted = c->request.options.max_tokens;

	if (m->max_output && wanted > m->max_output)
		answer_warn(&c->answer, "options.maxTokens",
		    "%s writes %lld tokens at most; sent as it is", m->id,
		    (long long)m->max_output);
}

/*
 * Only what the estimate is sure of is refused: near the limit the provider's own count decides. A
 * token is seldom less than two bytes, and never so in a long text, so most requests need no
 * estimate.
 */
static void
check_window(struct call *c, const struct model *m)
{
	int64_t window = m->max_input ? m->max_input : m->context_window;
	struct tokens t;

	if (!window || (int64_t)c->request.record.len / 2 < window)
		return;
	t = tokens_estimate(&c->request, c->model);
	if (t.low <= window)
		return;
	answer_fail(&c->answer, ERROR_CONTEXT_LENGTH,
	    "about %lld tokens (%lld at the least) for %s, which reads %lld: shorten the request, "
	    "choose a model that reads more (llm-models --min-context %lld), or send it all the "
	    "same (--force)",
	    (long long)t.in, (long long)t.low, m->id, (long long)window, (long long)t.in);
}

void
call_check(struct call *c)
{
	const struct call_config *config = c->caller->config;
	struct err err = ERR_INIT;
	const struct model *m;

	if (!config->models || config->replay || config->count)
		return;
	m = model_for(config->models, c->provider, c->model, &err);
	if (err.code != EXIT_OK)
		answer_warn(&c->answer, "model", "%s", err.text);
	c->spec = m;
	if (!m)
		return;
	warn_of_age(c, m);
	warn_of_output(c, m);
	if (!config->force)
		check_window(c, m);
}
