/* SPDX-License-Identifier: MIT */
/* relay - what the program says of an attempt, as the reader is to hear it. */
#include "failover/relay.h"

#include "base/money.h"
#include "base/num.h"
#include "json/edit.h"
#include "json/jsonw.h"
#include "llm/answer.h"
#include "llm/record.h"

enum {
	AT_TYPE,
	AT_ID,
	AT_SEQ,
	AT_DELTA,
	AT_RESTART,
	AT_OK,
	AT_KIND,
	AT_RETRY_AFTER,
	AT_MS,
	AT_TTFT_MS,
	AT_COST,
	AT_USAGE,
	AT_COUNT
};
static const char *const paths_wanted[AT_COUNT] = { "type", "id", "seq", "delta", "restart", "ok",
	"error.kind", "error.retryAfterMs", "ms", "ttftMs", "costUsd", "usage" };

struct json_paths *
relay_paths(void)
{
	return json_paths_new(paths_wanted, AT_COUNT);
}

/* --- a line --- */

static enum relay_kind
kind_of(const struct relayed *r)
{
	struct json type = r->found[AT_TYPE], ok = r->found[AT_OK];

	if (r->id.kind != JSON_STRING)
		return RELAY_OTHER;
	if (json_eq(type, "response"))
		return ok.kind == JSON_TRUE || ok.kind == JSON_FALSE ? RELAY_RESPONSE : RELAY_OTHER;
	if (!json_eq(type, "chunk"))
		return RELAY_OTHER;
	if (json_is_true(r->found[AT_RESTART]))
		return RELAY_RESTART;
	return r->seq.kind == JSON_NUMBER && r->delta.kind == JSON_OBJECT ? RELAY_CHUNK
									  : RELAY_OTHER;
}

bool
relay_read(const struct json_paths *paths, struct str line, struct relayed *r, struct err *err)
{
	r->kind = RELAY_OTHER;
	r->id = JSON_ABSENT;
	if (json_scan(paths, line.p, line.len, &r->record, r->found, err) < 0)
		return false;
	if (r->record.kind != JSON_OBJECT) {
		(void)err_set(err, EXIT_NO, "not a JSON object");
		return false;
	}
	r->id = r->found[AT_ID];
	r->seq = r->found[AT_SEQ];
	r->delta = r->found[AT_DELTA];
	r->kind = kind_of(r);
	return r->kind != RELAY_OTHER;
}

/* --- chunks --- */

bool
relay_is_tool_call(const struct relayed *r)
{
	return json_exists(json_get(r->delta, "toolCall"));
}

bool
relay_is_output(const struct relayed *r)
{
	struct json_iter it = json_each(r->delta);

	while (json_next(&it)) {
		if (json_exists(it.value) && !json_is_empty_string(it.value))
			return true;
	}
	return false;
}

void
relay_content(const struct relayed *r, struct buf *content, struct buf *reasoning)
{
	json_text(json_get(r->delta, "content"), content);
	json_text(json_get(r->delta, "reasoning"), reasoning);
}

/* The text from *at up to v, then what stands in v's place. */
static void
splice(struct buf *out, const char **at, struct json v, struct str in_its_place)
{
	buf_add(out, *at, (size_t)(v.p - *at));
	buf_addstr(out, in_its_place);
	*at = v.p + v.len;
}

void
relay_chunk(const struct relayed *r, struct str id, int64_t seq, struct buf *out)
{
	char digits[NUM_TEXT_MAX];
	struct str number = { digits, (size_t)(num_write(digits, seq) - digits) };
	const char *at = r->record.p, *end = r->record.p + r->record.len;

	if (r->id.p < r->seq.p) {
		splice(out, &at, r->id, id);
		splice(out, &at, r->seq, number);
	} else {
		splice(out, &at, r->seq, number);
		splice(out, &at, r->id, id);
	}
	buf_add(out, at, (size_t)(end - at));
}

/* --- responses --- */

static double
number_of(struct json v)
{
	double d;

	return json_double(v, &d) && d >= 0 ? d : -1;
}

