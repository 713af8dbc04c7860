/* SPDX-License-Identifier: MIT */
/* trip - a request's steps: what its walk says is done, and what the program says is told to it. */
#include "failover/trip.h"

#include "base/mem.h"
#include "failover/derive.h"
#include "failover/trip_state.h"
#include "json/jsonw.h"
#include "policy/guard.h"
#include "sys/output.h"

/* --- an attempt, or all of them, that are over --- */

static void
answer(struct attempt *a, const struct relay_outcome *o)
{
	struct trip *t = a->trip;

	if (!o->ok && a->streams)
		usage_sum(&t->spent, &o->usage);
	walk_answer(t->walk, a->index,
	    &(struct walk_answer){
		.ok = o->ok,
		.kind = o->kind,
		.retry_after_ms = o->retry_after_ms,
		.total_ms = o->total_ms,
		.first_ms = o->first_ms,
		.usage = o->usage,
		.cost_pusd = o->cost_pusd,
	    },
	    failover_now(t->f));
}

static void
make_response(struct attempt *a, enum error_kind kind, struct str message)
{
	struct err err = ERR_INIT;

	buf_reset(&a->answer);
	relay_failure(
	    &(struct relay_failure){
		.provider = a->target->provider->name,
		.model = a->target->model,
		.kind = kind,
		.message = message,
		.tags = a->trip->request.tags,
		.meta = a->trip->request.meta,
	    },
	    &a->answer);
	if (json_parse(a->answer.p, a->answer.len, &a->response, &err) < 0)
		BUG("trip: a response of ours: %s", err.text);
}

/* Without a response of the program's. */
static void
fail_attempt(struct attempt *a, enum error_kind kind, const char *message)
{
	struct relay_outcome o = { .kind = kind,
		.total_ms = -1,
		.first_ms = -1,
		.usage = USAGE_UNKNOWN,
		.cost_pusd = -1 };

	make_response(a, kind, str_of(message));
	answer(a, &o);
}

/* No more is tried: the walk's next step is its end. */
static void
break_off(struct trip *t, enum error_kind kind, const char *why)
{
	if (t->broken == ERROR_NONE) {
		t->broken = kind;
		buf_adds(&t->why, why);
	}
	walk_cancel(t->walk, failover_now(t->f));
}

/* --- what the walk says --- */

static void
on_timer(uv_timer_t *timer)
{
	struct trip *t = timer->data;

	if (!t->f->paused) /* what it waits for may lie unread: trip_postpone comes */
		trip_go(t);
}

static void
wait_until(struct trip *t, int64_t until_us)
{
	int64_t left_us = until_us - failover_now(t->f);

	if (until_us == INT64_MAX) {
		(void)uv_timer_stop(&t->timer);
		return;
	}
	/* fails without a callback */
	(void)uv_timer_start(
	    &t->timer, on_timer, left_us > 0 ? (uint64_t)(left_us / 1000) + 1 : 0, 0);
}

static void
restart(struct trip *t, int64_t attempt)
{
	struct buf *out = turns_out(&t->f->turns, &t->turn);

	trip_stream_void(t, attempt, out);
	buf_reset(&t->said);
	buf_reset(&t->thought);
	t->spent = (struct usage)USAGE_UNKNOWN;
	t->has_call = false;
}

static bool
takes_prefill(const struct target *target)
{
	return target->facts && target->facts->prefill == MODEL_YES;
}

static struct attempt *
add_attempt(struct trip *t, const struct walk_step *step)
{
	struct attempt *a = attempts_add(&t->f->attempts, t);

	while (t->try_count <= step->attempt) {
		VEC_GROW(t->tries, t->try_count, t->try_cap);
		t->tries[t->try_count++] = NULL;
	}
	t->tries[step->attempt] = a;
	a->index = step->attempt;
	a->target = step->choice->target;
	return a;
}

static void
put_request(struct trip *t, struct attempt *a, const struct walk_step *step, struct buf *to_child)
{
	int64_t own_ttft_ms = decision_times(step->choice).ttft_ms;
	struct buf id = BUF_INIT(BUF_UNLIMITED);
	struct derive d = {
		.record = t->record,
		.model = a->target->spec,
		.provider = a->target->provider->name,
		.options = step->choice->options,
		.profile = step->choice->profile,
		.timeout_ms = step->timeout_ms,
		.ttft_timeout_ms = step->ttft_timeout_ms,
		.is_continuation = step->is_continuation,
		.said = buf_str(&t->said),
		.streams = t->f->config->live,
		.takes_prefill = takes_prefill(a->target),
	};

	if (own_ttft_ms <= 0) /* the candidate's options go over the request's */
		own_ttft_ms = t->request.options.ttft_timeout_ms;
	if (own_ttft_ms > 0 && own_ttft_ms < d.ttft_timeout_ms)
		d.ttft_timeout_ms = 0;
	attempts_id(a, &id);
	d.id = buf_str(&id);
	a->said_at = t->said.len;
	a->thought_at = t->thought.len;
	a->cuts_space = d.is_continuation && derive_shown(d.said).len < d.said.len;
	derive_request(&d, to_child);
	buf_release(&id);
}

