/* SPDX-License-Identifier: MIT */
/* render_embeddings - vectors for texts: the same text, the same vector. */
#include "base/fnv.h"
#include "llm/media.h"
#include "mock/render.h"
#include "sys/rand.h"

enum { DIMENSIONS = 8, DIMENSIONS_MAX = 4096 };

/* The texts of a request, whatever the provider calls them. */
static struct json
texts_of(const struct mock_request *r)
{
	if (r->family == FAMILY_GEMINI)
		return json_get(r->body, "requests");
	return json_get(r->body, r->family == FAMILY_COHERE ? "texts" : "input");
}

static struct json
first_of(struct json list)
{
	struct json_iter it = json_each(list);

	return list.kind == JSON_ARRAY && json_next(&it) ? it.value : JSON_ABSENT;
}

size_t
mock_embeddings_asked(const struct mock_request *r)
{
	struct json texts = texts_of(r);

	return texts.kind == JSON_STRING ? 1 : texts.kind == JSON_ARRAY ? json_count(texts) : 0;
}

static int64_t
dimensions_of(const struct mock_request *r)
{
	struct json n = json_get(r->body, "dimensions");
	int64_t count;

	if (!json_exists(n)) /* Cohere, Mistral, Voyage */
		n = json_get(r->body, "output_dimension");
	if (r->family == FAMILY_GEMINI)
		n = json_get(first_of(texts_of(r)), "outputDimensionality");
	if (json_i64(n, &count) && count > 0 && count <= DIMENSIONS_MAX)
		return count;
	return DIMENSIONS;
}

/* Halves, quarters and so on, which are themselves in 32 bits and in decimals. */
static void
write_vector(struct jsonw *w, struct str text, int64_t dimensions, bool base64)
{
	struct buf bytes = BUF_INIT(BUF_UNLIMITED), coded = BUF_INIT(BUF_UNLIMITED);
	struct rand rand;
	uint32_t bits;
	float x;

	rand_seed(&rand, fnv_add(FNV_BASIS, text)); /* of the text's own */
	if (!base64)
		jsonw_array(w);
	for (int64_t i = 0; i < dimensions; i++) {
		x = ((float)rand_below(&rand, 512) - 256) / 256;
		if (!base64)
			jsonw_double(w, (double)x);
		memcpy(&bits, &x, sizeof bits);
		for (int shift = 0; base64 && shift < 32; shift += 8)
			buf_addc(&bytes, (char)(bits >> shift & 0xff));
	}
	if (base64) {
		media_base64(&coded, buf_str(&bytes));
		jsonw_strn(w, buf_str(&coded));
	} else {
		jsonw_end(w);
	}
	buf_release(&bytes);
	buf_release(&coded);
}

/* A text's vector, in what the provider puts around it. */
static void
write_embedding(struct jsonw *w, const struct mock_request *r, struct str text, int64_t index)
{
	int64_t dimensions = dimensions_of(r);

	switch (r->family) {
	case FAMILY_OPENAI:
		jsonw_object(w);
		jsonw_kstr(w, "object", "embedding");
		jsonw_ki64(w, "index", index);
		jsonw_key(w, "embedding");
		write_vector(
		    w, text, dimensions, json_eq(json_get(r->body, "encoding_format"), "base64"));
		jsonw_end(w);
		return;
	case FAMILY_GEMINI:
		jsonw_object(w);
		jsonw_key(w, "values");
		write_vector(w, text, dimensions, false);
		jsonw_end(w);
		return;
	case FAMILY_ANTHROPIC: /* has none */
	case FAMILY_OLLAMA:
	case FAMILY_BEDROCK:
	case FAMILY_COHERE:
		write_vector(w, text, dimensions, false);
		return;
	}
}

/* The array; how many bytes the texts have. */
static size_t
write_embeddings(struct jsonw *w, const struct mock_request *r)
{
	struct json texts = texts_of(r), list = texts, part;
	struct json_iter it = json_each(list);
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	size_t bytes = 0;
	int64_t i = 0;

	jsonw_array(w);
	if (texts.kind == JSON_STRING) {
		json_text(texts, &text);
		write_embedding(w, r, buf_str(&text), 0);
		bytes = text.len;
	}
	while (texts.kind == JSON_ARRAY && json_next(&it)) {
		part = it.value;
		if (r->family == FAMILY_GEMINI)
			part = json_get(first_of(json_find(part, "content.parts")), "text");
		buf_reset(&text);
		json_text(part, &text);
		write_embedding(w, r, buf_str(&text), i++);
		bytes += text.len;
	}
	jsonw_end(w);
	buf_release(&text);
	return bytes;
}

void
mock_render_embeddings(const struct mock_request *request, struct mock_reply *r)
{
	struct jsonw w;
	int64_t tokens;

	mock_reply_init(r, 200);
	mock_reply_field(r, "content-type", "application/json");
	jsonw_start(&w, &r->body.bytes);
	jsonw_object(&w);
	if (request->family != FAMILY_GEMINI)
		jsonw_kstr(&w, "model", request->model.p);
	jsonw_key(&w, request->family == FAMILY_OPENAI ? "data" : "embeddings");
	if (request->family == FAMILY_COHERE) {
		jsonw_object(&w);
		jsonw_key(&w, "float");
	}
	tokens = (int64_t)(write_embeddings(&w, request) + 3) / 4;
	if (request->family == FAMILY_COHERE)
		jsonw_end(&w);
	switch (request->family) {
	case FAMILY_OPENAI:
		jsonw_key(&w, "usage");
		jsonw_object(&w);
		jsonw_ki64(&w, "prompt_tokens", tokens);
		jsonw_ki64(&w, "total_tokens", tokens);
		jsonw_end(&w);
		break;
	case FAMILY_OLLAMA:
		jsonw_ki64(&w, "prompt_eval_count", tokens);
		break;
	case FAMILY_COHERE:
		jsonw_key(&w, "meta");
		jsonw_object(&w);
		jsonw_key(&w, "billed_units");
		jsonw_object(&w);
		jsonw_ki64(&w, "input_tokens", tokens);
		jsonw_end(&w);
		jsonw_end(&w);
		break;
	case FAMILY_ANTHROPIC:
	case FAMILY_GEMINI:
	case FAMILY_BEDROCK:
		break;
	}
	jsonw_end(&w);
	mock_tape_mark(&r->body, 0);
	r->terminal = r->body.bytes.len;
}
