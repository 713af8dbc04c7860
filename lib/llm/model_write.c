/* SPDX-License-Identifier: MIT */
/* model_write - a model as a record. */
#include "json/jsonw.h"
#include "llm/model.h"

static void
put_text(struct jsonw *w, const char *key, const char *text)
{
	if (text)
		jsonw_kstr(w, key, text);
}

static void
put_count(struct jsonw *w, const char *key, int64_t n)
{
	if (n)
		jsonw_ki64(w, key, n);
}

static void
put_list(struct jsonw *w, const char *key, const char *const *list)
{
	if (!*list)
		return;
	jsonw_key(w, key);
	jsonw_array(w);
	for (; *list; list++)
		jsonw_str(w, *list);
	jsonw_end(w);
}

static void
put_fact(struct jsonw *w, const char *key, enum model_fact fact)
{
	if (fact != MODEL_UNKNOWN)
		jsonw_kbool(w, key, fact == MODEL_YES);
}

static void
put_bits(struct jsonw *w, const char *key, unsigned bits, const char *const *words)
{
	size_t i;

	jsonw_key(w, key);
	jsonw_array(w);
	for (i = 0; words[i]; i++)
		if (bits & 1U << i)
			jsonw_str(w, words[i]);
	jsonw_end(w);
}

void
model_write(const struct model *m, const char *live, struct buf *out)
{
	static const char *const schemas[] = { NULL, "none", "tool", "native" };
	struct jsonw w;

	jsonw_start(&w, out);
	jsonw_object(&w);
	jsonw_kstr(&w, "type", "model");
	jsonw_kstr(&w, "provider", m->provider);
	jsonw_kstr(&w, "id", m->id);
	put_text(&w, "name", m->name);
	put_list(&w, "aliases", m->aliases);
	jsonw_kstr(&w, "kind", m->kind);
	put_count(&w, "contextWindow", m->context_window);
	put_count(&w, "maxInput", m->max_input);
	put_count(&w, "maxOutput", m->max_output);
	put_count(&w, "dimensions", m->dimensions);
	put_bits(&w, "input", m->input, model_media);
	put_bits(&w, "output", m->output, model_media);
	if (m->reasoning)
		put_bits(&w, "reasoning", m->reasoning, model_reasonings);
	put_list(&w, "efforts", m->efforts);
	put_fact(&w, "reasoningOff", m->reasoning_off);
	put_fact(&w, "tools", m->tools);
	put_text(&w, "schema", schemas[m->schema]);
	put_list(&w, "refuses", m->refuses);
	put_fact(&w, "prefill", m->prefill);
	put_count(&w, "cacheMinTokens", m->cache_min_tokens);
	put_text(&w, "released", m->released);
	if (m->preview)
		jsonw_kbool(&w, "preview", true);
	if (m->deprecated)
		jsonw_kbool(&w, "deprecated", true);
	put_text(&w, "deprecationDate", m->deprecation_date);
	put_text(&w, "replacement", m->replacement);
	put_text(&w, "note", m->note);
	put_text(&w, "asOf", m->as_of);
	put_text(&w, "live", live);
	jsonw_end(&w);
}
