/* SPDX-License-Identifier: MIT */
/* Time zones: days of 23 and 25 hours, weeks and months there, against the C library's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "sys/clock.h"
#include "sys/rand.h"
#include "sys/tzif.h"
#include "sys/zone.h"

static const int64_t hour_us = INT64_C(3600) * 1000000;

static int64_t
at(const char *text)
{
	int64_t us;

	assert_true(clock_parse(str_of(text), &us));
	return us;
}

static void
span_is(const char *zone, enum zone_unit unit, const char *now, const char *start, const char *end)
{
	int64_t start_us, end_us;

	zone_span(zone, unit, at(now), &start_us, &end_us);
	assert_int_equal(start_us, at(start));
	assert_int_equal(end_us, at(end));
}

static bool
has_database(void)
{
	if (zone_known("Europe/Berlin"))
		return true;
	print_message("skipped: this machine has no time zone database\n");
	return false;
}

static void
utc_needs_no_database(void **state)
{
	struct zone_time t;

	(void)state;
	assert_true(zone_known(NULL));
	assert_true(zone_known("UTC"));
	zone_local(NULL, at("2026-11-21T08:30:59Z"), &t);
	assert_int_equal(t.weekday, 5);
	assert_int_equal(t.minute, 8 * 60 + 30);
	assert_int_equal(t.day, clock_date_days("2026-11-21"));
	zone_local(NULL, -1, &t);
	assert_int_equal(t.day, -1);
	assert_int_equal(t.minute, 24 * 60 - 1);
	assert_int_equal(t.weekday, 2);
	span_is(NULL, ZONE_HOUR, "2026-11-21T08:30:59Z", "2026-11-21T08:00:00Z",
	    "2026-11-21T09:00:00Z");
	span_is("UTC", ZONE_WEEK, "2026-11-21T08:30:59Z", "2026-11-16T00:00:00Z",
	    "2026-11-23T00:00:00Z");
}

static void
a_name_that_is_none_is_told(void **state)
{
	static const char *const names[] = { "", "Europe/Berln", "/etc/localtime", "../passwd",
		"Europe", "zone.tab", "Europe/Berlin ", "tzdata.zi" };
	struct err err = ERR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof names / sizeof *names; i++)
		assert_false(zone_known(names[i]));
	if (!has_database())
		return;
	assert_int_equal(zone_check("Europe/Berlin", &err), 0);
	assert_int_equal(zone_check("Europe/Berln", &err), -1);
	assert_string_equal(err.text,
	    "\"Europe/Berln\" is no time zone in /usr/share/zoneinfo (Europe/Berlin, UTC)");
	assert_int_equal(err.code, EXIT_CONFIG);
}

static void
a_day_in_berlin_has_23_hours_in_spring_and_25_in_autumn(void **state)
{
	int64_t start, end;

	(void)state;
	if (!has_database())
		return;
	span_is("Europe/Berlin", ZONE_DAY, "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z",
	    "2026-03-29T22:00:00Z");
	span_is("Europe/Berlin", ZONE_DAY, "2026-10-25T00:30:00Z", "2026-10-24T22:00:00Z",
	    "2026-10-25T23:00:00Z");
	zone_span("Europe/Berlin", ZONE_DAY, at("2026-03-29T00:59:59Z"), &start, &end);
	assert_int_equal(end - start, 23 * hour_us);
	zone_span("Europe/Berlin", ZONE_DAY, at("2026-10-25T22:59:59.999999Z"), &start, &end);
	assert_int_equal(end - start, 25 * hour_us);
	/* 2026-10-25 02:30 comes twice: two hours, not one of two. */
	span_is("Europe/Berlin", ZONE_HOUR, "2026-10-25T00:30:00Z", "2026-10-25T00:00:00Z",
	    "2026-10-25T01:00:00Z");
	span_is("Europe/Berlin", ZONE_HOUR, "2026-10-25T01:30:00Z", "2026-10-25T01:00:00Z",
	    "2026-10-25T02:00:00Z");
}

