/* SPDX-License-Identifier: MIT */
/* request - reading the providers' requests for what scripts and cassettes match on. */
#include "mock/request.h"

#include "serve/serve.h"

void
mock_request_init(struct mock_request *r)
{
	*r = (struct mock_request){ .api = MOCK_UNKNOWN };
	buf_init(&r->provider, BUF_UNLIMITED);
	buf_init(&r->model, BUF_UNLIMITED);
	buf_init(&r->response, BUF_UNLIMITED);
	buf_init(&r->user, BUF_UNLIMITED);
}

void
mock_request_release(struct mock_request *r)
{
	buf_release(&r->provider);
	buf_release(&r->model);
	buf_release(&r->response);
	buf_release(&r->user);
}

static bool
has_segment(struct str path, const char *name)
{
	struct str part;

	while (str_split(&path, '/', &part))
		if (str_is(part, name))
			return true;
	return false;
}

/* "/v1beta/models/NAME:METHOD", also below Vertex AI's publishers: the model and the API. */
static void
request_google_path(struct mock_request *r, struct str path)
{
	struct str rest = path, part = STR_NONE, name = STR_NONE;

	while (str_split(&rest, '/', &part))
		name = part;
	part = name;
	(void)str_split(&part, ':', &name);
	buf_reset(&r->model);
	serve_unescape(name, &r->model);
	if (str_is(part, "generateContent"))
		r->api = MOCK_GEMINI;
	else if (str_is(part, "streamGenerateContent"))
		r->api = MOCK_GEMINI_STREAM;
	else if (str_is(part, "batchEmbedContents"))
		r->api = MOCK_EMBED;
	else if (str_is(part, "rawPredict") || str_is(part, "streamRawPredict"))
		r->api = MOCK_ANTHROPIC;
	r->vertex = has_segment(path, "publishers") || has_segment(path, "projects");
	r->stream = r->api == MOCK_GEMINI_STREAM;
	r->family = r->api == MOCK_ANTHROPIC ? FAMILY_ANTHROPIC : FAMILY_GEMINI;
}

/* "/model/NAME/converse": the model, which may be spelled with escapes. */
static void
request_bedrock_path(struct mock_request *r, struct str path)
{
	struct str rest = path, part = STR_NONE, before = STR_NONE, name = STR_NONE;

	while (str_split(&rest, '/', &part)) {
		if (str_is(before, "model"))
			name = part;
		before = part;
	}
	buf_reset(&r->model);
	serve_unescape(name, &r->model);
	r->stream = r->api == MOCK_BEDROCK_STREAM;
}

static const struct {
	const char *ending;
	enum mock_api api;
	enum mock_family family;
} paths[] = {
	{ "/chat/completions", MOCK_OPENAI_CHAT, FAMILY_OPENAI },
	{ "/responses", MOCK_RESPONSES, FAMILY_OPENAI },
	{ "/v1/messages", MOCK_ANTHROPIC, FAMILY_ANTHROPIC },
	{ "/api/chat", MOCK_OLLAMA_CHAT, FAMILY_OLLAMA },
	{ "/v2/chat", MOCK_COHERE, FAMILY_COHERE },
	{ "/embeddings", MOCK_EMBED, FAMILY_OPENAI },
	{ "/api/embed", MOCK_EMBED, FAMILY_OLLAMA },
	{ "/v2/embed", MOCK_EMBED, FAMILY_COHERE },
	{ "/token", MOCK_GOOGLE_TOKEN, FAMILY_GEMINI },
	{ "/converse", MOCK_BEDROCK, FAMILY_BEDROCK },
	{ "/converse-stream", MOCK_BEDROCK_STREAM, FAMILY_BEDROCK },
	{ "/api/tags", MOCK_OLLAMA_TAGS, FAMILY_OLLAMA },
	{ "/api/version", MOCK_OLLAMA_VERSION, FAMILY_OLLAMA },
	{ "/v1beta/models", MOCK_GEMINI_MODELS, FAMILY_GEMINI },
	{ "/models", MOCK_OPENAI_MODELS, FAMILY_OPENAI },
};

/* The manners in which a path that names no API is refused. */
static enum mock_family
request_family(struct str path, bool anthropic_headers)
{
	if (anthropic_headers)
		return FAMILY_ANTHROPIC;
	if (str_starts(path, "/api/"))
		return FAMILY_OLLAMA;
	if (str_starts(path, "/v1beta"))
		return FAMILY_GEMINI;
	if (str_starts(path, "/v2/"))
		return FAMILY_COHERE;
	if (str_starts(path, "/model/"))
		return FAMILY_BEDROCK;
	return FAMILY_OPENAI;
}

