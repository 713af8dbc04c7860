/* SPDX-License-Identifier: MIT */
/* azure_openai - chat completions at Azure's door, where a model is called by its deployment. */
#include "llm/openai_chat.h"

/* What a base URL goes down to already. */
enum depth { DEPTH_RESOURCE, DEPTH_OPENAI, DEPTH_V1, DEPTH_MODELS, DEPTH_DEPLOYMENT };

static enum depth
depth_of(const struct buf *base)
{
	if (strstr(base->p, "/deployments/"))
		return DEPTH_DEPLOYMENT;
	if (str_ends(buf_str(base), "/models"))
		return DEPTH_MODELS;
	if (str_ends(buf_str(base), "/v1"))
		return DEPTH_V1;
	return str_ends(buf_str(base), "/openai") ? DEPTH_OPENAI : DEPTH_RESOURCE;
}

/* The versions of the newer API that have names; it can be called without one too, and then it is
 * the one that is spoken where none is told. */
static bool
is_named(const char *version)
{
	return strcmp(version, "preview") == 0 || strcmp(version, "latest") == 0;
}

static bool
is_dated(const char *version)
{
	return *version && strcmp(version, "v1") != 0 && !is_named(version);
}

/* From where the base ends to the deployment; "/models" has none, its models are in the body. */
static int
add_path(const struct build *b, const char *version, struct buf *url, struct err *err)
{
	const char *deployment = b->provider->place[PLACE_DEPLOYMENT];
	enum depth depth = depth_of(url);
	int r = 0;

	if (depth == DEPTH_RESOURCE)
		buf_adds(url, "/openai");
	if (depth <= DEPTH_OPENAI && is_dated(version)) {
		buf_adds(url, "/deployments/");
		r = wire_segment(url, deployment ? str_of(deployment) : b->model, err);
	} else if (depth <= DEPTH_OPENAI) {
		buf_adds(url, "/v1");
	}
	if (!str_ends(buf_str(url), "/chat/completions"))
		buf_adds(url, "/chat/completions");
	return r;
}

static int
address(const struct build *b, struct wire *wire, struct err *err)
{
	const char *version = b->provider->version ? b->provider->version : "";
	struct buf *url = &wire->url, query = BUF_INIT(BUF_UNLIMITED);
	bool v1;
	int r;

	provider_base(b->provider, url, &query);
	v1 = depth_of(url) == DEPTH_V1;
	r = add_path(b, version, url, err);
	if (((is_dated(version) && !v1) || is_named(version)) && !strstr(query.p, "api-version=")) {
		buf_adds(&query, query.len ? "&api-version=" : "api-version=");
		buf_addurl(&query, str_of(version), "");
	}
	if (query.len) {
		buf_addc(url, '?');
		buf_addstr(url, buf_str(&query));
	}
	buf_release(&query);
	openai_key(b, wire);
	wire->framing = b->request->options.stream ? FRAME_SSE : FRAME_WHOLE;
	return r;
}

const struct dialect dialect_azure_openai = {
	.name = "azure-openai",
	.maker = "openai-chat", /* whose format it is */
	.address = address,
	.means = openai_means,
	.build = openai_chat_build,
	.ceiling = &openai_chat_ceiling,
	.event = openai_chat_event,
	.raw = openai_chat_raw,
	.body = openai_chat_body,
};
