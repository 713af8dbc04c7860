/* SPDX-License-Identifier: MIT */
/* embed - what each API that embeds is asked. */
#include "llm/embed.h"

#include "json/jsonw.h"

/* A request for vectors on its way. */
struct asked {
	const struct build *b;
	const struct embed_options *o;
	const struct json *texts;
	size_t count;
	struct jsonw w;
};

static void
put_texts(struct asked *q, const char *key)
{
	jsonw_key(&q->w, key);
	jsonw_array(&q->w);
	for (size_t i = 0; i < q->count; i++)
		jsonw_json(&q->w, q->texts[i]);
	jsonw_end(&q->w);
}

static void
put_dimensions(struct asked *q, const char *key)
{
	if (q->o->dimensions != OPTION_UNSET)
		jsonw_ki64(&q->w, key, q->o->dimensions);
}

static bool
is_query(const struct asked *q)
{
	return q->o->input_type && strcmp(q->o->input_type, "query") == 0;
}

static void
no_input_type(struct asked *q)
{
	if (q->o->input_type)
		answer_warn(q->b->answer, "inputType", "this provider does not know it");
}

static void
no_dimensions(struct asked *q)
{
	if (q->o->dimensions != OPTION_UNSET)
		answer_warn(q->b->answer, "dimensions", "this provider does not know them");
}

/* --- bodies --- */

static void
openai(struct asked *q)
{
	jsonw_kstrn(&q->w, "model", q->b->model);
	put_texts(q, "input");
	put_dimensions(q, "dimensions");
	no_input_type(q);
	jsonw_kstr(&q->w, "encoding_format", "base64");
}

static void
mistral(struct asked *q)
{
	jsonw_kstrn(&q->w, "model", q->b->model);
	put_texts(q, "input");
	put_dimensions(q, "output_dimension");
	no_input_type(q);
}

/* Servers that are compatible as far as they are: nothing that is not needed. */
static void
compatible(struct asked *q)
{
	jsonw_kstrn(&q->w, "model", q->b->model);
	put_texts(q, "input");
	put_dimensions(q, "dimensions");
	no_input_type(q);
}

static void
voyage(struct asked *q)
{
	jsonw_kstrn(&q->w, "model", q->b->model);
	put_texts(q, "input");
	put_dimensions(q, "output_dimension");
	if (q->o->input_type)
		jsonw_kstr(&q->w, "input_type", q->o->input_type);
	jsonw_kstr(&q->w, "encoding_format", "base64");
}

static void
gemini(struct asked *q)
{
	struct buf name = BUF_INIT(BUF_UNLIMITED);

	buf_adds(&name, memchr(q->b->model.p, '/', q->b->model.len) ? "" : "models/");
	buf_addstr(&name, q->b->model);
	jsonw_key(&q->w, "requests");
	jsonw_array(&q->w);
	for (size_t i = 0; i < q->count; i++) {
		jsonw_object(&q->w);
		jsonw_kstrn(&q->w, "model", buf_str(&name));
		jsonw_key(&q->w, "content");
		jsonw_object(&q->w);
		jsonw_key(&q->w, "parts");
		jsonw_array(&q->w);
		jsonw_object(&q->w);
		jsonw_kjson(&q->w, "text", q->texts[i]);
		jsonw_end(&q->w);
		jsonw_end(&q->w);
		jsonw_end(&q->w);
		if (q->o->input_type)
			jsonw_kstr(&q->w, "taskType",
			    is_query(q) ? "RETRIEVAL_QUERY" : "RETRIEVAL_DOCUMENT");
		put_dimensions(q, "outputDimensionality");
		jsonw_end(&q->w);
	}
	jsonw_end(&q->w);
	buf_release(&name);
}

static void
vertex(struct asked *q)
{
	jsonw_key(&q->w, "instances");
	jsonw_array(&q->w);
	for (size_t i = 0; i < q->count; i++) {
		jsonw_object(&q->w);
		jsonw_kjson(&q->w, "content", q->texts[i]);
		if (q->o->input_type)
			jsonw_kstr(&q->w, "task_type",
			    is_query(q) ? "RETRIEVAL_QUERY" : "RETRIEVAL_DOCUMENT");
		jsonw_end(&q->w);
	}
	jsonw_end(&q->w);
	if (q->o->dimensions == OPTION_UNSET)
		return;
	jsonw_key(&q->w, "parameters");
	jsonw_object(&q->w);
	put_dimensions(q, "outputDimensionality");
	jsonw_end(&q->w);
}

