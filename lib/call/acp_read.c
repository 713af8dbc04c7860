/* SPDX-License-Identifier: MIT */
/* acp_read - what an agent of the Agent Client Protocol says, as an answer. */
#include "call/acp_read.h"

#include "json/jsonw.h"

enum { AUTH_REQUIRED = -32000, SHOWN_MAX = 400 };
#define TOKENS_MAX ((int64_t)1 << 50) /* more is a mistake; sums of fewer do not overflow */

void
acp_turn_init(struct acp_turn *turn)
{
	*turn = (struct acp_turn){ .steps = USAGE_UNKNOWN };
}

/* --- usage --- */

static int64_t
known(int64_t n)
{
	return n > 0 ? n : 0;
}

static void
set_count(int64_t *field, struct json v)
{
	int64_t n = TOKENS_UNKNOWN;

	usage_set(&n, v);
	if (n >= 0 && n < TOKENS_MAX)
		*field = n;
}

/*
 * Agents disagree on whether the input holds the cached tokens and the output the thoughts; the
 * total tells, as it is always the sum of what was counted apart.
 */
static struct usage
usage_of(struct json v)
{
	struct usage u = USAGE_UNKNOWN;
	int64_t total = TOKENS_UNKNOWN, apart, cached, thought;

	set_count(&u.in, json_get(v, "inputTokens"));
	set_count(&u.out, json_get(v, "outputTokens"));
	set_count(&u.cache_read, json_get(v, "cachedReadTokens"));
	set_count(&u.cache_write, json_get(v, "cachedWriteTokens"));
	set_count(&u.reasoning, json_get(v, "thoughtTokens"));
	set_count(&total, json_get(v, "totalTokens"));
	if (total < 0 || u.in < 0 || u.out < 0)
		return u;
	apart = total - u.in - u.out;
	cached = known(u.cache_read) + known(u.cache_write);
	thought = known(u.reasoning);
	if (apart == cached || apart == cached + thought)
		u.in += cached;
	if (apart == thought || apart == cached + thought)
		u.out += thought;
	return u;
}

static void
add_count(int64_t *sum, int64_t n)
{
	if (n >= 0)
		usage_add(sum, n);
}

static void
add_step(struct usage *sum, struct json v)
{
	struct usage u;

	if (v.kind != JSON_OBJECT)
		return;
	u = usage_of(v);
	add_count(&sum->in, u.in);
	add_count(&sum->out, u.out);
	add_count(&sum->cache_read, u.cache_read);
	add_count(&sum->cache_write, u.cache_write);
	add_count(&sum->reasoning, u.reasoning);
}

/* Gemini CLI's: without cached ones, and without thoughts. */
static void
read_quota(struct answer *a, struct json quota)
{
	struct json count = json_get(quota, "token_count");

	usage_set(&a->usage.in, json_get(count, "input_tokens"));
	usage_set(&a->usage.out, json_get(count, "output_tokens"));
	answer_model(a, json_find(quota, "model_usage.0.model"));
}

static void
read_usage(const struct acp_turn *turn, struct answer *a, struct json result, bool last_step_only)
{
	struct json usage = json_get(result, "usage"), quota = json_find(result, "_meta.quota");

	if (usage.kind == JSON_OBJECT)
		a->usage = usage_of(usage);
	else if (turn->steps.in >= 0)
		a->usage = turn->steps;
	else if (quota.kind == JSON_OBJECT)
		read_quota(a, quota);
	if (last_step_only && turn->calls)
		answer_warn(a, "usage", "only the last of the turn's model calls is counted");
}

/* --- updates --- */

static void
read_chunk(struct answer *a, enum part_type type, struct json update)
{
	struct json content = json_get(update, "content");

	if (json_eq(json_get(content, "type"), "text"))
		(void)answer_text(a, type, KEY_NONE, json_get(content, "text"));
	else if (content.kind == JSON_OBJECT)
		(void)answer_provider_block(a, KEY_NONE, content);
}

static void
read_message(struct acp_turn *turn, struct answer *a, struct json update)
{
	read_chunk(a, PART_TEXT, update);
	add_step(&turn->steps, json_find(update, "_meta.usage"));
}

static void
read_thought(struct acp_turn *turn, struct answer *a, struct json update)
{
	(void)turn;
	read_chunk(a, PART_REASONING, update);
}

static void
read_tool(struct acp_turn *turn, struct answer *a, struct json update)
{
	turn->calls++;
	(void)answer_provider_block(a, KEY_NONE, update);
}

