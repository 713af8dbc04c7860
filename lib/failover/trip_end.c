/* SPDX-License-Identifier: MIT */
/* trip_end - what is written for a line of input when its trip is over. */
#include "failover/trip_state.h"

#include <stdlib.h>

#include "failover/attempts.h"
#include "json/jsonw.h"
#include "json/ndjson.h"
#include "policy/guard.h"
#include "sys/output.h"

/* --- what came of it --- */

/* The response that the reader's is made of: the winner's, or one of ours, made in space. */
static struct json
base_response(struct trip *t, size_t winner, struct buf *space)
{
	struct attempt *a = winner < t->try_count ? t->tries[winner] : NULL;
	struct buf message = BUF_INIT(BUF_UNLIMITED);
	struct relay_failure failure = { .tags = t->request.tags, .meta = t->request.meta };
	struct json response;
	struct err err = ERR_INIT;

	if (a && json_exists(a->response) && t->broken == ERROR_NONE)
		return a->response;
	failure.kind = t->broken;
	if (t->broken != ERROR_NONE)
		buf_addstr(&message, buf_str(&t->why));
	else
		failure.kind = walk_error(t->walk, &message);
	failure.message = buf_str(&message);
	relay_failure(&failure, space);
	if (json_parse(space->p, space->len, &response, &err) < 0)
		BUG("trip_end: a response of ours: %s", err.text);
	buf_release(&message);
	return response;
}

static enum error_kind
kind_of(struct json response)
{
	enum error_kind kind;
	struct str name;

	if (json_is_true(json_get(response, "ok")))
		return ERROR_NONE;
	if (json_plain(json_find(response, "error.kind"), &name) && error_kind_parse(name, &kind))
		return kind;
	return ERROR_PROTOCOL;
}

/* What guards take out of the answer. */
static struct json
redact(struct trip *t, struct json response, struct buf *space)
{
	struct buf hits = BUF_INIT(BUF_UNLIMITED);
	struct str rest, name;
	struct json redacted = response;
	struct err err = ERR_INIT;

	if (!t->f->holds_output)
		return response;
	if (guard_redact_response(t->f->config->policy, response, space, &hits) &&
	    json_parse(space->p, space->len, &redacted, &err) < 0)
		BUG("trip_end: a redacted response: %s", err.text);
	for (rest = buf_str(&hits); str_split(&rest, '\n', &name);)
		if (name.len)
			buf_addf(&t->warnings, "guard \"%.*s\" found something in the answer\n",
			    (int)name.len, name.p);
	buf_release(&hits);
	return redacted;
}

/* --- what was held back --- */

static void
put_whole(struct trip *t, struct json value, enum delta_kind kind, struct buf *out)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	json_text(value, &text);
	trip_stream(t, kind, buf_str(&text), out);
	buf_release(&text);
}

/* The stream that was held back until it was judged; where something was taken out of it, its text
 * comes as one piece. */
static void
put_held(struct trip *t, size_t winner, struct json response, bool was_redacted, struct buf *out)
{
	struct attempt *a = winner < t->try_count ? t->tries[winner] : NULL;
	struct str rest, line;
	struct relayed r;
	struct err err = ERR_INIT;

	if (!a || !a->held.len || t->f->config->text)
		return;
	if (was_redacted) {
		put_whole(t, json_get(response, "reasoning"), DELTA_REASONING, out);
		put_whole(t, json_get(response, "content"), DELTA_CONTENT, out);
		return;
	}
	for (rest = buf_str(&a->held); str_split(&rest, '\n', &line);) {
		if (!relay_read(t->f->paths, line, &r, &err))
			continue;
		relay_chunk(&r, buf_str(&t->id), t->seq++, out);
		buf_addc(out, '\n');
	}
}

/* --- the words --- */

static void
put_attempts(struct trip *t, struct buf *out)
{
	struct jsonw w;

	jsonw_start(&w, out);
	if (t->walk) {
		walk_write_attempts(t->walk, &w);
		return;
	}
	jsonw_array(&w);
	jsonw_end(&w);
}

