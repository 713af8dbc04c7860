/* SPDX-License-Identifier: MIT */
/* test_http - every way that an exchange can end, told rightly and once. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "net/http.h"
#include "support/script_server.h"
#include "sys/clock.h"

/* --- what the server says --- */

#define OK "HTTP/1.1 200 OK\r\n"
#define SAY(path, bytes, then)                                                                     \
	{                                                                                          \
		path, bytes, sizeof(bytes) - 1, then, NULL                                         \
	}

static const char gzipped[] =
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\xd7\x51"
    "\x48\xaf\xca\x2c\x50\xc8\x18\x01\x6c\x00\xa4\xfd\x8e\x8a\xf0\x00\x00\x00";
static const char gzip_head[] = OK
    "Content-Type: text/plain\r\nContent-Encoding: gzip\r\nContent-Length: 35\r\n\r\n";
enum { GZIPPED_LEN = 35, BIG_LEN = 4 << 20, BIG_PIECE = 64 * 1024, DRIPS = 50 };

static void
say_gzip(int fd, const struct script_request *request)
{
	(void)request;
	script_write(fd, gzip_head, strlen(gzip_head));
	script_write(fd, gzipped, GZIPPED_LEN);
}

static void
say_broken_gzip(int fd, const struct script_request *request)
{
	(void)request;
	script_write(fd, gzip_head, strlen(gzip_head));
	script_write(fd, "this is no gzip at all, but 35 bytes", GZIPPED_LEN);
}

/* The request itself as the body. */
static void
say_echo(int fd, const struct script_request *request)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);

	buf_addf(&out, OK "Content-Length: %zu\r\n\r\n", request->head.len + request->body.len);
	buf_addstr(&out, request->head);
	buf_addstr(&out, request->body);
	script_write(fd, out.p, out.len);
	buf_release(&out);
}

static void
say_big(int fd, const struct script_request *request)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	int i;

	(void)request;
	buf_addf(&out, OK "Content-Length: %d\r\n\r\n", BIG_LEN);
	script_write(fd, out.p, out.len);
	buf_reset(&out);
	while (out.len < BIG_PIECE)
		buf_addc(&out, (char)out.len);
	for (i = 0; i < BIG_LEN / BIG_PIECE; i++)
		script_write(fd, out.p, out.len);
	buf_release(&out);
}

static void
say_drips(int fd, const struct script_request *request)
{
	int i;

	(void)request;
	script_write(fd, OK "Transfer-Encoding: chunked\r\n\r\n", 47);
	for (i = 0; i < DRIPS; i++) {
		usleep(2000);
		script_write(fd, "2\r\nhi\r\n", 7);
	}
	script_write(fd, "0\r\n\r\n", 5);
}

static void
say_huge_head(int fd, const struct script_request *request)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	int i;

	(void)request;
	buf_adds(&out, OK);
	for (i = 0; i < 16 * 1024; i++)
		buf_addf(&out, "X-Field-%05d: %050d\r\n", i, 0);
	buf_adds(&out, "Content-Length: 0\r\n\r\n");
	script_write(fd, out.p, out.len);
	buf_release(&out);
}

static void
say_huge_field(int fd, const struct script_request *request)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);

	(void)request;
	buf_adds(&out, OK "X: ");
	while (out.len < 1 << 20)
		buf_adds(&out, "0123456789abcdef");
	buf_adds(&out, "\r\nContent-Length: 0\r\n\r\n");
	script_write(fd, out.p, out.len);
	buf_release(&out);
}