static void
read_usage(struct json usage, struct usage *u)
{
	*u = (struct usage)USAGE_UNKNOWN;
	usage_set(&u->in, json_get(usage, "tokensIn"));
	usage_set(&u->out, json_get(usage, "tokensOut"));
	usage_set(&u->cache_read, json_get(usage, "cacheReadTokens"));
	usage_set(&u->cache_write, json_get(usage, "cacheWriteTokens"));
	usage_set(&u->cache_write_1h, json_get(usage, "cacheWrite1hTokens"));
	usage_set(&u->reasoning, json_get(usage, "reasoningTokens"));
	u->estimated = json_eq(json_get(usage, "source"), "estimated");
}

void
relay_outcome(const struct relayed *r, struct relay_outcome *o)
{
	struct str name;

	*o = (struct relay_outcome){
		.ok = json_is_true(r->found[AT_OK]),
		.total_ms = number_of(r->found[AT_MS]),
		.first_ms = number_of(r->found[AT_TTFT_MS]),
		.cost_pusd = -1,
	};
	if (!o->ok && (!json_plain(r->found[AT_KIND], &name) || !error_kind_parse(name, &o->kind)))
		o->kind = ERROR_PROTOCOL;
	(void)json_i64(r->found[AT_RETRY_AFTER], &o->retry_after_ms);
	if (r->found[AT_COST].kind == JSON_NUMBER &&
	    !json_scaled(r->found[AT_COST], MONEY_SCALE, &o->cost_pusd))
		o->cost_pusd = -1;
	read_usage(r->found[AT_USAGE], &o->usage);
}

/* What was warned of, and warnings of ours behind it. */
static void
put_warnings(struct json own, struct str more, struct buf *out)
{
	struct json_iter it = json_each(own);
	struct str line;
	struct jsonw w;

	jsonw_start(&w, out);
	jsonw_array(&w);
	while (own.kind == JSON_ARRAY && json_next(&it))
		jsonw_json(&w, it.value);
	while (str_split(&more, '\n', &line)) {
		if (!line.len)
			continue;
		jsonw_object(&w);
		jsonw_kstr(&w, "option", "policy");
		jsonw_kstrn(&w, "message", line);
		jsonw_end(&w);
	}
	jsonw_end(&w);
}

struct str
relay_behind(struct str before, struct str text)
{
	static const char space[] = " \t\r\n";

	if (before.len && memchr(space, before.p[before.len - 1], 4)) {
		while (text.len && memchr(space, *text.p, 4)) {
			text.p++;
			text.len--;
		}
	}
	return text;
}

/* before and then own, a string, as one. */
static void
put_joined(struct str before, struct json own, bool is_cut, struct buf *out)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED), joined = BUF_INIT(BUF_UNLIMITED);

	json_text(own, &text);
	buf_addstr(&joined, before);
	buf_addstr(&joined, is_cut ? relay_behind(before, buf_str(&text)) : buf_str(&text));
	jsonw_quote(out, buf_str(&joined));
	buf_release(&joined);
	buf_release(&text);
}

static void
put_text_part(struct jsonw *w, const char *type, struct str text)
{
	if (!text.len)
		return;
	jsonw_object(w);
	jsonw_kstr(w, "type", type);
	jsonw_kstrn(w, "text", text);
	jsonw_end(w);
}

/* The part without the space that was cut off its text; whether there was nothing else in it. */
static bool
put_part_behind(struct jsonw *w, struct str before, struct json part)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED), quoted = BUF_INIT(BUF_UNLIMITED),
		   cut = BUF_INIT(BUF_UNLIMITED);
	struct json_edit e;
	struct str rest;

	json_text(json_get(part, "text"), &text);
	rest = relay_behind(before, buf_str(&text));
	if (rest.len == text.len) {
		jsonw_json(w, part);
	} else if (rest.len) {
		jsonw_quote(&quoted, rest);
		json_edit_start(&e, part);
		json_edit_set(&e, "text", buf_str(&quoted));
		json_edit_write(&e, &cut);
		jsonw_raw(w, buf_str(&cut));
	}
	buf_release(&text);
	buf_release(&quoted);
	buf_release(&cut);
	return !rest.len;
}

