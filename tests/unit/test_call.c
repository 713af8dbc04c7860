/* SPDX-License-Identifier: MIT */
/* test_call - the engine against a server that does what each prompt tells it to. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "call/calls.h"
#include "support/parsed.h"
#include "support/top.h"
#include "sys/clock.h"
#include "sys/file.h"

/* --- the server: a process of its own, a thread a connection --- */

static struct tally { /* shared with the server */
	atomic_int connections, now, most, sent; /* sent: pieces of a flood */
} * tally;
static pid_t server_pid;
static int server_port;

static void
put(int fd, const char *s)
{
	if (file_write_all(fd, s, strlen(s)) < 0)
		return; /* a client that has gone is no matter */
}

static void
put_chunk(int fd, const char *data)
{
	struct buf b = BUF_INIT(BUF_UNLIMITED);

	buf_addf(&b, "%zx\r\n%s\r\n", strlen(data), data);
	put(fd, b.p);
	buf_release(&b);
}

static void
put_body(int fd, const char *head, const char *body)
{
	struct buf b = BUF_INIT(BUF_UNLIMITED);

	buf_addf(&b, "HTTP/1.1 %s\r\ncontent-length: %zu\r\n\r\n%s", head, strlen(body), body);
	put(fd, b.p);
	buf_release(&b);
}

static void
put_text(int fd, const char *text)
{
	static const char *const stream[2] = {
		"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"",
		"\"}}]}\n\n",
	};
	struct buf b = BUF_INIT(BUF_UNLIMITED);

	buf_addf(&b, "%s%s%s", stream[0], text, stream[1]);
	put_chunk(fd, b.p);
	buf_release(&b);
}

static void
serve_stream(int fd, const char *what)
{
	put(fd, "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
		"transfer-encoding: chunked\r\n\r\n");
	put_text(fd, "one ");
	if (strcmp(what, "cut") == 0) {
		(void)shutdown(fd, SHUT_RDWR);
		return;
	}
	if (strcmp(what, "stall") == 0)
		clock_sleep_ms(3000);
	if (strcmp(what, "error") == 0)
		put_chunk(fd, "data: {\"error\":{\"message\":\"overloaded\",\"code\":503}}\n\n");
	if (strcmp(what, "slow") == 0)
		clock_sleep_ms(300);
	if (strcmp(what, "flood") == 0) /* 16 MB */
		for (int i = 0; i < 16000; i++) {
			char kilo[1001];

			memset(kilo, 'x', sizeof kilo - 1);
			kilo[sizeof kilo - 1] = '\0';
			put_text(fd, kilo);
			atomic_fetch_add(&tally->sent, 1);
		}
	put_text(fd, "two");
	put_chunk(
	    fd, "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n");
	put_chunk(fd, "data: [DONE]\n\n");
	if (strcmp(what, "linger") == 0)
		clock_sleep_ms(20000);
	put(fd, "0\r\n\r\n");
}

static void
serve_body(int fd, const char *what)
{
	struct buf b = BUF_INIT(BUF_UNLIMITED);

	if (strcmp(what, "busy") == 0) {
		put_body(
		    fd, "429 Too Many\r\nretry-after: 7", "{\"error\":{\"message\":\"slow\"}}");
		return;
	}
	if (strcmp(what, "who") == 0) {
		put_body(fd, "401 No", "{\"error\":{\"message\":\"bad key sk-test-123456789\"}}");
		return;
	}
	buf_addf(&b,
	    "{\"model\":\"m-1\",\"choices\":[{\"index\":0,\"message\":{\"content\":\"%s\"},"
	    "\"finish_reason\":\"stop\"}]}",
	    what);
	put_body(fd, "200 OK\r\ncontent-type: application/json", b.p);
	buf_release(&b);
}

/* What stands between before and the next quote, NUL-terminated in place. */
static char *
cut_out(char *text, const char *before)
{
	char *at = strstr(text, before), *end;

	if (!at)
		return NULL;
	at += strlen(before);
	end = strchr(at, '"');
	if (end)
		*end = '\0';
	return at;
}

