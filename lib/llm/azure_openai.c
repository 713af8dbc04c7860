/* SPDX-License-Identifier: MIT */
/* azure_openai - chat completions at Azure's door, where a model is called by its deployment. */
#include "llm/openai_chat.h"

static bool
has(const struct buf *text, const char *part)
{
	return strstr(text->p, part) != NULL;
}

/* The newer API, which has no dated versions: that is the one spoken where none is told. */
static bool
is_v1(const struct provider *p, const struct buf *base)
{
	return str_ends(buf_str(base), "/v1") || !p->version || !*p->version ||
	       strcmp(p->version, "v1") == 0 || strcmp(p->version, "preview") == 0 ||
	       strcmp(p->version, "latest") == 0;
}

/*
 * Bases come in many forms: the resource, which the deployment's path is put behind; with
 * "/openai" or "/openai/v1"; down to the deployment; "/models", where a resource's other models
 * are called by the name in the body.
 */
static int
address(const struct build *b, struct wire *wire, struct err *err)
{
	const struct provider *p = b->provider;
	const char *deployment = p->place[PLACE_DEPLOYMENT];
	struct buf *url = &wire->url, query = BUF_INIT(BUF_UNLIMITED);
	bool whole, v1;

	(void)err; /* nothing can be wrong */
	provider_base(p, url, &query);
	whole = str_ends(buf_str(url), "/models") || has(url, "/deployments/");
	v1 = !whole && is_v1(p, url);
	if (!whole && !str_ends(buf_str(url), "/v1") && !str_ends(buf_str(url), "/openai"))
		buf_adds(url, "/openai");
	if (v1 && !str_ends(buf_str(url), "/v1")) {
		buf_adds(url, "/v1");
	} else if (!v1 && !whole) {
		buf_adds(url, "/deployments/");
		wire_escape(url, deployment ? str_of(deployment) : b->model, "");
	}
	if (!str_ends(buf_str(url), "/chat/completions"))
		buf_adds(url, "/chat/completions");
	if (p->version && *p->version && !has(&query, "api-version=") &&
	    (!v1 || strcmp(p->version, "preview") == 0 || strcmp(p->version, "latest") == 0)) {
		buf_adds(&query, query.len ? "&api-version=" : "api-version=");
		wire_escape(&query, str_of(p->version), "");
	}
	if (query.len) {
		buf_addc(url, '?');
		buf_addstr(url, buf_str(&query));
	}
	buf_release(&query);
	openai_key(b, wire);
	wire->framing = b->request->options.stream ? FRAME_SSE : FRAME_WHOLE;
	return 0;
}

const struct dialect dialect_azure_openai = {
	.name = "azure-openai",
	.maker = "openai-chat", /* whose format it is */
	.address = address,
	.build = openai_chat_build,
	.event = openai_chat_event,
	.raw = openai_chat_raw,
	.body = openai_chat_body,
};
