/* SPDX-License-Identifier: MIT */
/* failover_pulse - what was learned is told to the store, and what is reserved is renewed. */
#include "failover/failover_state.h"

/* Where the store fails, that is told once; what it means differs. */
static void
tell_store(struct failover *f)
{
	const struct err *err;
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	if (!f->told_health && (err = health_error(f->config->health))) {
		buf_addf(&text, "%s: breakers are this process's own", err->text);
		failover_complain(f, text.p);
		f->told_health = true;
	}
	buf_reset(&text);
	if (f->config->budgets && !f->told_budgets && (err = budgets_error(f->config->budgets))) {
		buf_addf(&text, "%s: budgets can't be kept", err->text);
		failover_complain(f, text.p);
		f->told_budgets = true;
	}
	buf_release(&text);
}

void
failover_tell_store(struct failover *f)
{
	struct err err = ERR_INIT;

	if (health_flush(f->config->health, failover_now(f), &err) < 0 && !f->told_health) {
		(void)err_wrap(&err, "breakers are this process's own");
		failover_complain(f, err.text);
		f->told_health = true;
	}
	if (f->config->budgets)
		budgets_renew(f->config->budgets, failover_now(f));
	tell_store(f);
}

void
failover_pulse(uv_timer_t *timer)
{
	struct failover *f = timer->data;

	failover_tell_store(f);
	if (!f->in_flight)
		(void)uv_timer_stop(timer); /* cannot fail; it begins with the next request */
}
