/* SPDX-License-Identifier: MIT */
/* warm_process - one program that stays: its pipes, the talk with it, its deadlines. */
#include "call/warm_process.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "json/jsonw.h"
#include "sys/clock.h"
#include "sys/tree.h"

enum {
	START_MS = 60 * 1000, /* programs have taken ten seconds where all are started at once */
	GRACE_MS = 1000, /* to leave, once nobody needs it */
	COMPLAINT_MAX = 16 << 10,
};

/* --- deadlines --- */

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void on_timer(uv_timer_t *timer);

static void
set_timer(struct warm_process *p)
{
	int64_t first = p->talk->protocol->deadline(p->talk);
	int ms;

	if (p->call)
		first = earlier(first, earlier(p->total_us, p->quiet_us));
	ms = clock_left_ms(first);
	if (ms < 0) {
		(void)uv_timer_stop(&p->timer); /* never fails */
		return;
	}
	uv_update_time(p->caller->loop); /* it may lag by as long as a turn takes */
	(void)uv_timer_start(
	    &p->timer, on_timer, (uint64_t)ms + 1, 0); /* fails without a callback */
}

/* Programs work in silence for as long as it takes: only who asks for such a deadline has it. */
static void
heard(struct warm_process *p)
{
	const struct request_options *o = &p->call->request.options;

	if (!p->call->first_us && p->call->answer.output_seen)
		p->call->first_us = clock_mono_us();
	p->quiet_us = clock_deadline(p->call->first_us ? o->idle_timeout_ms : o->ttft_timeout_ms);
}

/* --- what is said and heard --- */

static void
say(struct warm_process *p)
{
	if (p->child)
		child_write(p->child, buf_str(&p->talk->out));
	buf_reset(&p->talk->out);
}

/* The call's answer is all there, or there will be none. Whoever hears of it may give us another
 * at once: nothing is done after. */
static void
settle(struct warm_process *p)
{
	struct call *c = p->call;

	c->end_us = clock_mono_us();
	program_reader_complain(p->judge, p->complaint.p, p->complaint.len);
	program_reader_end(p->judge, &p->end);
	program_reader_free(p->judge);
	p->judge = NULL;
	p->call = NULL;
	c->warm = NULL;
	buf_reset(&p->complaint);
	call_carried(c);
}

/* After whatever may have ended the call, or the talk. */
static void
look(struct warm_process *p)
{
	bool answered = p->call && !p->talk->answer;

	say(p);
	if (p->talk->broken || (answered && p->talk->protocol->once))
		warm_process_end(p);
	set_timer(p);
	if (answered && p->end.kind == ERROR_NONE)
		settle(p);
}

static void
on_timer(uv_timer_t *timer)
{
	struct warm_process *p = timer->data;
	int64_t now_us = clock_mono_us();

	p->talk->protocol->expire(p->talk, now_us);
	if (p->call && p->total_us <= now_us)
		warm_process_stop(p, ERROR_TIMEOUT, "the program took too long");
	else if (p->call && p->quiet_us <= now_us)
		warm_process_stop(p, ERROR_TIMEOUT,
		    p->call->first_us ? "the program was silent for too long"
				      : "the program said nothing in time");
	look(p);
}

static void
on_out(void *user, const char *bytes, size_t n)
{
	struct warm_process *p = user;
	struct call *c = p->call;

	if (c && c->caller->config->keep_raw)
		buf_add(&c->raw, bytes, n);
	if (p->end.kind != ERROR_NONE) /* what comes after we have had enough is not heard */
		return;
	p->talk->protocol->feed(p->talk, bytes, n, clock_mono_us());
	if (c && c->answer.overflow)
		warm_process_stop(p, ERROR_PROTOCOL, "the answer is too large");
	else if (c)
		heard(p);
	look(p);
}

static void
on_err(void *user, const char *bytes, size_t n)
{
	struct warm_process *p = user;

	if (n > COMPLAINT_MAX / 2) {
		bytes += n - COMPLAINT_MAX / 2;
		n = COMPLAINT_MAX / 2;
	}
	if (p->complaint.len + n > COMPLAINT_MAX)
		buf_cut(&p->complaint, p->complaint.len - COMPLAINT_MAX / 2);
	buf_add(&p->complaint, bytes, n);
}

static void
on_over(void *user, const struct proc_exit *how)
{
	struct warm_process *p = user;

	p->child = NULL;
	p->ending = true;
	p->end.status = how->status;
	p->end.signal = how->signal;
	(void)uv_timer_stop(&p->timer); /* never fails */
	if (p->call)
		settle(p);
	warm_process_over(p);
}

/* --- its life --- */

static void
free_closed(uv_handle_t *timer)
{
	free(timer->data);
}

