/* SPDX-License-Identifier: MIT */
/*
 * acp - the client's side of the Agent Client Protocol, version 1 (agentclientprotocol.com).
 *
 * Each prompt has a session of its own, so that one never sees what another said. We offer the
 * agent neither files nor terminals, and by default refuse what it asks leave for: who calls a
 * model does not expect commands to be run.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "base/version.h"
#include "call/acp_read.h"
#include "call/acp_session.h"
#include "call/talk.h"
#include "json/jsonw.h"
#include "net/rpc.h"
#include "sys/clock.h"

#define LINE_MAX_BYTES ((size_t)64 << 20)
enum { PROTOCOL_VERSION = 1, SET_MS = 30 * 1000, SHOWN_MAX = 200 };

struct acp {
	struct talk talk;
	struct rpc *rpc;
	bool greeted; /* initialize was answered */
	bool can_close; /* it lets us close sessions */
	bool prompting; /* session/prompt is sent */
	bool cancelled;
	struct buf methods; /* raw JSON: how one may log in */
	struct buf cwd; /* of the prompt under way */
	struct buf content, settings; /* the same, raw JSON */
	bool last_step_only; /* the same */
	struct buf session; /* its id, raw JSON; empty: not yet told */
	struct buf offer; /* what session/new told of modes and models, raw JSON */
	size_t setting; /* the next of acp_settings to make */
	struct acp_turn turn;
	int64_t start_ms, now_us;
};

static struct acp *
acp_of(const struct talk *t)
{
	return (struct acp *)(uintptr_t)t; /* its first member */
}

/* --- ends --- */

static void
on_closed(void *user, const struct rpc_reply *reply)
{
	(void)user; /* whether it liked that or not */
	(void)reply;
}

static void
close_session(struct acp *acp)
{
	struct buf params = BUF_INIT(BUF_UNLIMITED);

	if (acp->can_close && acp->session.len)
		rpc_ask(acp->rpc, "session/close", acp_params(&params, &acp->session, NULL, NULL),
		    CLOCK_NEVER, on_closed, acp);
	buf_release(&params);
}

/* The prompt under way is over, whatever it came to. */
static void
conclude(struct acp *acp)
{
	close_session(acp);
	buf_reset(&acp->session);
	acp->talk.answer = NULL;
	acp->prompting = false;
}

/* The agent cannot be gone on with. */
static void
give_up(struct acp *acp)
{
	acp->talk.broken = true;
	if (acp->talk.answer)
		conclude(acp);
}

/* Say what came in place of a result. What is an agent that does not answer in time good for? */
static void
fail_reply(struct acp *acp, const struct rpc_reply *reply, const char *what)
{
	struct answer *a = acp->talk.answer;

	if (a && reply->how == RPC_EXPIRED)
		answer_fail(a, ERROR_TIMEOUT, "no answer to %s in time", what);
	else if (a && reply->how == RPC_ERROR)
		acp_read_error(a, reply->value, acp_kept(&acp->methods));
	else if (a)
		answer_fail(a, ERROR_PROTOCOL, "the answer to %s is malformed", what);
	give_up(acp);
}

/* --- a prompt, step by step --- */

static void
on_prompted(void *user, const struct rpc_reply *reply)
{
	struct acp *acp = user;
	struct answer *a = acp->talk.answer;

	if (!a) /* it was given up */
		return;
	if (reply->how == RPC_RESULT)
		acp_read_end(&acp->turn, a, reply->value, acp->last_step_only);
	else
		acp_read_error(a, reply->value, acp_kept(&acp->methods));
	conclude(acp);
}

static void
send_prompt(struct acp *acp)
{
	struct buf params = BUF_INIT(BUF_UNLIMITED);

	acp->prompting = true;
	acp_turn_init(&acp->turn);
	rpc_ask(acp->rpc, "session/prompt",
	    acp_params(&params, &acp->session, "prompt", &acp->content), CLOCK_NEVER, on_prompted,
	    acp);
	buf_release(&params);
}

static void on_set(void *user, const struct rpc_reply *reply);

/* Make the settings that are left, one at a time, then prompt. */
static void
set_next(struct acp *acp)
{
	struct buf params = BUF_INIT(BUF_UNLIMITED);
	struct acp_choice choice;

	while (acp->setting < ACP_SETTINGS) {
		enum acp_setting which = (enum acp_setting)acp->setting++;

		choice = acp_choose(
		    which, acp_wanted(acp_kept(&acp->settings), which), acp_kept(&acp->offer));
		if (choice.how == ACP_SET_ASK) {
			rpc_ask(acp->rpc, choice.method,
			    acp_choice_params(&params, &acp->session, &choice),
			    acp->now_us + (int64_t)SET_MS * 1000, on_set, acp);
			buf_release(&params);
			return;
		}
		if (choice.how == ACP_SET_UNKNOWN) {
			acp_refuse_setting(acp->talk.answer, which,
			    acp_wanted(acp_kept(&acp->settings), which), acp_kept(&acp->offer));
			conclude(acp);
			return;
		}
	}
	send_prompt(acp);
}

