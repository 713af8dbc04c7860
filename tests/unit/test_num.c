/* SPDX-License-Identifier: MIT */
/* test_num - numbers as people write them: the whole string or nothing. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/num.h"

struct sample {
	const char *text;
	bool ok;
	int64_t value;
};

static void
check(bool parse(struct str, int64_t *), const struct sample *s, size_t n)
{
	int64_t value;

	for (; n--; s++) {
		value = -77;
		if (parse(str_of(s->text), &value) != s->ok)
			fail_msg("\"%s\" should%s parse", s->text, s->ok ? "" : " not");
		if (s->ok && value != s->value)
			fail_msg("\"%s\" is %lld", s->text, (long long)value);
	}
}

#define CHECK(parse, samples) check(parse, samples, sizeof(samples) / sizeof *(samples))

static void
integers_fit_64_bits_or_fail(void **state)
{
	static const struct sample samples[] = { { "0", true, 0 }, { "-0", true, 0 },
		{ "12", true, 12 }, { "9223372036854775807", true, INT64_MAX },
		{ "-9223372036854775808", true, INT64_MIN }, { "9223372036854775808", false, 0 },
		{ "-9223372036854775809", false, 0 }, { "", false, 0 }, { "-", false, 0 },
		{ "+1", false, 0 }, { " 1", false, 0 }, { "1 ", false, 0 }, { "0x10", false, 0 },
		{ "1.0", false, 0 } };

	(void)state;
	CHECK(num_i64, samples);
}

static void
digits_are_written_as_they_read(void **state)
{
	static const struct sample samples[] = { { "0", true, 0 }, { "9", true, 9 },
		{ "10", true, 10 }, { "99", true, 99 }, { "100", true, 100 }, { "-1", true, -1 },
		{ "12345", true, 12345 }, { "9223372036854775807", true, INT64_MAX },
		{ "-9223372036854775808", true, INT64_MIN } };
	char room[NUM_TEXT_MAX + 1];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof samples / sizeof *samples; i++) {
		memset(room, '#', sizeof room);
		*num_write(room, samples[i].value) = '\0';
		assert_string_equal(room, samples[i].text);
	}
}

static bool
micro(struct str s, int64_t *out)
{
	return num_scaled(s, 6, out);
}

static void
decimals_are_exact_or_fail(void **state)
{
	static const struct sample samples[] = { { "0.075", true, 75000 }, { "0.0028", true, 2800 },
		{ "0.003625", true, 3625 }, { "15", true, 15000000 }, { "1.50", true, 1500000 },
		{ "-2.5", true, -2500000 }, { "25e-1", true, 2500000 }, { "1E+2", true, 100000000 },
		{ "0.0000001", false, 0 }, { "0.0000010", true, 1 }, { "0e999999999999", true, 0 },
		{ "1e99", false, 0 }, { "1e-99", false, 0 },
		{ "9223372036854.775807", true, INT64_MAX }, { "9223372036854.775808", false, 0 },
		{ ".5", false, 0 }, { "5.", false, 0 }, { "1e", false, 0 }, { "1e+-2", false, 0 },
		{ "nan", false, 0 }, { "1e99999999999999999999", false, 0 } };

	(void)state;
	CHECK(micro, samples);
}

static void
doubles_take_json_spellings_only(void **state)
{
	double d;

	(void)state;
	assert_true(num_double(STR_LIT("6.000000000000001e-07"), &d));
	assert_true(d > 5.9e-7 && d < 6.1e-7);
	assert_true(num_double(STR_LIT("1e-400"), &d)); /* underflows to 0 */
	assert_false(num_double(STR_LIT("1e400"), &d));
	assert_false(num_double(STR_LIT("inf"), &d));
	assert_false(num_double(STR_LIT("0x1p3"), &d));
	assert_false(num_double(STR_LIT(""), &d));
}

static void
durations_are_milliseconds(void **state)
{
	static const struct sample samples[] = { { "250ms", true, 250 }, { "30s", true, 30000 },
		{ "5m", true, 300000 }, { "1h", true, 3600000 }, { "2d", true, 172800000 },
		{ "1m30s", true, 90000 }, { "1.5s", true, 1500 }, { "2", true, 2000 },
		{ "0.25", true, 250 }, { "0", true, 0 }, { "-1", false, 0 }, { "-1s", false, 0 },
		{ "", false, 0 }, { "s", false, 0 }, { "5x", false, 0 }, { "1 s", false, 0 },
		{ "99999999999999d", false, 0 } };

	(void)state;
	CHECK(num_duration_ms, samples);
}

static void
sizes_know_both_kinds_of_kilo(void **state)
{
	static const struct sample samples[] = { { "512", true, 512 }, { "64k", true, 64000 },
		{ "10M", true, 10000000 }, { "512Ki", true, 524288 }, { "1Gi", true, 1073741824 },
		{ "1.5Mi", true, 1572864 }, { "7B", true, 7 }, { "-1", false, 0 }, { "", false, 0 },
		{ "k", false, 0 }, { "1Kix", false, 0 }, { "9999999999T", false, 0 } };

	(void)state;
	CHECK(num_size, samples);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_fit_64_bits_or_fail),
		cmocka_unit_test(digits_are_written_as_they_read),
		cmocka_unit_test(decimals_are_exact_or_fail),
		cmocka_unit_test(doubles_take_json_spellings_only),
		cmocka_unit_test(durations_are_milliseconds),
		cmocka_unit_test(sizes_know_both_kinds_of_kilo),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
