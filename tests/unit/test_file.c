/* SPDX-License-Identifier: MIT */
/* test_file - what is told of files before they are read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sys/file.h"

static uint64_t
lines_behind(const char *text, off_t at)
{
	FILE *file = tmpfile();
	uint64_t lines;

	assert_non_null(file);
	assert_int_equal(file_write_all(fileno(file), text, strlen(text)), 0);
	assert_int_equal(lseek(fileno(file), at, SEEK_SET), at);
	lines = file_lines_ahead(fileno(file));
	assert_int_equal(lseek(fileno(file), 0, SEEK_CUR), at);
	(void)fclose(file); /* all of it was read */
	return lines;
}

static void
lines_are_counted_from_where_it_stands_and_the_last_needs_no_end(void **state)
{
	(void)state;
	assert_int_equal(lines_behind("", 0), 0);
	assert_int_equal(lines_behind("a\n\nb\n", 0), 3);
	assert_int_equal(lines_behind("a\n\nb", 0), 3);
	assert_int_equal(lines_behind("a\nb\nc\n", 2), 2);
	assert_int_equal(lines_behind("a\nb\nc\n", 6), 0);
}

static void
of_what_is_no_regular_file_they_are_not_known(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(file_write_all(fds[1], "a\nb\n", 4), 0);
	assert_int_equal(file_lines_ahead(fds[0]), 0);
	assert_int_equal(file_lines_ahead(-1), 0);
	(void)close(fds[0]); /* nothing was to be kept */
	(void)close(fds[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_counted_from_where_it_stands_and_the_last_needs_no_end),
		cmocka_unit_test(of_what_is_no_regular_file_they_are_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
