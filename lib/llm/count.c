/* SPDX-License-Identifier: MIT */
/* count - have a provider count a request's tokens. */
#include "llm/count.h"

#include "json/jsonw.h"

enum { MEMBERS_MAX = 12 };

/* The request for a count is the request itself, with another end of the path, and a body of those
 * members that have tokens. */
static const struct count_api {
	const char *dialect;
	const struct dialect *by; /* whose request is counted; NULL: the dialect's own */
	const char *path, *count_path;
	const char *outer, *inner; /* the body stands in these members; NULL: in none */
	const char *members[MEMBERS_MAX]; /* of the body that are sent; none: all */
} apis[] = {
	{ "anthropic-messages", NULL, "/messages", "/messages/count_tokens", NULL, NULL,
	    { "model", "messages", "system", "tools", "tool_choice", "thinking", "output_config",
		"cache_control", "mcp_servers", "context_management" } },
	{ "gemini", NULL, ":generateContent", ":countTokens", "generateContentRequest", NULL,
	    { NULL } },
	{ "vertex-gemini", NULL, ":generateContent", ":countTokens", NULL, NULL,
	    { "contents", "systemInstruction", "tools", "generationConfig" } },
	{ "openai-responses", NULL, "/responses", "/responses/input_tokens", NULL, NULL,
	    { "model", "input", "instructions", "tools", "tool_choice", "text", "reasoning",
		"parallel_tool_calls", "previous_response_id", "conversation", "truncation" } },
	{ "openai-chat", &dialect_openai_responses, "/responses", "/responses/input_tokens", NULL,
	    NULL,
	    { "model", "input", "instructions", "tools", "tool_choice", "text", "reasoning",
		"parallel_tool_calls" } },
	{ "bedrock-converse", NULL, "/converse", "/count-tokens", "input", "converse",
	    { "messages", "system", "toolConfig", "additionalModelRequestFields" } },
};

static const struct count_api *
api_of(const struct provider *p)
{
	size_t i;

	/* Of those who speak chat completions, only OpenAI counts. */
	if (!p->dialect ||
	    (strcmp(p->dialect->name, "openai-chat") == 0 && strcmp(p->name, "openai") != 0))
		return NULL;
	for (i = 0; i < sizeof apis / sizeof *apis; i++)
		if (strcmp(p->dialect->name, apis[i].dialect) == 0)
			return &apis[i];
	return NULL;
}

bool
count_can(const struct provider *p)
{
	return api_of(p) != NULL;
}

/* --- what is asked --- */

static bool
is_sent(const struct count_api *api, struct json key)
{
	size_t i;

	for (i = 0; i < MEMBERS_MAX && api->members[i]; i++)
		if (json_eq(key, api->members[i]))
			return true;
	return !api->members[0];
}

static void
write_body(const struct count_api *api, struct str model, struct json body, struct buf *out)
{
	struct buf name = BUF_INIT(BUF_UNLIMITED), key = BUF_INIT(BUF_UNLIMITED);
	struct json_iter it = json_each(body);
	struct jsonw w;

	jsonw_start(&w, out);
	jsonw_object(&w);
	if (api->outer) {
		jsonw_key(&w, api->outer);
		jsonw_object(&w);
	}
	if (api->inner) {
		jsonw_key(&w, api->inner);
		jsonw_object(&w);
	}
	if (strcmp(api->dialect, "gemini") == 0) { /* the path does not tell it in there */
		if (!memchr(model.p, '/', model.len))
			buf_adds(&name, "models/");
		buf_addstr(&name, model);
		jsonw_kstrn(&w, "model", buf_str(&name));
	}
	while (json_next(&it)) {
		if (!is_sent(api, it.key))
			continue;
		buf_reset(&key);
		json_text(it.key, &key);
		jsonw_keyn(&w, buf_str(&key));
		jsonw_json(&w, it.value);
	}
	if (api->inner)
		jsonw_end(&w);
	if (api->outer)
		jsonw_end(&w);
	jsonw_end(&w);
	buf_release(&name);
	buf_release(&key);
}

int
count_build(const struct build *b, struct wire *w, struct err *err)
{
	const struct count_api *api = api_of(b->provider);
	struct provider provider = *b->provider;
	struct request request = *b->request;
	struct build whole = *b;
	struct buf body = BUF_INIT(BUF_UNLIMITED);
	struct json v;
	int r;

	if (api->by)
		provider.dialect = api->by;
	request.options.stream = false;
	whole.provider = &provider;
	whole.request = &request;
	r = dialect_build(&whole, w, err);
	if (r == 0)
		r = json_parse(w->body.p, w->body.len, &v, err);
	if (r == 0) {
		wire_turn(w, api->path, api->count_path);
		write_body(api, b->model, v, &body);
		buf_reset(&w->body);
		buf_addstr(&w->body, buf_str(&body));
	}
	buf_release(&body);
	return r;
}

/* --- what comes back --- */

static void
read_count(struct answer *a, struct json body)
{
	static const char *const members[] = { "input_tokens", "totalTokens", "inputTokens", NULL };
	size_t i;

	for (i = 0; members[i]; i++)
		usage_set(&a->usage.in, json_get(body, members[i]));
	if (a->usage.in == TOKENS_UNKNOWN)
		answer_error_json(a, 0, body);
	else
		answer_end(a);
}

const struct dialect count_reader = { .name = "count", .body = read_count };