static void
serve_request(int fd, char *body)
{
	bool stream = strstr(body, "\"stream\":true") != NULL;
	char *what = cut_out(body, "\"content\":\"");
	int now = atomic_fetch_add(&tally->now, 1) + 1, most = atomic_load(&tally->most);

	while (now > most && !atomic_compare_exchange_weak(&tally->most, &most, now))
		;
	if (strncmp(what, "wait ", 5) == 0)
		clock_sleep_ms(strtol(what + 5, NULL, 10));
	atomic_fetch_sub(&tally->now, 1); /* the client may send the next before we are back here */
	if (stream)
		serve_stream(fd, what);
	else
		serve_body(fd, what);
}

static void *
serve(void *arg)
{
	int fd = (int)(intptr_t)arg;
	struct buf in = BUF_INIT(1 << 20);
	char *body, *length, *space;
	size_t need;
	ssize_t n;

	while ((space = buf_reserve(&in, 65536)) && (n = read(fd, space, 65536)) > 0) {
		in.len += (size_t)n;
		in.p[in.len] = '\0';
		body = strstr(in.p, "\r\n\r\n");
		length = strstr(in.p, "ontent-Length: ");
		if (!body || !length)
			continue;
		body += 4;
		need = (size_t)(body - in.p) + strtoul(length + 15, NULL, 10);
		if (in.len < need)
			continue;
		serve_request(fd, body);
		buf_reset(&in);
	}
	buf_release(&in);
	(void)close(fd);
	return NULL;
}

static _Noreturn void
serve_forever(int listener)
{
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		pthread_t thread;

		if (fd < 0)
			_exit(0);
		atomic_fetch_add(&tally->connections, 1);
		if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd) != 0)
			_exit(1);
		(void)pthread_detach(thread);
	}
}

static int
start_server(void **state)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof at;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	tally = mmap(
	    NULL, sizeof *tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(listener, (struct sockaddr *)&at, sizeof at) < 0 || listen(listener, 512) < 0 ||
	    getsockname(listener, (struct sockaddr *)&at, &len) < 0)
		return -1;
	server_port = ntohs(at.sin_port);
	server_pid = fork();
	if (server_pid == 0)
		serve_forever(listener);
	(void)close(listener);
	return 0;
}

static int
stop_server(void **state)
{
	(void)state;
	(void)kill(server_pid, SIGKILL);
	(void)waitpid(server_pid, NULL, 0);
	return 0;
}

/* --- a run --- */

static const char *
env(const char *name)
{
	static char url[64]; /* fixed text and a port */

	if (strcmp(name, "OPENAI_API_KEY") == 0)
		return "sk-test-123456789";
	if (strcmp(name, "OPENAI_BASE_URL") != 0)
		return NULL;
	(void)snprintf(url, sizeof url, "http://127.0.0.1:%d", server_port);
	return url;
}

static struct buf complaints = BUF_INIT(BUF_UNLIMITED);

static void
complain(const char *text)
{
	buf_adds(&complaints, text);
}

struct run {
	struct calls_config config;
	struct call_config call;
	const char *yaml; /* a configuration, or NULL */
	int status;
	struct err err;
	struct buf out;
};

#define RUN(...)                                                                                   \
	{                                                                                          \
		.config = { __VA_ARGS__ }, .out = BUF_INIT(BUF_UNLIMITED), .call = {               \
			.env = env,                                                                \
			.defaults.model = STR_LIT("openai:m")                                      \
		}                                                                                  \
	}

static char *
share(void)
{
	return top_file("share");
}

static FILE *
input_of(const char *text)
{
	FILE *f = tmpfile();

	assert_non_null(f);
	assert_int_equal(file_write_all(fileno(f), text, strlen(text)), 0);
	assert_int_equal(lseek(fileno(f), 0, SEEK_SET), 0);
	return f;
}