static const struct script_route routes[] = {
	SAY("/length",
	    OK "Content-Type: a/b\r\nX-Two: 1\r\nx-two:  2 \r\nContent-Length: 5\r\n\r\nhello",
	    SCRIPT_KEEP),
	SAY("/empty", "HTTP/1.1 204 No Content\r\n\r\n", SCRIPT_KEEP),
	SAY("/chunked",
	    OK
	    "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nTrailer: x\r\n\r\n",
	    SCRIPT_KEEP),
	SAY("/until-close", OK "\r\nhello", SCRIPT_CLOSE),
	SAY("/until-reset", OK "\r\nhello", SCRIPT_RESET),
	SAY("/status", "HTTP/1.1 429 Slow Down\r\nRetry-After: 3\r\nContent-Length: 2\r\n\r\n{}",
	    SCRIPT_KEEP),
	SAY("/redirect",
	    "HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 4\r\n\r\ngone",
	    SCRIPT_KEEP),
	SAY("/continue",
	    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n" OK
	    "Content-Length: 5\r\n\r\nhello",
	    SCRIPT_KEEP),
	SAY("/field-like-status", OK "HTTP/1.1 500 Not: so\r\nContent-Length: 5\r\n\r\nhello",
	    SCRIPT_KEEP),
	SAY("/cut-length", OK "Content-Length: 10\r\n\r\nhello", SCRIPT_CLOSE),
	SAY("/cut-chunk", OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", SCRIPT_CLOSE),
	SAY("/cut-chunk-reset", OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
	    SCRIPT_RESET),
	SAY("/cut-head", OK "Content-Le", SCRIPT_CLOSE),
	SAY("/nothing", "", SCRIPT_CLOSE),
	SAY("/reset", "", SCRIPT_RESET),
	SAY("/garbage", "\x16\x03\x01 this is no HTTP\r\n\r\n", SCRIPT_CLOSE),
	SAY("/bad-status", "HTTP/1.1 okay OK\r\n\r\n", SCRIPT_CLOSE),
	SAY("/bad-chunk", OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nxyz\r\n",
	    SCRIPT_CLOSE),
	SAY("/bad-length", OK "Content-Length: five\r\n\r\nhello", SCRIPT_CLOSE),
	SAY("/stall", "", SCRIPT_STALL),
	SAY("/stall-body", OK "Content-Length: 10\r\n\r\nhello", SCRIPT_STALL),
	{ "/gzip", NULL, 0, SCRIPT_KEEP, say_gzip },
	{ "/broken-gzip", NULL, 0, SCRIPT_CLOSE, say_broken_gzip },
	{ "/echo", NULL, 0, SCRIPT_KEEP, say_echo },
	{ "/big", NULL, 0, SCRIPT_KEEP, say_big },
	{ "/drips", NULL, 0, SCRIPT_KEEP, say_drips },
	{ "/huge-head", NULL, 0, SCRIPT_CLOSE, say_huge_head },
	{ "/huge-field", NULL, 0, SCRIPT_CLOSE, say_huge_field },
	{ NULL, NULL, 0, SCRIPT_CLOSE, NULL },
};

/* --- a client, and what its exchanges saw --- */

struct client {
	uv_loop_t loop;
	struct http *http;
	struct script_server *server;
	char *base; /* http://127.0.0.1:PORT */
};

enum where { NOWHERE, IN_HEAD, IN_DATA, IN_DONE };

struct seen {
	struct client *client;
	struct http_exchange *x;
	int heads, dones, datas;
	int status;
	struct http_headers headers;
	struct buf body;
	struct http_result result;
	char *message;
	enum where cancel, refuse, start_another;
	struct seen *another;
	bool output_at_data, pause_each, in_call;
	int64_t resumed_us;
	uv_timer_t resume;
};

static void start(struct seen *s, const char *path, struct http_request request);

static void
act(struct seen *s, enum where where)
{
	if (s->cancel == where)
		http_cancel(s->x);
	if (s->start_another == where) {
		s->start_another = NOWHERE;
		start(s->another, "/length", (struct http_request){ 0 });
	}
}

static void
on_head(void *user, int status, const struct http_headers *headers)
{
	struct seen *s = user;
	size_t i;

	assert_int_equal(s->dones, 0);
	assert_int_equal(s->datas, 0);
	assert_false(s->in_call);
	s->heads++;
	s->status = status;
	for (i = 0; i < headers->count; i++)
		http_headers_add(&s->headers, headers->items[i].name, headers->items[i].value);
	act(s, IN_HEAD);
}

static void
resume_later(uv_timer_t *timer)
{
	struct seen *s = timer->data;

	s->in_call = true;
	http_resume(s->x);
	s->in_call = false;
}

static bool
on_data(void *user, const char *p, size_t n)
{
	struct seen *s = user;

	assert_int_equal(s->dones, 0);
	assert_int_equal(s->heads, 1);
	assert_false(s->in_call);
	s->datas++;
	buf_add(&s->body, p, n);
	if (s->output_at_data)
		http_saw_output(s->x);
	if (s->pause_each) {
		http_pause(s->x);
		assert_int_equal(uv_timer_start(&s->resume, resume_later, 1, 0), 0);
	}
	act(s, IN_DATA);
	return s->refuse != IN_DATA;
}

static void
on_done(void *user, const struct http_result *result)
{
	struct seen *s = user;

	assert_false(s->in_call);
	s->dones++;
	s->result = *result;
	s->message = xstrdup(result->message);
	(void)uv_timer_stop(&s->resume);
	act(s, IN_DONE);
}

static void
seen_init(struct seen *s, struct client *c)
{
	memset(s, 0, sizeof *s);
	s->client = c;
	buf_init(&s->body, BUF_UNLIMITED);
	assert_int_equal(uv_timer_init(&c->loop, &s->resume), 0);
	s->resume.data = s;
}

static void
seen_release(struct seen *s)
{
	uv_close((uv_handle_t *)&s->resume, NULL);
	uv_run(&s->client->loop, UV_RUN_NOWAIT);
	http_headers_release(&s->headers);
	buf_release(&s->body);
	free(s->message);
}

static void
start_url(struct seen *s, const char *url, struct http_request request)
{
	static const struct http_handler on = { on_head, on_data, on_done };

	request.url = url;
	if (!request.method)
		request.method = request.body.p ? "POST" : "GET";
	s->in_call = true;
	s->x = http_start(s->client->http, &request, &on, s);
	s->in_call = false;
}

static void
start(struct seen *s, const char *path, struct http_request request)
{
	char *url = xasprintf("%s%s", s->client->base, path);

	start_url(s, url, request);
	free(url);
}

static void
run(struct client *c)
{
	uv_run(&c->loop, UV_RUN_DEFAULT);
	assert_int_equal(http_in_flight(c->http), 0);
}

static struct seen
fetch_with(struct client *c, const char *path, struct http_request request)
{
	struct seen s;

	seen_init(&s, c);
	start(&s, path, request);
	assert_int_equal(s.dones, 0);
	assert_int_equal(http_in_flight(c->http), 1);
	run(c);
	assert_int_equal(s.dones, 1);
	return s;
}

static struct seen
fetch(struct client *c, const char *path)
{
	return fetch_with(c, path, (struct http_request){ .deadline_us = clock_deadline(60000) });
}

static int
client_open(void **state)
{
	struct client *c = xcalloc(1, sizeof *c);

	*state = c;
	c->server = script_server_start(routes);
	c->base = xasprintf("http://127.0.0.1:%d", script_server_port(c->server));
	assert_int_equal(uv_loop_init(&c->loop), 0);
	c->http = http_new(&c->loop, &(struct http_config){ .user_agent = "test/1" });
	return 0;
}

static int
client_close(void **state)
{
	struct client *c = *state;

	http_free(c->http);
	uv_run(&c->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&c->loop), 0);
	script_server_stop(c->server);
	free(c->base);
	free(c);
	return 0;
}