/* Between its beginning and its end, a tool's call only repeats itself. */
static void
read_tool_update(struct acp_turn *turn, struct answer *a, struct json update)
{
	struct json status = json_get(update, "status");

	(void)turn;
	if (json_eq(status, "completed") || json_eq(status, "failed"))
		(void)answer_provider_block(a, KEY_NONE, update);
}

/* The cost is that of the conversation so far, and ours is one prompt long. */
static void
read_usage_update(struct acp_turn *turn, struct answer *a, struct json update)
{
	struct json cost = json_get(update, "cost");
	int64_t pusd;

	(void)turn;
	if (json_eq(json_get(cost, "currency"), "USD") &&
	    json_scaled(json_get(cost, "amount"), 12, &pusd) && pusd > 0)
		a->cost_pusd = pusd;
}

void
acp_read_update(struct acp_turn *turn, struct answer *a, struct json update)
{
	static const struct {
		const char *name;
		void (*read)(struct acp_turn *turn, struct answer *a, struct json update);
	} updates[] = {
		{ "agent_message_chunk", read_message },
		{ "agent_thought_chunk", read_thought },
		{ "tool_call", read_tool },
		{ "tool_call_update", read_tool_update },
		{ "usage_update", read_usage_update },
	};
	struct json kind = json_get(update, "sessionUpdate");

	for (size_t i = 0; i < sizeof updates / sizeof *updates; i++)
		if (json_eq(kind, updates[i].name))
			updates[i].read(turn, a, update);
}

/* --- ends --- */

void
acp_read_end(const struct acp_turn *turn, struct answer *a, struct json result, bool last_step_only)
{
	static const struct stop_row stops[] = {
		{ "end_turn", STOP_END },
		{ "max_tokens", STOP_LENGTH },
		{ "max_turn_requests", STOP_LENGTH },
		{ "refusal", STOP_REFUSAL },
		{ "cancelled", STOP_ERROR },
		{ NULL, STOP_NONE },
	};

	answer_stop(a, stops, json_get(result, "stopReason"));
	read_usage(turn, a, result, last_step_only);
	if (!a->choice_done)
		answer_fail(a, ERROR_PROTOCOL, "it ended its turn without a stop reason");
	else if (a->stop == STOP_ERROR)
		answer_fail(a, ERROR_CANCELLED, "it cancelled its turn");
	else if (a->stop == STOP_END && !a->output_seen && turn->refused)
		answer_fail(
		    a, ERROR_PERMISSION, "it was refused leave to use a tool, and said nothing");
	else
		answer_end(a);
}

static void
refuse_auth(struct answer *a, struct json error, struct json methods)
{
	struct json_iter it = json_each(methods);
	struct buf text = BUF_INIT(SHOWN_MAX);

	json_text(json_get(error, "message"), &text);
	if (!text.len)
		buf_adds(&text, "it must be logged in");
	for (const char *sep = " (it offers: "; json_next(&it); sep = ", ") {
		buf_adds(&text, sep);
		json_text(json_get(it.value, "name"), &text);
	}
	if (json_count(methods))
		buf_addc(&text, ')');
	answer_fail(a, ERROR_AUTH, "%s", text.p);
	buf_release(&text);
}

/* The details stand in data: a text, or an object that holds one. */
static struct json
details_of(struct json error)
{
	static const char *const names[] = { "details", "message", "errorMessage", "error" };
	struct json data = json_get(error, "data");

	for (size_t i = 0; data.kind == JSON_OBJECT && i < sizeof names / sizeof *names; i++)
		if (json_get(data, names[i]).kind == JSON_STRING)
			return json_get(data, names[i]);
	return data;
}

void
acp_read_error(struct answer *a, struct json error, struct json methods)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED), body = BUF_INIT(BUF_UNLIMITED);
	struct json details = details_of(error);
	int64_t code = 0;
	struct jsonw w;

	if (json_i64(json_get(error, "code"), &code) && code == AUTH_REQUIRED) {
		refuse_auth(a, error, methods);
		return;
	}
	json_text(json_get(error, "message"), &text);
	if (details.kind == JSON_STRING) {
		buf_adds(&text, text.len ? ": " : "");
		json_text(details, &text);
	}
	jsonw_start(&w, &body);
	jsonw_object(&w);
	jsonw_ki64(&w, "code", code);
	jsonw_kstr(&w, "message", text.len ? text.p : "it failed, and does not say why");
	jsonw_end(&w);
	answer_error_json(a, 0, json_literal(body.p));
	buf_release(&text);
	buf_release(&body);
}