/* Where the winner went on from what others had said; or where the response does not tell what the
 * reader has been streamed, since it was lost or made by us. */
static void
set_said(struct trip *t, size_t winner, struct json response, struct relay_whole *whole)
{
	struct attempt *a = winner < t->try_count ? t->tries[winner] : NULL;
	bool tells = json_exists(json_get(response, "content")) ||
		     json_exists(json_get(response, "reasoning")) ||
		     json_is_true(json_get(response, "ok"));

	if (!t->keeps_said)
		return;
	whole->said = buf_str(&t->said);
	whole->thought = buf_str(&t->thought);
	if (a && tells) {
		whole->said.len = a->said_at;
		whole->thought.len = a->thought_at;
	}
	if (a && (a->said_at || a->thought_at))
		whole->usage = &t->spent;
}

static void
put_response(struct trip *t, struct json response, size_t winner)
{
	struct buf attempts = BUF_INIT(BUF_UNLIMITED), *out = turns_out(&t->f->turns, &t->turn);
	struct relay_whole whole = {
		.id = buf_str(&t->id),
		.requested_model = t->request.model,
	};

	failover_count(t->f, kind_of(response));
	if (t->f->config->text) {
		trip_put_text(t, response, winner < t->try_count ? t->tries[winner] : NULL, out);
		return;
	}
	put_attempts(t, &attempts);
	if (t->walk)
		buf_addstr(&t->warnings, walk_warnings(t->walk));
	whole.attempts = buf_str(&attempts);
	whole.warnings = buf_str(&t->warnings);
	set_said(t, winner, response, &whole);
	relay_response(response, &whole, out);
	buf_addc(out, '\n');
	buf_release(&attempts);
}

/* --- the end --- */

static void
let_go(struct trip *t)
{
	for (size_t i = 0; i < t->try_count; i++)
		if (t->tries[i])
			attempts_drop(&t->f->attempts, t->tries[i]);
	free(t->tries);
	t->tries = NULL;
	t->try_count = t->try_cap = 0;
	walk_free(t->walk);
	t->walk = NULL;
	if (t->has_timer)
		(void)uv_timer_stop(&t->timer);
	t->f->in_flight--;
	t->f->over++;
	turns_done(&t->f->turns, &t->turn);
}

void
trip_end(struct trip *t, size_t winner)
{
	struct buf space = BUF_INIT(BUF_UNLIMITED), redacted = BUF_INIT(BUF_UNLIMITED);
	struct json response = base_response(t, winner, &space);
	struct walk_sums sums;

	response = redact(t, response, &redacted);
	put_held(t, winner, response, redacted.len, turns_out(&t->f->turns, &t->turn));
	put_response(t, response, winner);
	walk_sum(t->walk, &sums);
	metrics_add(&t->f->metrics, &sums);
	buf_release(&space);
	buf_release(&redacted);
	let_go(t);
}

void
trip_refuse(struct trip *t, enum error_kind kind, struct str message)
{
	struct buf space = BUF_INIT(BUF_UNLIMITED);

	t->broken = kind;
	buf_addstr(&t->why, message);
	put_response(t, base_response(t, WALK_NOBODY, &space), WALK_NOBODY);
	metrics_refuse(&t->f->metrics);
	buf_release(&space);
	let_go(t);
}

void
trip_say(struct trip *t, struct str record)
{
	struct buf *out = turns_out(&t->f->turns, &t->turn);

	if (record.len) {
		buf_addstr(out, record);
		buf_addc(out, '\n');
	}
	let_go(t);
}

static void
on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void
trip_release(struct turn *turn)
{
	struct trip *t = (struct trip *)turn;

	if (t->is_request)
		request_release(&t->request);
	facts_release(&t->facts);
	decision_release(&t->decision);
	buf_release(&t->redacted);
	buf_release(&t->id);
	buf_release(&t->said);
	buf_release(&t->thought);
	buf_release(&t->warnings);
	buf_release(&t->why);
	free(t->line);
	if (t->has_timer)
		uv_close((uv_handle_t *)&t->timer, on_closed);
	else
		free(t);
}
