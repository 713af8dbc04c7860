/* SPDX-License-Identifier: MIT */
/* test_ndjson - lines in at any chunking, records out whatever write(2) does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "json/ndjson.h"

/* Append what lines says: "NUMBER:TEXT|" for a line, "NUMBER!" for one that is too long. */
static void
note(struct buf *out, const struct lines *l, enum lines_status status, struct str line)
{
	buf_addi(out, (int64_t)l->number);
	if (status == LINES_TOO_LONG) {
		buf_addc(out, '!');
		return;
	}
	buf_addc(out, ':');
	buf_addstr(out, line);
	buf_addc(out, '|');
}

static void
assert_split(const char *text, size_t len, size_t limit, const char *want)
{
	static const size_t strides[] = { 1, 2, 3, 5, 16, 8192 };
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	enum lines_status status;
	struct str line;
	struct lines l;
	size_t i, at;

	for (i = 0; i < sizeof strides / sizeof *strides; i++) {
		buf_reset(&out);
		lines_init(&l, limit);
		for (at = 0; at < len; at += strides[i]) {
			lines_push(&l, text + at, len - at < strides[i] ? len - at : strides[i]);
			while ((status = lines_next(&l, &line)) != LINES_MORE)
				note(&out, &l, status, line);
		}
		while ((status = lines_end(&l, &line)) != LINES_MORE)
			note(&out, &l, status, line);
		lines_release(&l);
		assert_string_equal(out.p, want);
	}
	buf_release(&out);
}

#define ASSERT_SPLIT(text, limit, want) assert_split(text, sizeof(text) - 1, limit, want)

static void
lines_are_the_same_at_any_chunking(void **state)
{
	(void)state;
	ASSERT_SPLIT("", 100, "");
	ASSERT_SPLIT("a\nbc\ndef\n", 100, "1:a|2:bc|3:def|");
	ASSERT_SPLIT("a\nbc\ndef", 100, "1:a|2:bc|3:def|");
	ASSERT_SPLIT("a\r\nb\rc\r\nd\r", 100, "1:a|2:b\rc|3:d|");
	ASSERT_SPLIT("{\"a\":\"0123456789abcdef0123456789abcdef\"}\n[1]", 100,
	    "1:{\"a\":\"0123456789abcdef0123456789abcdef\"}|2:[1]|");
}

static void
blank_lines_count_but_are_not_handed_out(void **state)
{
	(void)state;
	ASSERT_SPLIT("\n", 100, "");
	ASSERT_SPLIT("\n\r\n \t\r\na\n\n\nb\n\n", 100, "4:a|7:b|");
	ASSERT_SPLIT("   ", 100, "");
}

static void
a_byte_order_mark_is_passed_over_at_the_start_only(void **state)
{
	(void)state;
	ASSERT_SPLIT("\xEF\xBB\xBF"
		     "a\n\xEF\xBB\xBF"
		     "b\n",
	    100,
	    "1:a|2:\xEF\xBB\xBF"
	    "b|");
	ASSERT_SPLIT("\xEF\xBB\xBF\n"
		     "a",
	    100, "2:a|");
	ASSERT_SPLIT("\xEF\xBB\xBF", 100, "");
	ASSERT_SPLIT("\xEF\xBB", 100, "1:\xEF\xBB|");
}

static void
a_line_past_the_limit_is_skipped_and_named_once(void **state)
{
	(void)state;
	ASSERT_SPLIT("12345678\nb\n", 8, "1:12345678|2:b|");
	ASSERT_SPLIT("12345678\r\nb\n", 8, "1:12345678|2:b|");
	ASSERT_SPLIT("\xEF\xBB\xBF"
		     "12345678\r\nb\n",
	    8, "1:12345678|2:b|");
	ASSERT_SPLIT("123456789\nb\n", 8, "1!2:b|");
	ASSERT_SPLIT("a\n0123456789012345678901234567890123456789\nb\n", 8, "1:a|2!3:b|");
	ASSERT_SPLIT("a\n\n0123456789012345678901234567890123456789", 8, "1:a|3!");
	ASSERT_SPLIT("123456789\n123456789\r\n123456789", 8, "1!2!3!");
}