static void
weeks_begin_on_monday_and_months_know_their_length(void **state)
{
	(void)state;
	if (!has_database())
		return;
	span_is("Europe/Berlin", ZONE_WEEK, "2026-10-25T22:59:59Z", "2026-10-18T22:00:00Z",
	    "2026-10-25T23:00:00Z");
	span_is("Europe/Berlin", ZONE_WEEK, "2026-10-25T23:00:00Z", "2026-10-25T23:00:00Z",
	    "2026-11-01T23:00:00Z");
	span_is("Europe/Berlin", ZONE_MONTH, "2028-02-29T12:00:00Z", "2028-01-31T23:00:00Z",
	    "2028-02-29T23:00:00Z");
	span_is("Europe/Berlin", ZONE_MONTH, "2026-12-31T23:30:00Z", "2026-12-31T23:00:00Z",
	    "2027-01-31T23:00:00Z");
	span_is("Europe/Berlin", ZONE_MONTH, "2026-10-01T00:00:00Z", "2026-09-30T22:00:00Z",
	    "2026-10-31T23:00:00Z");
}

static void
a_midnight_that_is_skipped_or_a_day_that_never_was(void **state)
{
	(void)state;
	if (!has_database())
		return;
	/* Santiago goes from 23:59:59 to 01:00 on 2026-09-06. */
	span_is("America/Santiago", ZONE_DAY, "2026-09-06T12:00:00Z", "2026-09-06T04:00:00Z",
	    "2026-09-07T03:00:00Z");
	/* Apia left out 2011-12-30. */
	span_is("Pacific/Apia", ZONE_DAY, "2011-12-30T09:00:00Z", "2011-12-29T10:00:00Z",
	    "2011-12-30T10:00:00Z");
	span_is("Pacific/Apia", ZONE_DAY, "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z",
	    "2011-12-31T10:00:00Z");
	/* Havana had midnight twice on 2024-11-03. */
	span_is("America/Havana", ZONE_DAY, "2024-11-03T05:30:00Z", "2024-11-03T04:00:00Z",
	    "2024-11-04T05:00:00Z");
	/* St. John's went from 00:01 back to 23:01 on 2010-11-07: the day has begun, and stays. */
	span_is("America/St_Johns", ZONE_DAY, "2010-11-07T02:45:00Z", "2010-11-07T02:30:00Z",
	    "2010-11-08T03:30:00Z");
	/* Kathmandu's hours begin at a quarter. */
	span_is("Asia/Kathmandu", ZONE_HOUR, "2026-11-21T08:14:00Z", "2026-11-21T07:15:00Z",
	    "2026-11-21T08:15:00Z");
	/* Lord Howe sets its clock by half an hour: the hour is cut there. */
	span_is("Australia/Lord_Howe", ZONE_HOUR, "2026-04-04T15:10:00Z", "2026-04-04T15:00:00Z",
	    "2026-04-04T15:30:00Z");
}

static void
the_c_library_agrees(void **state)
{
	static const char *const names[] = { "Europe/Berlin", "America/New_York", "Asia/Kolkata",
		"Australia/Lord_Howe", "America/Sao_Paulo", "Africa/Casablanca", "Europe/Dublin",
		"Pacific/Chatham", "America/Nuuk", "Asia/Gaza" };
	struct rand r;
	size_t n, i;

	(void)state;
	if (!has_database())
		return;
	rand_seed(&r, 7);
	for (n = 0; n < sizeof names / sizeof *names; n++) {
		if (!zone_known(names[n]))
			continue;
		setenv("TZ", names[n], 1);
		tzset();
		for (i = 0; i < 20000; i++) { /* 1970 to 2140: past the tables, by the rule */
			int64_t s = (int64_t)rand_below(&r, UINT64_C(170) * 365 * 86400);
			time_t t = (time_t)s;
			struct zone_time mine;
			struct tm tm;

			localtime_r(&t, &tm);
			zone_local(names[n], s * 1000000, &mine);
			assert_int_equal(mine.minute, tm.tm_hour * 60 + tm.tm_min);
			assert_int_equal(mine.weekday, (tm.tm_wday + 6) % 7);
		}
	}
	unsetenv("TZ");
	tzset();
}

