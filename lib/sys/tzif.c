/* SPDX-License-Identifier: MIT */
/* tzif - a compiled time zone (RFC 9636) as a list of spans of one offset each. */
#include "sys/tzif.h"

#include <stdlib.h>
#include <time.h>

#include "base/mem.h"

enum { HOUR_S = 3600, DAY_S = 86400 };

/* A later span that begins at the same moment stands in the place of the one before. */
static void
span_add(struct tzif *z, int64_t from_s, int64_t offset_s)
{
	if (z->count && z->spans[z->count - 1].from_s == from_s)
		z->count--;
	VEC_GROW(z->spans, z->count, z->cap);
	z->spans[z->count++] = (struct tzif_span){ .from_s = from_s, .offset_s = offset_s };
}

/* --- the file's tables --- */

static uint32_t
u32_at(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

static int64_t
i32_at(const char *p)
{
	return (int32_t)u32_at(p);
}

static int64_t
i64_at(const char *p)
{
	return (int64_t)((uint64_t)u32_at(p) << 32 | u32_at(p + 4));
}

struct header {
	uint32_t ut, std, leap, times, types, chars; /* how many of each */
	size_t body; /* how many bytes follow, with times of the size asked for */
};

enum { HEADER_SIZE = 44, TYPE_SIZE = 6 };

static bool
header_take(struct str *s, size_t time_size, struct header *h)
{
	const char *p = s->p + 20;

	if (s->len < HEADER_SIZE || memcmp(s->p, "TZif", 4) != 0 || s->p[4] < '2')
		return false;
	*h = (struct header){ u32_at(p), u32_at(p + 4), u32_at(p + 8), u32_at(p + 12),
		u32_at(p + 16), u32_at(p + 20), 0 };
	/* 32 bit counts of some bytes each: 64 bits hold the sum. */
	h->body = (size_t)h->times * (time_size + 1) + (size_t)h->types * TYPE_SIZE + h->chars +
		  (size_t)h->leap * (time_size + 4) + h->std + h->ut;
	s->p += HEADER_SIZE;
	s->len -= HEADER_SIZE;
	return h->body <= s->len;
}

static bool
tables_read(struct tzif *z, const char *body, const struct header *h)
{
	const char *index = body + (size_t)h->times * 8;
	const char *types = index + h->times;
	uint32_t i;

	if (!h->types)
		return false;
	span_add(z, INT64_MIN, i32_at(types));
	for (i = 0; i < h->times; i++) {
		unsigned char type = (unsigned char)index[i];
		int64_t from = i64_at(body + (size_t)i * 8);

		if (type >= h->types || from < z->spans[z->count - 1].from_s)
			return false;
		span_add(z, from, i32_at(types + (size_t)type * TYPE_SIZE));
	}
	for (i = 0; i < z->count; i++)
		if (llabs(z->spans[i].offset_s) > 26 * HOUR_S)
			return false;
	return true;
}

/* --- the rule at the end: "CET-1CEST,M3.5.0,M10.5.0/3" --- */

struct rule_day {
	char kind; /* M: month, week, day of the week; J: day without 29 February; 0: with it */
	int64_t month, week, day, time_s;
};

static bool
take(struct str *s, char c)
{
	if (!s->len || *s->p != c)
		return false;
	s->p++;
	s->len--;
	return true;
}

static bool
take_number(struct str *s, int64_t max, int64_t *out)
{
	int64_t n = 0;
	size_t digits = 0;

	while (s->len && *s->p >= '0' && *s->p <= '9' && n <= max) {
		n = n * 10 + (*s->p - '0');
		s->p++;
		s->len--;
		digits++;
	}
	*out = n;
	return digits && n <= max;
}

/* [+-]hh[:mm[:ss]] */
static bool
take_time(struct str *s, int64_t *out)
{
	int64_t sign = take(s, '-') ? -1 : 1, h, m = 0, sec = 0;

	if (sign > 0)
		(void)take(s, '+'); /* it may stand there */
	if (!take_number(s, 167, &h))
		return false;
	if (take(s, ':') && !take_number(s, 59, &m))
		return false;
	if (take(s, ':') && !take_number(s, 59, &sec))
		return false;
	*out = sign * (h * HOUR_S + m * 60 + sec);
	return true;
}

/* A zone's short name, "CET" or "<+0330>", is passed over. */
static bool
take_name(struct str *s)
{
	bool quoted = take(s, '<');
	size_t n = 0;

	while (n < s->len &&
	       (quoted ? s->p[n] != '>'
		       : (s->p[n] >= 'A' && s->p[n] <= 'Z') || (s->p[n] >= 'a' && s->p[n] <= 'z')))
		n++;
	s->p += n;
	s->len -= n;
	return n > 0 && (!quoted || take(s, '>'));
}

static bool
take_day(struct str *s, struct rule_day *d)
{
	*d = (struct rule_day){ .time_s = 2 * HOUR_S };
	if (take(s, 'M')) {
		d->kind = 'M';
		if (!take_number(s, 12, &d->month) || d->month < 1 || !take(s, '.') ||
		    !take_number(s, 5, &d->week) || d->week < 1 || !take(s, '.') ||
		    !take_number(s, 6, &d->day))
			return false;
	} else {
		if (take(s, 'J'))
			d->kind = 'J';
		if (!take_number(s, 365, &d->day) || (d->kind == 'J' && d->day < 1))
			return false;
	}
	return !take(s, '/') || take_time(s, &d->time_s);
}

/* Midnight of a day (which may lie outside its month), as if it were UTC. */
static int64_t
midnight(int64_t year, int64_t month, int64_t day)
{
	struct tm tm = {
		.tm_year = (int)(year - 1900), .tm_mon = (int)(month - 1), .tm_mday = (int)day
	};

	return timegm(&tm);
}

/* The day's moment in local time, as if it were UTC. */
static int64_t
rule_moment(const struct rule_day *d, int64_t year)
{
	int64_t first, days, length;

	if (d->kind == 'J') { /* 60 is 1 March in every year */
		days = d->day - 1;
		if (d->day >= 60 && midnight(year, 3, 1) - midnight(year, 2, 28) > DAY_S)
			days++;
		return midnight(year, 1, 1) + days * DAY_S + d->time_s;
	}
	if (d->kind != 'M')
		return midnight(year, 1, 1) + d->day * DAY_S + d->time_s;
	first = midnight(year, d->month, 1);
	length = (midnight(year, d->month + 1, 1) - first) / DAY_S;
	days = (d->day - (first / DAY_S + 4) % 7 + 7) % 7 + (d->week - 1) * 7; /* 1970: Thursday */
	while (days >= length) /* week 5: the last */
		days -= 7;
	return first + days * DAY_S + d->time_s;
}

static int64_t
year_of(int64_t utc_s)
{
	time_t t = (time_t)utc_s;
	struct tm tm;

	gmtime_r(&t, &tm);
	return tm.tm_year + 1900;
}

static void
rule_write_out(struct tzif *z, const struct rule_day day[2], const int64_t offset[2])
{
	int64_t last = z->spans[z->count - 1].from_s, at[2];
	/* A file of nonsense may name moments that no calendar holds. */
	int64_t year = last < 0                              ? 1970
		       : last / DAY_S / 366 > TZIF_LAST_YEAR ? TZIF_LAST_YEAR
							     : year_of(last);
	int first, i;

	for (; year <= TZIF_LAST_YEAR; year++) {
		/* Each begins at a time of the other's clock. */
		at[1] = rule_moment(&day[1], year) - offset[0];
		at[0] = rule_moment(&day[0], year) - offset[1];
		first = at[1] < at[0];
		for (i = 0; i < 2; i++) {
			int which = i == 0 ? first : !first;

			if (at[which] >= z->spans[z->count - 1].from_s && at[which] > last)
				span_add(z, at[which], offset[which]);
		}
	}
}

static bool
rule_read(struct tzif *z, struct str s)
{
	struct rule_day day[2]; /* where standard time begins, where summer time does */
	int64_t offset[2];

	if (!s.len)
		return true;
	if (!take_name(&s) || !take_time(&s, &offset[0]))
		return false;
	offset[0] = -offset[0]; /* POSIX counts westward */
	if (!s.len)
		return true; /* as the last span of the tables has it */
	offset[1] = offset[0] + HOUR_S;
	if (!take_name(&s))
		return false;
	if (s.len && *s.p != ',') {
		if (!take_time(&s, &offset[1]))
			return false;
		offset[1] = -offset[1];
	}
	if (!take(&s, ',') || !take_day(&s, &day[1]) || !take(&s, ',') || !take_day(&s, &day[0]) ||
	    s.len || llabs(offset[0]) > 26 * HOUR_S || llabs(offset[1]) > 26 * HOUR_S)
		return false;
	rule_write_out(z, day, offset);
	return true;
}

bool
tzif_read(struct tzif *z, struct str bytes)
{
	struct header h;
	struct str line;

	if (!header_take(&bytes, 4, &h)) /* the tables of 32 bits are passed over */
		return false;
	bytes.p += h.body;
	bytes.len -= h.body;
	if (!header_take(&bytes, 8, &h) || !tables_read(z, bytes.p, &h))
		return false;
	bytes.p += h.body;
	bytes.len -= h.body;
	return take(&bytes, '\n') && str_split(&bytes, '\n', &line) && rule_read(z, line);
}

void
tzif_release(struct tzif *z)
{
	free(z->spans);
	*z = (struct tzif){ .count = 0 };
}

size_t
tzif_at(const struct tzif *z, int64_t utc_s)
{
	size_t low = 0, high = z->count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (z->spans[middle].from_s <= utc_s)
			low = middle;
		else
			high = middle;
	}
	return low;
}
