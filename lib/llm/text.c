/* SPDX-License-Identifier: MIT */
/* text - an answer as people read it. */
#include "llm/text.h"

const char text_calls_tools[] = "the model calls tools (see the record: leave out -t)";

void
text_add(struct text *t, struct str words, struct buf *out)
{
	if (!words.len)
		return;
	buf_addstr(out, words);
	t->is_shown = true;
	t->is_open = words.p[words.len - 1] != '\n';
}

void
text_end(struct text *t, struct buf *out)
{
	if (t->is_open)
		buf_addc(out, '\n');
	t->is_open = false;
}

void
text_void(struct text *t, struct buf *out)
{
	text_end(t, out);
	if (t->is_shown)
		buf_adds(out, "[the answer above is void, and begins anew]\n");
	t->is_shown = false;
}