/* Run over input, from a file into a file; r's out is what was written. */
static void
run(struct run *r, const char *input)
{
	char config_path[] = "/tmp/test_call.XXXXXX", *dir = share();
	int config_fd = mkstemp(config_path);
	FILE *in = input_of(input), *out = tmpfile();
	char *space;
	ssize_t n;

	assert_int_equal(
	    file_write_all(config_fd, r->yaml ? r->yaml : "", r->yaml ? strlen(r->yaml) : 0), 0);
	r->call.providers = providers_load(dir, config_path, env, &r->err);
	if (!r->call.providers)
		fail_msg("%s", r->err.text);
	r->config.call = &r->call;
	if (!r->config.jobs)
		r->config.jobs = 8;
	r->config.in_fd = fileno(in);
	r->config.out_fd = fileno(out);
	r->config.complain = complain;
	buf_reset(&complaints);
	atomic_store(&tally->most, 0);
	atomic_store(&tally->connections, 0);
	r->status = calls_run(&r->config, &r->err);
	assert_int_equal(lseek(fileno(out), 0, SEEK_SET), 0);
	while ((space = buf_reserve(&r->out, 65536)) && (n = read(fileno(out), space, 65536)) > 0)
		r->out.len += (size_t)n;
	r->out.p[r->out.len] = '\0';
	providers_free(r->call.providers);
	(void)fclose(in);
	(void)fclose(out);
	(void)close(config_fd);
	(void)unlink(config_path);
	free(dir);
}

static void
release(struct run *r)
{
	buf_release(&r->out);
	buf_release(&complaints);
	secret_forget_all();
}

/* The nth line of what was written (from 0) as JSON, or JSON_NONE. */
static struct json
line(const struct run *r, size_t n)
{
	struct str rest = buf_str(&r->out), text;

	while (str_split(&rest, '\n', &text) && text.len)
		if (n-- == 0)
			return parsed_str(text);
	return JSON_ABSENT;
}

static struct json
last_line(const struct run *r)
{
	size_t n = 0;

	while (line(r, n + 1).kind != JSON_NONE)
		n++;
	return line(r, n);
}

static void
expect(struct json record, const char *path, const char *raw)
{
	struct json v = json_find(record, path);

	if (!str_is(json_raw(v), raw))
		fail_msg("%s: %.*s, not %s", path, (int)v.len, v.p, raw);
}

/* --- what the engine does --- */

static void
an_answer_is_a_response_with_all_that_was_carried(void **state)
{
	struct run r = RUN(.ordered = false);

	(void)state;
	r.call.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
	r.call.keep_raw = true;
	run(&r, "{\"id\":1.0,\"prompt\":\"hello\",\"tags\":{\"a\":1.10},\"meta\":\"m\\u00e9\"}\n");
	assert_int_equal(r.status, 0);
	expect(line(&r, 0), "id", "1.0");
	expect(line(&r, 0), "ok", "true");
	expect(line(&r, 0), "provider", "\"openai\"");
	expect(line(&r, 0), "model", "\"m-1\"");
	expect(line(&r, 0), "requestedModel", "\"openai:m\"");
	expect(line(&r, 0), "content", "\"hello\"");
	expect(line(&r, 0), "stop", "\"end\"");
	expect(line(&r, 0), "tags", "{\"a\":1.10}");
	expect(line(&r, 0), "meta", "\"m\\u00e9\"");
	expect(line(&r, 0), "traceId", "\"4bf92f3577b34da6a3ce929d0e0e4736\"");
	assert_int_equal(json_find(line(&r, 0), "spanId").len, 18);
	assert_int_equal(json_find(line(&r, 0), "raw").kind, JSON_OBJECT);
	assert_int_equal(json_find(line(&r, 0), "ms").kind, JSON_NUMBER);
	assert_int_equal(json_find(line(&r, 0), "ttftMs").kind, JSON_NONE);
	release(&r);
}

static void
bad_lines_fail_in_their_place_and_the_next_is_served(void **state)
{
	struct run r = RUN(.ordered = true);

	(void)state;
	run(&r, "nonsense\n{\"prompt\":\"a\"}\n\n[]\n{\"id\":\"x\",\"prompt\":1}\n{\"id\":\"y\"}\n"
		"{\"prompt\":\"b\"}");
	assert_int_equal(r.status, EXIT_NO);
	expect(line(&r, 0), "line", "1");
	expect(line(&r, 0), "error.kind", "\"invalid_input\"");
	expect(line(&r, 1), "id", "\"1\"");
	expect(line(&r, 1), "content", "\"a\"");
	expect(line(&r, 2), "line", "4");
	expect(line(&r, 3), "id", "\"x\"");
	expect(line(&r, 3), "line", "5");
	expect(line(&r, 3), "error.message", "\"prompt: must be a string\"");
	expect(line(&r, 4), "id", "\"y\"");
	expect(line(&r, 5), "id", "\"2\"");
	expect(line(&r, 5), "content", "\"b\"");
	release(&r);
}

