/* SPDX-License-Identifier: MIT */
/* gemini - read what Gemini's generateContent and streamGenerateContent answer. */
#include "llm/gemini.h"

#include "base/mem.h"
#include "json/jsonw.h"

static const struct stop_row stops[] = {
	{ "STOP", STOP_END },
	{ "MAX_TOKENS", STOP_LENGTH },
	{ "SAFETY", STOP_FILTER },
	{ "RECITATION", STOP_FILTER },
	{ "BLOCKLIST", STOP_FILTER },
	{ "PROHIBITED_CONTENT", STOP_FILTER },
	{ "SPII", STOP_FILTER },
	{ "IMAGE_SAFETY", STOP_FILTER },
	{ "IMAGE_PROHIBITED_CONTENT", STOP_FILTER },
	{ "IMAGE_RECITATION", STOP_FILTER },
	{ "MODEL_ARMOR", STOP_FILTER },
	{ "MALFORMED_FUNCTION_CALL", STOP_ERROR },
	{ "UNEXPECTED_TOOL_CALL", STOP_ERROR },
	{ "TOO_MANY_TOOL_CALLS", STOP_ERROR },
	{ "MISSING_THOUGHT_SIGNATURE", STOP_ERROR },
	{ "MALFORMED_RESPONSE", STOP_ERROR },
	{ "LANGUAGE", STOP_ERROR },
	{ "NO_IMAGE", STOP_ERROR },
	{ "IMAGE_OTHER", STOP_ERROR },
	{ NULL, STOP_NONE },
};

/* Some clients' proxies print the enum's numbers, which part beyond 5. */
enum { NUMBERS = 17 };
static const char *const stop_numbers[][NUMBERS] = {
	[GEMINI_STUDIO] = { NULL, "STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "OTHER", "LANGUAGE",
	    "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MALFORMED_FUNCTION_CALL", "IMAGE_SAFETY" },
	[GEMINI_VERTEX] = { NULL, "STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "OTHER",
	    "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MALFORMED_FUNCTION_CALL", "MODEL_ARMOR",
	    "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "IMAGE_OTHER",
	    "UNEXPECTED_TOOL_CALL", "NO_IMAGE" },
};

struct gemini_state {
	int64_t prompt, tool_use, candidates, thoughts;
	int64_t calls; /* function calls so far: each has its number as key */
	bool call_open; /* the last one's arguments are still coming */
	bool failed_without_output; /* finish reason OTHER */
};

static struct gemini_state *
state_of(struct answer *a)
{
	struct gemini_state *s = a->dialect_state;

	if (!s) {
		s = xcalloc(1, sizeof *s);
		s->prompt = s->tool_use = s->candidates = s->thoughts = TOKENS_UNKNOWN;
		a->dialect_state = s;
	}
	return s;
}

/* Each chunk restates the counts so far, some chunks only some of them. */
static void
read_usage(struct answer *a, struct json usage)
{
	struct gemini_state *s = state_of(a);

	usage_set(&s->prompt, json_get(usage, "promptTokenCount"));
	usage_set(&s->tool_use, json_get(usage, "toolUsePromptTokenCount"));
	usage_set(&s->candidates, json_get(usage, "candidatesTokenCount"));
	usage_set(&s->thoughts, json_get(usage, "thoughtsTokenCount"));
	usage_set(&a->usage.cache_read, json_get(usage, "cachedContentTokenCount"));
	a->usage.in = s->prompt;
	if (s->tool_use > 0)
		usage_add(&a->usage.in, s->tool_use);
	a->usage.out = s->candidates;
	if (s->thoughts > 0)
		usage_add(&a->usage.out, s->thoughts);
	a->usage.reasoning = s->thoughts;
}

/* A signed part is a part of its own, also where it holds no text: the signature has to come back
 * on it. */
static void
read_text(struct answer *a, struct json part, struct json text)
{
	struct json signature = json_get(part, "thoughtSignature");
	enum part_type type = json_is_true(json_get(part, "thought")) ? PART_REASONING : PART_TEXT;
	struct part *own;

	if (signature.kind != JSON_STRING) {
		(void)answer_text(a, type, KEY_NONE, text);
		return;
	}
	own = answer_part(a, type, KEY_NONE);
	(void)answer_text(a, type, KEY_NONE, text);
	part_opaque(own, signature);
	answer_seal(a);
}