static void
on_set(void *user, const struct rpc_reply *reply)
{
	struct acp *acp = user;

	if (!acp->talk.answer)
		return;
	if (reply->how != RPC_RESULT) {
		fail_reply(acp, reply, "a setting");
		return;
	}
	set_next(acp);
}

static void
on_session(void *user, const struct rpc_reply *reply)
{
	struct acp *acp = user;
	struct json id = json_get(reply->value, "sessionId");

	if (!acp->talk.answer)
		return;
	if (reply->how != RPC_RESULT || id.kind != JSON_STRING) {
		fail_reply(acp, reply, "session/new");
		return;
	}
	buf_addstr(&acp->session, json_raw(id));
	buf_reset(&acp->offer);
	buf_addstr(&acp->offer, json_raw(reply->value));
	acp->setting = 0;
	set_next(acp);
}

static void
open_session(struct acp *acp)
{
	struct buf params = BUF_INIT(BUF_UNLIMITED);
	struct jsonw w;

	jsonw_start(&w, &params);
	jsonw_object(&w);
	jsonw_kstrn(&w, "cwd", buf_str(&acp->cwd));
	jsonw_key(&w, "mcpServers");
	jsonw_array(&w);
	jsonw_end(&w);
	jsonw_end(&w);
	buf_reset(&acp->session);
	rpc_ask(acp->rpc, "session/new", buf_str(&params), acp->now_us + acp->start_ms * 1000,
	    on_session, acp);
	buf_release(&params);
}

/* --- the start --- */

static void
on_greeted(void *user, const struct rpc_reply *reply)
{
	struct acp *acp = user;
	struct json methods = json_get(reply->value, "authMethods");
	int64_t version = 0;

	if (reply->how != RPC_RESULT) {
		fail_reply(acp, reply, "initialize");
		return;
	}
	if (!json_i64(json_get(reply->value, "protocolVersion"), &version) ||
	    version != PROTOCOL_VERSION) {
		if (acp->talk.answer)
			answer_fail(acp->talk.answer, ERROR_UNSUPPORTED,
			    "it speaks version %lld of the protocol, and not %d",
			    (long long)version, PROTOCOL_VERSION);
		give_up(acp);
		return;
	}
	if (methods.kind == JSON_ARRAY)
		buf_addstr(&acp->methods, json_raw(methods));
	acp->can_close = json_exists(
	    json_find(reply->value, "agentCapabilities.sessionCapabilities.close"));
	acp->greeted = true;
	if (acp->talk.answer)
		open_session(acp);
}

/* We offer neither files nor terminals. */
static void
greet(struct acp *acp)
{
	static const char *const withheld[] = { "readTextFile", "writeTextFile" };
	struct buf params = BUF_INIT(BUF_UNLIMITED);
	struct jsonw w;

	jsonw_start(&w, &params);
	jsonw_object(&w);
	jsonw_ki64(&w, "protocolVersion", PROTOCOL_VERSION);
	jsonw_key(&w, "clientCapabilities");
	jsonw_object(&w);
	jsonw_key(&w, "fs");
	jsonw_object(&w);
	for (size_t i = 0; i < sizeof withheld / sizeof *withheld; i++)
		jsonw_kbool(&w, withheld[i], false);
	jsonw_end(&w);
	jsonw_kbool(&w, "terminal", false);
	jsonw_end(&w);
	jsonw_key(&w, "clientInfo");
	jsonw_object(&w);
	jsonw_kstr(&w, "name", "agentflow");
	jsonw_kstr(&w, "version", AGENTFLOW_VERSION);
	jsonw_end(&w);
	jsonw_end(&w);
	rpc_ask(acp->rpc, "initialize", buf_str(&params), acp->now_us + acp->start_ms * 1000,
	    on_greeted, acp);
	buf_release(&params);
}

/* --- what the agent asks and tells --- */

static bool
is_ours(const struct acp *acp, struct json params)
{
	return acp->prompting && json_equal(json_get(params, "sessionId"), acp_kept(&acp->session));
}

static void
on_told(void *user, struct str method, struct json params)
{
	struct acp *acp = user;

	if (str_is(method, "session/update") && is_ours(acp, params))
		acp_read_update(&acp->turn, acp->talk.answer, json_get(params, "update"));
}