static char dir[] = "/tmp/test_ndjson.XXXXXX";

/* A file in our own directory; the caller frees its path. */
static char *
make_file(const char *name, const char *text, size_t len)
{
	struct buf path = BUF_INIT(BUF_UNLIMITED);
	int fd;

	buf_addf(&path, "%s/%s", dir, name);
	fd = open(path.p, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	assert_int_equal(close(fd), 0);
	return buf_take(&path);
}

static int
make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int
remove_dir(void **state)
{
	static const char *const names[] = { "a", "b", "out" };
	struct buf path = BUF_INIT(BUF_UNLIMITED);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof names / sizeof *names; i++) {
		buf_reset(&path);
		buf_addf(&path, "%s/%s", dir, names[i]);
		(void)unlink(path.p); /* not every test makes each */
	}
	buf_release(&path);
	return rmdir(dir);
}

static void
a_reader_goes_through_its_files_and_past_bad_ones(void **state)
{
	char *a = make_file("a", "\xEF\xBB\xBF{}\n\n[1]", 10), *b = make_file("b", "1\r\n2\n", 5);
	char missing[] = "/dev/null/missing", root[] = "/";
	char *operands[] = { a, missing, root, b, NULL };
	struct ndjson_reader *r = ndjson_open(operands, NDJSON_LINE_MAX);
	struct err err = ERR_INIT;
	struct ndjson_line line;

	(void)state;
	assert_int_equal(ndjson_next(r, &line, &err), 1);
	assert_true(str_is(line.text, "{}") && line.number == 1);
	assert_string_equal(line.file, a);
	assert_int_equal(ndjson_next(r, &line, &err), 1);
	assert_true(str_is(line.text, "[1]") && line.number == 3);
	assert_int_equal(ndjson_next(r, &line, &err), -1);
	assert_string_equal(err.text, "cannot open /dev/null/missing: Not a directory");
	assert_int_equal(err.code, EXIT_IO);
	assert_int_equal(ndjson_next(r, &line, &err), -1);
	assert_string_equal(err.text, "cannot read /: Is a directory");
	assert_int_equal(ndjson_next(r, &line, &err), 1);
	assert_true(str_is(line.text, "1") && line.number == 1);
	assert_string_equal(line.file, b);
	assert_int_equal(ndjson_next(r, &line, &err), 1);
	assert_true(str_is(line.text, "2") && line.number == 2);
	assert_int_equal(ndjson_next(r, &line, &err), 0);
	assert_int_equal(ndjson_next(r, &line, &err), 0);
	ndjson_close(r);
	free(a);
	free(b);
}

static void
an_overlong_line_is_an_error_with_its_number(void **state)
{
	char *a = make_file("a", "1\n0123456789\n2\n", 15);
	char *operands[] = { a, NULL };
	struct ndjson_reader *r = ndjson_open(operands, 8);
	struct err err = ERR_INIT;
	struct ndjson_line line;

	(void)state;
	assert_int_equal(ndjson_next(r, &line, &err), 1);
	assert_int_equal(ndjson_next(r, &line, &err), -1);
	assert_int_equal(err.code, EXIT_NO);
	assert_non_null(strstr(err.text, "line 2 is longer than 8 bytes"));
	assert_true(line.number == 2);
	assert_int_equal(ndjson_next(r, &line, &err), 1);
	assert_true(str_is(line.text, "2") && line.number == 3);
	assert_int_equal(ndjson_next(r, &line, &err), 0);
	ndjson_close(r);
	free(a);
}