static void
send_attempt(struct trip *t, const struct walk_step *step)
{
	struct failover *f = t->f;
	struct attempt *a = add_attempt(t, step);
	struct err err = ERR_INIT;
	struct buf *to_child;

	if (f->broken.code) {
		break_off(t, ERROR_NETWORK, f->broken.text);
		return;
	}
	to_child = coproc_begin(f->child, &err);
	if (to_child) {
		put_request(t, a, step, to_child);
		coproc_commit(f->child);
	} else if (coproc_is_up(f->child)) { /* it is dying: it can be started when it is dead */
		fail_attempt(a, ERROR_NETWORK, err.text);
	} else {
		f->broken = err;
		break_off(t, ERROR_NETWORK, err.text);
	}
}

static void
cancel_attempt(struct trip *t, size_t index)
{
	struct attempt *a = index < t->try_count ? t->tries[index] : NULL;
	struct coproc *child = t->f->child;
	struct buf id = BUF_INIT(BUF_UNLIMITED), *out;
	struct err err = ERR_INIT;
	struct jsonw w;

	if (!a)
		return;
	t->tries[index] = NULL;
	out = coproc_is_up(child) ? coproc_begin(child, &err) : NULL;
	if (out) { /* else it has heard the last */
		attempts_id(a, &id);
		jsonw_start(&w, out);
		jsonw_object(&w);
		jsonw_kstr(&w, "type", "cancel");
		jsonw_key(&w, "id");
		jsonw_raw(&w, buf_str(&id));
		jsonw_end(&w);
		coproc_commit(child);
	}
	attempts_drop(&t->f->attempts, a);
	buf_release(&id);
}

/* Half of a call's arguments, or of an object that is to fit a schema, is nothing to go on from;
 * nor is reasoning, or white space, where no word was said yet. */
static bool
can_continue(const struct trip *t)
{
	return derive_shown(buf_str(&t->said)).len && !t->has_call &&
	       !json_exists(t->request.options.response_schema);
}

void
trip_go(struct trip *t)
{
	struct walk_step step;

	for (;;) {
		walk_set_continue(t->walk, can_continue(t));
		switch (walk_next(t->walk, failover_now(t->f), &step)) {
		case WALK_WAIT:
			wait_until(t, step.until_us);
			return;
		case WALK_SEND:
			send_attempt(t, &step);
			break;
		case WALK_CANCEL:
			cancel_attempt(t, step.attempt);
			break;
		case WALK_RESTART:
			restart(t, (int64_t)step.attempt + 1);
			break;
		case WALK_END:
			trip_end(t, step.winner);
			return;
		}
	}
}

/* --- what the program says --- */

/* What its attempt streamed is void; what was said before that is still good, and comes anew. */
static void
restart_attempt(struct trip *t, struct attempt *a)
{
	struct buf *out = turns_out(&t->f->turns, &t->turn);

	buf_reset(&a->held);
	if (!a->streams)
		return;
	trip_stream_void(t, (int64_t)a->index + 1, out);
	buf_truncate(&t->said, a->said_at);
	buf_truncate(&t->thought, a->thought_at);
	t->has_call = false;
	a->cuts_space = derive_shown(buf_str(&t->said)).len < t->said.len;
	trip_stream(t, DELTA_REASONING, buf_str(&t->thought), out);
	trip_stream(t, DELTA_CONTENT, buf_str(&t->said), out);
}

/* The first words behind a cut: the space that they begin with was shown to the reader, and not to
 * the model. */
static void
put_behind_cut(struct trip *t, struct attempt *a, const struct relayed *r, struct buf *out)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED), none = BUF_INIT(BUF_UNLIMITED);
	struct str rest;

	relay_content(r, &text, &none);
	rest = relay_behind(buf_str(&t->said), buf_str(&text));
	a->cuts_space = !rest.len;
	trip_stream(t, DELTA_CONTENT, rest, out);
	buf_addstr(&t->said, rest);
	buf_release(&text);
	buf_release(&none);
}

