/* SPDX-License-Identifier: MIT */
/* rpc - one side of a JSON-RPC 2.0 conversation, a message a line. */
#include "net/rpc.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "json/jsonw.h"
#include "json/ndjson.h"
#include "sys/clock.h"

enum { METHOD_MAX = 256 };

struct question {
	int64_t id;
	int64_t deadline_us;
	rpc_reply_fn *fn;
	void *user;
};

struct rpc {
	const struct rpc_handler *on;
	void *user;
	struct lines lines;
	struct buf *out;
	struct question *questions; /* not yet answered, oldest first */
	size_t count, cap;
	int64_t last_id;
};

struct rpc *
rpc_new(const struct rpc_handler *on, void *user, struct buf *out, size_t line_max)
{
	struct rpc *r = xcalloc(1, sizeof *r);

	r->on = on;
	r->user = user;
	lines_init(&r->lines, line_max);
	r->out = out;
	return r;
}

void
rpc_free(struct rpc *r)
{
	if (!r)
		return;
	lines_release(&r->lines);
	free(r->questions);
	free(r);
}

/* --- what we say --- */

static void
message_begin(struct rpc *r, struct jsonw *w)
{
	jsonw_start(w, r->out);
	jsonw_object(w);
	jsonw_kstr(w, "jsonrpc", "2.0");
}

static void
message_end(struct rpc *r, struct jsonw *w)
{
	jsonw_end(w);
	buf_addc(r->out, '\n');
}

static void
call_method(struct jsonw *w, const char *method, struct str params)
{
	jsonw_kstr(w, "method", method);
	jsonw_key(w, "params");
	jsonw_raw(w, params);
}

void
rpc_ask(struct rpc *r, const char *method, struct str params, int64_t deadline_us, rpc_reply_fn *fn,
    void *user)
{
	struct jsonw w;

	VEC_GROW(r->questions, r->count, r->cap);
	r->questions[r->count++] = (struct question){
		.id = ++r->last_id, .deadline_us = deadline_us, .fn = fn, .user = user
	};
	message_begin(r, &w);
	jsonw_ki64(&w, "id", r->last_id);
	call_method(&w, method, params);
	message_end(r, &w);
}

void
rpc_tell(struct rpc *r, const char *method, struct str params)
{
	struct jsonw w;

	message_begin(r, &w);
	call_method(&w, method, params);
	message_end(r, &w);
}

void
rpc_result(struct rpc *r, struct json id, struct str result)
{
	struct jsonw w;

	message_begin(r, &w);
	jsonw_kjson(&w, "id", id);
	jsonw_key(&w, "result");
	jsonw_raw(&w, result);
	message_end(r, &w);
}

void
rpc_refuse(struct rpc *r, struct json id, int code, const char *message)
{
	struct jsonw w;

	message_begin(r, &w);
	jsonw_kjson(&w, "id", id);
	jsonw_key(&w, "error");
	jsonw_object(&w);
	jsonw_ki64(&w, "code", code);
	jsonw_kstr(&w, "message", message);
	jsonw_end(&w);
	message_end(r, &w);
}

/* --- what we hear --- */

/* Take question i off the list, and tell whoever asked. */
static void
conclude(struct rpc *r, size_t i, const struct rpc_reply *reply)
{
	struct question q = r->questions[i];

	r->count--;
	for (; i < r->count; i++)
		r->questions[i] = r->questions[i + 1];
	q.fn(q.user, reply);
}

/* Some peers answer in strings what was asked in numbers. */
static bool
is_id(struct json id, int64_t wanted)
{
	int64_t n;
	struct str text;

	if (json_i64(id, &n))
		return n == wanted;
	if (!json_plain(id, &text))
		return false;
	return num_i64(text, &n) && n == wanted;
}

static void
hear_reply(struct rpc *r, struct json message, struct json id)
{
	struct json error = json_get(message, "error");
	struct rpc_reply reply = { .how = RPC_RESULT, .value = json_get(message, "result") };
	size_t i = 0;

	if (json_exists(error))
		reply = (struct rpc_reply){ .how = RPC_ERROR, .value = error };
	while (i < r->count && !is_id(id, r->questions[i].id))
		i++;
	if (i < r->count)
		conclude(r, i, &reply);
}

static void
hear(struct rpc *r, struct str line)
{
	struct buf method = BUF_INIT(METHOD_MAX);
	struct json message, id, params;
	struct err err = ERR_INIT;

	if (json_parse(line.p, line.len, &message, &err) < 0 || !json_is(message, JSON_OBJECT))
		return;
	id = json_get(message, "id");
	params = json_get(message, "params");
	json_text(json_get(message, "method"), &method);
	if (!method.len && json_exists(id))
		hear_reply(r, message, id);
	else if (method.len && json_exists(id))
		r->on->asked(r->user, id, buf_str(&method), params);
	else if (method.len)
		r->on->told(r->user, buf_str(&method), params);
	buf_release(&method);
}

bool
rpc_feed(struct rpc *r, const char *p, size_t n)
{
	enum lines_status status;
	bool whole = true;
	struct str line;

	lines_push(&r->lines, p, n);
	while ((status = lines_next(&r->lines, &line)) != LINES_MORE) {
		if (status == LINES_LINE)
			hear(r, line);
		else
			whole = false;
	}
	return whole;
}

/* --- what takes too long --- */

int64_t
rpc_deadline(const struct rpc *r)
{
	int64_t first = CLOCK_NEVER;

	for (size_t i = 0; i < r->count; i++)
		if (r->questions[i].deadline_us < first)
			first = r->questions[i].deadline_us;
	return first;
}

void
rpc_expire(struct rpc *r, int64_t now_us)
{
	static const struct rpc_reply expired = { .how = RPC_EXPIRED };
	size_t i = 0;

	while (i < r->count) {
		if (r->questions[i].deadline_us > now_us) {
			i++;
			continue;
		}
		conclude(r, i, &expired);
		i = 0; /* who was told may have asked again */
	}
}