/* 70,000 lines of 0 to 40 bytes: some straddle the reader's blocks. */
static void
a_long_file_comes_back_whole(void **state)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED), back = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct ndjson_reader *r;
	struct ndjson_line line;
	char *operands[] = { NULL, NULL };
	int i;

	(void)state;
	for (i = 0; i < 70000; i++) {
		buf_addf(&text, "%*d\n", 1 + i * 7 % 40, i);
		if (i == 500) { /* a line of many blocks */
			while (text.len < 3000000)
				buf_adds(&text, "0123456789");
			buf_addc(&text, '\n');
		}
	}
	operands[0] = make_file("a", text.p, text.len);
	r = ndjson_open(operands, NDJSON_LINE_MAX);
	while (ndjson_next(r, &line, &err) == 1) {
		buf_addstr(&back, line.text);
		buf_addc(&back, '\n');
	}
	ndjson_close(r);
	assert_int_equal(back.len, text.len);
	assert_memory_equal(back.p, text.p, text.len);
	free(operands[0]);
	buf_release(&text);
	buf_release(&back);
}

static void
records_are_written_one_by_one_or_in_batches(void **state)
{
	struct ndjson_writer w;
	struct err err = ERR_INIT;
	char got[32];
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	ndjson_writer_init(&w, dup(fds[1]), 0);
	ndjson_put(&w, STR_LIT("{}"));
	assert_int_equal(read(fds[0], got, sizeof got), 3);
	assert_memory_equal(got, "{}\n", 3);
	assert_int_equal(ndjson_finish(&w, EXIT_NO, &err), EXIT_NO);

	ndjson_writer_init(&w, fds[1], 6);
	ndjson_put(&w, STR_LIT("{}"));
	assert_true(w.bytes == 0);
	buf_adds(ndjson_put_begin(&w), "[");
	buf_adds(ndjson_put_begin(&w), "]");
	ndjson_put_end(&w);
	assert_true(w.bytes == 6);
	ndjson_put(&w, STR_LIT("7"));
	assert_int_equal(ndjson_finish(&w, EXIT_OK, &err), EXIT_OK);
	assert_true(w.bytes == 8);
	assert_int_equal(read(fds[0], got, sizeof got), 8);
	assert_memory_equal(got, "{}\n[]\n7\n", 8);
	assert_int_equal(close(fds[1]), -1); /* that was done */
	close(fds[0]);
}

static void
on_alarm(int sig)
{
	(void)sig;
}

/* Interrupt system calls every millisecond, or stop it. */
static void
interrupt(bool on)
{
	static const struct itimerval every_ms = { { 0, 1000 }, { 0, 1000 } }, never;
	struct sigaction sa = { .sa_handler = on_alarm };

	assert_int_equal(sigaction(SIGALRM, &sa, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, on ? &every_ms : &never, NULL), 0);
}

static void
pause_ms(long ms)
{
	struct timespec t = { 0, ms * 1000000 };

	(void)nanosleep(&t, NULL);
}

/* What the child that reads fd, slowly at first, was sent must be want bytes. */
static _Noreturn void
read_slowly(int fd, size_t want)
{
	char got[7777];
	size_t sum = 0, reads = 0;
	ssize_t n;

	while ((n = read(fd, got, sizeof got)) > 0) {
		sum += (size_t)n;
		if (reads++ < 20)
			pause_ms(5);
	}
	_exit(sum == want ? 0 : 1);
}