static void
put_chunk(struct trip *t, struct attempt *a, const struct relayed *r)
{
	struct buf *out = turns_out(&t->f->turns, &t->turn);

	if (a->cuts_space && json_exists(json_get(r->delta, "content"))) {
		put_behind_cut(t, a, r, out);
		return;
	}
	trip_stream_chunk(t, r, out);
	if (t->keeps_said)
		relay_content(r, &t->said, &t->thought);
	t->has_call |= relay_is_tool_call(r);
}

void
trip_chunk(struct attempt *a, const struct relayed *r)
{
	struct trip *t = a->trip;

	if (t->f->config->text && !t->f->config->live)
		return; /* who sees no chunks is committed to nobody */
	if (r->kind == RELAY_RESTART) {
		restart_attempt(t, a);
	} else if (t->f->holds_output) {
		buf_addstr(&a->held, json_raw(r->record));
		buf_addc(&a->held, '\n');
	} else if (a->streams) {
		if (walk_output(t->walk, a->index, failover_now(t->f)))
			put_chunk(t, a, r);
	} else if (relay_is_output(r) && walk_output(t->walk, a->index, failover_now(t->f))) {
		a->streams = true;
		put_chunk(t, a, r);
		trip_go(t); /* those that it won against are to be cancelled */
	}
}

/* An answer that a guard stops, whole or cut, is a failure, and nobody hears it; `route` asks those
 * of fallback.contentFilter. */
static bool
is_stopped(struct trip *t, const struct relayed *r, struct relay_outcome *o, struct buf *why)
{
	const struct policy_guard *guard = NULL;

	if (t->f->holds_output)
		guard = guard_stops_response(t->f->config->policy, r->record);
	if (!guard)
		return false;
	if (o->ok)
		o->kind = guard->act == POLICY_ROUTE ? ERROR_CONTENT_FILTER : ERROR_POLICY;
	o->ok = false;
	buf_addf(why, "guard \"%s\" stopped the answer", guard->name);
	return true;
}

/* An answer that was cut is billed for what it said, and tells no counts. */
static void
estimate_usage(struct trip *t, const struct relayed *r, struct relay_outcome *o)
{
	struct buf said = BUF_INIT(BUF_UNLIMITED);

	if (o->ok || o->cost_pusd >= 0 || o->usage.in >= 0)
		return;
	json_text(json_get(r->record, "reasoning"), &said);
	json_text(json_get(r->record, "content"), &said);
	if (said.len) {
		o->usage.in = facts_tokens(&t->facts)->in;
		o->usage.out = tokens_pieces(buf_str(&said));
		o->usage.estimated = true;
	}
	buf_release(&said);
}

void
trip_response(struct attempt *a, const struct relayed *r)
{
	struct trip *t = a->trip;
	struct buf why = BUF_INIT(BUF_UNLIMITED);
	struct relay_outcome o;
	uint64_t use = a->use;

	relay_outcome(r, &o);
	estimate_usage(t, r, &o);
	if (is_stopped(t, r, &o, &why)) {
		buf_reset(&a->held);
		make_response(a, o.kind, buf_str(&why));
	} else {
		a->response = r->record;
	}
	answer(a, &o);
	trip_go(t);
	/* Should it be asked for later, it must not lie in the line that was read. */
	if (a->trip && a->use == use && a->response.p == r->record.p) {
		buf_addstr(&a->answer, json_raw(r->record));
		a->response.p = a->answer.p;
	}
	buf_release(&why);
}

void
trip_lose(struct attempt *a, const char *why)
{
	struct trip *t = a->trip;

	if (json_exists(a->response))
		return; /* it had been answered */
	fail_attempt(a, ERROR_NETWORK, why);
	trip_go(t);
}

void
trip_cancel(struct trip *t)
{
	if (t->is_deciding) {
		trip_refuse(t, ERROR_CANCELLED, STR_LIT("cancelled"));
		return;
	}
	walk_cancel(t->walk, failover_now(t->f));
	trip_go(t);
}

void
trip_postpone(struct trip *t, int64_t us)
{
	if (t->is_deciding) {
		trip_decide(t);
		return;
	}
	walk_postpone(t->walk, us);
	trip_go(t);
}

void
trip_hear(struct trip *t)
{
	if (t->is_deciding)
		trip_decide(t);
	else if (t->walk && walk_is_asking(t->walk))
		trip_go(t);
}

void
trip_make_room(struct trip *t)
{
	if (t->walk && walk_awaits_room(t->walk))
		trip_go(t);
}
