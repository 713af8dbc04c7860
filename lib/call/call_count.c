/* SPDX-License-Identifier: MIT */
/* call_count - calls that ask how many tokens a request is, and not for an answer to it. */
#include "call/call_state.h"
#include "json/jsonw.h"
#include "llm/count.h"
#include "llm/model.h"
#include "llm/tokens.h"

bool
call_is_estimated(const struct call *c)
{
	enum call_count count = c->caller->config->count;

	return count == CALL_ESTIMATE || (count == CALL_COUNT && !count_can(c->provider));
}

const struct dialect *
call_dialect(const struct call *c)
{
	if (c->batch)
		return &embed_reader;
	return c->caller->config->count ? &count_reader : c->provider->dialect;
}

/* Whether it fits into the model, with the longest answer that it allows. */
static void
put_fits(struct jsonw *w, const struct call *c, const struct model *m, int64_t in)
{
	int64_t out = c->request.options.max_tokens;
	bool fits;

	if (!m || !m->context_window) {
		jsonw_key(w, "fits");
		jsonw_null(w);
		return;
	}
	fits = in <= (m->max_input ? m->max_input : m->context_window);
	if (out != OPTION_UNSET)
		fits = fits && in + out <= m->context_window;
	jsonw_ki64(w, "contextWindow", m->context_window);
	if (m->max_input)
		jsonw_ki64(w, "maxInput", m->max_input);
	jsonw_kbool(w, "fits", fits);
}

static void
put_tokens(struct jsonw *w, const struct call *c, int64_t *in)
{
	struct tokens t;

	if (!call_is_estimated(c)) {
		*in = c->answer.usage.in;
		jsonw_ki64(w, "tokensIn", *in);
		jsonw_kstr(w, "source", "provider");
		return;
	}
	t = tokens_estimate(&c->request, c->model);
	*in = t.in;
	jsonw_ki64(w, "tokensIn", t.in);
	jsonw_kstr(w, "source", "estimated");
	jsonw_key(w, "range");
	jsonw_array(w);
	jsonw_i64(w, t.low);
	jsonw_i64(w, t.high);
	jsonw_end(w);
}

void
call_write_count(const struct call *c, struct buf *out)
{
	struct err err = ERR_INIT; /* a file that can't be read leaves "fits" unknown */
	const struct model *m = c->caller->config->models ? model_for(c->caller->config->models,
								c->provider, c->model, &err)
							  : NULL;
	struct jsonw w;
	int64_t in;

	jsonw_start(&w, out);
	jsonw_object(&w);
	jsonw_kstr(&w, "type", "tokens");
	if (c->id.len) {
		jsonw_key(&w, "id");
		jsonw_raw(&w, buf_str(&c->id));
	}
	jsonw_kstr(&w, "provider", c->provider->name);
	jsonw_kstrn(&w, "model", c->model);
	put_tokens(&w, c, &in);
	put_fits(&w, c, m, in);
	jsonw_kjson_opt(&w, "tags", c->request.tags);
	jsonw_kjson_opt(&w, "meta", c->request.meta);
	jsonw_end(&w);
}