/* --- ends --- */

static void
a_body_of_known_length_is_proven(void **state)
{
	struct seen s = fetch(*state, "/length");

	assert_int_equal(s.result.end, HTTP_DONE);
	assert_int_equal(s.result.status, 200);
	assert_true(s.result.length_proven);
	assert_int_equal(s.result.body_bytes, 5);
	assert_true(s.result.sent_us > 0 && s.result.end_us >= s.result.sent_us);
	assert_false(s.result.reused);
	assert_string_equal(s.body.p, "hello");
	assert_string_equal(http_headers_get(&s.headers, "content-TYPE"), "a/b");
	assert_int_equal(s.headers.count, 4);
	assert_string_equal(s.headers.items[2].value, "2");
	seen_release(&s);
}

static void
the_other_whole_bodies_end_well_too(void **state)
{
	static const struct {
		const char *path, *body;
		bool proven;
		int status;
	} cases[] = {
		{ "/chunked", "hello", true, 200 },
		{ "/until-close", "hello", false, 200 },
		{ "/empty", "", true, 204 },
		{ "/status", "{}", true, 429 },
		{ "/redirect", "gone", true, 307 },
		{ "/continue", "hello", true, 200 },
		{ "/field-like-status", "hello", true, 200 },
		{ "/gzip",
		    "hello, gzip hello, gzip hello, gzip hello, gzip hello, gzip hello, gzip hello, gzip "
		    "hello, gzip hello, gzip hello, gzip hello, gzip hello, gzip hello, gzip hello, gzip "
		    "hello, gzip hello, gzip hello, gzip hello, gzip hello, gzip hello, gzip ",
		    true, 200 },
		{ "/no-such-path", "", true, 404 },
	};
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct seen s = fetch(*state, cases[i].path);

		assert_int_equal(s.result.end, HTTP_DONE);
		assert_int_equal(s.heads, 1);
		assert_int_equal(s.status, cases[i].status);
		assert_int_equal(s.result.length_proven, cases[i].proven);
		assert_string_equal(s.body.p, cases[i].body);
		assert_null(http_headers_get(&s.headers, "X-Early"));
		seen_release(&s);
	}
}

static void
what_breaks_is_told_apart(void **state)
{
	static const struct {
		const char *path;
		enum http_end end;
		int status;
		const char *body;
	} cases[] = {
		{ "/cut-length", HTTP_CUT, 200, "hello" },
		{ "/cut-chunk", HTTP_CUT, 200, "hello" },
		{ "/cut-chunk-reset", HTTP_CUT, 200, "hello" },
		{ "/until-reset", HTTP_CUT, 200, "hello" },
		{ "/cut-head", HTTP_RESET, 0, "" },
		{ "/nothing", HTTP_RESET, 0, "" },
		{ "/reset", HTTP_RESET, 0, "" },
		{ "/garbage", HTTP_PROTOCOL, 0, "" },
		{ "/bad-status", HTTP_PROTOCOL, 0, "" },
		{ "/bad-chunk", HTTP_PROTOCOL, 200, "hello" },
		{ "/broken-gzip", HTTP_PROTOCOL, 200, "" },
		{ "/huge-head", HTTP_PROTOCOL, 0, "" },
		{ "/huge-field", HTTP_PROTOCOL, 0, "" },
	};
	struct client *c = *state;
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct seen s = fetch(c, cases[i].path);

		if (s.result.end != cases[i].end || s.result.status != cases[i].status)
			fail_msg("%s: %s %d: %s", cases[i].path, http_end_name(s.result.end),
			    s.result.status, s.message);
		assert_string_equal(s.body.p, cases[i].body);
		assert_false(s.result.length_proven);
		/* the peer's name, a colon, one line */
		assert_memory_equal(s.message, c->base + 7, strlen(c->base + 7));
		assert_null(strchr(s.message, '\n'));
		seen_release(&s);
	}
}