void
warm_process_free(struct warm_process *p)
{
	if (p->talk)
		p->talk->protocol->close(p->talk);
	plan_clear(&p->plan);
	buf_release(&p->key);
	buf_release(&p->text);
	buf_release(&p->complaint);
	uv_close((uv_handle_t *)&p->timer, free_closed);
}

static const struct talk_protocol *
protocol_of(struct json plan)
{
	return json_eq(json_get(plan, "warm"), talk_acp.name) ? &talk_acp : &talk_stream_json;
}

struct warm_process *
warm_process_start(struct caller *caller, const struct program *program, struct str key,
    struct json plan, const char *scratch, struct err *err)
{
	static const struct child_events on = { .out = on_out, .err = on_err, .over = on_over };
	struct warm_process *p = xcalloc(1, sizeof *p);
	struct child_spec spec = { .reads = true };

	p->caller = caller;
	p->program = program;
	buf_init(&p->key, BUF_UNLIMITED);
	buf_addstr(&p->key, key);
	buf_init(&p->complaint, COMPLAINT_MAX);
	buf_init(&p->text, BUF_UNLIMITED);
	program_plan_key(plan, &p->text);
	(void)uv_timer_init(caller->loop, &p->timer); /* cannot fail */
	p->timer.data = p;
	if (plan_lay(&p->plan, plan, scratch, caller->config->environment, err) == 0) {
		spec.argv = (const char *const *)p->plan.argv;
		spec.env = p->plan.env;
		spec.cwd = p->plan.cwd;
		p->child = child_start(caller_procs(caller), caller->loop, &spec, &on, p, err);
	}
	if (!p->child) {
		warm_process_free(p);
		return NULL;
	}
	p->talk = protocol_of(plan)->open(START_MS, clock_mono_us());
	look(p);
	return p;
}

bool
warm_process_is_free(const struct warm_process *p)
{
	return !p->call && !p->ending && p->child;
}

static bool
is_empty(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	size_t n = 0;

	if (!dir)
		return false;
	while ((entry = readdir(dir)))
		n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	(void)closedir(dir); /* it was only read */
	return n == 0;
}

/*
 * Where the call's conversation is: in an empty directory, unless it was told where to be. The path
 * stays the same, since programs take seconds to know a new one, so what one call has left there
 * goes before the next comes.
 */
static int
set_cwd(const struct warm_process *p, struct buf *cwd, struct err *err)
{
	buf_adds(cwd, p->plan.cwd);
	if (!p->plan.scratch || !str_starts(buf_str(cwd), p->plan.scratch))
		return 0;
	buf_adds(cwd, "/work");
	if (is_empty(cwd->p))
		return 0;
	(void)tree_remove(cwd->p); /* mkdir finds out */
	if (mkdir(cwd->p, S_IRWXU) < 0)
		return err_sys(err, errno, "cannot empty %s", cwd->p);
	return 0;
}

void
warm_process_serve(struct warm_process *p, struct call *c, struct json plan)
{
	const struct request_options *o = &c->request.options;
	struct talk_prompt prompt = {
		.content = json_get(plan, "content"),
		.settings = json_get(plan, "settings"),
		.allow = json_eq(json_get(plan, "permissions"), "allow"),
		.last_step_only = p->program->warm.last_step_only,
	};
	struct buf cwd = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;

	p->call = c;
	c->warm = p;
	p->end = (struct program_end){ .warm = true };
	(void)json_i64(json_get(plan, "tokensIn"), &p->end.prompt_tokens);
	p->judge = program_reader_new(p->program, &c->answer);
	c->sent_us = clock_mono_us();
	p->total_us = clock_deadline(o->timeout_ms > 0 ? o->timeout_ms : CALL_TOTAL_MS);
	p->quiet_us = clock_deadline(o->ttft_timeout_ms);
	if (set_cwd(p, &cwd, &err) < 0) {
		answer_fail(&c->answer, ERROR_SERVER, "%s", err.text);
		warm_process_stop(p, ERROR_SERVER, "");
	} else {
		prompt.cwd = buf_str(&cwd);
		p->talk->protocol->prompt(p->talk, &prompt, &c->answer, c->sent_us);
	}
	buf_release(&cwd);
	say(p);
	set_timer(p);
}

void
warm_process_stop(struct warm_process *p, enum error_kind kind, const char *message)
{
	if (p->end.kind == ERROR_NONE) {
		p->end.kind = kind;
		p->end.message = message;
		p->total_us = p->quiet_us = CLOCK_NEVER;
		if (p->talk->answer)
			p->talk->protocol->cancel(p->talk);
		say(p);
	}
	p->ending = true;
	child_end(p->child, p->program->grace_ms);
}

void
warm_process_end(struct warm_process *p)
{
	p->ending = true;
	if (!p->child)
		return;
	child_close_input(p->child);
	child_end(p->child, GRACE_MS);
}

void
warm_process_abandon(struct warm_process *p)
{
	program_reader_free(p->judge);
	child_abandon(p->child);
	warm_process_over(p);
}
