/* SPDX-License-Identifier: MIT */
/* openai_chat - requests in the form of chat completions, for the server they go to. */
#include <stdlib.h>

#include "base/mem.h"
#include "llm/openai_chat.h"

static void
write_top_k(struct openai_request *q)
{
	if (q->o->top_k == OPTION_UNSET)
		return;
	if (q->server->flags & OPENAI_NO_TOP_K)
		answer_warn(q->b->answer, "options.topK", "this provider does not know it");
	else
		jsonw_ki64(&q->w, "top_k", q->o->top_k);
}

static void
write_schema(struct openai_request *q)
{
	struct json schema = q->o->response_schema;

	if (!json_exists(schema) && q->b->structured != STRUCTURED_JSON)
		return;
	jsonw_key(&q->w, "response_format");
	jsonw_object(&q->w);
	if (!json_exists(schema)) {
		jsonw_kstr(&q->w, "type", "json_object");
		jsonw_end(&q->w);
		return;
	}
	jsonw_kstr(&q->w, "type", "json_schema");
	jsonw_key(&q->w, "json_schema");
	jsonw_object(&q->w);
	jsonw_kstr(&q->w, "name", "response");
	jsonw_kjson(&q->w, "schema", schema);
	jsonw_kbool(&q->w, "strict", openai_schema_is_strict(q->b));
	jsonw_end(&q->w);
	jsonw_end(&q->w);
}

static void
write_tool(struct openai_request *q, struct json tool)
{
	struct json schema = json_get(tool, "inputSchema");

	jsonw_object(&q->w);
	jsonw_kstr(&q->w, "type", "function");
	jsonw_key(&q->w, "function");
	jsonw_object(&q->w);
	jsonw_kjson(&q->w, "name", json_get(tool, "name"));
	if (json_exists(json_get(tool, "description")))
		jsonw_kjson(&q->w, "description", json_get(tool, "description"));
	if (json_exists(schema))
		jsonw_kjson(&q->w, "parameters", schema);
	if (json_exists(json_get(tool, "strict")))
		jsonw_kjson(&q->w, "strict", json_get(tool, "strict"));
	jsonw_end(&q->w);
	jsonw_end(&q->w);
}

static void
write_stop(struct openai_request *q)
{
	struct json stop = q->o->stop;

	if (!json_exists(stop))
		return;
	if (q->own_reasoning) {
		answer_warn(q->b->answer, "options.stop", "this model takes no stop sequences");
		return;
	}
	request_write_stops(&q->w, "stop", stop);
}

static void
write_options(struct openai_request *q)
{
	const struct request_options *o = q->o;

	if (o->max_tokens != OPTION_UNSET)
		jsonw_ki64(&q->w, q->own_reasoning ? "max_completion_tokens" : "max_tokens",
		    o->max_tokens);
	openai_sampling(q);
	write_top_k(q);
	write_stop(q);
	if (o->seed != OPTION_UNSET)
		jsonw_ki64(
		    &q->w, q->server->flags & OPENAI_RANDOM_SEED ? "random_seed" : "seed", o->seed);
	openai_chat_reasoning(q);
	write_schema(q);
	if (o->cache_off && !(q->server->flags & OPENAI_CACHE_CONTROL)) /* else no mark is sent */
		answer_warn(q->b->answer, "options.cache", "this provider caches by itself");
	jsonw_kbool(&q->w, "stream", o->stream);
	if (o->stream && !(q->server->flags & OPENAI_USAGE_UNASKED)) {
		jsonw_key(&q->w, "stream_options");
		jsonw_object(&q->w);
		jsonw_kbool(&q->w, "include_usage", true);
		jsonw_end(&q->w);
	}
}

static int
address(const struct build *b, struct wire *wire, struct err *err)
{
	(void)err; /* nothing can be wrong */
	provider_url(b->provider, "/chat/completions", &wire->url);
	openai_key(b, wire);
	wire->framing = b->request->options.stream ? FRAME_SSE : FRAME_WHOLE;
	return 0;
}

int
openai_chat_build(const struct build *b, struct wire *wire, struct err *err)
{
	struct openai_request q;
	int r;

	openai_request_start(&q, b, wire, err);
	r = openai_chat_messages(&q);
	free(q.model);
	free(q.media);
	if (r < 0)
		return -1;
	openai_write_tools(&q, write_tool, true);
	write_options(&q);
	jsonw_end(&q.w);
	return 0;
}

static const char *const token_members[] = { "max_tokens", "max_completion_tokens", NULL };
static const char *const answer_members[] = { "n", "best_of", NULL };
/* Also those of OpenRouter, xAI, Qwen, Perplexity and Azure: where it goes, searches that are
 * billed, and what they find. */
static const char *const price_members[] = { "service_tier", "tools", "tools+", "modalities",
	"modalities+", "prediction", "web_search_options", "plugins", "plugins+",
	"search_parameters", "enable_search", "provider", "preset", "data_sources", "data_sources+",
	NULL };
const struct dialect_ceiling openai_chat_ceiling = { token_members, answer_members, price_members };

const struct dialect dialect_openai_chat = {
	.name = "openai-chat",
	.version = "/v1",
	.version_unless_path = true,
	.address = address,
	.means = openai_means,
	.build = openai_chat_build,
	.ceiling = &openai_chat_ceiling,
	.event = openai_chat_event,
	.raw = openai_chat_raw,
	.body = openai_chat_body,
};