static void
no_server_is_a_connect_error(void **state)
{
	struct seen s;

	seen_init(&s, *state);
	start_url(&s, "http://127.0.0.1:1/v1?key=sesame", (struct http_request){ 0 });
	run(*state);
	assert_int_equal(s.result.end, HTTP_CONNECT);
	assert_int_equal(s.result.status, 0);
	assert_string_equal(s.message, "127.0.0.1:1: Connection refused");
	assert_true(s.result.sent_us > 0);
	seen_release(&s);
}

static void
what_is_no_tls_server_is_a_tls_error(void **state)
{
	struct client *c = *state;
	struct seen s;
	char *url = xasprintf("https%s/length", c->base + 4);

	seen_init(&s, c);
	start_url(&s, url, (struct http_request){ 0 });
	run(c);
	assert_int_equal(s.result.end, HTTP_TLS);
	assert_non_null(strstr(s.message, "TLS"));
	free(url);
	seen_release(&s);
}

static void
a_bad_url_is_our_mistake_and_told_from_the_loop(void **state)
{
	static const char *const urls[] = { "", "ftp://127.0.0.1/x", "http://", "http://a b/",
		NULL };
	size_t i;

	for (i = 0; urls[i]; i++) {
		struct seen s;

		seen_init(&s, *state);
		start_url(&s, urls[i], (struct http_request){ 0 });
		assert_int_equal(s.dones, 0);
		run(*state);
		assert_int_equal(s.dones, 1);
		if (s.result.end != HTTP_BAD_REQUEST)
			fail_msg("\"%s\": %s: %s", urls[i], http_end_name(s.result.end), s.message);
		seen_release(&s);
	}
}

static void
a_field_with_a_line_break_is_not_sent(void **state)
{
	struct client *c = *state;
	struct http_headers h = { 0 };
	struct seen s;

	http_headers_add(&h, "X-Good", "a\r\nX-Evil: b");
	s = fetch_with(c, "/echo", (struct http_request){ .headers = &h });
	assert_int_equal(s.result.end, HTTP_BAD_REQUEST);
	assert_int_equal(script_server_connections(c->server), 0);
	http_headers_release(&h);
	seen_release(&s);
}

/* --- what is sent --- */

static void
a_request_goes_out_as_it_was_given(void **state)
{
	struct client *c = *state;
	struct http_headers h = { 0 };
	struct buf body = BUF_INIT(BUF_UNLIMITED);
	struct seen s;

	while (body.len < 3 << 20)
		buf_adds(&body, "{\"some\":\"body\"}");
	http_headers_add(&h, "Content-Type", "application/json");
	http_headers_add(&h, "X-Empty", "");
	http_headers_add(&h, "Authorization", "Bearer x");
	s = fetch_with(c, "/echo", (struct http_request){ .headers = &h, .body = buf_str(&body) });
	assert_int_equal(s.result.end, HTTP_DONE);
	assert_memory_equal(s.body.p, "POST /echo HTTP/1.1\r\n", 21);
	assert_non_null(strstr(s.body.p, "\r\nContent-Type: application/json\r\n"));
	assert_non_null(strstr(s.body.p, "\r\nX-Empty:\r\n"));
	assert_non_null(strstr(s.body.p, "\r\nAuthorization: Bearer x\r\n"));
	assert_non_null(strstr(s.body.p, "\r\nUser-Agent: test/1\r\n"));
	assert_non_null(strstr(s.body.p, "\r\nAccept-Encoding: "));
	assert_null(strstr(s.body.p, "Expect:"));
	assert_true(s.body.len > body.len);
	assert_memory_equal(s.body.p + s.body.len - body.len, body.p, body.len);
	http_headers_release(&h);
	buf_release(&body);
	seen_release(&s);
}

static void
a_method_is_the_one_asked_for(void **state)
{
	static const struct {
		const char *method, *line;
		const char *body;
	} cases[] = {
		{ "GET", "GET /echo HTTP/1.1\r\n", NULL },
		{ "DELETE", "DELETE /echo HTTP/1.1\r\n", NULL },
		{ "POST", "POST /echo HTTP/1.1\r\n", NULL },
		{ "PUT", "PUT /echo HTTP/1.1\r\n", "{}" },
	};
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct seen s = fetch_with(*state, "/echo",
		    (struct http_request){
			.method = cases[i].method, .body = str_of(cases[i].body) });

		assert_int_equal(s.result.end, HTTP_DONE);
		assert_memory_equal(s.body.p, cases[i].line, strlen(cases[i].line));
		assert_null(strstr(s.body.p, "Content-Type"));
		seen_release(&s);
	}
}

/* --- deadlines --- */

static void
silence_before_the_first_output_has_an_end(void **state)
{
	struct seen s = fetch_with(*state, "/stall", (struct http_request){ .first_ms = 30 });

	assert_int_equal(s.result.end, HTTP_FIRST_TIMEOUT);
	assert_true(s.result.end_us - s.result.sent_us >= 30000);
	seen_release(&s);
	/* bytes that are not output do not count as it */
	s = fetch_with(*state, "/drips", (struct http_request){ .first_ms = 30 });
	assert_int_equal(s.result.end, HTTP_FIRST_TIMEOUT);
	assert_int_equal(s.heads, 1);
	seen_release(&s);
}

