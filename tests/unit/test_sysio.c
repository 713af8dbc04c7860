/* SPDX-License-Identifier: MIT */
/* test_sysio - reading and writing descriptors from the loop: pipes, files, ends, brakes, errors.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "sys/clock.h"
#include "sys/input.h"
#include "sys/output.h"

struct reader {
	struct input *in;
	struct buf got;
	int ends, errnum;
	bool stop_each; /* stop after each block; a timer starts it again */
	bool close_first; /* close from inside the first callback */
	int calls;
	uv_timer_t again;
};

static void
start_again(uv_timer_t *timer)
{
	struct reader *r = timer->data;

	input_start(r->in);
}

static void
on_bytes(void *user, const char *p, long n, int errnum)
{
	struct reader *r = user;

	r->calls++;
	assert_int_equal(r->ends, 0);
	if (n > 0)
		buf_add(&r->got, p, (size_t)n);
	else
		r->ends++;
	if (n < 0)
		r->errnum = errnum;
	if (r->close_first) {
		input_close(r->in);
		r->in = NULL;
	} else if (r->stop_each && n > 0) {
		input_stop(r->in);
		assert_int_equal(uv_timer_start(&r->again, start_again, 0, 0), 0);
	}
}

static void
reader_run(struct reader *r, int fd)
{
	uv_loop_t loop;

	buf_init(&r->got, BUF_UNLIMITED);
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(uv_timer_init(&loop, &r->again), 0);
	r->again.data = r;
	r->in = input_open(&loop, fd, on_bytes, r);
	input_start(r->in);
	uv_run(&loop, UV_RUN_DEFAULT);
	input_close(r->in);
	uv_close((uv_handle_t *)&r->again, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

/* A thread that writes n bytes to fd in uneven pieces and closes it, or reads fd to its end. */
struct peer {
	pthread_t thread;
	int fd;
	size_t n;
	unsigned pause_us; /* before each piece */
	uint64_t sum;
	size_t count;
};

static void *
peer_write(void *arg)
{
	struct peer *p = arg;
	char piece[777];
	size_t n, i;

	while (p->count < p->n) {
		n = p->n - p->count < sizeof piece ? p->n - p->count : sizeof piece;
		for (i = 0; i < n; i++)
			piece[i] = (char)(p->count + i);
		if (write(p->fd, piece, n) != (ssize_t)n)
			break;
		p->count += n;
	}
	close(p->fd);
	return NULL;
}

static void *
peer_read(void *arg)
{
	struct peer *p = arg;
	char piece[5000];
	ssize_t n, i;

	for (;;) {
		if (p->pause_us)
			usleep(p->pause_us);
		n = read(p->fd, piece, sizeof piece);
		if (n <= 0)
			break;
		for (i = 0; i < n; i++)
			p->sum += (unsigned char)piece[i] * (uint64_t)(p->count + (size_t)i + 1);
		p->count += (size_t)n;
	}
	return NULL;
}

static void
assert_pattern(const struct buf *b, size_t n)
{
	size_t i;

	assert_int_equal(b->len, n);
	for (i = 0; i < n; i++) {
		if (b->p[i] != (char)i)
			fail_msg("byte %zu is wrong", i);
	}
}

static void
a_pipe_is_read_to_its_end(void **state)
{
	struct reader r = { 0 };
	struct peer p = { .n = 300000 };
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	p.fd = fds[1];
	assert_int_equal(pthread_create(&p.thread, NULL, peer_write, &p), 0);
	reader_run(&r, fds[0]);
	assert_int_equal(pthread_join(p.thread, NULL), 0);
	assert_pattern(&r.got, 300000);
	assert_int_equal(r.ends, 1);
	assert_int_equal(r.errnum, 0);
	assert_int_equal(fcntl(fds[0], F_GETFL) & O_NONBLOCK, 0);
	close(fds[0]);
	buf_release(&r.got);
}

static void
stopping_loses_nothing(void **state)
{
	struct reader r = { .stop_each = true };
	struct peer p = { .n = 200000 };
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	p.fd = fds[1];
	assert_int_equal(pthread_create(&p.thread, NULL, peer_write, &p), 0);
	reader_run(&r, fds[0]);
	assert_int_equal(pthread_join(p.thread, NULL), 0);
	assert_pattern(&r.got, 200000);
	close(fds[0]);
	buf_release(&r.got);
}

static int
temporary(size_t n)
{
	char path[] = "/tmp/test_sysio.XXXXXX";
	int fd = mkstemp(path);
	struct peer p = { .n = n };

	assert_true(fd >= 0);
	unlink(path);
	p.fd = dup(fd);
	peer_write(&p);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void
a_regular_file_is_read_to_its_end(void **state)
{
	struct reader r = { 0 }, stopping = { .stop_each = true };
	int fd = temporary(200000);

	(void)state;
	reader_run(&r, fd);
	assert_pattern(&r.got, 200000);
	assert_int_equal(r.ends, 1);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	reader_run(&stopping, fd);
	assert_pattern(&stopping.got, 200000);
	close(fd);
	buf_release(&r.got);
	buf_release(&stopping.got);
}

static void
what_cannot_be_read_is_an_error_once(void **state)
{
	struct reader dir = { 0 }, closed = { 0 };
	int fd = open("/tmp", O_RDONLY);

	(void)state;
	reader_run(&dir, fd);
	assert_int_equal(dir.errnum, EISDIR);
	assert_int_equal(dir.calls, 1);
	close(fd);
	reader_run(&closed, 999); /* not open */
	assert_int_equal(closed.errnum, EBADF);
	assert_int_equal(closed.calls, 1);
	buf_release(&dir.got);
	buf_release(&closed.got);
}

static void
input_may_be_closed_from_its_callback(void **state)
{
	struct reader r = { .close_first = true };
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "abc", 3), 3);
	reader_run(&r, fds[0]);
	assert_string_equal(r.got.p, "abc");
	assert_int_equal(r.calls, 1);
	close(fds[0]);
	close(fds[1]);
	buf_release(&r.got);
}

static void
dev_null_ends_at_once(void **state)
{
	struct reader r = { 0 };
	int fd = open("/dev/null", O_RDONLY);

	(void)state;
	reader_run(&r, fd);
	assert_int_equal(r.ends, 1);
	assert_int_equal(r.errnum, 0);
	close(fd);
	buf_release(&r.got);
}

/* --- output --- */

struct writer {
	uv_loop_t loop;
	struct output *out;
	int drained, failed, errnum;
	bool in_call; /* inside a function of output's: no callback may come */
	bool close_on_fail;
	size_t left; /* bytes of the pattern still to append: as many as the mark allows */
	size_t count;
	bool was_slow;
};

static void
writer_fill(struct writer *w)
{
	char piece[1000];
	size_t i;

	while (w->left && !output_is_slow(w->out)) {
		for (i = 0; i < sizeof piece; i++)
			piece[i] = (char)(w->count + i);
		buf_add(output_buf(w->out), piece, sizeof piece);
		w->count += sizeof piece;
		w->left -= sizeof piece;
		w->in_call = true;
		output_kick(w->out);
		w->in_call = false;
	}
	if (output_is_slow(w->out))
		w->was_slow = true;
}

static void
on_drained(void *user)
{
	struct writer *w = user;

	assert_false(w->in_call);
	assert_false(output_is_slow(w->out));
	w->drained++;
	writer_fill(w);
}

static void
on_failed(void *user, int errnum)
{
	struct writer *w = user;

	assert_false(w->in_call);
	w->failed++;
	w->errnum = errnum;
	w->left = 0;
	if (w->close_on_fail) {
		output_close(w->out);
		w->out = NULL;
	}
}

static void
writer_open(struct writer *w, int fd, size_t high_mark)
{
	assert_int_equal(uv_loop_init(&w->loop), 0);
	w->out = output_open(
	    &w->loop, fd, high_mark, &(struct output_events){ on_drained, on_failed }, w);
}

static void
writer_close(struct writer *w)
{
	output_close(w->out);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&w->loop), 0);
}

