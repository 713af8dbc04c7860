/* SPDX-License-Identifier: MIT */
/* test_serve - the server with a client on the same loop: answers now, later, in pieces, cut and
 * reset. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "base/mem.h"
#include "base/num.h"
#include "serve/serve.h"

#ifdef HAVE_MICROHTTPD

/* What the server is to do with the next request, and what became of it. */
struct scene {
	uv_loop_t loop;
	struct serve *serve;
	int client;
	void (*act)(struct scene *scene, struct serve_exchange *x);
	struct serve_exchange *waiting; /* for an answer that comes later */
	int asked, ended, drained;
	enum serve_end end;
	struct buf note; /* what act saw */
};

static void
on_request(void *user, struct serve_exchange *x)
{
	struct scene *s = user;

	s->asked++;
	s->act(s, x);
}

static void
on_drained(void *user, struct serve_exchange *x)
{
	struct scene *s = user;

	(void)x;
	s->drained++;
}

static void
on_done(void *user, struct serve_exchange *x, enum serve_end end)
{
	struct scene *s = user;

	(void)x;
	s->ended++;
	s->end = end;
	s->waiting = NULL;
}

static int
scene_connect(struct scene *s)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	int64_t port;
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_true(num_i64(str_of(strrchr(serve_url(s->serve), ':') + 1), &port));
	to.sin_port = htons((uint16_t)port);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(connect(fd, (struct sockaddr *)&to, sizeof to) == 0 || errno == EINPROGRESS);
	/* Without it, a second small send waits for the first one's delayed acknowledgement. */
	assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one), 0);
	return fd;
}

static int
scene_setup(void **state)
{
	static const struct serve_handler on = { on_request, on_drained, on_done };
	const struct serve_config config = { .address = "127.0.0.1", .body_max = 1000 };
	struct scene *s = xcalloc(1, sizeof *s);
	struct err err = ERR_INIT;

	buf_init(&s->note, BUF_UNLIMITED);
	assert_int_equal(uv_loop_init(&s->loop), 0);
	s->serve = serve_open(&s->loop, &config, &on, s, &err);
	assert_non_null(s->serve);
	s->client = scene_connect(s);
	*state = s;
	return 0;
}

static int
scene_teardown(void **state)
{
	struct scene *s = *state;

	if (s->serve)
		serve_close(s->serve);
	(void)uv_run(&s->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&s->loop), 0);
	(void)close(s->client);
	buf_release(&s->note);
	free(s);
	return 0;
}

static void
turn(struct scene *s, int times)
{
	for (; times > 0; times--) {
		(void)uv_run(&s->loop, UV_RUN_NOWAIT);
		(void)usleep(1000); /* loopback's bytes are there at once, epoll's news nearly so */
	}
}

