/* SPDX-License-Identifier: MIT */
/* condition_time - windows of the week, by the clock on the wall of their zone. */
#include "policy/condition.h"
#include "sys/zone.h"

static const char *const day_names[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };

static bool
has_day(const struct policy_time *t, int weekday)
{
	return !t->days || t->days & 1u << weekday;
}

/* A window that passes midnight belongs to the day on which it began. */
static bool
time_holds(const struct policy_time *t, const struct zone_time *at)
{
	if (!t->from && !t->to)
		return has_day(t, at->weekday);
	if (t->from < t->to)
		return has_day(t, at->weekday) && at->minute >= t->from && at->minute < t->to;
	return (has_day(t, at->weekday) && at->minute >= t->from) ||
	       (has_day(t, (at->weekday + 6) % 7) && at->minute < t->to);
}

bool
condition_time_fits(const struct policy_time *t, int64_t now_us)
{
	struct zone_time at;

	zone_local(t->zone, now_us, &at);
	return time_holds(t, &at);
}

/* "Mon-Fri 08:00-18:00" */
static void
add_window(struct buf *out, const struct policy_time *t)
{
	unsigned days = t->days ? t->days : 0x7f;
	bool any = false;

	for (int first = 0, last; first < 7; first = last + 1) {
		last = first;
		if (!(days & 1u << first))
			continue;
		while (last < 6 && days & 1u << (last + 1))
			last++;
		buf_addf(out, "%s%s", any ? "," : "", day_names[first]);
		if (last > first)
			buf_addf(out, "-%s", day_names[last]);
		any = true;
	}
	if (t->from || t->to)
		buf_addf(out, " %02d:%02d-%02d:%02d", t->from / 60, t->from % 60, t->to / 60,
		    t->to % 60);
}

void
condition_time_tell(const struct policy_time *t, int64_t now_us, bool fits, struct buf *out)
{
	struct zone_time at;

	zone_local(t->zone, now_us, &at);
	buf_addf(out, "it is %s %02d:%02d in %s, %s ", day_names[at.weekday], at.minute / 60,
	    at.minute % 60, t->zone ? t->zone : "UTC", fits ? "within" : "not");
	add_window(out, t);
}