/* What it wanted to do, for people. */
static void
warn_refused(struct acp *acp, struct json params)
{
	struct buf title = BUF_INIT(BUF_UNLIMITED);
	struct str shown;

	json_text(json_find(params, "toolCall.title"), &title);
	shown = (struct str){ title.p, str_cut_utf8(buf_str(&title), SHOWN_MAX) };
	acp->turn.refused++;
	answer_warn(acp->talk.answer, "permissions", "refused: %.*s",
	    shown.len ? (int)shown.len : (int)sizeof "a tool" - 1, shown.len ? shown.p : "a tool");
	buf_release(&title);
}

static void
on_asked(void *user, struct json id, struct str method, struct json params)
{
	struct acp *acp = user;
	bool ours = is_ours(acp, params), allow = acp->talk.allow;
	struct buf result = BUF_INIT(BUF_UNLIMITED);

	if (!str_is(method, "session/request_permission")) {
		rpc_refuse(acp->rpc, id, RPC_METHOD_NOT_FOUND, "not offered");
		return;
	}
	if (ours && !allow)
		warn_refused(acp, params);
	acp_permission(&result, json_get(params, "options"), allow && ours && !acp->cancelled,
	    !ours || acp->cancelled);
	rpc_result(acp->rpc, id, buf_str(&result));
	buf_release(&result);
}

/* --- the talk --- */

static struct talk *
acp_open(int64_t start_ms, int64_t now_us)
{
	static const struct rpc_handler handler = { .asked = on_asked, .told = on_told };
	struct acp *acp = xcalloc(1, sizeof *acp);

	buf_init(&acp->talk.out, BUF_UNLIMITED);
	buf_init(&acp->methods, BUF_UNLIMITED);
	buf_init(&acp->cwd, BUF_UNLIMITED);
	buf_init(&acp->content, BUF_UNLIMITED);
	buf_init(&acp->settings, BUF_UNLIMITED);
	buf_init(&acp->session, BUF_UNLIMITED);
	buf_init(&acp->offer, BUF_UNLIMITED);
	acp->talk.protocol = &talk_acp;
	acp->start_ms = start_ms;
	acp->now_us = now_us;
	acp->rpc = rpc_new(&handler, acp, &acp->talk.out, LINE_MAX_BYTES);
	greet(acp);
	return &acp->talk;
}

static void
acp_close(struct talk *t)
{
	struct acp *acp = acp_of(t);

	rpc_free(acp->rpc);
	buf_release(&acp->talk.out);
	buf_release(&acp->methods);
	buf_release(&acp->cwd);
	buf_release(&acp->content);
	buf_release(&acp->settings);
	buf_release(&acp->session);
	buf_release(&acp->offer);
	free(acp);
}

static void
keep(struct buf *b, struct str text)
{
	buf_reset(b);
	buf_addstr(b, text);
}

static void
acp_prompt(struct talk *t, const struct talk_prompt *prompt, struct answer *a, int64_t now_us)
{
	struct acp *acp = acp_of(t);

	acp->now_us = now_us;
	acp->cancelled = false;
	acp->last_step_only = prompt->last_step_only;
	keep(&acp->cwd, prompt->cwd);
	keep(&acp->content, json_raw(prompt->content));
	keep(&acp->settings, json_raw(prompt->settings));
	t->allow = prompt->allow;
	t->answer = a;
	if (acp->greeted)
		open_session(acp);
}

static void
acp_cancel(struct talk *t)
{
	struct acp *acp = acp_of(t);
	struct buf params = BUF_INIT(BUF_UNLIMITED);

	acp->cancelled = true;
	if (acp->prompting)
		rpc_tell(
		    acp->rpc, "session/cancel", acp_params(&params, &acp->session, NULL, NULL));
	buf_release(&params);
}

static void
acp_feed(struct talk *t, const char *p, size_t n, int64_t now_us)
{
	struct acp *acp = acp_of(t);

	acp->now_us = now_us;
	if (rpc_feed(acp->rpc, p, n))
		return;
	if (t->answer)
		answer_fail(t->answer, ERROR_PROTOCOL, "it sent a line that is longer than 64 MiB");
	give_up(acp);
}

static int64_t
acp_deadline(const struct talk *t)
{
	return rpc_deadline(acp_of(t)->rpc);
}

static void
acp_expire(struct talk *t, int64_t now_us)
{
	acp_of(t)->now_us = now_us;
	rpc_expire(acp_of(t)->rpc, now_us);
}

const struct talk_protocol talk_acp = {
	.name = "acp",
	.open = acp_open,
	.close = acp_close,
	.prompt = acp_prompt,
	.cancel = acp_cancel,
	.feed = acp_feed,
	.deadline = acp_deadline,
	.expire = acp_expire,
};
