/* SPDX-License-Identifier: MIT */
/* vertex - Google's and Anthropic's models at Vertex AI: their formats, its doors. */
#include "llm/anthropic.h"
#include "llm/dialect.h"
#include "llm/gemini.h"

#define ANTHROPIC_VERSION "vertex-2023-10-16"

static const char *
location_of(const struct provider *p)
{
	return p->place[PLACE_LOCATION] ? p->place[PLACE_LOCATION] : "global";
}

/* A region has a host of its own, "global" has the bare one, and so has each multi-region. */
static void
base(const struct provider *p, struct buf *out)
{
	const char *location = location_of(p);

	if (strcmp(location, "global") == 0)
		buf_adds(out, "https://aiplatform.googleapis.com");
	else if (strcmp(location, "us") == 0 || strcmp(location, "eu") == 0)
		buf_addf(out, "https://aiplatform.%s.rep.googleapis.com", location);
	else
		buf_addf(out, "https://%s-aiplatform.googleapis.com", location);
}

/* API keys (express mode) bear these marks; all else is an access token. */
static bool
is_api_key(const char *key)
{
	return key && (str_starts(str_of(key), "AIza") || str_starts(str_of(key), "AQ."));
}

/* "/projects/P/locations/L/publishers/WHOSE/models/NAME:VERB". A key of express mode needs no
 * project; a name that holds a slash ("endpoints/123") is a path itself. */
static int
address(
    const struct build *b, const char *models, const char *verb, struct wire *w, struct err *err)
{
	const char *project = b->provider->place[PLACE_PROJECT];
	struct buf path = BUF_INIT(BUF_UNLIMITED);
	int r = 0;

	if (!is_api_key(b->key) && provider_need(b->provider, PLACE_PROJECT, err) < 0)
		return -1;
	if (project) {
		buf_adds(&path, "/projects/");
		r = wire_segment(&path, str_of(project), err);
		buf_adds(&path, "/locations/");
		buf_addurl(&path, str_of(location_of(b->provider)), "");
	}
	if (r == 0)
		r = wire_model(&path, models, b->model, err);
	buf_adds(&path, verb);
	if (r == 0)
		provider_url(b->provider, path.p, &w->url);
	buf_release(&path);
	if (is_api_key(b->key))
		http_headers_set(&w->headers, "x-goog-api-key", b->key);
	else
		wire_bearer(w, b->key);
	w->framing = b->request->options.stream ? FRAME_SSE : FRAME_WHOLE;
	return r;
}

/* --- Gemini --- */

static int
gemini_door_address(const struct build *b, struct wire *w, struct err *err)
{
	if (str_starts(b->model, "claude-"))
		return err_set(err, EXIT_NO,
		    "%s speaks Gemini's format: Claude is at vertex-anthropic:%.*s",
		    b->provider->name, (int)b->model.len, b->model.p);
	return address(
	    b, "/publishers/google/models", gemini_verb(b->request->options.stream), w, err);
}

static int
gemini_door_build(const struct build *b, struct wire *w, struct err *err)
{
	return gemini_build_for(GEMINI_VERTEX, b, w, err);
}

static void
gemini_door_event(struct answer *a, struct str name, struct json data)
{
	(void)name; /* events are unnamed */
	gemini_event(GEMINI_VERTEX, a, data);
}

static void
gemini_door_body(struct answer *a, struct json body)
{
	gemini_event(GEMINI_VERTEX, a, body);
	gemini_closed(a);
}

const struct dialect dialect_vertex_gemini = {
	.name = "vertex-gemini",
	.maker = "gemini",
	.version = "/v1beta1", /* its v1 lacks JSON Schema */
	.base = base,
	.address = gemini_door_address,
	.means = gemini_means,
	.build = gemini_door_build,
	.ceiling = &gemini_ceiling,
	.event = gemini_door_event,
	.body = gemini_door_body,
	.closed = gemini_closed,
};

/* --- Anthropic --- */

static int
anthropic_door_address(const struct build *b, struct wire *w, struct err *err)
{
	return address(b, "/publishers/anthropic/models",
	    b->request->options.stream ? ":streamRawPredict" : ":rawPredict", w, err);
}

static int
anthropic_door_build(const struct build *b, struct wire *w, struct err *err)
{
	return anthropic_build_versioned(ANTHROPIC_VERSION, b, w, err);
}

const struct dialect dialect_vertex_anthropic = {
	.name = "vertex-anthropic",
	.maker = "anthropic",
	.version = "/v1",
	.base = base,
	.address = anthropic_door_address,
	.means = anthropic_means,
	.build = anthropic_door_build,
	.ceiling = &anthropic_ceiling,
	.room = anthropic_room,
	.event = anthropic_event,
	.body = anthropic_body,
};