static const char *
request_family_name(enum mock_family family)
{
	static const char *const names[] = { [FAMILY_OPENAI] = "openai",
		[FAMILY_ANTHROPIC] = "anthropic",
		[FAMILY_GEMINI] = "gemini",
		[FAMILY_OLLAMA] = "ollama",
		[FAMILY_BEDROCK] = "bedrock",
		[FAMILY_COHERE] = "cohere" };

	return names[family];
}

/* "/openai/deployments/NAME/...", which is Azure's: the deployment. */
static void
request_deployment(struct mock_request *r, struct str path)
{
	static const char mark[] = "/openai/deployments/";
	const char *at = strstr(path.p, mark);
	struct str rest, name;

	if (!at || at >= path.p + path.len)
		return;
	at += sizeof mark - 1;
	rest = (struct str){ at, (size_t)(path.p + path.len - at) };
	r->deployment = true;
	if (str_split(&rest, '/', &name))
		serve_unescape(name, &r->model);
}

/* "/v1/responses/ID": what became of an answer in the background. */
static void
request_response(struct mock_request *r, struct str path)
{
	struct str rest = path, part = STR_NONE, before = STR_NONE, last = STR_NONE;

	while (str_split(&rest, '/', &part)) {
		before = last;
		last = part;
	}
	if (!str_is(before, "responses") || !last.len || str_is(last, "input_tokens"))
		return;
	r->api = MOCK_RESPONSE;
	serve_unescape(last, &r->response);
}

/* "/groq/openai/v1/...": whom the path names first, if it begins with neither a version nor an API.
 */
static void
request_provider(struct mock_request *r, struct str path)
{
	static const char *const not_names[] = { "v1", "v1beta", "v1beta1", "v2", "computeMetadata",
		"api", "chat", "models", "openai", "messages", "model", "responses" };
	struct str rest = { path.p + 1, path.len ? path.len - 1 : 0 }, first = STR_NONE;
	size_t i;

	(void)str_split(&rest, '/', &first);
	for (i = 0; i < sizeof not_names / sizeof *not_names; i++)
		if (str_is(first, not_names[i]))
			first = STR_NONE;
	if (first.len > 0 && rest.len > 0 && r->api != MOCK_UNKNOWN)
		serve_unescape(first, &r->provider);
	else
		buf_adds(&r->provider, r->deployment ? "azure"
				       : r->vertex   ? "vertex"
						     : request_family_name(r->family));
}

void
mock_request_path(struct mock_request *r, struct str path, bool anthropic_headers)
{
	size_t i;

	r->family = request_family(path, anthropic_headers);
	for (i = 0; i < sizeof paths / sizeof *paths && r->api == MOCK_UNKNOWN; i++)
		if (str_ends(path, paths[i].ending)) {
			r->api = paths[i].api;
			r->family = paths[i].family;
		}
	if (r->api == MOCK_OPENAI_MODELS && anthropic_headers) {
		r->api = MOCK_ANTHROPIC_MODELS;
		r->family = FAMILY_ANTHROPIC;
	}
	if (r->api == MOCK_UNKNOWN)
		request_response(r, path);
	if (r->api == MOCK_OPENAI_CHAT || (r->api == MOCK_EMBED && r->family == FAMILY_OPENAI))
		request_deployment(r, path);
	if (r->family == FAMILY_BEDROCK)
		request_bedrock_path(r, path);
	else if (r->api == MOCK_UNKNOWN && memchr(path.p, ':', path.len))
		request_google_path(r, path);
	request_provider(r, path);
}

/* The text of a message's content: a string, or parts of which the text ones count. */
static void
request_text(struct json content, struct buf *out)
{
	struct json_iter it;

	if (json_is(content, JSON_STRING)) {
		json_text(content, out);
		return;
	}
	for (it = json_each(content); json_is(content, JSON_ARRAY) && json_next(&it);)
		json_text(json_get(it.value, "text"), out);
}

static bool
request_has_part(struct json content, const char *type)
{
	struct json_iter it = json_each(content);

	while (json_is(content, JSON_ARRAY) && json_next(&it))
		if (json_eq(json_get(it.value, "type"), type) ||
		    json_exists(json_get(it.value, type)))
			return true;
	return false;
}

