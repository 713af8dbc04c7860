/* SPDX-License-Identifier: MIT */
/* trip_stream - an answer on its way to the reader: chunks for programs, words for people. */
#include "failover/trip_state.h"

#include "json/jsonw.h"
#include "llm/record.h"

void
trip_stream(struct trip *t, enum delta_kind kind, struct str text, struct buf *out)
{
	struct delta delta = { .kind = kind, .text = text };

	if (!text.len)
		return;
	if (!t->f->config->text) {
		record_chunk(out, buf_str(&t->id), t->seq++, &delta);
		buf_addc(out, '\n');
	} else if (kind == DELTA_CONTENT) {
		text_add(&t->shown, text, out);
	}
}

void
trip_stream_chunk(struct trip *t, const struct relayed *r, struct buf *out)
{
	struct buf words = BUF_INIT(BUF_UNLIMITED), thoughts = BUF_INIT(BUF_UNLIMITED);

	if (!t->f->config->text) {
		relay_chunk(r, buf_str(&t->id), t->seq++, out);
		buf_addc(out, '\n');
		return;
	}
	relay_content(r, &words, &thoughts);
	text_add(&t->shown, buf_str(&words), out);
	buf_release(&words);
	buf_release(&thoughts);
}

void
trip_stream_void(struct trip *t, int64_t attempt, struct buf *out)
{
	if (t->f->config->text) {
		text_void(&t->shown, out);
		return;
	}
	record_restart(out, buf_str(&t->id), t->seq++, attempt);
	buf_addc(out, '\n');
}

/* --- the end, for people --- */

/* "openai:gpt-4o: server", of one of attempts. */
static void
put_attempt(struct json attempt, struct buf *text)
{
	json_text(json_get(attempt, "model"), text);
	buf_adds(text, ": ");
	json_text(json_get(attempt, "error"), text);
}

static void
put_times(size_t times, struct buf *text)
{
	if (times > 1)
		buf_addf(text, " %zu times", times);
}

/* What the attempts came to; those that came to the same in a row are told once. */
static void
put_attempts(struct json attempts, struct buf *text)
{
	struct buf last = BUF_INIT(BUF_UNLIMITED), one = BUF_INIT(BUF_UNLIMITED), spare;
	struct json_iter it = json_each(attempts);
	size_t times = 0;

	while (json_next(&it)) {
		buf_reset(&one);
		put_attempt(it.value, &one);
		if (str_eq(buf_str(&one), buf_str(&last))) {
			times++;
			continue;
		}
		put_times(times, text);
		buf_addf(text, "%s%s", times ? ", " : "", one.p);
		times = 1;
		spare = last;
		last = one;
		one = spare;
	}
	put_times(times, text);
	buf_release(&last);
	buf_release(&one);
}

static void
tell_attempts(const struct trip *t, struct buf *text)
{
	struct buf record = BUF_INIT(BUF_UNLIMITED);
	struct json attempts;
	struct err err = ERR_INIT;
	struct jsonw w;

	if (!t->walk || !t->try_count)
		return;
	jsonw_start(&w, &record);
	walk_write_attempts(t->walk, &w);
	if (json_parse(record.p, record.len, &attempts, &err) < 0)
		BUG("trip_stream: attempts of ours: %s", err.text);
	buf_adds(text, " (tried ");
	put_attempts(attempts, text);
	buf_addc(text, ')');
	buf_release(&record);
}

static void
tell_failure(struct trip *t, struct json error)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct json kind = json_get(error, "kind"), message = json_get(error, "message");

	if (t->f->output_errno) /* nobody is there to miss it */
		return;
	buf_addf(&text, "%s: ", t->id.p);
	json_text(kind, &text);
	if (!json_equal(kind, message)) {
		buf_adds(&text, ": ");
		json_text(message, &text);
	}
	tell_attempts(t, &text);
	failover_complain(t->f, text.p);
	buf_release(&text);
}

static void
tell_calls(struct trip *t)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	buf_addf(&text, "%s: %s", t->id.p, text_calls_tools);
	failover_complain(t->f, text.p);
	buf_release(&text);
}

void
trip_put_text(struct trip *t, struct json response, const struct attempt *a, struct buf *out)
{
	struct json error = json_get(response, "error"), calls = json_get(response, "toolCalls");
	struct json_iter it = json_each(calls);
	struct buf words = BUF_INIT(BUF_UNLIMITED);

	if (json_is_true(json_get(response, "ok")))
		json_text(json_get(response, "content"), &words);
	if (!a || !a->streams)
		text_add(&t->shown, relay_behind(buf_str(&t->said), buf_str(&words)), out);
	text_end(&t->shown, out);
	if (json_exists(error))
		tell_failure(t, error);
	else if (!words.len && calls.kind == JSON_ARRAY && json_next(&it))
		tell_calls(t);
	buf_release(&words);
}
