/* SPDX-License-Identifier: MIT */
/* walk_write - what is told of a walk when it is over. */
#include "base/money.h"
#include "policy/walk_state.h"

enum error_kind
walk_error(const struct walk *w, struct buf *message)
{
	buf_addstr(message, buf_str(&w->message));
	return w->kind;
}

struct str
walk_warnings(const struct walk *w)
{
	return buf_str(&w->warnings);
}

static void
write_attempt(const struct walk *w, const struct walk_attempt *a, struct jsonw *out)
{
	int64_t end_us = a->end_us ? a->end_us : w->end_us;

	jsonw_object(out);
	jsonw_kstr(out, "model", w->entries[a->entry].target->spec);
	jsonw_kbool(out, "ok", a->ok);
	jsonw_ki64(out, "ms", (end_us - a->start_us) / 1000);
	if (!a->ok)
		jsonw_kstr(out, "error", error_kind_name(a->kind));
	jsonw_ki64(out, "startedMs", (a->start_us - w->start_us) / 1000);
	if (a->cost_pusd >= 0) {
		jsonw_key(out, "costUsd");
		jsonw_usd(out, a->cost_pusd);
	}
	if (a->is_hedge)
		jsonw_kbool(out, "hedge", true);
	if (a->is_void)
		jsonw_kbool(out, "void", true);
	jsonw_end(out);
}

void
walk_write_attempts(const struct walk *w, struct jsonw *out)
{
	jsonw_array(out);
	for (size_t i = 0; i < w->attempt_count; i++)
		if (w->attempts[i].was_sent)
			write_attempt(w, &w->attempts[i], out);
	jsonw_end(out);
}

void
walk_sum(const struct walk *w, struct walk_sums *sums)
{
	*sums = (struct walk_sums){
		.hedges = w->hedges,
		.skips = w->skips,
		.ok = w->over && w->kind == ERROR_NONE,
		.first_failure_us = w->first_failure_us,
		.start_us = w->start_us,
		.end_us = w->end_us,
		.cost_known = true,
	};
	sums->rescued = sums->ok && w->winner != 0;
	sums->hedge_won = sums->ok && w->attempts[w->winner].is_hedge;
	for (size_t i = 0; i < w->attempt_count; i++) {
		const struct walk_attempt *a = &w->attempts[i];

		sums->attempts += a->was_sent;
		if (a->cost_is_bound || a->cost_pusd < 0)
			sums->cost_known = false;
		if (a->cost_pusd <= 0)
			continue;
		(void)money_add(&sums->cost_pusd, a->cost_pusd); /* past nine million dollars */
		if (i != w->winner || !sums->ok)
			(void)money_add(&sums->lost_pusd, a->cost_pusd);
	}
}