/* Walk the messages (contents, with Gemini): the last user text, sizes, a closing tool result. */
static void
request_messages(struct mock_request *r, struct json list, const char *content_key)
{
	struct json_iter it = json_each(list);
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct json content, role;

	while (json_is(list, JSON_ARRAY) && json_next(&it)) {
		role = json_get(it.value, "role");
		content = json_get(it.value, content_key);
		buf_reset(&text);
		request_text(content, &text);
		r->text_bytes += text.len;
		r->ends_in_tool_result = json_eq(role, "tool") ||
					 request_has_part(content, "tool_result") ||
					 request_has_part(content, "functionResponse") ||
					 request_has_part(content, "toolResult");
		if (text.len > 0 && (json_eq(role, "user") || !json_exists(role))) {
			buf_reset(&r->user);
			buf_addstr(&r->user, buf_str(&text));
		}
	}
	buf_release(&text);
}

/* Responses: a string, or items; what a tool gave back is an item of its own. */
static void
request_items(struct mock_request *r, struct json input)
{
	struct json_iter it = json_each(input);
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct json type;

	json_text(input, &r->user);
	r->text_bytes += r->user.len;
	while (input.kind == JSON_ARRAY && json_next(&it)) {
		type = json_get(it.value, "type");
		r->ends_in_tool_result = json_eq(type, "function_call_output") ||
					 json_eq(type, "custom_tool_call_output");
		if (json_exists(type) && !json_eq(type, "message"))
			continue;
		buf_reset(&text);
		request_text(json_get(it.value, "content"), &text);
		r->text_bytes += text.len;
		if (text.len && json_eq(json_get(it.value, "role"), "user")) {
			buf_reset(&r->user);
			buf_addstr(&r->user, buf_str(&text));
		}
	}
	buf_release(&text);
}

static void
request_count(struct mock_request *r, struct json content)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	request_text(content, &text);
	r->text_bytes += text.len;
	buf_release(&text);
}

void
mock_request_body(struct mock_request *r, struct json body)
{
	struct json generation = json_get(body, "generationConfig");

	r->body = body;
	if (r->family == FAMILY_GEMINI) {
		request_messages(r, json_get(body, "contents"), "parts");
		request_count(r, json_find(body, "systemInstruction.parts"));
		r->wants_object = json_exists(json_get(generation, "responseSchema")) ||
				  json_exists(json_get(generation, "responseJsonSchema"));
		return;
	}
	request_messages(r, json_get(body, "messages"), "content");
	if (r->family == FAMILY_BEDROCK) {
		request_count(r, json_get(body, "system"));
		r->wants_object = json_exists(json_get(body, "outputConfig"));
		return;
	}
	if (!r->deployment && !r->vertex)
		json_text(json_get(body, "model"), &r->model);
	r->stream = json_is_true(json_get(body, "stream"));
	switch (r->family) {
	case FAMILY_OPENAI:
		r->usage_chunk = json_is_true(json_find(body, "stream_options.include_usage"));
		r->wants_object = json_eq(json_find(body, "response_format.type"), "json_schema") ||
				  json_eq(json_find(body, "text.format.type"), "json_schema");
		if (r->api == MOCK_RESPONSES) {
			request_items(r, json_get(body, "input"));
			request_count(r, json_get(body, "instructions"));
		}
		break;
	case FAMILY_ANTHROPIC:
		request_count(r, json_get(body, "system"));
		r->wants_object = json_eq(json_find(body, "output_config.format.type"),
				      "json_schema") ||
				  json_eq(json_find(body, "output_format.type"), "json_schema");
		break;
	case FAMILY_OLLAMA:
		r->stream = !json_is(json_get(body, "stream"), JSON_FALSE);
		r->wants_object = json_is(json_get(body, "format"), JSON_OBJECT);
		break;
	case FAMILY_COHERE:
		r->wants_object = json_exists(json_find(body, "response_format.json_schema"));
		break;
	case FAMILY_GEMINI:
	case FAMILY_BEDROCK:
		break;
	}
}

bool
mock_request_offers(const struct mock_request *r, const char *tool)
{
	struct json list = json_get(r->body, "tools");
	struct json_iter tools = json_each(
			     list.kind ? list : json_find(r->body, "toolConfig.tools")),
			 declared;

	while (json_next(&tools)) {
		if (json_eq(json_get(tools.value, "name"), tool) ||
		    json_eq(json_find(tools.value, "function.name"), tool) ||
		    json_eq(json_find(tools.value, "toolSpec.name"), tool))
			return true;
		declared = json_each(json_get(tools.value, "functionDeclarations"));
		while (json_next(&declared))
			if (json_eq(json_get(declared.value, "name"), tool))
				return true;
	}
	return false;
}

/* A token is about four bytes of text. */
int64_t
mock_tokens_of(size_t bytes)
{
	return bytes ? (int64_t)(bytes + 3) / 4 : 0;
}

int64_t
mock_request_tokens(const struct mock_request *r)
{
	return mock_tokens_of(r->text_bytes);
}
