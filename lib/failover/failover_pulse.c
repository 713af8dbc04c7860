/* SPDX-License-Identifier: MIT */
/* failover_pulse - what was learned is told to the store, and what is reserved is renewed. */
#include <stdlib.h>

#include "base/mem.h"
#include "failover/failover_state.h"
#include "failover/trip.h"

/* That is told once. */
static void
tell(struct failover *f, bool *told, const struct err *err, const char *meaning)
{
	char *text;

	if (*told || !err)
		return;
	text = xasprintf("%s: %s", err->text, meaning);
	failover_complain(f, text);
	free(text);
	*told = true;
}

static void
tell_complaints(struct failover *f)
{
	struct str rest = buf_str(router_complaints(f->config->router)), line;
	char *text;

	while (str_split(&rest, '\n', &line)) {
		if (!line.len)
			continue;
		text = xmemdup(line.p, line.len);
		failover_complain(f, text);
		free(text);
	}
}

void
failover_tell_store(struct failover *f)
{
	const struct failover_config *c = f->config;
	struct err err = ERR_INIT;

	tell_complaints(f);
	if (health_flush(c->health, failover_now(f), &err) < 0)
		tell(f, &f->told_health, &err, FAILOVER_ALONE);
	tell(f, &f->told_health, health_error(c->health), FAILOVER_ALONE);
	if (!c->budgets)
		return;
	budgets_renew(c->budgets, failover_now(f));
	tell(f, &f->told_budgets, budgets_error(c->budgets),
	    c->budget_open ? "requests pass, and no budget counts them (--budget-open)"
			   : "requests under a budget are refused (--budget-open lets them pass)");
}

/* While the program is not heard nobody goes on: failover_drained comes. */
void
failover_news(void *user)
{
	struct failover *f = user;

	for (struct turn *turn = f->turns.first; turn && !f->paused; turn = turn->next)
		if (!turn->done)
			trip_hear((struct trip *)turn);
}

void
failover_pulse(uv_timer_t *timer)
{
	struct failover *f = timer->data;

	failover_tell_store(f);
	if (!f->in_flight)
		(void)uv_timer_stop(timer); /* cannot fail; it begins with the next request */
}
