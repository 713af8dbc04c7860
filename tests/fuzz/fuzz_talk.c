/* SPDX-License-Identifier: MIT */
/* fuzz_talk - what a program that stays says reads the same whole and cut anywhere, and whatever it
 * is, a prompt is over or still waited for. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "call/talk.h"
#include "fuzz/fuzz.h"
#include "sys/clock.h"

struct outcome {
	struct buf text;
};

static void
note_answer(struct outcome *o, const struct answer *a)
{
	answer_content(a, &o->text);
	buf_addc(&o->text, '\0');
	answer_reasoning(a, &o->text);
	buf_addf(&o->text, "|%d|%s|%d|%zu|%lld|%lld|", (int)a->error.kind, a->error.message.p,
	    (int)a->stop, a->part_count, (long long)a->usage.in, (long long)a->usage.out);
	buf_addstr(&o->text, buf_str(&a->warnings));
}

static struct outcome
run(const uint8_t *data, size_t size, unsigned control, size_t step)
{
	static const struct talk_protocol *const protocols[] = { &talk_acp, &talk_stream_json };
	static const char *const settings[] = { "{}", "{\"model\":\"m\"}", "{\"mode\":\"plan\"}",
		"{\"model\":\"m\",\"mode\":\"plan\"}" };
	struct talk_prompt prompt = {
		.content = json_literal("[{\"type\":\"text\",\"text\":\"hi\"}]"),
		.settings = json_literal(settings[control >> 1 & 3]),
		.cwd = STR_LIT("/"),
		.allow = control & 8,
		.last_step_only = control & 16,
	};
	struct outcome o = { .text = BUF_INIT(BUF_UNLIMITED) };
	struct talk *t = protocols[control & 1]->open(1, 0);
	struct answer a;

	answer_init(&a, NULL, NULL);
	t->protocol->prompt(t, &prompt, &a, 0);
	for (size_t at = 0, n; at < size; at += n) {
		char *piece;

		n = size - at < step ? size - at : step;
		piece = xmemdup((const char *)data + at, n);
		t->protocol->feed(t, piece, n, 0);
		free(piece);
	}
	if (control & 32 && t->answer)
		t->protocol->cancel(t);
	t->protocol->expire(t, CLOCK_NEVER - 1);
	answer_finish(&a, false, true);
	note_answer(&o, &a);
	buf_addstr(&o.text, buf_str(&t->out));
	t->protocol->close(t);
	answer_release(&a);
	return o;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t steps[] = { 1, 7, 64 };
	struct outcome whole, cut;

	if (!size)
		return 0;
	whole = run(data + 1, size - 1, data[0], SIZE_MAX);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		cut = run(data + 1, size - 1, data[0], steps[i]);
		if (!str_eq(buf_str(&whole.text), buf_str(&cut.text)))
			abort();
		buf_release(&cut.text);
	}
	buf_release(&whole.text);
	return 0;
}
