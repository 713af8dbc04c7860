/* SPDX-License-Identifier: MIT */
/* test_embed - vectors out of every API's answers, recorded ones too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "cassette/cassette.h"
#include "llm/embed.h"
#include "llm/media.h"
#include "support/parsed.h"
#include "support/top.h"
#include "sys/file.h"

static void
each_form_of_answer_has_its_vectors(void **state)
{
	static const char *const bodies[] = {
		"{\"data\":[{\"index\":1,\"embedding\":[2]},{\"index\":0,\"embedding\":[1]}]}",
		"{\"data\":[{\"embedding\":[1]},{\"embedding\":[2]}]}",
		"{\"embeddings\":{\"float\":[[1],[2]]}}",
		"{\"embeddings\":[[1],[2]]}",
		"{\"embeddings\":[{\"values\":[1]},{\"values\":[2]}]}",
		"{\"predictions\":[{\"embeddings\":{\"values\":[1]}},{\"embeddings\":{\"values\":[2]}}]}",
	};
	struct json v[2];
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		assert_int_equal(embed_vectors(parsed(bodies[i]), v, 2, &err), 0);
		assert_true(str_is(json_raw(v[0]), "[1]"));
		assert_true(str_is(json_raw(v[1]), "[2]"));
	}
	assert_int_equal(embed_vectors(parsed("{\"embedding\":[7]}"), v, 1, &err), 0);
}

static void
a_vector_that_is_missing_is_an_error(void **state)
{
	static const char *const bodies[] = { "{}", "{\"data\":[]}",
		"{\"data\":[{\"embedding\":[1]}]}",
		"{\"data\":[{\"embedding\":[1]},{\"embedding\":[]}]}",
		"{\"data\":[{\"index\":5,\"embedding\":[1]},{\"index\":-1,\"embedding\":[1]}]}",
		"{\"embedding\":[7]}", "{\"data\":[{\"embedding\":[1]},{\"embedding\":\"\"}]}",
		"{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":0,\"embedding\":[2]}]}",
		"{\"embeddings\":[[1],[2],[3]]}" /* whose is which? */ };
	struct json v[2];

	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		struct err err = ERR_INIT;

		assert_int_equal(embed_vectors(parsed(bodies[i]), v, 2, &err), -1);
	}
}

static void
floats_come_out_of_base64_as_they_went_in(void **state)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED), back = BUF_INIT(BUF_UNLIMITED);

	(void)state;
	assert_int_equal(embed_write(parsed("[0.1, -2.5, 1e-20, 123456.789, 0]"), true, &text), 0);
	assert_int_equal(embed_write(parsed(text.p), false, &back), 0);
	assert_string_equal(back.p, "[0.1,-2.5,1e-20,123456.79,0]");
	buf_reset(&back);
	assert_int_equal(embed_write(parsed("[1.10,2]"), false, &back), 0);
	assert_string_equal(back.p, "[1.10,2]"); /* as the provider spelled them */
	assert_int_equal(embed_write(parsed("\"AAAA\""), false, &back), -1); /* three bytes */
	assert_int_equal(embed_write(parsed("\"A?==\""), false, &back), -1);
	assert_int_equal(embed_write(parsed("\"AADAfw==\""), false, &back), -1); /* no number */
	assert_int_equal(embed_write(parsed("\"AADAfw==\""), true, &back), -1);
	assert_int_equal(embed_write(parsed("\"\""), false, &back), -1);
	assert_int_equal(embed_write(parsed("[1,null]"), false, &back), -1);
	assert_int_equal(embed_write(parsed("[[1]]"), false, &back), -1);
	assert_int_equal(embed_write(parsed("[1,\"2\"]"), true, &back), -1);
	assert_int_equal(embed_write(parsed("[1e300]"), true, &back), -1); /* no float holds it */
	buf_reset(&back);
	assert_int_equal(embed_write(parsed("\"AAA\\/Pw==\""), false, &back), 0);
	assert_string_equal(back.p, "[0.74609375]");
	buf_release(&text);
	buf_release(&back);
}

/* How many texts a recorded request has, whatever its form. */
static size_t
texts_of(struct json body)
{
	static const char *const lists[] = { "input", "texts", "requests", "instances", NULL };

	for (size_t i = 0; lists[i]; i++) {
		struct json v = json_get(body, lists[i]);

		if (v.kind == JSON_STRING)
			return 1;
		if (v.kind == JSON_ARRAY)
			return json_count(v);
	}
	return 1;
}

static bool
is_embedding(const struct cassette_case *k)
{
	static const char *const apis[] = { "/embeddings/", "/embed/", "/embed-content/",
		"/embed-predict/", NULL };

	for (size_t i = 0; apis[i]; i++)
		if (strstr(k->name, apis[i]))
			return true;
	return false;
}

static void
recorded_answers_have_their_vectors(void **state)
{
	char *dir = top_fixtures();
	struct err err = ERR_INIT;
	struct cassettes *c = cassettes_open((const char *const[]){ dir, NULL }, &err);
	struct cassette_case *k;
	size_t read = 0;

	(void)state;
	if (!c) {
		free(dir);
		skip();
	}
	for (size_t i = 0; (k = cassettes_at(c, i)) != NULL; i++) {
		struct cassette_answer a;
		struct json body, v[64];
		size_t n;

		/* a body without its request does not tell how many texts there were */
		if (!is_embedding(k) || !json_exists(cassette_case_body(k)) ||
		    cassette_case_answer(k, &a, &err) < 0)
			continue;
		n = texts_of(cassette_case_body(k));
		if (a.status == 200 && n <= 64 &&
		    json_parse(a.body.p, a.body.len, &body, &err) == 0) {
			if (!json_exists(json_get(body, "embedding")) ||
			    json_get(body, "embedding").kind == JSON_ARRAY) {
				if (embed_vectors(body, v, n, &err) < 0)
					fail_msg("%s: %s", k->name, err.text);
				read++;
			}
		}
		cassette_answer_release(&a);
	}
	cassettes_free(c);
	free(dir);
	print_message("# %zu recorded answers\n", read);
	assert_true(read > 25);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_of_answer_has_its_vectors),
		cmocka_unit_test(a_vector_that_is_missing_is_an_error),
		cmocka_unit_test(floats_come_out_of_base64_as_they_went_in),
		cmocka_unit_test(recorded_answers_have_their_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