static struct seen
fetch_output(struct client *c, const char *path, struct http_request request)
{
	struct seen s;

	seen_init(&s, c);
	s.output_at_data = true;
	start(&s, path, request);
	run(c);
	assert_int_equal(s.dones, 1);
	return s;
}

static void
silence_inside_the_output_has_an_end(void **state)
{
	struct seen s = fetch_output(
	    *state, "/stall-body", (struct http_request){ .first_ms = 60000, .idle_ms = 30 });

	assert_int_equal(s.result.end, HTTP_IDLE_TIMEOUT);
	assert_string_equal(s.body.p, "hello");
	seen_release(&s);
}

static void
bytes_that_keep_coming_are_not_idle(void **state)
{
	struct seen s = fetch_output(
	    *state, "/drips", (struct http_request){ .first_ms = 60000, .idle_ms = 60000 });

	assert_int_equal(s.result.end, HTTP_DONE);
	assert_int_equal(s.body.len, 2 * DRIPS);
	seen_release(&s);
}

static void
the_whole_has_an_end(void **state)
{
	int64_t deadline = clock_deadline(40);
	struct seen s = fetch_output(*state, "/stall-body",
	    (struct http_request){ .idle_ms = 60000, .deadline_us = deadline });

	assert_int_equal(s.result.end, HTTP_TIMEOUT);
	assert_true(s.result.end_us >= deadline);
	seen_release(&s);
	s = fetch_with(*state, "/length", (struct http_request){ .deadline_us = 1 });
	assert_int_equal(s.result.end, HTTP_TIMEOUT); /* over before it began */
	seen_release(&s);
}

/* A listener whose queue is full: connections to it are neither made nor refused. */
static void
a_connection_that_is_not_made_has_an_end(void **state)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;
	int listener = socket(AF_INET, SOCK_STREAM, 0), fill[8];
	struct seen s;
	char *url;
	size_t i;

	assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(listener, 0), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &len), 0);
	for (i = 0; i < sizeof fill / sizeof *fill; i++) {
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(fill[i], (struct sockaddr *)&at, sizeof at); /* most stay pending */
	}
	seen_init(&s, *state);
	url = xasprintf("http://127.0.0.1:%d/", ntohs(at.sin_port));
	start_url(&s, url, (struct http_request){ .connect_ms = 50, .first_ms = 60000 });
	run(*state);
	assert_int_equal(s.result.end, HTTP_CONNECT_TIMEOUT);
	for (i = 0; i < sizeof fill / sizeof *fill; i++)
		close(fill[i]);
	close(listener);
	free(url);
	seen_release(&s);
}

/* --- cancelling --- */

static void
cancelling_ends_it_once_from_anywhere(void **state)
{
	static const struct {
		enum where cancel, refuse;
		int heads, datas;
	} cases[] = {
		{ IN_HEAD, NOWHERE, 1, 0 },
		{ IN_DATA, NOWHERE, 1, 1 },
		{ NOWHERE, IN_DATA, 1, 1 },
	};
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct seen s;

		seen_init(&s, *state);
		s.cancel = cases[i].cancel;
		s.refuse = cases[i].refuse;
		start(&s, "/big", (struct http_request){ 0 });
		run(*state);
		assert_int_equal(s.dones, 1);
		assert_int_equal(s.result.end, HTTP_CANCELLED);
		assert_int_equal(s.heads, cases[i].heads);
		assert_int_equal(s.datas, cases[i].datas);
		seen_release(&s);
	}
}

static void
cancelling_inside_done_changes_nothing(void **state)
{
	struct seen s;

	seen_init(&s, *state);
	s.cancel = IN_DONE;
	start(&s, "/length", (struct http_request){ 0 });
	run(*state);
	assert_int_equal(s.dones, 1);
	assert_int_equal(s.result.end, HTTP_DONE);
	seen_release(&s);
}

static void
cancelling_before_the_loop_runs_sends_nothing(void **state)
{
	struct client *c = *state;
	struct seen s;

	seen_init(&s, c);
	start(&s, "/length", (struct http_request){ 0 });
	http_cancel(s.x);
	http_cancel(s.x);
	assert_int_equal(s.dones, 0);
	run(c);
	assert_int_equal(s.dones, 1);
	assert_int_equal(s.result.end, HTTP_CANCELLED);
	assert_memory_equal(s.message, c->base + 7, strlen(c->base + 7));
	assert_int_equal(script_server_connections(c->server), 0);
	seen_release(&s);
}

static void
cancel_from_timer(uv_timer_t *timer)
{
	struct seen *s = timer->data;

	http_cancel(s->x);
}

