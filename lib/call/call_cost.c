/* SPDX-License-Identifier: MIT */
/*
 * call_cost - what a program's run costs, from whoever knows it: a variable (a flat rate a call),
 * or a command that reads the response and prints a number, or {"costUsd": NUMBER}.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "base/money.h"
#include "call/call_state.h"
#include "llm/program.h"
#include "sys/child.h"

enum { HOOK_MS = 10 * 1000, HOOK_SAYS_MAX = 64 << 10 };

struct call_cost {
	struct call *call;
	struct child *child;
	uv_timer_t deadline;
	struct buf said;
	bool late;
};

static bool
cost_in(struct str text, int64_t *pusd)
{
	struct err err = ERR_INIT;
	struct json v;

	text = str_trim(text);
	if (json_parse(text.p, text.len, &v, &err) < 0)
		return false;
	if (json_is(v, JSON_OBJECT))
		v = json_get(v, "costUsd");
	return json_scaled(v, MONEY_SCALE, pusd) && *pusd >= 0;
}

/* What is no cost is said, and is none: never 0. */
static void
take(struct call *c, struct str text, const char *who)
{
	int64_t pusd;

	if (cost_in(text, &pusd))
		c->answer.cost_pusd = pusd;
	else
		answer_warn(&c->answer, "cost", "%s tells no number of dollars", who);
}

static void
free_hook(uv_handle_t *timer)
{
	free(timer->data);
}

static void
on_deadline(uv_timer_t *timer)
{
	struct call_cost *hook = timer->data;

	hook->late = true;
	child_end(hook->child, 0);
}

static void
on_said(void *user, const char *p, size_t n)
{
	struct call_cost *hook = user;

	buf_add(&hook->said, p, n);
}

static void
on_over(void *user, const struct proc_exit *how)
{
	struct call_cost *hook = user;
	struct call *c = hook->call;

	if (hook->late || how->status)
		answer_warn(&c->answer, "cost",
		    hook->late ? "its command took too long" : "its command failed");
	else
		take(c, buf_str(&hook->said), "its command");
	buf_release(&hook->said);
	c->cost = NULL;
	uv_close((uv_handle_t *)&hook->deadline, free_hook);
	call_carried(c);
}

static bool
start_hook(struct call *c, const char *command)
{
	static const struct child_events on = { .out = on_said, .over = on_over };
	const char *const argv[] = { "sh", "-c", command, NULL };
	struct child_spec spec = { argv, c->caller->config->environment, NULL, true };
	struct call_cost *hook = xcalloc(1, sizeof *hook);
	struct buf record = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;

	hook->call = c;
	buf_init(&hook->said, HOOK_SAYS_MAX);
	hook->child = child_start(c->caller->procs, c->caller->loop, &spec, &on, hook, &err);
	if (!hook->child) {
		answer_warn(&c->answer, "cost", "%s", err.text);
		free(hook);
		return false;
	}
	call_write(c, &record);
	buf_addc(&record, '\n');
	child_write(hook->child, buf_str(&record));
	child_close_input(hook->child);
	buf_release(&record);
	(void)uv_timer_init(c->caller->loop, &hook->deadline); /* cannot fail */
	hook->deadline.data = hook;
	(void)uv_timer_start(
	    &hook->deadline, on_deadline, HOOK_MS, 0); /* fails without a callback */
	c->cost = hook;
	return true;
}

bool
call_cost_start(struct call *c)
{
	const char *cost = c->provider->program->cost, *value;

	if (!cost || c->answer.error.kind != ERROR_NONE)
		return false;
	if (str_starts(str_of(cost), "cmd:"))
		return start_hook(c, cost + 4);
	value = c->caller->config->env(cost + 4);
	if (value && *value)
		take(c, str_of(value), cost + 4);
	return false;
}

void
call_cost_cancel(struct call *c)
{
	if (c->cost)
		child_end(c->cost->child, 0);
}