static void
every_moment_lies_in_its_spans_and_spans_join(void **state)
{
	static const char *const names[] = { "Europe/Berlin", "Pacific/Apia", "America/Havana",
		"America/St_Johns", "Australia/Lord_Howe", "Asia/Tehran", NULL };
	struct rand r;
	size_t n, i;

	(void)state;
	rand_seed(&r, 11);
	for (n = 0; n < sizeof names / sizeof *names; n++)
		for (i = 0; i < 20000; i++) {
			int64_t now = (int64_t)rand_below(&r, UINT64_C(100) * 365 * 86400) *
				      1000000;
			enum zone_unit unit = (enum zone_unit)rand_below(&r, 4);
			int64_t start, end, again, next;

			zone_span(names[n], unit, now, &start, &end);
			assert_true(start <= now && now < end);
			zone_span(names[n], unit, end - 1, &again, &next);
			assert_int_equal(again, start);
			assert_int_equal(next, end);
			zone_span(names[n], unit, end, &again, &next);
			assert_int_equal(again, end);
		}
}

static void
moments_at_the_end_of_time_are_no_overflow(void **state)
{
	static const int64_t moments[] = { INT64_MIN, INT64_MIN / 2, INT64_MAX / 2, INT64_MAX };
	int64_t start, end;
	size_t i;
	int unit;

	(void)state;
	for (i = 0; i < 4; i++)
		for (unit = ZONE_HOUR; unit <= ZONE_MONTH; unit++)
			zone_span("Europe/Berlin", (enum zone_unit)unit, moments[i], &start, &end);
}

static void
a_file_that_is_cut_is_no_zone(void **state)
{
	/* A database as zic writes it slim: no tables, only the rule. */
	static const char head[] = "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				   "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4"
				   "\0\0\0\0\0\0UTC\0";
	static const char tail[] = "\nCET-1CEST,M3.5.0,M10.5.0/3\n";
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct tzif z = { .count = 0 };
	size_t n;

	(void)state;
	buf_add(&text, head, sizeof head - 1);
	buf_add(&text, head, sizeof head - 1);
	buf_adds(&text, tail);
	assert_true(tzif_read(&z, buf_str(&text)));
	assert_true(z.count > 400);
	assert_int_equal(z.spans[tzif_at(&z, at("2026-07-01T00:00:00Z") / 1000000)].offset_s, 7200);
	assert_int_equal(z.spans[tzif_at(&z, at("2026-03-29T00:59:59Z") / 1000000)].offset_s, 3600);
	assert_int_equal(z.spans[tzif_at(&z, at("2026-03-29T01:00:00Z") / 1000000)].offset_s, 7200);
	tzif_release(&z);
	for (n = 0; n < text.len - 1; n++) {
		(void)tzif_read(&z, (struct str){ text.p, n });
		tzif_release(&z);
	}
	assert_false(tzif_read(&z, (struct str){ text.p, text.len - 4 }));
	tzif_release(&z);
	buf_release(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(utc_needs_no_database),
		cmocka_unit_test(a_name_that_is_none_is_told),
		cmocka_unit_test(a_day_in_berlin_has_23_hours_in_spring_and_25_in_autumn),
		cmocka_unit_test(weeks_begin_on_monday_and_months_know_their_length),
		cmocka_unit_test(a_midnight_that_is_skipped_or_a_day_that_never_was),
		cmocka_unit_test(the_c_library_agrees),
		cmocka_unit_test(every_moment_lies_in_its_spans_and_spans_join),
		cmocka_unit_test(moments_at_the_end_of_time_are_no_overflow),
		cmocka_unit_test(a_file_that_is_cut_is_no_zone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