static void
cancelling_from_the_loop_ends_a_stalled_one(void **state)
{
	struct seen s;

	seen_init(&s, *state);
	start(&s, "/stall", (struct http_request){ 0 });
	assert_int_equal(uv_timer_start(&s.resume, cancel_from_timer, 20, 0), 0);
	run(*state);
	assert_int_equal(s.dones, 1);
	assert_int_equal(s.result.end, HTTP_CANCELLED);
	seen_release(&s);
}

static void
freeing_the_client_ends_all_that_is_in_flight(void **state)
{
	struct client *c = *state;
	struct seen s[3];
	size_t i;

	for (i = 0; i < 3; i++) {
		seen_init(&s[i], c);
		start(&s[i], i == 0 ? "/stall" : "/stall-body", (struct http_request){ 0 });
		if (i < 2) /* the third is not even begun */
			uv_run(&c->loop, UV_RUN_NOWAIT);
	}
	http_free(c->http);
	c->http = NULL;
	for (i = 0; i < 3; i++) {
		assert_int_equal(s[i].dones, 1);
		assert_int_equal(s[i].result.end, HTTP_CANCELLED);
		seen_release(&s[i]);
	}
}

/* --- many --- */

static void
an_exchange_may_start_another_from_any_callback(void **state)
{
	static const enum where places[] = { IN_HEAD, IN_DATA, IN_DONE };
	size_t i;

	for (i = 0; i < 3; i++) {
		struct seen s, another;

		seen_init(&s, *state);
		seen_init(&another, *state);
		s.start_another = places[i];
		s.another = &another;
		start(&s, "/length", (struct http_request){ 0 });
		run(*state);
		assert_int_equal(s.result.end, HTTP_DONE);
		assert_int_equal(another.dones, 1);
		assert_int_equal(another.result.end, HTTP_DONE);
		seen_release(&s);
		seen_release(&another);
	}
}

static void
connections_are_used_again(void **state)
{
	struct client *c = *state;
	int i;

	for (i = 0; i < 5; i++) {
		struct seen s = fetch(c, "/length");

		assert_int_equal(s.result.reused, i > 0);
		seen_release(&s);
	}
	assert_int_equal(script_server_connections(c->server), 1);
}

static void
two_hundred_at_once_end_well_over_as_many_connections(void **state)
{
	enum { MANY = 200, ROUNDS = 3 };
	struct client *c = *state;
	struct seen *s = xcalloc(MANY, sizeof *s);
	size_t i, round;

	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < MANY; i++) {
			seen_init(&s[i], c);
			start(&s[i], i % 2 ? "/length" : "/chunked",
			    (struct http_request){
				.idle_ms = 60000, .deadline_us = clock_deadline(60000) });
		}
		assert_int_equal(http_in_flight(c->http), MANY);
		run(c);
		for (i = 0; i < MANY; i++) {
			assert_int_equal(s[i].dones, 1);
			assert_int_equal(s[i].result.end, HTTP_DONE);
			assert_string_equal(s[i].body.p, "hello");
			seen_release(&s[i]);
		}
	}
	assert_true(script_server_connections(c->server) <= MANY);
	free(s);
}

/* More than are kept where nobody says how many there will be. */
static void
as_many_connections_are_kept_as_go_at_once(void **state)
{
	enum { MANY = 300, ROUNDS = 2 };
	struct client *c = *state;
	struct seen s[MANY];
	size_t i;
	int round;

	http_free(c->http);
	c->http = http_new(&c->loop, &(struct http_config){ .at_once = MANY });
	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < MANY; i++) {
			seen_init(&s[i], c);
			start(&s[i], "/drips", (struct http_request){ 0 });
		}
		run(c);
		for (i = 0; i < MANY; i++) {
			assert_int_equal(s[i].result.end, HTTP_DONE);
			seen_release(&s[i]);
		}
	}
	assert_int_equal(script_server_connections(c->server), MANY);
}

/* --- the brake --- */

static void
a_paused_exchange_goes_on_where_it_was(void **state)
{
	struct seen s;
	size_t i;

	seen_init(&s, *state);
	s.pause_each = true;
	start(&s, "/big",
	    (struct http_request){ .first_ms = 60000, .deadline_us = clock_deadline(60000) });
	run(*state);
	assert_int_equal(s.result.end, HTTP_DONE);
	assert_int_equal(s.body.len, BIG_LEN);
	for (i = 0; i < BIG_LEN; i++) {
		if (s.body.p[i] != (char)(i % BIG_PIECE))
			fail_msg("byte %zu is wrong", i);
	}
	seen_release(&s);
}

/* The silence that is too long for the tests of pauses: under valgrind, work takes as long as that.
 */
static int64_t
silence_ms(void)
{
	return getenv("VALGRIND") ? 1500 : 60;
}

static void
resume_and_note(uv_timer_t *timer)
{
	struct seen *s = timer->data;

	assert_int_equal(s->dones, 0);
	s->pause_each = false;
	s->resumed_us = clock_mono_us();
	http_resume(s->x);
}

static bool
pause_for_long(void *user, const char *p, size_t n)
{
	struct seen *s = user;

	assert_true(on_data(user, p, n));
	if (s->pause_each)
		assert_int_equal(
		    uv_timer_start(&s->resume, resume_and_note, 2 * (uint64_t)silence_ms(), 0), 0);
	return true;
}

