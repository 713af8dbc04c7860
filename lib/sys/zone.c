/* SPDX-License-Identifier: MIT */
/* zone - local time in any IANA zone, from the system's database. */
#include "sys/zone.h"

#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "sys/file.h"
#include "sys/tzif.h"

enum { HOUR_S = 3600, DAY_S = 86400, FILE_MAX = 1 << 20 };
static const int64_t second_us = 1000000;
/* Dates past these are held at them: the arithmetic below stays far from overflow. */
static const int64_t furthest_s = INT64_C(200) * 366 * DAY_S;

struct zone {
	char *name;
	struct tzif file;
	struct zone *next;
};

static struct tzif_span utc_span = { .from_s = INT64_MIN };
static struct zone utc = { .file = { .spans = &utc_span, .count = 1 } };
static struct zone *zones; /* those read so far, the last used first */

static const char *const databases[] = { "/usr/share/zoneinfo", "/usr/share/lib/zoneinfo",
	"/usr/lib/zoneinfo", "/etc/zoneinfo" };
enum { DATABASES = sizeof databases / sizeof *databases };

/* Letters, digits and "+-_/": no name leaves the database. */
static bool
is_name(const char *name)
{
	return *name && *name != '/' && !strstr(name, "..") &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-_/") ==
		   strlen(name);
}

static bool
zone_read(struct zone *z, const char *database, const char *name)
{
	struct buf bytes = BUF_INIT(FILE_MAX);
	struct err err = ERR_INIT;
	char *path = file_join(database, name);
	/* A link is followed: databases are full of them. */
	bool ok = file_is_regular(path) && file_read(path, &bytes, &err) == 0 &&
		  tzif_read(&z->file, buf_str(&bytes));

	if (!ok)
		tzif_release(&z->file);
	free(path);
	buf_release(&bytes);
	return ok;
}

static const struct zone *
zone_load(const char *name)
{
	struct zone fresh = { .next = zones };
	size_t i;

	for (i = 0; is_name(name) && i < DATABASES; i++) {
		if (!zone_read(&fresh, databases[i], name))
			continue;
		fresh.name = xstrdup(name);
		zones = xmalloc(sizeof *zones);
		*zones = fresh;
		return zones;
	}
	return NULL;
}

static const struct zone *
zone_find(const char *name)
{
	struct zone **at, *z;

	if (!name || strcmp(name, "UTC") == 0)
		return &utc;
	for (at = &zones; *at; at = &(*at)->next) {
		z = *at;
		if (strcmp(z->name, name) != 0)
			continue;
		*at = z->next;
		z->next = zones;
		zones = z;
		return z;
	}
	return zone_load(name);
}

static const struct zone *
zone_or_utc(const char *name)
{
	const struct zone *z = zone_find(name);

	return z ? z : &utc;
}

bool
zone_known(const char *name)
{
	return zone_find(name) != NULL;
}

int
zone_check(const char *name, struct err *err)
{
	size_t i;

	if (zone_known(name))
		return 0;
	for (i = 0; i < DATABASES; i++)
		if (file_exists(databases[i]))
			return err_set(err, EXIT_CONFIG,
			    "\"%s\" is no time zone in %s (Europe/Berlin, UTC)", name,
			    databases[i]);
	return err_set(err, EXIT_CONFIG,
	    "time zone \"%s\": this machine has no time zone database (install tzdata)", name);
}

/* --- there and back --- */

static int64_t
divide_down(int64_t n, int64_t by)
{
	return n / by - (n % by < 0);
}

static int64_t
held_s(int64_t s)
{
	return s < -furthest_s ? -furthest_s : s > furthest_s ? furthest_s : s;
}

static void
zone_at(const struct zone *z, int64_t wall_us, struct zone_time *out)
{
	int64_t utc_s = held_s(divide_down(wall_us, second_us));
	int64_t local_s = utc_s + z->file.spans[tzif_at(&z->file, utc_s)].offset_s;

	out->day = divide_down(local_s, DAY_S);
	out->minute = (int)((local_s - out->day * DAY_S) / 60);
	out->weekday = (int)(((out->day + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
}

void
zone_local(const char *name, int64_t wall_us, struct zone_time *out)
{
	zone_at(zone_or_utc(name), wall_us, out);
}

/* The first moment at which the clock there shows midnight of that date, or a later time. */
static int64_t
day_start_us(const struct zone *z, int64_t day)
{
	int64_t local_s = held_s(day * DAY_S), utc_s = local_s;
	size_t i;

	/* No offset is longer than two days, so no span before that can hold it. */
	for (i = tzif_at(&z->file, local_s - 2 * DAY_S); i < z->file.count; i++) {
		utc_s = local_s - z->file.spans[i].offset_s;
		if (utc_s < z->file.spans[i].from_s)
			utc_s = z->file.spans[i].from_s;
		if (i + 1 == z->file.count || utc_s < z->file.spans[i + 1].from_s)
			break;
	}
	return utc_s * second_us;
}

/* The clock's hour, cut where the clock is set in its midst. */
static void
hour_span(const struct zone *z, int64_t wall_us, int64_t *start_us, int64_t *end_us)
{
	int64_t utc_s = held_s(divide_down(wall_us, second_us));
	size_t i = tzif_at(&z->file, utc_s);
	int64_t local_s = utc_s + z->file.spans[i].offset_s;
	int64_t start_s = divide_down(local_s, HOUR_S) * HOUR_S - z->file.spans[i].offset_s;
	int64_t end_s = start_s + HOUR_S;

	if (start_s < z->file.spans[i].from_s)
		start_s = z->file.spans[i].from_s;
	if (i + 1 < z->file.count && end_s > z->file.spans[i + 1].from_s)
		end_s = z->file.spans[i + 1].from_s;
	*start_us = start_s * second_us;
	*end_us = end_s * second_us;
}

/* The first day of the month of a date, moved on by some months. */
static int64_t
month_day(int64_t day, int months)
{
	time_t t = (time_t)(day * DAY_S);
	struct tm tm;

	gmtime_r(&t, &tm);
	tm.tm_mon += months;
	tm.tm_mday = 1;
	return timegm(&tm) / DAY_S; /* midnight, as t was: it divides evenly */
}

void
zone_span(
    const char *name, enum zone_unit unit, int64_t wall_us, int64_t *start_us, int64_t *end_us)
{
	const struct zone *z = zone_or_utc(name);
	struct zone_time now;
	int64_t from = 0, to = 0;

	if (unit == ZONE_HOUR) {
		hour_span(z, wall_us, start_us, end_us);
		return;
	}
	zone_at(z, wall_us, &now);
	/* Where a clock is set back over midnight, a moment's date may have ended before. */
	if (wall_us >= day_start_us(z, now.day + 1))
		now.day++;
	switch (unit) {
	case ZONE_HOUR:
	case ZONE_DAY:
		from = now.day;
		to = from + 1;
		break;
	case ZONE_WEEK:
		from = now.day - ((now.day + 3) % 7 + 7) % 7;
		to = from + 7;
		break;
	case ZONE_MONTH:
		from = month_day(now.day, 0);
		to = month_day(now.day, 1);
		break;
	}
	*start_us = day_start_us(z, from);
	*end_us = day_start_us(z, to);
}