/* The type has to be told; documents are what there is more of. */
static void
put_cohere_type(struct asked *q)
{
	jsonw_kstr(&q->w, "input_type", is_query(q) ? "search_query" : "search_document");
}

static void
cohere(struct asked *q)
{
	jsonw_kstrn(&q->w, "model", q->b->model);
	put_texts(q, "texts");
	put_cohere_type(q);
	put_dimensions(q, "output_dimension");
	jsonw_key(&q->w, "embedding_types");
	jsonw_array(&q->w);
	jsonw_str(&q->w, "float");
	jsonw_end(&q->w);
}

static void
ollama(struct asked *q)
{
	jsonw_kstrn(&q->w, "model", q->b->model);
	put_texts(q, "input");
	put_dimensions(q, "dimensions");
	no_input_type(q);
}

/* Bedrock hands on to each maker's own form. */
static bool
is_cohere(struct str model)
{
	return str_has_nocase(model, "cohere.");
}

static void
bedrock(struct asked *q)
{
	if (is_cohere(q->b->model)) {
		put_texts(q, "texts");
		put_cohere_type(q);
		no_dimensions(q);
		return;
	}
	jsonw_kjson(&q->w, "inputText", q->texts[0]);
	put_dimensions(q, "dimensions");
	no_input_type(q);
}

/* --- whom --- */

/* The URL of a dialect's own request with another end; the first row that fits counts. Limits are
 * those of each provider's documentation; bytes stand for tokens at three each. */
static const struct embed_api {
	const char *dialect, *provider; /* NULL: any of that dialect */
	const char *path, *embed_path;
	void (*body)(struct asked *q);
	struct embed_limits limits;
} apis[] = {
	{ "openai-chat", "openai", "/chat/completions", "/embeddings", openai, { 2048, 900000 } },
	{ "openai-chat", "mistral", "/chat/completions", "/embeddings", mistral, { 128, 48000 } },
	{ "openai-chat", "voyage", "/chat/completions", "/embeddings", voyage, { 1000, 300000 } },
	{ "openai-chat", NULL, "/chat/completions", "/embeddings", compatible, { 256, 300000 } },
	{ "openai-responses", NULL, "/responses", "/embeddings", openai, { 2048, 900000 } },
	{ "azure-openai", NULL, "/chat/completions", "/embeddings", openai, { 2048, 900000 } },
	{ "gemini", NULL, ":generateContent", ":batchEmbedContents", gemini, { 100, 60000 } },
	{ "vertex-gemini", NULL, ":generateContent", ":predict", vertex, { 250, 60000 } },
	{ "cohere-v2", NULL, "/chat", "/embed", cohere, { 96, 300000 } },
	{ "ollama", NULL, "/chat", "/embed", ollama, { 512, 1000000 } },
	{ "bedrock-converse", NULL, "/converse", "/invoke", bedrock, { 96, 300000 } },
};

static const struct embed_api *
api_of(const struct provider *p)
{
	for (size_t i = 0; p->dialect && i < sizeof apis / sizeof *apis; i++)
		if (strcmp(p->dialect->name, apis[i].dialect) == 0 &&
		    (!apis[i].provider || strcmp(provider_kin(p), apis[i].provider) == 0))
			return &apis[i];
	return NULL;
}

struct embed_limits
embed_limits(const struct provider *p, struct str model)
{
	const struct embed_api *api = api_of(p);
	struct embed_limits limits = { 0, 0 };

	if (!api)
		return limits;
	limits = api->limits;
	if (api->body == bedrock && !is_cohere(model))
		limits.texts = 1;
	if (api->body == vertex && str_starts(model, "gemini-embedding"))
		limits.texts = 1;
	return limits;
}

int
embed_build(const struct build *b, const struct embed_options *o, const struct json *texts,
    size_t count, struct wire *w, struct err *err)
{
	const struct embed_api *api = api_of(b->provider);
	struct asked q = { .b = b, .o = o, .texts = texts, .count = count };

	if (!api)
		return err_set(err, EXIT_NO, "%s does not embed", b->provider->name);
	if (dialect_build(b, w, err) < 0)
		return -1;
	wire_turn(w, api->path, api->embed_path);
	buf_reset(&w->body);
	jsonw_start(&q.w, &w->body);
	jsonw_object(&q.w);
	api->body(&q);
	jsonw_end(&q.w);
	return 0;
}