static void
read_media(struct answer *a, struct json part, struct json data)
{
	struct json mime = json_get(data, "mimeType");
	enum part_type type = PART_FILE;
	struct str media = STR_NONE;
	struct part *own;

	(void)json_plain(mime, &media);
	if (str_starts(media, "image/"))
		type = PART_IMAGE;
	else if (str_starts(media, "audio/"))
		type = PART_AUDIO;
	else if (str_starts(media, "video/"))
		type = PART_VIDEO;
	own = answer_part(a, type, KEY_NONE);
	if (!own)
		return;
	json_text(mime, &own->media_type);
	json_text(json_get(data, "data"), &own->text);
	own->hidden = json_is_true(json_get(part, "thought"));
	part_opaque(own, json_get(part, "thoughtSignature"));
	answer_seal(a);
	a->output_seen = true;
}

/* The id that a call lacks, the same whenever the same bytes are read. */
static struct json
made_id(struct answer *a, struct buf *hold)
{
	struct buf id = BUF_INIT(ANSWER_TEXT_MAX);
	struct json v;

	buf_adds(&id, GEMINI_ID_PREFIX);
	if (a->response_id.len) {
		buf_addstr(&id, buf_str(&a->response_id));
		buf_addc(&id, '-');
	}
	buf_addi(&id, state_of(a)->calls);
	v = jsonw_quoted(hold, buf_str(&id));
	buf_release(&id);
	return v;
}

/* The pieces of the open call's arguments are put together in its value; when the last has come
 * they are the arguments. */
static void
continue_call(struct answer *a, struct json call)
{
	struct gemini_state *s = state_of(a);
	struct part *part = answer_find(a, PART_TOOL_CALL, s->calls);
	struct json_iter it = json_each(json_get(call, "partialArgs"));
	struct json arguments;
	struct err err = ERR_INIT;

	if (!part)
		return;
	while (json_next(&it)) {
		if (!gemini_args_add(&part->value, it.value))
			answer_fail(
			    a, ERROR_PROTOCOL, "a function call's partialArgs: %.80s", err.text);
	}
	if (json_is_true(json_get(call, "willContinue")))
		return;
	s->call_open = false;
	if (part->value.len && json_parse(part->value.p, part->value.len, &arguments, &err) == 0)
		(void)answer_tool(a, s->calls, JSON_ABSENT, JSON_ABSENT, arguments);
	buf_reset(&part->value);
}

static void
read_call(struct answer *a, struct json part, struct json call)
{
	struct gemini_state *s = state_of(a);
	struct json name = json_get(call, "name"), id = json_get(call, "id");
	struct buf hold = BUF_INIT(ANSWER_TEXT_MAX);
	struct part *own;

	if (!s->call_open || name.kind == JSON_STRING) {
		s->calls++;
		if (id.kind != JSON_STRING || json_is_empty_string(id))
			id = made_id(a, &hold);
		own = answer_tool(a, s->calls, id, name, json_get(call, "args"));
		part_opaque(own, json_get(part, "thoughtSignature"));
		s->call_open = json_is_true(json_get(call, "willContinue"));
	}
	if (s->call_open || json_exists(json_get(call, "partialArgs")) || name.kind != JSON_STRING)
		continue_call(a, call);
	buf_release(&hold);
}

static void
read_part(struct answer *a, struct json part)
{
	struct json v;

	if ((v = json_get(part, "text")).kind == JSON_STRING)
		read_text(a, part, v);
	else if ((v = json_get(part, "functionCall")).kind == JSON_OBJECT)
		read_call(a, part, v);
	else if ((v = json_get(part, "inlineData")).kind == JSON_OBJECT)
		read_media(a, part, v);
	else if (json_count(part))
		(void)answer_provider_block(a, KEY_NONE, part);
}

