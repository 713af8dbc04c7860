/* SPDX-License-Identifier: MIT */
/* listing - the models that a provider itself lists. */
#include "llm/listing.h"

#include <stdlib.h>

#include "base/mem.h"

enum { PAGE = 1000 };

/* How a kind of API lists its models. Paths of members are json_find's. */
struct listing_api {
	const char *dialect;
	const char *path; /* behind the version; "/v1" is the base URL's */
	const char *page, *next; /* parameters: how many at once; where to go on */
	const char *list; /* the member that holds them; NULL: "data", or the body is the list */
	const char *id; /* of one */
	const char *cursor, *more; /* members; more NULL: there is a cursor where there is more */
};

static const struct listing_api apis[] = {
	{ "anthropic-messages", "/models", "limit", "after_id", "data", "id", "last_id",
	    "has_more" },
	{ "gemini", "/models", "pageSize", "pageToken", "models", "name", "nextPageToken", NULL },
	{ "ollama", "/tags", NULL, NULL, "models", "name", NULL, NULL },
	{ "cohere-v2", "/models", "page_size", "page_token", "models", "name", "next_page_token",
	    NULL },
	{ "openai-chat", "/models", NULL, NULL, NULL, "id", NULL, NULL },
	{ "openai-responses", "/models", NULL, NULL, NULL, "id", NULL, NULL },
	{ "azure-openai", "/models", NULL, NULL, NULL, "id", NULL, NULL },
	{ "bedrock-converse", "/foundation-models", NULL, NULL, "modelSummaries", "modelId", NULL,
	    NULL },
	{ NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL },
};

void
listing_init(struct listing *list)
{
	*list = (struct listing){ NULL };
}

void
listing_release(struct listing *list)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		free(list->items[i].id);
		free(list->items[i].name);
	}
	free(list->items);
	free(list->cursor);
	listing_init(list);
}

/* --- where --- */

static const struct listing_api *
api_of(const struct provider *p)
{
	const struct listing_api *api = apis;

	while (api->dialect && strcmp(api->dialect, p->dialect->name) != 0)
		api++;
	return api->dialect ? api : NULL;
}

/* Bedrock lists its models at another host than it runs them at, and in no version. */
static void
bedrock_url(struct buf *url)
{
	static const char runs[] = "//bedrock-runtime.", lists[] = "//bedrock.";
	char *at = strstr(url->p, runs), *rest;

	if (!at)
		return;
	rest = xstrdup(at + strlen(runs));
	buf_truncate(url, (size_t)(at - url->p));
	buf_adds(url, lists);
	buf_adds(url, rest);
	free(rest);
}

static void
add_paging(const struct listing *list, struct buf *url)
{
	char mark = strchr(url->p, '?') ? '&' : '?';

	if (!list->api->page)
		return;
	buf_addf(url, "%c%s=%d", mark, list->api->page, PAGE);
	if (!list->cursor)
		return;
	buf_addf(url, "&%s=", list->api->next);
	buf_addurl(url, str_of(list->cursor), "");
}

int
listing_address(struct listing *list, const struct provider *p, const char *key, struct wire *w,
    struct err *err)
{
	struct request nothing = { .model = STR_LIT("model") };
	struct answer warnings;
	struct build b = { .request = &nothing,
		.provider = p,
		.model = nothing.model,
		.key = key,
		.answer = &warnings };
	struct provider unversioned = *p;
	int r;

	list->api = api_of(p);
	if (!list->api)
		return err_set(err, EXIT_NO, "%s: %s has no list of models to ask for", p->name,
		    p->dialect->name);
	answer_init(&warnings, NULL, NULL);
	r = p->dialect->address(&b, w, err); /* for the headers */
	answer_release(&warnings);
	if (r < 0)
		return -1;
	buf_reset(&w->url);
	if (strcmp(list->api->dialect, "cohere-v2") == 0)
		unversioned.version = (char *)(uintptr_t) "/v1"; /* that is where its list is */
	if (strcmp(list->api->dialect, "azure-openai") == 0)
		unversioned.version = (char *)(uintptr_t) "/openai/v1";
	provider_url(&unversioned, list->api->path, &w->url);
	if (strcmp(list->api->dialect, "bedrock-converse") == 0)
		bedrock_url(&w->url);
	add_paging(list, &w->url);
	return 0;
}

