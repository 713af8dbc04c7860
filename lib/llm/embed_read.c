/* SPDX-License-Identifier: MIT */
/* embed_read - the vectors that came back, whatever the API. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "json/jsonw.h"
#include "llm/embed.h"
#include "llm/media.h"

/* Where the token count stands. */
static const char *const counts[] = { "usage.prompt_tokens", "usage.total_tokens",
	"meta.billed_units.input_tokens", "prompt_eval_count", "inputTextTokenCount",
	"usageMetadata.promptTokenCount", NULL };

/* Where the list of vectors stands; each is the element, or the member of it that inner names. */
static const struct {
	const char *list, *inner;
} places[] = {
	{ "data", "embedding" }, /* OpenAI and its kin, Voyage, Mistral */
	{ "embeddings.float", NULL }, /* Cohere */
	{ "predictions", "embeddings.values" }, /* Vertex */
	{ "embeddings", "values" }, /* Gemini; below, where they have none */
	{ "embeddings", NULL }, /* Ollama, Cohere at Bedrock */
};

/* Vertex counts for each text. */
static int64_t
sum_of_predictions(struct json body)
{
	struct json_iter it = json_each(json_get(body, "predictions"));
	int64_t sum = 0, n;

	while (json_next(&it))
		if (json_i64(json_find(it.value, "embeddings.statistics.token_count"), &n))
			sum += n;
	return sum;
}

static void
read_body(struct answer *a, struct json body)
{
	size_t i;

	if (json_exists(json_get(body, "error"))) {
		answer_error_json(a, 0, body);
		return;
	}
	for (i = 0; counts[i] && a->usage.in == TOKENS_UNKNOWN; i++)
		usage_set(&a->usage.in, json_find(body, counts[i]));
	if (a->usage.in == TOKENS_UNKNOWN && sum_of_predictions(body) > 0)
		a->usage.in = sum_of_predictions(body);
	answer_model(a, json_get(body, "model"));
	(void)answer_provider_block(a, KEY_NONE, body);
	answer_end(a);
}

const struct dialect embed_reader = { .name = "embed", .body = read_body };

/* Base64 as it may be; whether it is, embed_write finds. */
static bool
is_vector(struct json v)
{
	if (v.kind == JSON_STRING)
		return !json_is_empty_string(v);
	return v.kind == JSON_ARRAY && json_count(v) > 0;
}

static struct json
first_of(struct json list)
{
	struct json_iter it = json_each(list);

	return json_next(&it) ? it.value : JSON_ABSENT;
}

/* The list of one place: how many vectors it has, 0 where it is not that one. */
static size_t
take_place(struct json list, const char *inner, struct json *vectors, size_t count)
{
	struct json_iter it = json_each(list);
	struct json first = first_of(list);
	int64_t index;
	size_t i;

	if (list.kind != JSON_ARRAY || !is_vector(inner ? json_find(first, inner) : first))
		return 0;
	for (i = 0; json_next(&it); i++) {
		if (!json_i64(json_get(it.value, "index"), &index))
			index = (int64_t)i;
		if (index >= 0 && (uint64_t)index < count)
			vectors[index] = inner ? json_find(it.value, inner) : it.value;
	}
	return i;
}

int
embed_vectors(struct json body, struct json *vectors, size_t count, struct err *err)
{
	struct json only = json_get(body, "embedding"); /* Titan: one text, one vector */
	size_t i, found = 0;

	for (i = 0; i < count; i++)
		vectors[i] = JSON_ABSENT;
	for (i = 0; i < sizeof places / sizeof *places && !found; i++)
		found = take_place(
		    json_find(body, places[i].list), places[i].inner, vectors, count);
	if (!found && count == 1)
		vectors[0] = only;
	if (found > count)
		return err_set(
		    err, EXIT_NO, "the answer has %zu vectors for %zu texts", found, count);
	for (i = 0; i < count; i++)
		if (!is_vector(vectors[i]))
			return err_set(err, EXIT_NO, "the answer has no vector for text %zu of %zu",
			    i + 1, count);
	return 0;
}

/* --- vectors as they are wanted --- */

/* The shortest decimal that is this float. */
static void
put_float(struct buf *out, float f)
{
	char text[32];
	int digits = 6;

	do
		(void)snprintf(text, sizeof text, "%.*g", digits, (double)f); /* fits */
	while (digits++ < 9 && memcmp(&f, &(float){ strtof(text, NULL) }, sizeof f) != 0);
	buf_adds(out, text);
}

static int
put_numbers(struct str base64, struct buf *out)
{
	struct buf bytes = BUF_INIT(BUF_UNLIMITED);
	int rc = -1;

	if (media_unbase64(base64, &bytes) && bytes.len && bytes.len % 4 == 0) {
		buf_addc(out, '[');
		for (size_t i = 0; i < bytes.len; i += 4) {
			const unsigned char *p = (const unsigned char *)bytes.p + i;
			uint32_t bits = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
					(uint32_t)p[3] << 24;
			float f;

			memcpy(&f, &bits, sizeof f);
			if (!isfinite(f))
				goto out;
			buf_adds(out, i ? "," : "");
			put_float(out, f);
		}
		buf_addc(out, ']');
		rc = 0;
	}
out:
	buf_release(&bytes);
	return rc;
}

static int
put_base64(struct json numbers, struct buf *out)
{
	struct buf bytes = BUF_INIT(BUF_UNLIMITED), text = BUF_INIT(BUF_UNLIMITED);
	struct json_iter it = json_each(numbers);
	int rc = 0;
	double d;

	while (rc == 0 && json_next(&it)) {
		uint32_t bits;
		float f;

		if (!json_double(it.value, &d)) {
			rc = -1;
			break;
		}
		f = (float)d;
		if (!isfinite(f)) { /* what no float holds */
			rc = -1;
			break;
		}
		memcpy(&bits, &f, sizeof bits);
		for (int shift = 0; shift < 32; shift += 8)
			buf_addc(&bytes, (char)(bits >> shift & 0xff));
	}
	if (rc == 0) {
		media_base64(&text, buf_str(&bytes));
		jsonw_quote(out, buf_str(&text));
	}
	buf_release(&bytes);
	buf_release(&text);
	return rc;
}

/* As they came, once they are known to be numbers. */
static int
copy_numbers(struct json numbers, struct buf *out)
{
	struct json_iter it = json_each(numbers);

	while (json_next(&it))
		if (it.value.kind != JSON_NUMBER)
			return -1;
	buf_addstr(out, json_raw(numbers));
	return 0;
}

/* Floats in base64, as they came once they are known to be that, or as numbers. */
static int
write_base64(struct json vector, bool base64, struct buf *out)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED), numbers = BUF_INIT(BUF_UNLIMITED);
	int rc;

	json_text(vector, &text); /* some write \/ for / */
	rc = put_numbers(buf_str(&text), &numbers);
	if (rc == 0)
		buf_addstr(out, base64 ? json_raw(vector) : buf_str(&numbers));
	buf_release(&text);
	buf_release(&numbers);
	return rc;
}

int
embed_write(struct json vector, bool base64, struct buf *out)
{
	if (vector.kind == JSON_STRING)
		return write_base64(vector, base64, out);
	if (vector.kind != JSON_ARRAY)
		return -1;
	return base64 ? put_base64(vector, out) : copy_numbers(vector, out);
}
