/* SPDX-License-Identifier: MIT */
/* test_store_redis_tls - rediss://: who is trusted, and what is said where nobody is. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/store.h"
#include "support/certificate.h"
#include "support/redis.h"
#include "support/scratch.h"
#include "sys/clock.h"

enum { WAIT_MS = 20000, SHORT_WAIT_MS = 200, LARGE = 3 * 1024 * 1024 };

static struct redis_tls tls;
static bool running;

/* The files of this directory. */
static int
enter(void **state)
{
	if (scratch_enter(state) < 0)
		return -1;
	certificate_make(&(struct certificate){ .name = "ca" });
	certificate_make(&(struct certificate){ .name = "stranger" });
	certificate_make(&(struct certificate){
	    .name = "server", .issuer = "ca", .hosts = "DNS:localhost,IP:127.0.0.1" });
	certificate_make(&(struct certificate){
	    .name = "elsewhere", .issuer = "ca", .hosts = "DNS:redis.example.com,IP:10.0.0.1" });
	certificate_make(&(struct certificate){ .name = "old",
	    .issuer = "ca",
	    .hosts = "IP:127.0.0.1",
	    .from_days = -30,
	    .to_days = -3 });
	certificate_make(&(struct certificate){ .name = "early",
	    .issuer = "ca",
	    .hosts = "IP:127.0.0.1",
	    .from_days = 3,
	    .to_days = 30 });
	certificate_make(&(struct certificate){ .name = "client", .issuer = "ca" });
	certificate_make(&(struct certificate){ .name = "intruder", .issuer = "stranger" });
	return 0;
}

/* A server with that certificate, or the test is skipped. */
static void
serve(const char *name, bool wants_ours, const char *protocols)
{
	char *cert = xasprintf("%s.pem", name), *key = xasprintf("%s.key", name);

	tls = (struct redis_tls){ .cert = cert,
		.key = key,
		.ca = "ca.pem",
		.wants_ours = wants_ours,
		.protocols = protocols };
	running = redis_start_tls(&tls);
	free(cert);
	free(key);
	if (!running) {
		print_message("there is no redis-server with TLS\n");
		skip();
	}
}

static int
stop(void **state)
{
	(void)state;
	redis_stop();
	return 0;
}

static struct store *
try_open(const char *host, const char *query, int64_t wait_ms, struct err *err)
{
	char *url = xasprintf("rediss://%s:%d/1%s", host, tls.tls_port, query);
	struct store *store = store_open(
	    &(struct store_config){ .url = url, .wait_ms = wait_ms }, err);

	free(url);
	return store;
}

static void
expect_text(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" does not say \"%s\"", text, part);
}

static void
expect_opened(const char *host, const char *query)
{
	struct err err = ERR_INIT;
	struct store *store = try_open(host, query, WAIT_MS, &err);

	if (!store)
		fail_msg("%s%s: %s", host, query, err.text);
	store_close(store);
}

static void
expect_refused(const char *query, enum exit_code code, const char *text)
{
	struct err err = ERR_INIT;

	assert_null(try_open("127.0.0.1", query, WAIT_MS, &err));
	expect_text(err.text, text);
	assert_int_equal(err.code, code);
}

static void
what_is_put_comes_back_through_tls(void **state)
{
	static char large[LARGE];
	struct buf got = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct store *store;
	char *name;

	(void)state;
	serve("server", false, NULL);
	store = try_open("127.0.0.1", "?cacert=ca.pem", WAIT_MS, &err);
	if (!store)
		fail_msg("%s", err.text);
	memset(large, 'x', sizeof large);
	assert_int_equal(store_put(store, STR_LIT("a"), (struct str){ large, LARGE }, 0, &err), 0);
	assert_int_equal(store_get(store, STR_LIT("a"), &got, &err), 1);
	assert_true(str_eq(buf_str(&got), (struct str){ large, LARGE }));
	name = xasprintf("rediss://127.0.0.1:%d/1", tls.tls_port);
	assert_string_equal(store_name(store), name);
	free(name);
	store_close(store);
	buf_release(&got);
}

/* A bare container may lack /etc/hosts. */
static bool
is_known(const char *host)
{
	struct addrinfo *found;

	if (getaddrinfo(host, NULL, NULL, &found) != 0)
		return false;
	freeaddrinfo(found);
	return true;
}

static void
a_name_and_an_address_are_both_verified(void **state)
{
	(void)state;
	serve("server", false, "TLSv1.2");
	expect_opened("127.0.0.1", "?cacert=ca.pem");
	if (is_known("localhost"))
		expect_opened("localhost", "?cacert=ca.pem");
	expect_opened("127.0.0.1", "?cacert=ca.pem&sni=localhost");
	expect_refused("?cacert=ca.pem&sni=elsewhere.example", EXIT_CONFIG,
	    "the server's certificate is for another host: it names localhost, 127.0.0.1: name the "
	    "host that it is for");
}

static void
whom_nobody_trusts_is_refused(void **state)
{
	(void)state;
	serve("server", false, NULL);
	expect_refused("?cacert=stranger.pem", EXIT_CONFIG,
	    "the server's certificate is signed by \"CN=ca\", which is not trusted here: name its "
	    "CA's certificate (?cacert=FILE)");
	expect_refused("", EXIT_CONFIG, "is signed by \"CN=ca\", which is not trusted here");
	/* As OpenSSL has it. */
	assert_int_equal(setenv("SSL_CERT_FILE", "ca.pem", 1), 0);
	expect_opened("127.0.0.1", "");
	assert_int_equal(unsetenv("SSL_CERT_FILE"), 0);
}