static void
write_through_slow_pipe(bool nonblocking)
{
	struct ndjson_writer w;
	struct err err = ERR_INIT;
	char record[1000];
	int fds[2], status, i;
	pid_t child;

	assert_int_equal(pipe(fds), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		close(fds[1]);
		read_slowly(fds[0], 1001 * 1000);
	}
	close(fds[0]);
	if (nonblocking)
		assert_int_equal(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	interrupt(true);
	memset(record, 'x', sizeof record);
	ndjson_writer_init(&w, fds[1], 200000);
	for (i = 0; i < 1000; i++)
		ndjson_put(&w, (struct str){ record, sizeof record });
	assert_int_equal(ndjson_finish(&w, EXIT_OK, &err), EXIT_OK);
	interrupt(false);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* A child writes a FIFO a piece now and then. */
static void
an_interrupted_reader_goes_on(void **state)
{
	struct buf path = BUF_INIT(BUF_UNLIMITED);
	char *operands[] = { NULL, NULL };
	struct err err = ERR_INIT;
	struct ndjson_reader *r;
	struct ndjson_line line;
	int fd, i, status;
	pid_t child;

	(void)state;
	buf_addf(&path, "%s/fifo", dir);
	assert_int_equal(mkfifo(path.p, 0600), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		pause_ms(5);
		fd = open(path.p, O_WRONLY);
		for (i = 0; i < 10; i++) {
			if (write(fd, "{}\n[", 4) != 4)
				_exit(1);
			pause_ms(5);
			if (write(fd, "]\n", 2) != 2)
				_exit(1);
		}
		_exit(0);
	}
	operands[0] = path.p;
	r = ndjson_open(operands, NDJSON_LINE_MAX);
	interrupt(true);
	for (i = 0; i < 20; i++) {
		assert_int_equal(ndjson_next(r, &line, &err), 1);
		assert_true(str_is(line.text, i % 2 ? "[]" : "{}"));
	}
	assert_int_equal(ndjson_next(r, &line, &err), 0);
	interrupt(false);
	ndjson_close(r);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	(void)unlink(path.p); /* remove_dir would say */
	buf_release(&path);
}

static void
short_writes_and_interruptions_lose_nothing(void **state)
{
	(void)state;
	write_through_slow_pipe(false);
	write_through_slow_pipe(true);
}

static void
a_full_disk_is_an_error_once(void **state)
{
	struct ndjson_writer w;
	struct err err = ERR_INIT;
	int fd = open("/dev/full", O_WRONLY);

	(void)state;
	if (fd < 0)
		skip();
	ndjson_writer_init(&w, fd, 0);
	ndjson_put(&w, STR_LIT("{}"));
	assert_true(w.broken);
	ndjson_put(&w, STR_LIT("{}"));
	assert_int_equal(ndjson_finish(&w, EXIT_NO, &err), EXIT_IO);
	assert_string_equal(err.text, "cannot write the output: No space left on device");
	assert_int_equal(err.code, EXIT_IO);
}

static void
a_closed_pipe_ends_the_process_as_sigpipe_would(void **state)
{
	struct ndjson_writer w;
	struct err err = ERR_INIT;
	int fds[2], status;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		(void)signal(SIGPIPE, SIG_IGN);
		ndjson_writer_init(&w, fds[1], 0);
		ndjson_put(&w, STR_LIT("{}"));
		if (!w.broken)
			_exit(1);
		(void)ndjson_finish(&w, EXIT_OK, &err);
		_exit(2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGPIPE);
	close(fds[1]);
}

static void
a_bad_line_becomes_a_failed_response(void **state)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);

	(void)state;
	ndjson_bad_line(&out, 3, "-", "invalid \"JSON\"");
	assert_string_equal(out.p,
	    "{\"type\":\"response\",\"ok\":false,\"line\":3,\"error\":{\"kind\":\"invalid_input\","
	    "\"message\":\"invalid \\\"JSON\\\"\",\"retryable\":false}}");
	buf_reset(&out);
	ndjson_bad_line(&out, 3, "x.ndjson", "m");
	assert_string_equal(out.p,
	    "{\"type\":\"response\",\"ok\":false,\"file\":\"x.ndjson\",\"line\":3,\"error\":"
	    "{\"kind\":\"invalid_input\",\"message\":\"m\",\"retryable\":false}}");
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_the_same_at_any_chunking),
		cmocka_unit_test(blank_lines_count_but_are_not_handed_out),
		cmocka_unit_test(a_byte_order_mark_is_passed_over_at_the_start_only),
		cmocka_unit_test(a_line_past_the_limit_is_skipped_and_named_once),
		cmocka_unit_test(a_reader_goes_through_its_files_and_past_bad_ones),
		cmocka_unit_test(an_overlong_line_is_an_error_with_its_number),
		cmocka_unit_test(a_long_file_comes_back_whole),
		cmocka_unit_test(records_are_written_one_by_one_or_in_batches),
		cmocka_unit_test(short_writes_and_interruptions_lose_nothing),
		cmocka_unit_test(an_interrupted_reader_goes_on),
		cmocka_unit_test(a_full_disk_is_an_error_once),
		cmocka_unit_test(a_closed_pipe_ends_the_process_as_sigpipe_would),
		cmocka_unit_test(a_bad_line_becomes_a_failed_response),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