static void
a_flood_of_bad_lines_neither_hangs_nor_is_lost(void **state)
{
	struct run r = RUN(.ordered = true, .jobs = 2);
	struct buf input = BUF_INIT(BUF_UNLIMITED);
	size_t lines = 0;

	(void)state;
	for (int i = 0; i < 20000; i++)
		buf_adds(&input, "x\n");
	run(&r, input.p);
	for (size_t i = 0; i < r.out.len; i++)
		lines += r.out.p[i] == '\n';
	assert_int_equal(lines, 20000);
	expect(last_line(&r), "line", "20000");
	buf_release(&input);
	release(&r);
}

static void
no_more_than_jobs_are_in_flight_and_connections_are_kept(void **state)
{
	struct run r = RUN(.jobs = 3);
	struct buf input = BUF_INIT(BUF_UNLIMITED);

	(void)state;
	for (int i = 0; i < 12; i++)
		buf_adds(&input, "{\"prompt\":\"wait 150\"}\n");
	run(&r, input.p);
	assert_int_equal(r.status, 0);
	assert_int_equal(atomic_load(&tally->most), 3);
	assert_int_equal(atomic_load(&tally->connections), 3);
	buf_release(&input);
	release(&r);
}

static void
a_provider_may_allow_less_than_jobs(void **state)
{
	struct run r = RUN(.jobs = 8);
	struct buf input = BUF_INIT(BUF_UNLIMITED);

	(void)state;
	r.yaml = "providers: {openai: {maxConcurrent: 2}}";
	for (int i = 0; i < 6; i++)
		buf_adds(&input, "{\"prompt\":\"wait 150\"}\n");
	run(&r, input.p);
	assert_int_equal(r.status, 0);
	assert_int_equal(atomic_load(&tally->most), 2);
	buf_release(&input);
	release(&r);
}

static void
answers_come_as_they_finish_or_in_order(void **state)
{
	static const char input[] =
	    "{\"id\":1,\"prompt\":\"wait 800\"}\n{\"id\":2,\"prompt\":\"x\"}\n"
	    "{\"id\":3,\"prompt\":\"y\",\"options\":{\"stream\":true}}\n";
	struct run r = RUN(.ordered = false);
	struct run ordered = RUN(.ordered = true);

	(void)state;
	run(&r, input);
	expect(last_line(&r), "id", "1");
	run(&ordered, input);
	expect(line(&ordered, 0), "id", "1");
	expect(line(&ordered, 1), "id", "2");
	expect(line(&ordered, 2), "id", "3"); /* its chunks were held too */
	expect(line(&ordered, 2), "type", "\"chunk\"");
	expect(last_line(&ordered), "type", "\"response\"");
	release(&r);
	release(&ordered);
}

static void
a_cut_stream_is_truncated_and_keeps_what_came(void **state)
{
	struct run r = RUN(.ordered = false);

	(void)state;
	run(&r, "{\"prompt\":\"cut\",\"options\":{\"stream\":true}}\n");
	assert_int_equal(r.status, EXIT_RETRY);
	expect(line(&r, 0), "delta.content", "\"one \"");
	expect(line(&r, 1), "ok", "false");
	expect(line(&r, 1), "content", "\"one \"");
	expect(line(&r, 1), "error.kind", "\"truncated\"");
	release(&r);
}

static void
an_error_inside_a_stream_ends_it(void **state)
{
	struct run r = RUN(.ordered = false);

	(void)state;
	run(&r, "{\"prompt\":\"error\",\"options\":{\"stream\":true}}\n");
	assert_int_equal(r.status, EXIT_RETRY);
	expect(line(&r, 1), "error.kind", "\"overloaded\"");
	expect(line(&r, 1), "content", "\"one \"");
	release(&r);
}

