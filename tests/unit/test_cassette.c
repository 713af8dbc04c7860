/* SPDX-License-Identifier: MIT */
/* test_cassette - cases recorded and found again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/mem.h"
#include "cassette/cassette.h"
#include "cassette/tape.h"
#include "support/parsed.h"
#include "sys/file.h"

static void
equal_bodies_have_the_same_print(void **state)
{
	static const char *const same[] = {
		"{\"a\":1,\"b\":[\"x\",{\"c\":null}],\"d\":true}",
		"{\"d\":true,\"b\":[\"\\u0078\",{\"c\":null}],\"a\":1.0}",
	};
	static const char *const others[] = {
		"{\"a\":1,\"b\":[\"y\",{\"c\":null}],\"d\":true}",
		"{\"a\":1,\"b\":[{\"c\":null},\"x\"],\"d\":true}",
		"{\"a\":1,\"b\":[\"x\",{\"c\":null}],\"e\":true}",
		"{\"a\":1,\"b\":[\"x\",{\"c\":null}],\"d\":false}",
		"{\"a\":1,\"b\":[\"x\",{\"c\":null}]}",
		"[]",
	};

	(void)state;
	assert_true(json_equal(parsed(same[0]), parsed(same[1])));
	assert_true(cassette_print(parsed(same[0])) == cassette_print(parsed(same[1])));
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_false(cassette_print(parsed(same[0])) == cassette_print(parsed(others[i])));
}

/* An exchange in dir. */
static void
record(const char *dir, const char *body, const char *answer)
{
	struct http_headers headers = { 0 };
	struct err err = ERR_INIT;
	struct tape *t = tape_new("p/..", "api");

	http_headers_set(&headers, "Content-Type", "application/json");
	http_headers_set(&headers, "Authorization", "Bearer 123456789");
	tape_request(t, "POST", "https://h/v1/x?q", &headers, str_of(body));
	tape_head(t, 200, &headers);
	tape_data(t, answer, strlen(answer), 5);
	assert_int_equal(tape_save(t, dir, FRAME_WHOLE, false, 9, 1, &err), 0);
	tape_free(t);
	http_headers_release(&headers);
}

static void
what_is_asked_again_is_answered_in_turn(void **state)
{
	char dir[] = "/tmp/test_cassette.XXXXXX";
	const char *const dirs[] = { dir, NULL };
	struct err err = ERR_INIT;
	struct cassettes *c;
	int sum = 0;
	char *remove;
	FILE *p;

	(void)state;
	assert_non_null(mkdtemp(dir));
	for (int i = 1; i <= 9; i++) {
		char *answer = xasprintf("{\"n\":%d}", i);

		record(dir, "{\"a\":1,\"b\":2}", answer);
		record(dir, "{\"a\":1,\"b\":\"other\"}", "{}");
		free(answer);
	}
	c = cassettes_open(dirs, &err);
	assert_non_null(c);
	assert_null(cassettes_same(c, "GET", STR_LIT("/v1/x"), parsed("{\"a\":1,\"b\":2}")));
	assert_null(cassettes_same(c, "POST", STR_LIT("/v1/y"), parsed("{\"a\":1,\"b\":2}")));
	assert_null(cassettes_same(c, "POST", STR_LIT("/v1/x"), parsed("{\"a\":1,\"b\":3}")));
	for (int i = 1; i <= 9; i++) {
		struct cassette_case *k = cassettes_same(
		    c, "POST", STR_LIT("/v1/x"), parsed("{\"b\":2,\"a\":1.0}"));
		struct cassette_answer a;
		int64_t n;

		assert_non_null(k);
		assert_int_equal(cassette_case_answer(k, &a, &err), 0);
		assert_true(json_i64(json_get(parsed(a.body.p), "n"), &n));
		assert_false(a.cut);
		assert_int_equal(a.end_us, 9);
		assert_false(json_exists(json_find(k->meta, "request_headers.authorization")));
		sum += (int)n;
		cassette_answer_release(&a);
	}
	assert_int_equal(sum, 45); /* each once */
	cassettes_free(c);
	remove = xasprintf("rm -r %s", dir);
	p = popen(remove, "r");
	assert_int_equal(pclose(p), 0);
	free(remove);
}

static void
what_can_not_be_written_leaves_no_case(void **state)
{
	struct err err = ERR_INIT;
	struct http_headers headers = { 0 };
	struct tape *t = tape_new("p", "api");

	(void)state;
	tape_request(t, "POST", "https://h/v1/x", &headers, STR_LIT("{}"));
	assert_int_equal(tape_save(t, "/proc/none", FRAME_SSE, false, 0, 0, &err), 0); /* no head */
	tape_head(t, 200, &headers);
	assert_int_equal(tape_save(t, "/proc/none", FRAME_SSE, false, 0, 0, &err), -1);
	assert_int_equal(err.code, EXIT_IO);
	tape_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_bodies_have_the_same_print),
		cmocka_unit_test(what_is_asked_again_is_answered_in_turn),
		cmocka_unit_test(what_can_not_be_written_leaves_no_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
