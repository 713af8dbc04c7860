/* SPDX-License-Identifier: MIT */
/* case - find the cases of recorded traffic and load them. */
#include <dirent.h>
#include <stdlib.h>

#include "base/mem.h"
#include "recorded/recorded.h"
#include "support/top.h"
#include "sys/file.h"

/* Where the cases of each API lie; every provider may have them. */
static const struct api {
	const char *dir, *words;
	const struct dialect *dialect;
	const char *provider; /* whose alone; NULL: any but those */
} apis[] = {
	{ "messages", "anthropic", &dialect_anthropic_messages, NULL },
	{ "anthropic-raw-predict", "anthropic", &dialect_vertex_anthropic, "vertex" },
	{ "generate-content", "gemini", &dialect_vertex_gemini, "vertex" },
	{ "stream-generate-content", "gemini", &dialect_vertex_gemini, "vertex" },
	{ "generate-content", "gemini", &dialect_gemini, NULL },
	{ "stream-generate-content", "gemini", &dialect_gemini, NULL },
	{ "chat-completions", "chat", &dialect_azure_openai, "azure-openai" },
	{ "chat-completions", "chat", &dialect_openai_chat, NULL },
	{ "v1-chat-completions", "chat", &dialect_openai_chat, NULL },
	{ "responses", "responses", &dialect_openai_responses, NULL },
	{ "responses-get", "responses", &dialect_openai_responses, NULL },
	{ "chat", "ollama", &dialect_ollama, NULL },
	{ "converse", "bedrock", &dialect_bedrock_converse, NULL },
	{ "converse-stream", "bedrock", &dialect_bedrock_converse, NULL },
	{ "chat-v2", "cohere", &dialect_cohere_v2, NULL },
};

/* The first row that fits a case's provider and folder, or NULL. */
static const struct api *
api_of(const char *provider, struct str dir)
{
	size_t i;

	for (i = 0; i < sizeof apis / sizeof *apis; i++) {
		if (str_is(dir, apis[i].dir) &&
		    (!apis[i].provider || strcmp(provider, apis[i].provider) == 0))
			return &apis[i];
	}
	return NULL;
}

struct list {
	char **items;
	size_t count, cap;
};

static void
list_add(struct list *l, char *item)
{
	VEC_GROW(l->items, l->count, l->cap);
	l->items[l->count++] = item;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char *
recorded_root(void)
{
	char *root = top_fixtures();

	if (file_exists(root))
		return root;
	free(root);
	return NULL;
}

/* The visible entries of root/sub, as sub/NAME. */
static void
list_dir(struct list *l, const char *root, const char *sub)
{
	char *path = file_join(root, sub);
	DIR *d = opendir(path);
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		if (entry->d_name[0] != '.')
			list_add(l, file_join(sub, entry->d_name));
	}
	if (d)
		(void)closedir(d); /* read only */
	free(path);
}

char **
recorded_list(const char *root, size_t *count)
{
	struct list providers = { 0 }, cases = { 0 };
	size_t i, j;

	list_dir(&providers, root, "");
	for (i = 0; i < providers.count; i++) {
		for (j = 0; j < sizeof apis / sizeof *apis; j++) {
			char *sub;

			if (api_of(providers.items[i], str_of(apis[j].dir)) != &apis[j])
				continue;
			sub = file_join(providers.items[i], apis[j].dir);
			list_dir(&cases, root, sub);
			free(sub);
		}
	}
	if (cases.count)
		qsort(cases.items, cases.count, sizeof *cases.items, by_name);
	*count = cases.count;
	list_add(&cases, NULL);
	list_add(&providers, NULL);
	recorded_list_free(providers.items);
	return cases.items;
}

void
recorded_list_free(char **list)
{
	size_t i;

	for (i = 0; list[i]; i++)
		free(list[i]);
	free(list);
}

static bool
load_file(const char *dir, const char *name, struct buf *out, struct err *err)
{
	char *path = file_join(dir, name);
	bool ok = !file_exists(path) || file_read(path, out, err) == 0;

	free(path);
	return ok;
}

static bool
load_files(struct recorded *c, const char *dir, struct err *err)
{
	char *name = NULL;
	int64_t status = 0;
	struct str word;
	bool ok;

	if (!load_file(dir, "meta.json", &c->meta_text, err) ||
	    json_parse(c->meta_text.p, c->meta_text.len, &c->meta, err) < 0)
		return false;
	name = json_strdup(json_get(c->meta, "response_file"));
	ok = load_file(dir, "request.json", &c->request, err) &&
	     (!name || load_file(dir, name, &c->response, err));
	(void)json_i64(json_get(c->meta, "http_status"), &status);
	c->status = (int)status;
	if (json_plain(json_get(c->meta, "framing"), &word) && word.len < sizeof c->framing_word) {
		memcpy(c->framing_word, word.p, word.len);
		c->framing = c->framing_word;
	}
	free(name);
	return ok;
}

/* The segment behind name in the recorded URL's path; a recorder's placeholder is "global". */
static char *
segment_after(const char *url, const char *name)
{
	const char *at = url ? strstr(url, name) : NULL;

	if (!at)
		return NULL;
	at += strlen(name);
	return *at == '<' ? xstrdup("global") : xmemdup(at, strcspn(at, "/?"));
}

static void
read_places(struct recorded *c)
{
	char *url = json_strdup(json_get(c->meta, "url"));

	c->place[PLACE_PROJECT] = segment_after(url, "/projects/");
	c->place[PLACE_LOCATION] = segment_after(url, "/locations/");
	free(url);
}

bool
recorded_load(struct recorded *c, const char *root, const char *id, struct err *err)
{
	const char *name = strchr(id, '/') + 1, *end = strchr(name, '/');
	const struct api *api;
	char *dir = file_join(root, id);
	bool ok;

	*c = (struct recorded){
		.id = xstrdup(id),
		.provider = xmemdup(id, (size_t)(name - 1 - id)),
		.meta_text = BUF_INIT(BUF_UNLIMITED),
		.request = BUF_INIT(BUF_UNLIMITED),
		.response = BUF_INIT(BUF_UNLIMITED),
	};
	api = api_of(c->provider, (struct str){ name, (size_t)(end - name) });
	c->dialect = api->dialect;
	c->words = api->words;
	ok = load_files(c, dir, err);
	read_places(c);
	free(dir);
	return ok;
}

void
recorded_release(struct recorded *c)
{
	free(c->id);
	free(c->provider);
	for (int i = 0; i < PLACE_COUNT; i++)
		free(c->place[i]);
	buf_release(&c->meta_text);
	buf_release(&c->request);
	buf_release(&c->response);
}