/* --- what --- */

/* The first of the members that is a count; 0 where none is. */
static int64_t
count_of(struct json model, const char *const *members)
{
	int64_t n = 0;

	for (; *members; members++)
		if (json_count_of(json_find(model, *members), &n) && n > 0)
			return n;
	return 0;
}

static bool
has_word(struct json list, const char *word)
{
	struct json_iter it = json_each(list);

	while (json_next(&it))
		if (json_eq(it.value, word))
			return true;
	return false;
}

/* Gemini and Cohere say what a model is called for; of others, most are for talking to. */
static const char *
kind_of(struct json model)
{
	struct json calls = json_get(model, "supportedGenerationMethods");

	if (!json_is(calls, JSON_ARRAY))
		calls = json_get(model, "endpoints");
	if (!json_is(calls, JSON_ARRAY) || has_word(calls, "generateContent") ||
	    has_word(calls, "chat"))
		return "chat";
	return has_word(calls, "embedContent") || has_word(calls, "embed") ? "embedding" : "other";
}

static void
add(struct listing *list, struct json model)
{
	static const char *const windows[] = { "context_length", "context_window",
		"max_context_length", "max_model_len", "max_input_tokens", "inputTokenLimit",
		"top_provider.context_length", NULL };
	static const char *const outputs[] = { "max_completion_tokens", "outputTokenLimit",
		"top_provider.max_completion_tokens", "max_output_tokens", "max_tokens", NULL };
	static const char *const names[] = { "display_name", "displayName", "modelName", NULL };
	char *id = json_strdup(json_get(model, list->api->id)), *name = NULL;
	struct listed *to;
	size_t i;

	if (id && strncmp(id, "models/", strlen("models/")) == 0)
		memmove(id, id + strlen("models/"), strlen(id + strlen("models/")) + 1);
	if (!id || !*id) {
		free(id);
		return;
	}
	for (i = 0; names[i] && !name; i++)
		name = json_strdup(json_get(model, names[i]));
	if (name && (strcmp(name, id) == 0 || !*name)) {
		free(name);
		name = NULL;
	}
	VEC_GROW(list->items, list->count, list->cap);
	to = &list->items[list->count++];
	*to = (struct listed){ .id = id,
		.name = name,
		.kind = kind_of(model),
		.context_window = count_of(model, windows),
		.max_output = count_of(model, outputs) };
}

static void
turn_page(struct listing *list, struct json body)
{
	const struct listing_api *api = list->api;
	char *cursor = api->cursor ? json_strdup(json_get(body, api->cursor)) : NULL;

	if (cursor && !*cursor) {
		free(cursor);
		cursor = NULL;
	}
	/* A page that leads to itself would be read for ever. */
	list->more = cursor && (!api->more || json_is_true(json_get(body, api->more))) &&
		     !(list->cursor && strcmp(list->cursor, cursor) == 0);
	free(list->cursor);
	list->cursor = cursor;
}

int
listing_read(struct listing *list, struct json body, struct err *err)
{
	const char *member = list->api->list ? list->api->list : "data";
	struct json models = json_get(body, member);
	struct json_iter it;

	if (!list->api->list && json_is(body, JSON_ARRAY))
		models = body;
	if (!json_is(models, JSON_ARRAY))
		return err_set(err, EXIT_NO, "the answer holds no \"%s\"", member);
	for (it = json_each(models); json_next(&it);)
		add(list, it.value);
	turn_page(list, body);
	return 0;
}
