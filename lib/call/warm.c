/* SPDX-License-Identifier: MIT */
/*
 * warm - a call carried by a program that stays for the next one.
 *
 * A call takes a free process whose plan is the same as its own but for the prompt, or starts one.
 * Where a process is good for one prompt only, the next one is started while this one works.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "call/call_state.h"
#include "call/warm_process.h"
#include "sys/clock.h"

/* --- plans --- */

/* text with one directory's name in place of another's. */
static void
rename_scratch(struct buf *out, struct str text, const char *from, const char *to)
{
	size_t n = strlen(from);

	for (size_t i = 0; i < text.len;) {
		if (n && text.len - i >= n && memcmp(text.p + i, from, n) == 0) {
			buf_adds(out, to);
			i += n;
		} else {
			buf_addc(out, text.p[i++]);
		}
	}
}

/* What two plans have in common if one process can serve both. */
static void
key_of(struct json plan, const char *scratch, struct buf *key)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	program_plan_key(plan, &text);
	rename_scratch(key, buf_str(&text), scratch, "");
	buf_release(&text);
}

/* --- the pool --- */

static struct warm_process *
find_free(struct caller *caller, struct str key)
{
	struct warm_process *p = caller->warm;

	while (p && !(warm_process_is_free(p) && str_eq(buf_str(&p->key), key)))
		p = p->next;
	return p;
}

static int64_t
count(const struct caller *caller)
{
	int64_t n = 0;

	for (const struct warm_process *p = caller->warm; p; p = p->next)
		n += !p->ending;
	return n;
}

/* Make room: the process that has been there longest, and has nothing to do, goes. */
static void
spare_one(struct caller *caller)
{
	struct warm_process *oldest = NULL;

	for (struct warm_process *p = caller->warm; p; p = p->next)
		if (warm_process_is_free(p))
			oldest = p; /* they are listed newest first */
	if (oldest)
		warm_process_end(oldest);
}

static void
add(struct caller *caller, struct warm_process *p)
{
	p->next = caller->warm;
	caller->warm = p;
}

void
warm_process_over(struct warm_process *p)
{
	struct warm_process **at = &p->caller->warm;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	warm_process_free(p);
}

/* The process that will serve the call after the one that p serves now. That it can't be had is
 * that call's to find out. */
static void
start_successor(struct warm_process *p)
{
	struct caller *caller = p->caller;
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct warm_process *next;
	struct err err = ERR_INIT;
	char *scratch;

	if (!caller->config->many || find_free(caller, buf_str(&p->key)) ||
	    count(caller) > caller->config->at_once)
		return;
	scratch = plan_scratch(caller->config->scratch);
	rename_scratch(&text, buf_str(&p->text), p->plan.scratch, scratch);
	next = warm_process_start(
	    caller, p->program, buf_str(&p->key), json_literal(text.p), scratch, &err);
	if (next)
		add(caller, next);
	buf_release(&text);
	free(scratch);
}

static struct warm_process *
take(struct call *c, struct json plan, struct err *err)
{
	struct caller *caller = c->caller;
	struct buf key = BUF_INIT(BUF_UNLIMITED);
	struct warm_process *p;

	key_of(plan, c->scratch, &key);
	p = find_free(caller, buf_str(&key));
	if (!p) {
		if (count(caller) >= caller->config->at_once)
			spare_one(caller);
		p = warm_process_start(
		    caller, c->provider->program, buf_str(&key), plan, c->scratch, err);
		if (p)
			add(caller, p);
	}
	buf_release(&key);
	return p;
}

void
call_warm_free(struct caller *caller)
{
	struct warm_process *p, *next;

	for (p = caller->warm; p; p = next) {
		next = p->next;
		if (p->call)
			warm_process_abandon(p);
		else
			warm_process_end(p);
	}
	while (caller->warm)
		(void)uv_run(caller->loop, UV_RUN_ONCE); /* until the last is over */
}

/* --- the carrier --- */

static void
start(struct call *c)
{
	struct warm_process *p = NULL;
	struct err err = ERR_INIT;
	struct json plan;

	c->sent_us = clock_mono_us();
	if (json_parse(c->wire.body.p, c->wire.body.len, &plan, &err) == 0)
		p = take(c, plan, &err);
	if (!p) {
		answer_fail(&c->answer, call_program_kind(&err), "%s", err.text);
		call_carried(c);
		return;
	}
	warm_process_serve(p, c, plan);
	if (p->talk->protocol->once)
		start_successor(p);
}

static void
cancel(struct call *c)
{
	if (c->warm)
		warm_process_stop(c->warm, ERROR_CANCELLED, "cancelled");
}

static void
pause_reading(struct call *c)
{
	if (c->warm)
		child_pause(c->warm->child);
}

static void
resume_reading(struct call *c)
{
	if (c->warm)
		child_resume(c->warm->child);
}

const struct carrier call_warm = {
	.start = start,
	.cancel = cancel,
	.pause = pause_reading,
	.resume = resume_reading,
};
