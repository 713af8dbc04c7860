/* SPDX-License-Identifier: MIT */
/* clock - the only file that reads the clock. */
#include "sys/clock.h"

#include <errno.h>
#include <limits.h>
#include <time.h>

#include "base/num.h"

static int64_t
read_us(clockid_t id)
{
	struct timespec now;

	(void)clock_gettime(id, &now); /* cannot fail for these clocks and a valid pointer */
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t
clock_mono_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

int64_t
clock_wall_us(void)
{
	return read_us(CLOCK_REALTIME);
}

int64_t
clock_deadline(int64_t ms)
{
	int64_t now = clock_mono_us();

	if (ms <= 0 || ms > (CLOCK_NEVER - now) / 1000)
		return CLOCK_NEVER;
	return now + ms * 1000;
}

int
clock_left_ms(int64_t deadline_us)
{
	int64_t left;

	if (deadline_us == CLOCK_NEVER)
		return -1;
	left = deadline_us - clock_mono_us();
	if (left <= 0)
		return 0;
	left = (left + 999) / 1000;
	return left > INT_MAX ? INT_MAX : (int)left;
}

void
clock_sleep_ms(int64_t ms)
{
	struct timespec left = { .tv_sec = (time_t)(ms / 1000), .tv_nsec = ms % 1000 * 1000000 };

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		continue;
}

void
clock_print(struct buf *out, int64_t wall_us)
{
	int64_t seconds = wall_us / 1000000, us = wall_us % 1000000;
	time_t t;
	struct tm tm;

	if (us < 0) {
		us += 1000000;
		seconds--;
	}
	t = (time_t)seconds;
	gmtime_r(&t, &tm);
	buf_addf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", tm.tm_year + 1900, tm.tm_mon + 1,
	    tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)us);
}

static bool
is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int64_t
days_before_year(int64_t year)
{
	int64_t y = year - 1;

	return y * 365 + y / 4 - y / 100 + y / 400;
}

int64_t
clock_date_days(const char *date)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365 };
	struct str s = str_of(date), y, m, d;
	int64_t year, month, day, length;

	if (s.len != 10 || s.p[4] != '-' || s.p[7] != '-')
		return -1;
	y = (struct str){ s.p, 4 };
	m = (struct str){ s.p + 5, 2 };
	d = (struct str){ s.p + 8, 2 };
	if (!num_i64(y, &year) || !num_i64(m, &month) || !num_i64(d, &day))
		return -1;
	if (year < 1970 || month < 1 || month > 12)
		return -1;
	length = before[month] - before[month - 1] + (month == 2 && is_leap(year));
	if (day < 1 || day > length)
		return -1;
	return days_before_year(year) - days_before_year(1970) + before[month - 1] +
	       (month > 2 && is_leap(year)) + day - 1;
}

/* "HH:MM", in minutes; -1 if malformed. */
static int64_t
minutes_of(struct str s)
{
	int64_t h, m;

	if (s.len != 5 || s.p[2] != ':' || !num_i64((struct str){ s.p, 2 }, &h) ||
	    !num_i64((struct str){ s.p + 3, 2 }, &m) || h < 0 || h > 23 || m < 0 || m > 59)
		return -1;
	return h * 60 + m;
}

/* ".25", in microseconds, what is finer cut off; *s moves past it. */
static int64_t
fraction_of(struct str *s)
{
	int64_t us = 0, unit = 100000;

	if (!s->len || *s->p != '.')
		return 0;
	for (s->p++, s->len--; s->len && *s->p >= '0' && *s->p <= '9'; s->p++, s->len--) {
		us += (*s->p - '0') * unit;
		unit /= 10;
	}
	return us;
}

bool
clock_parse(struct str text, int64_t *wall_us)
{
	enum { DATE = 10, SECONDS = 19 }; /* "2026-11-21", "2026-11-21T02:03:04" */
	char date[DATE + 1] = "";
	int64_t days, minutes, seconds, us, offset = 0;
	struct str rest;

	if (text.len <= SECONDS || (text.p[DATE] != 'T' && text.p[DATE] != 't') ||
	    text.p[16] != ':' || !num_i64((struct str){ text.p + 17, 2 }, &seconds))
		return false;
	memcpy(date, text.p, DATE);
	days = clock_date_days(date);
	minutes = minutes_of((struct str){ text.p + DATE + 1, 5 });
	rest = (struct str){ text.p + SECONDS, text.len - SECONDS };
	us = fraction_of(&rest);
	if (days < 0 || minutes < 0 || seconds < 0 || seconds > 60) /* 60: a leap second */
		return false;
	if (rest.len == 6 && (*rest.p == '+' || *rest.p == '-')) {
		offset = minutes_of((struct str){ rest.p + 1, 5 });
		if (offset < 0)
			return false;
		offset *= *rest.p == '-' ? -1 : 1;
	} else if (!str_is(rest, "Z") && !str_is(rest, "z")) {
		return false;
	}
	*wall_us = ((days * 24 * 60 + minutes - offset) * 60 + seconds) * 1000000 + us;
	return true;
}