static uint64_t
pattern_sum(size_t n)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += (unsigned char)i * (uint64_t)(i + 1);
	return sum;
}

enum kind { PIPE, PIPE_NONBLOCK, SOCKET };

/* The writer is done: the peer that read the other end has had the first n bytes of the pattern. */
static void
assert_taken(struct peer *p, const int *fds, size_t n)
{
	close(fds[1]);
	assert_int_equal(pthread_join(p->thread, NULL), 0);
	close(fds[0]);
	assert_int_equal(p->count, n);
	assert_true(p->sum == pattern_sum(n));
}

static void
check_slow_reader(enum kind kind)
{
	struct writer w = { .left = 1000000 };
	struct peer p = { .pause_us = 50 };
	int fds[2];

	if (kind == SOCKET)
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	else
		assert_int_equal(pipe(fds), 0);
	if (kind == PIPE_NONBLOCK)
		assert_int_equal(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	p.fd = fds[0];
	assert_int_equal(pthread_create(&p.thread, NULL, peer_read, &p), 0);
	writer_open(&w, fds[1], 40000);
	writer_fill(&w);
	uv_run(&w.loop, UV_RUN_DEFAULT);
	assert_int_equal(w.left, 0);
	assert_int_equal(output_waiting(w.out), 0);
	assert_int_equal(w.failed, 0);
	if (w.was_slow)
		assert_true(w.drained > 0);
	assert_int_equal(
	    fcntl(fds[1], F_GETFL) & O_NONBLOCK, kind == PIPE_NONBLOCK ? O_NONBLOCK : 0);
	writer_close(&w);
	assert_taken(&p, fds, 1000000);
}

static void
a_slow_reader_gets_every_byte_in_order(void **state)
{
	(void)state;
	check_slow_reader(PIPE);
	check_slow_reader(PIPE_NONBLOCK);
	check_slow_reader(SOCKET);
}

static void
a_pipe_that_nobody_reads_does_not_block(void **state)
{
	struct writer w = { .left = 1000000 };
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	writer_open(&w, fds[1], 100000);
	writer_fill(&w);
	assert_true(output_is_slow(w.out));
	assert_true(output_waiting(w.out) > 100000);
	uv_run(&w.loop, UV_RUN_NOWAIT);
	assert_int_equal(w.drained, 0);
	errno = 0;
	assert_false(output_flush(w.out, clock_deadline(30)));
	assert_int_equal(errno, ETIMEDOUT);
	writer_close(&w);
	close(fds[0]);
	close(fds[1]);
}

static void
a_regular_file_takes_all_at_once(void **state)
{
	struct writer w = { .left = 300000 };
	struct reader r = { 0 };
	int fd = temporary(0);

	(void)state;
	writer_open(&w, fd, 1000);
	writer_fill(&w);
	assert_int_equal(output_waiting(w.out), 0);
	assert_int_equal(w.left, 0);
	writer_close(&w);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	reader_run(&r, fd);
	assert_pattern(&r.got, 300000);
	buf_release(&r.got);
	close(fd);
}

static void
a_full_device_is_told_once(void **state)
{
	struct writer w = { .left = 3000 };
	int fd = open("/dev/full", O_WRONLY);

	(void)state;
	if (fd < 0)
		skip();
	writer_open(&w, fd, 1000);
	writer_fill(&w);
	assert_int_equal(w.failed, 0);
	uv_run(&w.loop, UV_RUN_DEFAULT);
	assert_int_equal(w.failed, 1);
	assert_int_equal(w.errnum, ENOSPC);
	assert_int_equal(output_waiting(w.out), 0);
	buf_adds(output_buf(w.out), "more");
	output_kick(w.out);
	uv_run(&w.loop, UV_RUN_DEFAULT);
	assert_int_equal(w.failed, 1);
	assert_int_equal(output_waiting(w.out), 0);
	assert_false(output_flush(w.out, CLOCK_NEVER));
	assert_int_equal(errno, ENOSPC);
	writer_close(&w);
	close(fd);
}

static void
a_reader_that_went_away_is_told_once(void **state)
{
	struct writer w = { .left = 3000 }, closing = { .left = 3000, .close_on_fail = true };
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	writer_open(&w, fds[1], 100000);
	writer_fill(&w);
	uv_run(&w.loop, UV_RUN_DEFAULT);
	assert_int_equal(w.failed, 1);
	assert_int_equal(w.errnum, EPIPE);
	writer_close(&w);
	writer_open(&closing, fds[1], 100000);
	writer_fill(&closing);
	uv_run(&closing.loop, UV_RUN_DEFAULT);
	assert_int_equal(closing.failed, 1);
	writer_close(&closing);
	close(fds[1]);
}

static void
close_reader(uv_timer_t *timer)
{
	close(*(int *)timer->data);
	uv_close((uv_handle_t *)timer, NULL);
}

static void
a_reader_that_goes_while_nothing_is_written_is_told_of(void **state)
{
	struct writer w = { .left = 0 };
	uv_timer_t soon, late;
	int fds[2], other;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	other = dup(fds[1]); /* for the timer that keeps the loop alive */
	writer_open(&w, fds[1], 100000);
	assert_int_equal(
	    uv_run(&w.loop, UV_RUN_NOWAIT), 0); /* what is watched keeps no loop alive */
	uv_timer_init(&w.loop, &soon);
	uv_timer_init(&w.loop, &late);
	soon.data = &fds[0];
	late.data = &other;
	uv_timer_start(&soon, close_reader, 5, 0);
	uv_timer_start(&late, close_reader, 100, 0);
	uv_run(&w.loop, UV_RUN_DEFAULT);
	assert_int_equal(w.failed, 1);
	assert_int_equal(w.errnum, EPIPE);
	writer_close(&w);
	close(fds[1]);
}

static void
flush_writes_all_that_waits(void **state)
{
	struct writer w = { .left = 500000 };
	struct peer p = { .pause_us = 50 };
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	p.fd = fds[0];
	writer_open(&w, fds[1], 1000000);
	writer_fill(&w);
	assert_true(output_waiting(w.out) > 0);
	assert_int_equal(pthread_create(&p.thread, NULL, peer_read, &p), 0);
	assert_true(output_flush(w.out, clock_deadline(60000)));
	assert_int_equal(output_waiting(w.out), 0);
	writer_close(&w);
	assert_taken(&p, fds, 500000);
}

static int
ignore_sigpipe(void **state)
{
	(void)state;
	return signal(SIGPIPE, SIG_IGN) == SIG_ERR;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pipe_is_read_to_its_end),
		cmocka_unit_test(stopping_loses_nothing),
		cmocka_unit_test(a_regular_file_is_read_to_its_end),
		cmocka_unit_test(what_cannot_be_read_is_an_error_once),
		cmocka_unit_test(input_may_be_closed_from_its_callback),
		cmocka_unit_test(dev_null_ends_at_once),
		cmocka_unit_test(a_slow_reader_gets_every_byte_in_order),
		cmocka_unit_test(a_pipe_that_nobody_reads_does_not_block),
		cmocka_unit_test(a_regular_file_takes_all_at_once),
		cmocka_unit_test(a_full_device_is_told_once),
		cmocka_unit_test(a_reader_that_went_away_is_told_once),
		cmocka_unit_test(a_reader_that_goes_while_nothing_is_written_is_told_of),
		cmocka_unit_test(flush_writes_all_that_waits),
	};

	return cmocka_run_group_tests(tests, ignore_sigpipe, NULL);
}
