/* SPDX-License-Identifier: MIT */
/* echo - a turn that was read must go back as it came: signatures, blocks of the provider's own and
 * all. */
#include <stdlib.h>

#include "base/mem.h"
#include "json/jsonw.h"
#include "recorded/recorded.h"

/* Where the assistant's turn lies in a response, and in the request that goes on from it. */
static const struct place {
	const char *words, *answered, *sent;
} places[] = {
	{ "anthropic", "content", "messages.1.content" },
	{ "gemini", "candidates.0.content.parts", "contents.1.parts" },
	{ "chat", "choices.0.message", "messages.1" },
	{ "ollama", "message", "messages.1" },
	{ "bedrock", "output.message.content", "messages.1.content" },
	{ "cohere", "message", "messages.1" },
	{ "responses", "output", "input" },
};

static const struct place *
place_of(const struct recorded *c)
{
	size_t i = 0;

	while (strcmp(places[i].words, c->words) != 0)
		i++;
	return &places[i];
}

/* The request that goes on from the record's parts. */
static void
write_next(const struct buf *record, struct buf *out)
{
	struct err err = ERR_INIT;
	struct json v = JSON_ABSENT;
	struct jsonw w;

	if (json_parse(record->p, record->len, &v, &err) < 0)
		return; /* said already */
	jsonw_start(&w, out);
	jsonw_object(&w);
	jsonw_kstr(&w, "model", "model");
	jsonw_key(&w, "messages");
	jsonw_array(&w);
	jsonw_object(&w);
	jsonw_kstr(&w, "role", "user");
	jsonw_kstr(&w, "content", "hi");
	jsonw_end(&w);
	jsonw_object(&w);
	jsonw_kstr(&w, "role", "assistant");
	jsonw_key(&w, "content");
	if (json_exists(json_get(v, "parts")))
		jsonw_json(&w, json_get(v, "parts"));
	else
		jsonw_str(&w, "");
	jsonw_end(&w);
	if (json_count(
		json_get(v, "parts"))) { /* else it is not there, and the next is in its place */
		jsonw_object(&w);
		jsonw_kstr(&w, "role", "user"); /* so that it is no answer to be gone on with */
		jsonw_kstr(&w, "content", "go on");
		jsonw_end(&w);
	}
	jsonw_end(&w);
	jsonw_end(&w);
}

/* echo(v), which drops what need not come back. */
static bool
run_echo(
    const struct recorded *c, struct json v, struct buf *hold, struct json *out, struct buf *why)
{
	return recorded_run(c, "echo", v.kind ? v : json_literal("null"), hold, out, why);
}

static void
compare(const struct recorded *c, struct json came, struct json went, struct buf *why)
{
	struct buf hold[2] = { BUF_INIT(BUF_UNLIMITED), BUF_INIT(BUF_UNLIMITED) };
	struct json want, have;

	if (run_echo(c, came, &hold[0], &want, why) && run_echo(c, went, &hold[1], &have, why) &&
	    !json_equal(want, have))
		buf_addf(
		    why, "# it goes back as %.600s, it came as %.600s\n", hold[1].p, hold[0].p);
	buf_release(&hold[0]);
	buf_release(&hold[1]);
}

void
recorded_check_echo(const struct recorded *c, const struct buf *record, struct buf *why)
{
	char base[] = "https://api.example", project[] = "project";
	struct provider provider = { .name = c->provider,
		.dialect = c->dialect,
		.base_url = base,
		.place = { [PLACE_PROJECT] = project } };
	struct request_defaults none = { .options = JSON_ABSENT };
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct json response, next, body;
	struct err err = ERR_INIT;
	struct answer warnings;
	struct request r;
	struct build b = { .request = &r, .provider = &provider, .answer = &warnings };
	struct wire w;

	if (c->framing || c->status >= 300 ||
	    json_parse(c->response.p, c->response.len, &response, &err) < 0)
		return;
	answer_init(&warnings, NULL, NULL);
	wire_init(&w);
	write_next(record, &text);
	if (json_parse(text.p, text.len, &next, &err) < 0 ||
	    request_read(&r, next, &none, &err) < 0) {
		buf_addf(why, "# its parts are no turn: %s\n", err.text);
		goto out;
	}
	b.model = r.model;
	if (dialect_build(&b, &w, &err) < 0 || json_parse(w.body.p, w.body.len, &body, &err) < 0)
		buf_addf(why, "# its parts don't go back: %s\n", err.text);
	else
		compare(c, json_find(response, place_of(c)->answered),
		    json_find(body, place_of(c)->sent), why);
out:
	buf_release(&text);
	wire_release(&w);
	answer_release(&warnings);
}
