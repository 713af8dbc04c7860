/* SPDX-License-Identifier: MIT */
/* test_progress - what the status line says, and that only a terminal sees it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <fcntl.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buf.h"
#include "cli/progress.h"

enum { SECOND = 1000 * 1000 };

static void
check_line(uint64_t total, struct progress_count count, int64_t seconds, unsigned columns,
    const char *expect)
{
	struct progress_config config = {
		.what = "requests", .total = total, .fd = -1, .no_color = "1"
	};
	struct buf line = BUF_INIT(BUF_UNLIMITED);
	struct progress p;

	progress_start(&p, &config, 5 * SECOND);
	progress_line(&p, count, (5 + seconds) * SECOND, columns, &line);
	assert_string_equal(line.p, expect);
	buf_release(&line);
}

static void
the_line_tells_part_rate_and_time_left(void **state)
{
	(void)state;
	check_line(200, (struct progress_count){ 50, 0 }, 10, 80,
	    "[=======>                      ]  25% 50/200 requests  5.0/s  ETA 0:30");
	check_line(200, (struct progress_count){ 50, 3 }, 10, 100,
	    "[=======>                      ]  25% 50/200 requests  5.0/s  ETA 0:30  3 failed");
	check_line(200, (struct progress_count){ 0, 0 }, 0, 80,
	    "[>                             ]   0% 0/200 requests  0:00");
	check_line(200, (struct progress_count){ 200, 0 }, 3700, 80,
	    "[==============================] 100% 200/200 requests  0.1/s  1:01:40");
	check_line(100000, (struct progress_count){ 36000, 0 }, 3600, 80,
	    "[==========>                   ]  36% 36000/100000 requests  10/s  ETA 1:46:40");
	check_line(2, (struct progress_count){ 5, 0 }, 10, 80,
	    "[==============================] 100% 5/2 requests  0.5/s  0:10");
}

static void
without_a_total_there_is_no_bar(void **state)
{
	(void)state;
	check_line(
	    0, (struct progress_count){ 1234, 1 }, 100, 80, "1234 requests  12/s  1:40  1 failed");
	check_line(0, (struct progress_count){ 0, 0 }, 1, 80, "0 requests  0:01");
}

static void
a_narrow_terminal_gets_a_short_bar_or_none(void **state)
{
	struct progress_count quarter = { 50, 0 };

	(void)state;
	check_line(200, quarter, 10, 52, "[==>        ]  25% 50/200 requests  5.0/s  ETA 0:30");
	check_line(200, quarter, 10, 41, " 25% 50/200 requests  5.0/s  ETA 0:30");
	check_line(200, quarter, 10, 20, " 25% 50/200 request");
	check_line(200, quarter, 10, 1, " 25% ");
	check_line(200, (struct progress_count){ 50, 7 }, 10, 30, " 25% 50/200 request  7 failed");
}

/* A terminal: *master is where what is written to it is read. */
static int
open_terminal(int *master)
{
	int terminal;

	if (openpty(master, &terminal, NULL, NULL, NULL) < 0)
		return -1;
	(void)fcntl(*master, F_SETFL, O_NONBLOCK);
	return terminal;
}

static void
check_shown(int fd, const char *expect)
{
	char got[1000]; /* longer than any line here */
	ssize_t n = read(fd, got, sizeof got - 1);

	got[n > 0 ? n : 0] = '\0';
	assert_string_equal(got, expect);
}

static void
a_terminal_sees_it_ten_times_a_second_at_most(void **state)
{
	struct progress_config config = { .what = "nodes", .total = 4 };
	struct progress p;
	int master;

	(void)state;
	config.fd = open_terminal(&master);
	if (config.fd < 0)
		skip();
	progress_start(&p, &config, 0);
	progress_update(&p, (struct progress_count){ 0, 0 }, 0);
	check_shown(
	    master, "\r\x1b[K[\x1b[32m>\x1b[0m                             ]   0% 0/4 nodes  0:00");
	progress_update(&p, (struct progress_count){ 1, 0 }, SECOND / 10 - 1);
	check_shown(master, "");
	progress_update(&p, (struct progress_count){ 4, 1 }, SECOND);
	check_shown(master,
	    "\r\x1b[K[\x1b[32m==============================\x1b[0m] 100% 4/4 nodes  4.0/s  0:01"
	    "\x1b[31m  1 failed\x1b[0m");
	progress_clear(&p);
	check_shown(master, "\r\x1b[K");
	progress_clear(&p);
	check_shown(master, "");
	progress_finish(&p);
	progress_update(&p, (struct progress_count){ 4, 1 }, 9 * SECOND);
	check_shown(master, "");
	close(config.fd);
	close(master);
}

static void
no_color_is_honoured(void **state)
{
	struct progress_config config = { .what = "nodes", .total = 4, .no_color = "1" };
	struct progress p;
	int master;

	(void)state;
	config.fd = open_terminal(&master);
	if (config.fd < 0)
		skip();
	progress_start(&p, &config, 0);
	progress_update(&p, (struct progress_count){ 4, 1 }, SECOND);
	check_shown(master,
	    "\r\x1b[K[==============================] 100% 4/4 nodes  4.0/s  0:01  1 failed");
	progress_finish(&p);
	check_shown(master, "\r\x1b[K");
	close(config.fd);
	close(master);
}

static void
what_is_no_terminal_sees_nothing(void **state)
{
	struct progress_config config = { .what = "nodes", .total = 4 };
	struct progress p;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	config.fd = fds[1];
	progress_start(&p, &config, 0);
	progress_update(&p, (struct progress_count){ 4, 1 }, SECOND);
	progress_finish(&p);
	close(fds[1]);
	check_shown(fds[0], "");
	close(fds[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_line_tells_part_rate_and_time_left),
		cmocka_unit_test(without_a_total_there_is_no_bar),
		cmocka_unit_test(a_narrow_terminal_gets_a_short_bar_or_none),
		cmocka_unit_test(a_terminal_sees_it_ten_times_a_second_at_most),
		cmocka_unit_test(no_color_is_honoured),
		cmocka_unit_test(what_is_no_terminal_sees_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