static void
another_hosts_certificate_is_refused(void **state)
{
	(void)state;
	serve("elsewhere", false, NULL);
	expect_refused("?cacert=ca.pem", EXIT_CONFIG,
	    "is for another host: it names redis.example.com, 10.0.0.1");
	expect_opened("127.0.0.1", "?cacert=ca.pem&sni=redis.example.com");
}

static void
a_certificate_out_of_date_is_refused(void **state)
{
	(void)state;
	serve("old", false, NULL);
	expect_refused("?cacert=ca.pem", EXIT_IO, "the server's certificate expired on ");
	redis_stop();
	serve("early", false, NULL);
	expect_refused("?cacert=ca.pem", EXIT_IO, "the server's certificate is not valid before ");
}

static void
a_server_may_want_a_certificate_of_ours(void **state)
{
	static const char *const protocols[] = { "TLSv1.2", "TLSv1.3" };
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		serve("server", true, protocols[i]);
		expect_opened("127.0.0.1", "?cacert=ca.pem&cert=client.pem&key=client.key");
		expect_refused("?cacert=ca.pem&cert=absent.pem", EXIT_CONFIG,
		    "cannot read our certificate from absent.pem: No such file or directory");
		expect_refused("?cacert=ca.pem&cert=client.pem", EXIT_CONFIG,
		    "cannot use the key in client.pem");
		expect_refused("?cacert=ca.pem&cert=client.pem&key=server.key", EXIT_CONFIG,
		    "cannot use the key in server.key: key values mismatch");
		redis_stop();
	}
}

/* The alert and the end of the connection race: either is told with what is to be done. */
static void
a_certificate_that_is_wanted_and_not_there_is_told(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	serve("server", true, NULL);
	assert_null(try_open("127.0.0.1", "?cacert=ca.pem", WAIT_MS, &err));
	expect_text(err.text, "a certificate of ours");
	expect_text(err.text, "?cert=FILE&key=FILE");
}

static void
a_file_of_trust_that_is_none_is_told(void **state)
{
	(void)state;
	serve("server", false, NULL);
	expect_refused("?cacert=absent.pem", EXIT_CONFIG,
	    "cannot read the certificates to trust from absent.pem: No such file or directory");
	expect_refused("?cacert=server.key", EXIT_CONFIG,
	    "cannot read the certificates to trust from server.key");
}

static void
who_speaks_no_tls_is_told_so_and_the_other_way_round(void **state)
{
	struct err err = ERR_INIT;
	char *url;

	(void)state;
	serve("server", false, NULL);
	url = xasprintf("redis://127.0.0.1:%d", tls.tls_port);
	assert_null(store_open(&(struct store_config){ .url = url, .wait_ms = WAIT_MS }, &err));
	expect_text(err.text, "where it speaks TLS, the URL is rediss://");
	free(url);
	tls.tls_port = tls.port;
	assert_null(try_open("127.0.0.1", "?cacert=ca.pem", SHORT_WAIT_MS, &err));
	expect_text(err.text, "without it, the URL is redis://");
}

static int
listen_in_silence(int *port)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof name;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof name), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &len), 0);
	*port = ntohs(name.sin_port);
	return fd;
}

static void
a_server_that_stops_in_the_handshake_is_not_waited_for_for_ever(void **state)
{
	struct err err = ERR_INIT;
	int64_t start_us = clock_mono_us();
	int fd = listen_in_silence(&tls.tls_port);

	(void)state;
#if !defined(HAVE_HIREDIS)
	(void)close(fd);
	skip();
#endif
	assert_null(try_open("127.0.0.1", "?cacert=ca.pem", SHORT_WAIT_MS, &err));
	assert_int_equal(err.code, EXIT_IO);
	expect_text(err.text, "it does not answer to TLS");
	assert_true(clock_mono_us() - start_us >= (SHORT_WAIT_MS - 1) * 1000);
	(void)close(fd);
}

static void
a_lost_connection_is_made_anew_under_tls(void **state)
{
	struct buf got = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct store *store;

	(void)state;
	serve("server", false, NULL);
	store = try_open("127.0.0.1", "?cacert=ca.pem", WAIT_MS, &err);
	if (!store)
		fail_msg("%s", err.text);
	assert_int_equal(store_put(store, STR_LIT("a"), STR_LIT("1"), 0, &err), 0);
	redis_stop();
	tls.cert = "server.pem";
	tls.key = "server.key";
	if (!redis_start_tls(&tls))
		fail_msg("the server does not start again");
	if (store_get(store, STR_LIT("a"), &got, &err) != 0) /* it keeps nothing */
		fail_msg("%s", err.text);
	store_close(store);
	buf_release(&got);
}

#define TEST(name) cmocka_unit_test_teardown(name, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_put_comes_back_through_tls),
		TEST(a_name_and_an_address_are_both_verified),
		TEST(whom_nobody_trusts_is_refused),
		TEST(another_hosts_certificate_is_refused),
		TEST(a_certificate_out_of_date_is_refused),
		TEST(a_server_may_want_a_certificate_of_ours),
		TEST(a_certificate_that_is_wanted_and_not_there_is_told),
		TEST(a_file_of_trust_that_is_none_is_told),
		TEST(who_speaks_no_tls_is_told_so_and_the_other_way_round),
		TEST(a_server_that_stops_in_the_handshake_is_not_waited_for_for_ever),
		TEST(a_lost_connection_is_made_anew_under_tls),
	};

	return cmocka_run_group_tests(tests, enter, scratch_leave);
}