static void
silence_runs_into_the_idle_deadline(void **state)
{
	struct run r = RUN(.ordered = false);
	int64_t before = clock_mono_us();

	(void)state;
	run(&r, "{\"prompt\":\"stall\",\"options\":{\"stream\":true,\"idleTimeoutMs\":100}}\n"
		"{\"prompt\":\"wait 20000\",\"options\":{\"timeoutMs\":100}}\n"
		"{\"prompt\":\"wait 20000\",\"options\":{\"ttftTimeoutMs\":100}}\n");
	assert_int_equal(r.status, EXIT_RETRY);
	assert_true(clock_mono_us() - before < 15000000);
	for (size_t i = 1; i < 4; i++)
		expect(line(&r, i), "error.kind", "\"timeout\"");
	release(&r);
}

static void
a_server_that_keeps_the_line_busy_does_not_hold_the_answer(void **state)
{
	struct run r = RUN(.ordered = false);
	int64_t before = clock_mono_us();

	(void)state;
	run(&r, "{\"prompt\":\"linger\",\"options\":{\"stream\":true}}\n");
	assert_int_equal(r.status, 0);
	assert_true(clock_mono_us() - before < 150000000);
	expect(last_line(&r), "ok", "true");
	release(&r);
}

static void
the_status_tells_what_the_failures_have_in_common(void **state)
{
	static const struct {
		const char *input;
		int status;
	} cases[] = {
		{ "{\"prompt\":\"busy\"}\n{\"prompt\":\"ok\"}\n", EXIT_RETRY },
		{ "{\"prompt\":\"who\"}\n", EXIT_REFUSED },
		{ "{\"prompt\":\"who\"}\n{\"prompt\":\"busy\"}\n", EXIT_NO },
		{ "{\"prompt\":\"ok\"}\n", EXIT_OK },
		{ "", EXIT_OK },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct run r = RUN(.ordered = false);

		run(&r, cases[i].input);
		assert_int_equal(r.status, cases[i].status);
		release(&r);
	}
}

static void
an_error_is_told_whole_and_without_the_key(void **state)
{
	struct run r = RUN(.ordered = true);

	(void)state;
	r.call.keep_raw = true;
	run(&r, "{\"prompt\":\"busy\"}\n{\"prompt\":\"who\"}\n");
	expect(line(&r, 0), "error.kind", "\"rate_limit\"");
	expect(line(&r, 0), "error.status", "429");
	expect(line(&r, 0), "error.retryAfterMs", "7000");
	expect(line(&r, 0), "error.retryable", "true");
	expect(line(&r, 1), "error.kind", "\"auth\"");
	assert_null(strstr(r.out.p, "sk-test-123456789"));
	release(&r);
}

static void
a_dry_run_sends_nothing_and_shows_no_key(void **state)
{
	struct run r = RUN(.ordered = false);

	(void)state;
	r.call.dry_run = true;
	run(&r, "{\"id\":\"a\",\"prompt\":\"x\"}\n");
	assert_int_equal(r.status, 0);
	expect(line(&r, 0), "type", "\"httpRequest\"");
	expect(line(&r, 0), "headers.authorization", "\"Bearer ***\"");
	assert_int_equal(atomic_load(&tally->connections), 0);
	release(&r);
}

static void
a_prompt_at_a_terminal_is_text_as_it_comes(void **state)
{
	static const char request[] = "{\"prompt\":\"x\",\"options\":{\"stream\":true}}";
	struct run r = RUN(.text = true, .line = { request, sizeof request - 1 });
	struct run failed = RUN(.text = true);

	(void)state;
	run(&r, "");
	assert_string_equal(r.out.p, "one two\n");
	run(&failed, "{\"prompt\":\"who\"}\n");
	assert_string_equal(failed.out.p, "");
	assert_string_equal(complaints.p, "\"1\": auth: bad key ***6789");
	release(&r);
	release(&failed);
}

static void
options_that_nobody_knows_are_warned_of(void **state)
{
	struct run r = RUN(.ordered = false);

	(void)state;
	run(&r, "{\"prompt\":\"x\",\"options\":{\"max_tokens\":5}}\n");
	expect(line(&r, 0), "ok", "true");
	expect(line(&r, 0), "warnings.0.option", "\"options.max_tokens\"");
	release(&r);
}