static void
a_pause_is_no_silence(void **state)
{
	static const struct http_handler on = { on_head, pause_for_long, on_done };
	struct client *c = *state;
	char *url = xasprintf("%s/big", c->base);
	struct seen s;
	int output;

	for (output = 0; output < 2; output++) {
		seen_init(&s, c);
		s.pause_each = true;
		s.output_at_data = output;
		s.x = http_start(c->http,
		    &(struct http_request){
			.url = url, .idle_ms = silence_ms(), .first_ms = silence_ms() },
		    &on, &s);
		run(c);
		assert_int_equal(s.result.end, HTTP_DONE);
		assert_int_equal(s.body.len, BIG_LEN);
		seen_release(&s);
	}
	free(url);
}

static void
after_a_pause_silence_counts_anew(void **state)
{
	static const struct http_handler on = { on_head, pause_for_long, on_done };
	struct client *c = *state;
	char *url = xasprintf("%s/stall-body", c->base);
	struct seen s;

	seen_init(&s, c);
	s.pause_each = true;
	s.output_at_data = true;
	s.x = http_start(
	    c->http, &(struct http_request){ .url = url, .idle_ms = silence_ms() }, &on, &s);
	run(c);
	assert_int_equal(s.result.end, HTTP_IDLE_TIMEOUT);
	assert_true(s.result.end_us - s.resumed_us >= silence_ms() * 1000);
	seen_release(&s);
	free(url);
}

/* Bytes that came since the loop had its turn, and the most there were. */
static size_t turn_from, turn_most;

static void
turn_over(uv_prepare_t *prepare)
{
	const struct seen *s = prepare->data;

	if (s->body.len - turn_from > turn_most)
		turn_most = s->body.len - turn_from;
	turn_from = s->body.len;
}

static bool
take_slowly(void *user, const char *p, size_t n)
{
	usleep(500); /* the server is far ahead by then */
	return on_data(user, p, n);
}

static void
a_server_that_is_faster_than_we_are_leaves_the_loop_its_turns(void **state)
{
	static const struct http_handler on = { on_head, take_slowly, on_done };
	struct client *c = *state;
	char *url = xasprintf("%s/big", c->base);
	uv_prepare_t prepare;
	struct seen s;

	seen_init(&s, c);
	turn_from = turn_most = 0;
	assert_int_equal(uv_prepare_init(&c->loop, &prepare), 0);
	prepare.data = &s;
	assert_int_equal(uv_prepare_start(&prepare, turn_over), 0);
	uv_unref((uv_handle_t *)&prepare);
	s.x = http_start(c->http, &(struct http_request){ .url = url }, &on, &s);
	run(c);
	assert_int_equal(s.result.end, HTTP_DONE);
	assert_int_equal(s.body.len, BIG_LEN);
	assert_true(turn_most <= 512 * 1024);
	uv_close((uv_handle_t *)&prepare, NULL);
	seen_release(&s);
	free(url);
}

static bool
pause_then_refuse(void *user, const char *p, size_t n)
{
	struct seen *s = user;

	(void)on_data(user, p, n);
	return s->datas < 2;
}

static void
refusing_what_a_pause_held_back_ends_it(void **state)
{
	static const struct http_handler on = { on_head, pause_then_refuse, on_done };
	struct client *c = *state;
	char *url = xasprintf("%s/big", c->base);
	struct seen s;

	seen_init(&s, c);
	s.pause_each = true;
	s.x = http_start(c->http, &(struct http_request){ .url = url }, &on, &s);
	run(c);
	assert_int_equal(s.dones, 1);
	assert_int_equal(s.result.end, HTTP_CANCELLED);
	seen_release(&s);
	free(url);
}

static void
a_paused_exchange_can_be_cancelled(void **state)
{
	struct seen s;

	seen_init(&s, *state);
	start(&s, "/big", (struct http_request){ 0 });
	http_pause(s.x);
	assert_int_equal(uv_timer_start(&s.resume, cancel_from_timer, 20, 0), 0);
	run(*state);
	assert_int_equal(s.dones, 1);
	assert_int_equal(s.datas, 0);
	assert_int_equal(s.result.end, HTTP_CANCELLED);
	seen_release(&s);
}

/* --- fields and URLs --- */

static void
fields_compare_without_case(void **state)
{
	struct http_headers h = { 0 };

	(void)state;
	assert_null(http_headers_get(&h, "a"));
	http_headers_add(&h, "Content-Type", "a");
	http_headers_add(&h, "X", "1");
	http_headers_add(&h, "x", "2");
	http_headers_set(&h, "content-type", "b");
	http_headers_set(&h, "New", "n");
	http_headers_set(&h, "x", http_headers_get(&h, "x"));
	assert_int_equal(h.count, 4);
	assert_string_equal(http_headers_get(&h, "CONTENT-TYPE"), "b");
	assert_string_equal(http_headers_get(&h, "X"), "1");
	assert_string_equal(http_headers_get(&h, "new"), "n");
	http_headers_release(&h);
	assert_int_equal(h.count, 0);
}