static void
say(struct scene *s, const char *text)
{
	assert_int_equal(send(s->client, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	turn(s, 5);
}

/* All that came; at the end " EOF" or " RST" where the connection ended. The caller frees it. */
static char *
hear(struct scene *s)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	char chunk[65536];
	ssize_t n;
	int quiet = 0;

	while (quiet < 5) {
		n = recv(s->client, chunk, sizeof chunk, 0);
		if (n > 0)
			buf_add(&out, chunk, (size_t)n);
		if (n == 0 || (n < 0 && errno != EAGAIN)) {
			buf_adds(&out, n == 0 ? " EOF" : " RST");
			break;
		}
		quiet = n > 0 ? 0 : quiet + 1;
		turn(s, 1);
	}
	return buf_take(&out);
}

static void
hears(struct scene *s, const char *expect)
{
	char *text = hear(s);

	assert_string_equal(text, expect);
	free(text);
}

#define GET "GET /a%20b/c?x=1&key=%41%2 HTTP/1.1\r\nHost: h\r\nX-Thing: yes\r\n\r\n"

/* --- acts --- */

static void
act_reply(struct scene *s, struct serve_exchange *x)
{
	static const struct serve_field fields[] = { { "x-a", "1" }, { NULL, NULL } };
	struct str path = serve_path(x);

	buf_addf(&s->note, "%s %.*s ", serve_method(x), (int)path.len, path.p);
	if (serve_query_get(x, "key", &s->note))
		buf_adds(&s->note, serve_query_get(x, "nokey", &s->note) ? "?" : "");
	buf_addf(&s->note, " %s ", serve_header(x, "x-thing") ? serve_header(x, "x-thing") : "-");
	buf_addstr(&s->note, serve_body(x));
	serve_reply(x, 200, fields, STR_LIT("hello"));
}

static void
act_wait(struct scene *s, struct serve_exchange *x)
{
	s->waiting = x;
}

static void
act_stream(struct scene *s, struct serve_exchange *x)
{
	s->waiting = x;
	serve_start(x, 201, NULL);
	serve_write(x, STR_LIT("one"));
}

static void
act_cut(struct scene *s, struct serve_exchange *x)
{
	(void)s;
	serve_cut(x);
}

static void
act_raw_fin(struct scene *s, struct serve_exchange *x)
{
	(void)s;
	serve_raw(x);
	serve_write(x, STR_LIT("no http"));
	serve_finish(x);
}

static void
act_raw_rst(struct scene *s, struct serve_exchange *x)
{
	(void)s;
	serve_raw(x);
	serve_write(x, STR_LIT("some"));
	serve_reset(x);
}

/* --- tests --- */

static void
a_request_is_shown_whole_and_answered(void **state)
{
	struct scene *s = *state;

	s->act = act_reply;
	say(s, GET);
	hears(s, "HTTP/1.1 200 OK\r\nx-a: 1\r\nContent-Length: 5\r\n\r\nhello");
	assert_string_equal(s->note.p, "GET /a%20b/c A%2 yes ");
	assert_int_equal(s->ended, 1);
	assert_int_equal(s->end, SERVE_DONE);
	buf_reset(&s->note);
	say(s, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc");
	assert_int_equal(s->asked, 1);
	say(s, "def");
	hears(s, "HTTP/1.1 200 OK\r\nx-a: 1\r\nContent-Length: 5\r\n\r\nhello");
	assert_string_equal(s->note.p, "POST /  - abcdef");
}

static void
a_body_past_the_limit_is_refused(void **state)
{
	struct scene *s = *state;
	char *text, body[1200];

	memset(body, 'x', sizeof body - 1);
	body[sizeof body - 1] = '\0';
	s->act = act_reply;
	say(s, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1199\r\n\r\n");
	say(s, body);
	text = hear(s);
	assert_true(str_starts(str_of(text), "HTTP/1.1 413 "));
	assert_int_equal(s->asked, 0);
	free(text);
}

static void
an_answer_may_come_later(void **state)
{
	struct scene *s = *state;

	s->act = act_wait;
	say(s, GET);
	hears(s, "");
	serve_reply(s->waiting, 204, NULL, STR_NONE);
	hears(s, "HTTP/1.1 204 No Content\r\n\r\n");
	assert_int_equal(s->end, SERVE_DONE);
}

static void
a_stream_comes_in_pieces(void **state)
{
	struct scene *s = *state;

	s->act = act_stream;
	say(s, GET);
	hears(s, "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
	serve_write(s->waiting, STR_LIT("and two"));
	hears(s, "7\r\nand two\r\n");
	assert_int_equal(s->ended, 0);
	serve_finish(s->waiting);
	hears(s, "0\r\n\r\n");
	assert_int_equal(s->ended, 1);
	assert_int_equal(s->end, SERVE_DONE);
}

static void
a_cut_stream_has_no_last_chunk(void **state)
{
	struct scene *s = *state;

	s->act = act_stream;
	say(s, GET);
	serve_cut(s->waiting);
	hears(s, "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n EOF");
	assert_int_equal(s->end, SERVE_CUT);
}

static void
a_cut_before_the_answer_gives_none(void **state)
{
	struct scene *s = *state;

	s->act = act_cut;
	say(s, GET);
	hears(s, " EOF");
	assert_int_equal(s->end, SERVE_CUT);
}

static void
a_raw_connection_carries_what_is_written(void **state)
{
	struct scene *s = *state;

	s->act = act_raw_fin;
	say(s, GET);
	hears(s, "no http EOF");
	assert_int_equal(s->ended, 1);
	assert_int_equal(s->end, SERVE_DONE);
}

static void
a_raw_connection_can_be_reset(void **state)
{
	struct scene *s = *state;

	s->act = act_raw_rst;
	say(s, GET);
	hears(s, "some RST");
	assert_int_equal(s->end, SERVE_CUT);
}

static void
a_raw_answer_may_come_later(void **state)
{
	struct scene *s = *state;

	s->act = act_wait;
	say(s, GET);
	act_raw_fin(s, s->waiting);
	hears(s, "no http EOF");
	assert_int_equal(s->ended, 1);
}

static void
a_client_that_leaves_is_noticed_while_an_answer_is_awaited(void **state)
{
	struct scene *s = *state;

	s->act = act_wait;
	say(s, GET);
	(void)close(s->client);
	s->client = -1;
	turn(s, 10);
	assert_int_equal(s->ended, 1);
	assert_int_equal(s->end, SERVE_GONE);
}

static void
a_slow_reader_makes_the_writer_wait(void **state)
{
	struct scene *s = *state;
	char *block = xcalloc(1, 1 << 16), *text;
	size_t total = 0, i;

	s->act = act_stream;
	say(s, GET);
	for (i = 0; i < 1000 && !serve_is_slow(s->waiting); i++) {
		serve_write(s->waiting, (struct str){ block, 1 << 16 });
		turn(s, 1);
	}
	assert_true(i < 1000);
	assert_int_equal(s->drained, 0);
	for (i = 0; i < 100 && !s->drained; i++) {
		ssize_t n = recv(s->client, block, 1 << 16, 0);
		total += n > 0 ? (size_t)n : 0;
		turn(s, 1);
	}
	assert_int_equal(s->drained, 1);
	assert_false(serve_is_slow(s->waiting));
	serve_finish(s->waiting);
	text = hear(s);
	assert_true(total > 0);
	assert_int_equal(s->ended, 1);
	free(text);
	free(block);
}

static void
closing_the_server_ends_what_is_in_flight(void **state)
{
	struct scene *s = *state;

	s->act = act_wait;
	say(s, GET);
	assert_int_equal(serve_in_flight(s->serve), 1);
	serve_close(s->serve);
	s->serve = NULL;
	assert_int_equal(s->ended, 1);
	assert_int_equal(s->end, SERVE_GONE);
}

#define SCENE(f) cmocka_unit_test_setup_teardown(f, scene_setup, scene_teardown)

#else

static void
without_its_library_the_server_says_so(void **state)
{
	const struct serve_config config = { .address = "127.0.0.1" };
	struct err err = ERR_INIT;

	(void)state;
	assert_null(serve_open(NULL, &config, NULL, NULL, &err));
	assert_int_equal(err.code, EXIT_CONFIG);
	assert_non_null(strstr(err.text, "libmicrohttpd"));
}

#endif

static void
an_address_to_listen_on_is_taken_apart(void **state)
{
	static const struct {
		const char *text, *address;
		uint16_t port;
	} rows[] = { { "127.0.0.1:80", "127.0.0.1", 80 }, { ":8080", "127.0.0.1", 8080 },
		{ "0", "127.0.0.1", 0 }, { "[::1]:65535", "::1", 65535 },
		{ "localhost:1", "127.0.0.1", 1 }, { "0.0.0.0:1", "0.0.0.0", 1 } };
	static const char *const bad[] = { "", "x", "127.0.0.1:", "127.0.0.1:65536", "host:1",
		"127.0.0.1:-1", "[::1:80", NULL };
	struct err err = ERR_INIT;
	char *address;
	uint16_t port;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(serve_parse_listen(rows[i].text, &address, &port, &err), 0);
		assert_string_equal(address, rows[i].address);
		assert_int_equal(port, rows[i].port);
		free(address);
	}
	for (i = 0; bad[i]; i++)
		assert_int_equal(serve_parse_listen(bad[i], &address, &port, &err), -1);
	assert_true(serve_is_loopback("127.1.2.3"));
	assert_true(serve_is_loopback("::1"));
	assert_false(serve_is_loopback("128.0.0.1"));
	assert_false(serve_is_loopback("::"));
	assert_false(serve_is_loopback("localhost"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#ifdef HAVE_MICROHTTPD
		SCENE(a_request_is_shown_whole_and_answered),
		SCENE(a_body_past_the_limit_is_refused),
		SCENE(an_answer_may_come_later),
		SCENE(a_stream_comes_in_pieces),
		SCENE(a_cut_stream_has_no_last_chunk),
		SCENE(a_cut_before_the_answer_gives_none),
		SCENE(a_raw_connection_carries_what_is_written),
		SCENE(a_raw_connection_can_be_reset),
		SCENE(a_raw_answer_may_come_later),
		SCENE(a_client_that_leaves_is_noticed_while_an_answer_is_awaited),
		SCENE(a_slow_reader_makes_the_writer_wait),
		SCENE(closing_the_server_ends_what_is_in_flight),
#else
		cmocka_unit_test(without_its_library_the_server_says_so),
#endif
		cmocka_unit_test(an_address_to_listen_on_is_taken_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