/* --- over pipes --- */

struct reader {
	int fd;
	int64_t wait_ms;
	size_t bytes;
	int64_t first_us; /* when the first bytes came */
	int sent; /* what the server had sent when reading began */
};

static void *
read_slowly(void *arg)
{
	struct reader *r = arg;
	char block[65536]; /* as much as a pipe holds */
	ssize_t n;

	clock_sleep_ms(r->wait_ms);
	r->sent = atomic_load(&tally->sent);
	while ((n = read(r->fd, block, sizeof block)) > 0) {
		if (!r->bytes)
			r->first_us = clock_mono_us();
		r->bytes += (size_t)n;
	}
	(void)close(r->fd);
	return NULL;
}

static int
run_into_pipe(const char *input, struct reader *reader)
{
	struct run r = RUN(.ordered = false);
	char *dir = share();
	FILE *in = input_of(input);
	pthread_t thread;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	reader->fd = fds[0];
	assert_int_equal(pthread_create(&thread, NULL, read_slowly, reader), 0);
	r.call.providers = providers_load(dir, "/dev/null", env, &r.err);
	r.config.call = &r.call;
	r.config.jobs = 8;
	r.config.in_fd = fileno(in);
	r.config.out_fd = fds[1];
	r.status = calls_run(&r.config, &r.err);
	(void)close(fds[1]);
	assert_int_equal(pthread_join(thread, NULL), 0);
	providers_free(r.call.providers);
	(void)fclose(in);
	free(dir);
	release(&r);
	return r.status;
}

static void
a_slow_reader_stops_the_sockets_and_loses_nothing(void **state)
{
	struct reader reader = { .wait_ms = 700 };

	(void)state;
	assert_int_equal(
	    run_into_pipe("{\"prompt\":\"flood\",\"options\":{\"stream\":true}}\n", &reader), 0);
	assert_true(reader.sent < 14000); /* the rest waited in the server's kernel and ours */
	assert_true(reader.bytes > (size_t)3 * 16000 * 1000); /* chunks, content, parts */
}

static void
a_chunk_is_written_before_the_next_one_comes(void **state)
{
	static const char input[] = "{\"prompt\":\"slow\",\"options\":{\"stream\":true}}\n";
	bool is_early = false;

	(void)state;
	for (int turn = 0; turn < 8 && !is_early; turn++) { /* on a busy machine not in each */
		struct reader reader = { .wait_ms = 0 };
		int64_t before = clock_mono_us();

		assert_int_equal(run_into_pipe(input, &reader), 0);
		assert_true(clock_mono_us() - before >= 300000);
		is_early = reader.first_us - before < 200000;
	}
	assert_true(is_early);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_a_response_with_all_that_was_carried),
		cmocka_unit_test(bad_lines_fail_in_their_place_and_the_next_is_served),
		cmocka_unit_test(a_flood_of_bad_lines_neither_hangs_nor_is_lost),
		cmocka_unit_test(no_more_than_jobs_are_in_flight_and_connections_are_kept),
		cmocka_unit_test(a_provider_may_allow_less_than_jobs),
		cmocka_unit_test(answers_come_as_they_finish_or_in_order),
		cmocka_unit_test(a_cut_stream_is_truncated_and_keeps_what_came),
		cmocka_unit_test(an_error_inside_a_stream_ends_it),
		cmocka_unit_test(silence_runs_into_the_idle_deadline),
		cmocka_unit_test(a_server_that_keeps_the_line_busy_does_not_hold_the_answer),
		cmocka_unit_test(the_status_tells_what_the_failures_have_in_common),
		cmocka_unit_test(an_error_is_told_whole_and_without_the_key),
		cmocka_unit_test(a_dry_run_sends_nothing_and_shows_no_key),
		cmocka_unit_test(a_prompt_at_a_terminal_is_text_as_it_comes),
		cmocka_unit_test(options_that_nobody_knows_are_warned_of),
		cmocka_unit_test(a_slow_reader_stops_the_sockets_and_loses_nothing),
		cmocka_unit_test(a_chunk_is_written_before_the_next_one_comes),
	};

	return cmocka_run_group_tests(tests, start_server, stop_server);
}
