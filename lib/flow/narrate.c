/* SPDX-License-Identifier: MIT */
/* narrate - a run's events in words. */
#include "flow/narrate.h"

#include "json/json.h"

static void
put_seconds(struct buf *out, int64_t ms)
{
	if (ms < 1000)
		buf_addf(out, "%d ms", (int)ms);
	else
		buf_addf(out, "%.1f s", (double)ms / 1000);
}

/* Out of what others wrote, nothing may move the cursor or speak to the terminal: control
 * characters, the two-byte ones (U+0080 to U+009F) too, become spaces. */
static void
put_plainly(struct json v, struct buf *out)
{
	size_t i = out->len;

	json_text(v, out);
	for (; i < out->len; i++) {
		unsigned char c = (unsigned char)out->p[i];

		if (c < ' ' || c == 0x7f)
			out->p[i] = ' ';
		else if (c == 0xc2 && (unsigned char)out->p[i + 1] < 0xa0)
			out->p[i] = out->p[i + 1] = ' ';
	}
}

static void
put_member(struct buf *out, const char *before, struct json v)
{
	if (!json_exists(v))
		return;
	buf_adds(out, before);
	if (v.kind == JSON_STRING)
		put_plainly(v, out);
	else
		buf_addstr(out, json_raw(v));
}

static void
put_ms(struct buf *out, const char *before, struct json v)
{
	int64_t ms;

	if (!json_i64(v, &ms))
		return;
	buf_adds(out, before);
	put_seconds(out, ms);
}

static void
run_started(struct json e, struct buf *out)
{
	put_member(out, "run ", json_get(e, "run"));
	put_member(out, ": ", json_get(e, "workflow"));
	put_member(out, ", ", json_get(e, "nodes"));
	buf_adds(out, " nodes\n");
}

static void
node_finished(struct json e, struct buf *out)
{
	struct json usage = json_get(e, "usage");

	put_member(
	    out, json_is_true(json_get(e, "ok")) ? "ok       " : "FAILED   ", json_get(e, "node"));
	put_ms(out, "  ", json_get(e, "ms"));
	put_member(out, "  ", json_get(e, "provider"));
	put_member(out, ":", json_get(e, "model"));
	put_member(out, "  ", json_get(usage, "tokensIn"));
	put_member(out, " + ", json_get(usage, "tokensOut"));
	if (json_exists(usage))
		buf_adds(out, " tokens");
	put_member(out, "  ", json_find(e, "error.message"));
	buf_addc(out, '\n');
}

static void
node_retry(struct json e, struct buf *out)
{
	put_member(out, "again    ", json_get(e, "node"));
	put_ms(out, "  in ", json_get(e, "delayMs"));
	put_member(out, "  ", json_find(e, "error.message"));
	buf_addc(out, '\n');
}

static void
node_skipped(struct json e, struct buf *out)
{
	struct json failed = json_get(e, "dependency");

	put_member(out, "skipped  ", json_get(e, "node"));
	if (json_exists(failed))
		put_member(out, "  for want of ", failed);
	else
		buf_adds(out, "  by its when");
	buf_addc(out, '\n');
}

static void
run_finished(struct json e, struct buf *out)
{
	put_member(out, "run ", json_get(e, "run"));
	put_member(out, ": ", json_get(e, "succeeded"));
	put_member(out, " succeeded, ", json_get(e, "failed"));
	put_member(out, " failed, ", json_get(e, "skipped"));
	buf_adds(out, " skipped");
	if (!str_is(json_raw(json_get(e, "pending")), "0"))
		put_member(out, ", pending: ", json_get(e, "pending"));
	put_ms(out, " in ", json_get(e, "ms"));
	buf_addc(out, '\n');
}

void
narrate_events(struct str lines, struct buf *out)
{
	static const struct {
		const char *event;
		void (*say)(struct json e, struct buf *out);
	} table[] = {
		{ "run.started", run_started },
		{ "node.finished", node_finished },
		{ "node.retry", node_retry },
		{ "node.skipped", node_skipped },
		{ "run.finished", run_finished },
	};
	struct err err = ERR_INIT;
	struct json event;
	struct str line;

	while (str_split(&lines, '\n', &line)) {
		if (line.len == 0 || json_parse(line.p, line.len, &event, &err) < 0)
			continue;
		for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
			if (json_eq(json_get(event, "event"), table[i].event))
				table[i].say(event, out);
		}
	}
}