static void
fields_that_carry_secrets_are_known(void **state)
{
	static const char *const secret[] = { "Authorization", "proxy-authorization", "x-api-key",
		"api-key", "X-Goog-Api-Key", "Cookie", "Set-Cookie", "x-amz-security-token",
		"Ocp-Apim-Subscription-Key", "X-Auth-Token", "apikey", "X-Client-Secret", NULL };
	static const char *const open[] = { "Content-Type", "x-ratelimit-limit-tokens",
		"anthropic-version", "Idempotency-Key", "x-request-id", "Retry-After", "", "monkey",
		NULL };
	size_t i;

	(void)state;
	for (i = 0; secret[i]; i++) {
		if (!http_field_is_secret(secret[i]))
			fail_msg("%s", secret[i]);
	}
	for (i = 0; open[i]; i++) {
		if (http_field_is_secret(open[i]))
			fail_msg("%s", open[i]);
	}
}

static void
urls_are_checked_and_not_quoted_whole(void **state)
{
	static const char *const good[] = { "http://a", "https://a.b:8443/v1",
		"http://[::1]:8000/x?y", "HTTP://127.0.0.1/", "http://u:p@ss@a/", "http://[::1]",
		"http://a?x", "http://a:", "https://m\xC3\xBCnchen.de/", NULL };
	static const char *const bad[] = { "", "a", "localhost:8000", "ftp://a/", "http://",
		"http://a:99999/", "http:///x", "/v1", "http://user:sesame@a:b/?key=sesame",
		"http://u:open@sesame@a b/", "http://:80/", "http://a:-1/", "http://a:8:9/",
		"http://[::1", "http://[::1]x/", "http://[]/", "http://[g]/", "http://a{b}/",
		"http://a/b\tc", "https://@/", NULL };
	struct err err = ERR_INIT;
	size_t i;

	(void)state;
	for (i = 0; good[i]; i++) {
		if (http_url_check(good[i], &err) < 0)
			fail_msg("%s: %s", good[i], err.text);
	}
	for (i = 0; bad[i]; i++) {
		if (http_url_check(bad[i], &err) == 0)
			fail_msg("%s passes", bad[i]);
		assert_null(strstr(err.text, "sesame"));
		assert_int_equal(err.code, EXIT_CONFIG);
	}
}

static void
each_end_has_a_name(void **state)
{
	int end;

	(void)state;
	for (end = HTTP_DONE; end <= HTTP_BAD_REQUEST; end++)
		assert_non_null(http_end_name((enum http_end)end));
}

#define WITH_SERVER(f) cmocka_unit_test_setup_teardown(f, client_open, client_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SERVER(a_body_of_known_length_is_proven),
		WITH_SERVER(the_other_whole_bodies_end_well_too),
		WITH_SERVER(what_breaks_is_told_apart),
		WITH_SERVER(no_server_is_a_connect_error),
		WITH_SERVER(what_is_no_tls_server_is_a_tls_error),
		WITH_SERVER(a_bad_url_is_our_mistake_and_told_from_the_loop),
		WITH_SERVER(a_field_with_a_line_break_is_not_sent),
		WITH_SERVER(a_request_goes_out_as_it_was_given),
		WITH_SERVER(a_method_is_the_one_asked_for),
		WITH_SERVER(silence_before_the_first_output_has_an_end),
		WITH_SERVER(silence_inside_the_output_has_an_end),
		WITH_SERVER(bytes_that_keep_coming_are_not_idle),
		WITH_SERVER(the_whole_has_an_end),
		WITH_SERVER(a_connection_that_is_not_made_has_an_end),
		WITH_SERVER(cancelling_ends_it_once_from_anywhere),
		WITH_SERVER(cancelling_inside_done_changes_nothing),
		WITH_SERVER(cancelling_before_the_loop_runs_sends_nothing),
		WITH_SERVER(cancelling_from_the_loop_ends_a_stalled_one),
		WITH_SERVER(freeing_the_client_ends_all_that_is_in_flight),
		WITH_SERVER(an_exchange_may_start_another_from_any_callback),
		WITH_SERVER(connections_are_used_again),
		WITH_SERVER(two_hundred_at_once_end_well_over_as_many_connections),
		WITH_SERVER(as_many_connections_are_kept_as_go_at_once),
		WITH_SERVER(a_paused_exchange_goes_on_where_it_was),
		WITH_SERVER(a_pause_is_no_silence),
		WITH_SERVER(after_a_pause_silence_counts_anew),
		WITH_SERVER(a_server_that_is_faster_than_we_are_leaves_the_loop_its_turns),
		WITH_SERVER(refusing_what_a_pause_held_back_ends_it),
		WITH_SERVER(a_paused_exchange_can_be_cancelled),
		cmocka_unit_test(fields_compare_without_case),
		cmocka_unit_test(fields_that_carry_secrets_are_known),
		cmocka_unit_test(urls_are_checked_and_not_quoted_whole),
		cmocka_unit_test(each_end_has_a_name),
	};

	/* The tests talk to loopback only. */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)setenv("no_proxy", "*", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