static void
read_finish(enum gemini_door door, struct answer *a, struct json candidate)
{
	struct json reason = json_get(candidate, "finishReason"),
		    message = json_get(candidate, "finishMessage");
	struct buf hold = BUF_INIT(ANSWER_TEXT_MAX), text = BUF_INIT(ANSWER_TEXT_MAX);
	int64_t n = 0;

	if (json_i64(reason, &n)) {
		if (n <= 0)
			reason = JSON_ABSENT; /* unspecified: it goes on */
		else if (n < NUMBERS && stop_numbers[door][n])
			reason = jsonw_quoted(&hold, str_of(stop_numbers[door][n]));
		else
			reason = jsonw_quoted(&hold, json_raw(reason));
	}
	if (!json_exists(reason) || json_eq(reason, "FINISH_REASON_UNSPECIFIED"))
		goto out;
	answer_stop(a, stops, reason);
	json_text(message, &text);
	if (a->stop == STOP_ERROR || (a->stop == STOP_OTHER && !a->output_seen))
		answer_fail(a, ERROR_SERVER, "the model gave up (%s)%s%.200s", a->stop_raw.p,
		    text.len ? ": " : "", text.p);
out:
	buf_release(&text);
	buf_release(&hold);
}

static void
read_candidate(enum gemini_door door, struct answer *a, struct json candidate)
{
	struct json_iter it = json_each(json_find(candidate, "content.parts"));
	int64_t index = 0;

	(void)json_i64(json_get(candidate, "index"), &index); /* absent: the first */
	if (index != 0)
		return;
	while (json_next(&it))
		read_part(a, it.value);
	gemini_citations(a, candidate);
	read_finish(door, a, candidate);
}

/* A blocked prompt is refused before there is any answer. */
static void
read_feedback(struct answer *a, struct json feedback, struct json candidates)
{
	struct json reason = json_get(feedback, "blockReason"),
		    message = json_get(feedback, "blockReasonMessage");
	struct buf text = BUF_INIT(ANSWER_TEXT_MAX);

	if (json_count(candidates) || a->output_seen ||
	    (!json_exists(reason) && !json_exists(message)))
		return;
	buf_adds(&text, "the prompt was blocked");
	if (json_exists(reason)) {
		buf_adds(&text, ": ");
		json_text(reason, &text);
	}
	if (json_exists(message)) {
		buf_adds(&text, ": ");
		json_text(message, &text);
	}
	answer_fail(a, ERROR_CONTENT_FILTER, "%.400s", text.p);
	buf_release(&text);
}

void
gemini_event(enum gemini_door door, struct answer *a, struct json data)
{
	struct json candidates = json_get(data, "candidates");
	struct json_iter it;

	if (json_exists(json_get(data, "error"))) {
		answer_error_json(a, 0, data);
		return;
	}
	answer_response_id(a, json_get(data, "responseId"));
	answer_model(a, json_get(data, "modelVersion"));
	for (it = json_each(candidates); json_next(&it);)
		read_candidate(door, a, it.value);
	read_feedback(a, json_get(data, "promptFeedback"), candidates);
	read_usage(a, json_get(data, "usageMetadata"));
}

/* No event says that it is the last one: the end is proven by a finish reason and the transport. */
void
gemini_closed(struct answer *a)
{
	if (state_of(a)->call_open)
		answer_fail(a, ERROR_PROTOCOL, "a function call was left open");
	else if (a->choice_done)
		answer_end(a);
}

static void
event(struct answer *a, struct str name, struct json data)
{
	(void)name; /* events are unnamed */
	gemini_event(GEMINI_STUDIO, a, data);
}

static void
body(struct answer *a, struct json data)
{
	gemini_event(GEMINI_STUDIO, a, data);
	gemini_closed(a);
}

/* In both spellings of protobuf's JSON form. */
static const char *const token_members[] = { "generationConfig.maxOutputTokens",
	"generationConfig.max_output_tokens", "generation_config.maxOutputTokens",
	"generation_config.max_output_tokens", NULL };
static const char *const answer_members[] = { "generationConfig.candidateCount",
	"generationConfig.candidate_count", "generation_config.candidateCount",
	"generation_config.candidate_count", NULL };
static const char *const price_members[] = { "tools", "tools+", "cachedContent", "cached_content",
	"serviceTier", "service_tier", "generationConfig.responseModalities",
	"generationConfig.response_modalities", "generation_config.responseModalities",
	"generation_config.response_modalities", NULL };
const struct dialect_ceiling gemini_ceiling = { token_members, answer_members, price_members };

const struct dialect dialect_gemini = {
	.name = "gemini",
	.version = "/v1beta",
	.address = gemini_address,
	.means = gemini_means,
	.build = gemini_build,
	.ceiling = &gemini_ceiling,
	.event = event,
	.body = body,
	.closed = gemini_closed,
};
