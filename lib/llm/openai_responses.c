/* SPDX-License-Identifier: MIT */
/* openai_responses - requests to the Responses API, which keeps nothing unless it is asked to. */
#include "llm/openai_responses.h"

#include <stdlib.h>

/* What providerOptions ask for on their own account. */
static bool
wants(const struct openai_request *q, const char *option)
{
	return json_is_true(json_get(dialect_options(q->b), option));
}

bool
openai_responses_stored(const struct openai_request *q)
{
	return wants(q, "store") || wants(q, "background");
}

void
openai_responses_members(struct jsonw *w, struct json item, const char *const *without)
{
	struct buf key = BUF_INIT(BUF_UNLIMITED);
	struct json_iter it = json_each(item);
	size_t i;

	while (json_next(&it)) {
		for (i = 0; without && without[i] && !json_eq(it.key, without[i]); i++)
			;
		if ((without && without[i]) || !json_exists(it.value))
			continue;
		buf_reset(&key);
		json_text(it.key, &key);
		jsonw_keyn(w, buf_str(&key));
		jsonw_json(w, it.value);
	}
	buf_release(&key);
}

/* Functions are strict here where nothing is said, so it is always said. */
static void
write_tool(struct openai_request *q, struct json tool)
{
	struct json schema = json_get(tool, "inputSchema");

	jsonw_object(&q->w);
	jsonw_kstr(&q->w, "type", "function");
	jsonw_kjson(&q->w, "name", json_get(tool, "name"));
	if (json_exists(json_get(tool, "description")))
		jsonw_kjson(&q->w, "description", json_get(tool, "description"));
	jsonw_key(&q->w, "parameters");
	if (json_exists(schema))
		jsonw_json(&q->w, schema);
	else
		jsonw_raw(&q->w, STR_LIT("{\"type\":\"object\",\"properties\":{}}"));
	jsonw_kbool(&q->w, "strict", json_is_true(json_get(tool, "strict")));
	jsonw_end(&q->w);
}

static void
write_schema(struct openai_request *q)
{
	struct json schema = q->o->response_schema;

	if (!json_exists(schema) && q->b->structured != STRUCTURED_JSON)
		return;
	jsonw_key(&q->w, "text");
	jsonw_object(&q->w);
	jsonw_key(&q->w, "format");
	jsonw_object(&q->w);
	if (json_exists(schema)) {
		jsonw_kstr(&q->w, "type", "json_schema");
		jsonw_kstr(&q->w, "name", "response");
		jsonw_kjson(&q->w, "schema", schema);
		jsonw_kbool(&q->w, "strict", openai_schema_is_strict(q->b));
	} else {
		jsonw_kstr(&q->w, "type", "json_object");
	}
	jsonw_end(&q->w);
	jsonw_end(&q->w);
}

/* How much to reason. Whoever asks for it wants to see it: OpenAI shows summaries, and only where
 * that is asked for too. */
static void
write_reasoning(struct openai_request *q)
{
	const char *effort = openai_reasoning(q);

	if (!effort)
		return;
	jsonw_key(&q->w, "reasoning");
	jsonw_object(&q->w);
	jsonw_kstr(&q->w, "effort", effort);
	if (q->own_reasoning && q->o->reasoning != REASONING_OFF)
		jsonw_kstr(&q->w, "summary", "auto");
	jsonw_end(&q->w);
}

/* Nothing is kept on the server, so what was thought must come along, sealed. */
static void
write_storage(struct openai_request *q)
{
	if (openai_responses_stored(q))
		return;
	jsonw_kbool(&q->w, "store", false);
	if (!q->own_reasoning && !(q->server->flags & OPENAI_SEALED))
		return;
	jsonw_key(&q->w, "include");
	jsonw_array(&q->w);
	jsonw_str(&q->w, "reasoning.encrypted_content");
	jsonw_end(&q->w);
}

static void
warn_of_unknown(struct openai_request *q)
{
	static const char unknown[] = "the Responses API does not know it";
	struct answer *a = q->b->answer;

	if (json_exists(q->o->stop))
		answer_warn(a, "options.stop", unknown);
	if (q->o->seed != OPTION_UNSET)
		answer_warn(a, "options.seed", unknown);
	if (q->o->top_k != OPTION_UNSET)
		answer_warn(a, "options.topK", unknown);
	if (q->o->cache_off)
		answer_warn(a, "options.cache", "this provider caches by itself");
}

static int
address(const struct build *b, struct wire *wire, struct err *err)
{
	(void)err; /* nothing can be wrong */
	provider_url(b->provider, "/responses", &wire->url);
	openai_key(b, wire);
	wire->framing = b->request->options.stream ? FRAME_SSE : FRAME_WHOLE;
	return 0;
}

/* The answer that is being written in the background, by its id. */
static int
poll(const struct build *b, const struct answer *a, struct wire *wire, struct err *err)
{
	struct buf path = BUF_INIT(BUF_UNLIMITED);
	int r;

	if (!a->response_id.len)
		return err_set(err, EXIT_NO, "the provider gave the answer no id to ask for it by");
	buf_adds(&path, "/responses/");
	r = wire_segment(&path, buf_str(&a->response_id), err);
	if (r == 0)
		provider_url(b->provider, path.p, &wire->url);
	buf_release(&path);
	openai_key(b, wire);
	return r;
}

static int
build(const struct build *b, struct wire *wire, struct err *err)
{
	struct openai_request q;
	int r;

	openai_request_start(&q, b, wire, err);
	if (!q.server->host) /* a gateway: its models are what their names say */
		q.own_reasoning = openai_model_reasons(b->model);
	r = openai_responses_input(&q);
	free(q.model);
	if (r < 0)
		return -1;
	openai_write_tools(&q, write_tool, false);
	if (q.o->max_tokens != OPTION_UNSET)
		jsonw_ki64(&q.w, "max_output_tokens", q.o->max_tokens);
	openai_sampling(&q);
	write_reasoning(&q);
	write_schema(&q);
	write_storage(&q);
	warn_of_unknown(&q);
	jsonw_kbool(&q.w, "stream", q.o->stream);
	jsonw_end(&q.w);
	return 0;
}

static const char *const token_members[] = { "max_output_tokens", NULL };
/* What is only named here is as long as it was then. */
static const char *const price_members[] = { "service_tier", "tools", "tools+",
	"previous_response_id", "conversation", "prompt", "context_management", NULL };
static const struct dialect_ceiling ceiling = { token_members, NULL, price_members };

const struct dialect dialect_openai_responses = {
	.name = "openai-responses",
	.version = "/v1",
	.version_unless_path = true,
	.address = address,
	.means = openai_means,
	.build = build,
	.ceiling = &ceiling,
	.event = openai_responses_event,
	.raw = openai_responses_raw,
	.body = openai_responses_body,
	.poll = poll,
};