static void
put_joined_parts(const struct relay_whole *whole, struct json own, struct buf *out)
{
	struct json_iter it = json_each(own);
	bool is_behind = true;
	struct jsonw w;

	jsonw_start(&w, out);
	jsonw_array(&w);
	put_text_part(&w, "reasoning", whole->thought);
	put_text_part(&w, "text", whole->said);
	while (own.kind == JSON_ARRAY && json_next(&it)) {
		if (is_behind && json_eq(json_get(it.value, "type"), "text"))
			is_behind = put_part_behind(&w, whole->said, it.value);
		else
			jsonw_json(&w, it.value);
	}
	jsonw_end(&w);
}

static void
put_count(struct jsonw *w, const char *key, int64_t n)
{
	if (n != TOKENS_UNKNOWN)
		jsonw_ki64(w, key, n);
}

static void
put_joined_usage(const struct usage *before, struct json own, struct buf *out)
{
	struct usage u;
	struct jsonw w;

	read_usage(own, &u);
	usage_sum(&u, before);
	jsonw_start(&w, out);
	jsonw_object(&w);
	put_count(&w, "tokensIn", u.in);
	put_count(&w, "tokensOut", u.out);
	put_count(&w, "cacheReadTokens", u.cache_read);
	put_count(&w, "cacheWriteTokens", u.cache_write);
	put_count(&w, "cacheWrite1hTokens", u.cache_write_1h);
	put_count(&w, "reasoningTokens", u.reasoning);
	jsonw_kstr(&w, "source", u.estimated || before->estimated ? "estimated" : "reported");
	jsonw_end(&w);
}

enum { SPACES = 6 }; /* for the values of what is edited, which live until it is written */

/* The members that a continuation makes others. */
static void
join(struct json_edit *e, const struct relay_whole *whole, struct buf *space)
{
	struct json usage = json_get(e->object, "usage");

	if (whole->said.len) {
		put_joined(whole->said, json_get(e->object, "content"), true, &space[0]);
		json_edit_set(e, "content", buf_str(&space[0]));
	}
	if (whole->thought.len) {
		put_joined(whole->thought, json_get(e->object, "reasoning"), false, &space[1]);
		json_edit_set(e, "reasoning", buf_str(&space[1]));
	}
	if (whole->said.len || whole->thought.len) {
		put_joined_parts(whole, json_get(e->object, "parts"), &space[2]);
		json_edit_set(e, "parts", buf_str(&space[2]));
	}
	if (whole->usage && whole->usage->in != TOKENS_UNKNOWN && json_exists(usage)) {
		put_joined_usage(whole->usage, usage, &space[3]);
		json_edit_set(e, "usage", buf_str(&space[3]));
	}
}

void
relay_response(struct json response, const struct relay_whole *whole, struct buf *out)
{
	struct buf space[SPACES];
	struct json_edit e;
	size_t i;

	for (i = 0; i < SPACES; i++)
		buf_init(&space[i], BUF_UNLIMITED);
	json_edit_start(&e, response);
	json_edit_set(&e, "id", whole->id);
	if (whole->requested_model.len) {
		jsonw_quote(&space[4], whole->requested_model);
		json_edit_set(&e, "requestedModel", buf_str(&space[4]));
	}
	join(&e, whole, space);
	if (whole->warnings.len) {
		put_warnings(json_get(response, "warnings"), whole->warnings, &space[5]);
		json_edit_set(&e, "warnings", buf_str(&space[5]));
	}
	json_edit_set(&e, "attempts", whole->attempts);
	json_edit_write(&e, out);
	for (i = 0; i < SPACES; i++)
		buf_release(&space[i]);
}

void
relay_failure(const struct relay_failure *f, struct buf *out)
{
	struct answer a;
	struct response_facts facts = {
		.provider = f->provider,
		.requested_model = str_of(f->model),
		.total_us = -1,
		.ttft_us = -1,
		.queue_us = -1,
		.tags = f->tags,
		.meta = f->meta,
	};

	answer_init(&a, NULL, NULL);
	answer_fail(&a, f->kind, "%.*s", (int)f->message.len, f->message.p);
	answer_finish(&a, false, false);
	record_response(out, &a, &facts);
	answer_release(&a);
}
