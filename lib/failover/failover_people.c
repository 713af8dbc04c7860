/* SPDX-License-Identifier: MIT */
/* failover_people - what people are told besides the answers: never in the middle of one. */
#include "cli/progress.h"
#include "failover/trip.h"
#include "sys/clock.h"
#include "sys/output.h"

void
failover_complain(struct failover *f, const char *text)
{
	if (!f->config->complain)
		return;
	if (f->config->live)
		buf_add(&f->complaints, text, strlen(text) + 1);
	else
		f->config->complain(text);
}

void
failover_tell_rest(struct failover *f)
{
	struct str rest = buf_str(&f->complaints), text;

	while (str_split(&rest, '\0', &text))
		if (text.len)
			f->config->complain(text.p);
	buf_reset(&f->complaints);
}

/* Some of an answer stands on the terminal, and the rest is to come. */
static bool
is_in_the_middle(const struct failover *f)
{
	const struct trip *t = (const struct trip *)turns_speaker(&f->turns);

	return (t && !t->turn.done && t->shown.is_shown) || output_waiting(f->output);
}

void
failover_tell(struct failover *f)
{
	if (f->complaints.len && !is_in_the_middle(f))
		failover_tell_rest(f);
}

void
failover_show(struct failover *f)
{
	struct progress_count count = { .done = f->over, .failed = f->failed };

	if (f->config->progress)
		progress_update(f->config->progress, count, clock_mono_us());
}
