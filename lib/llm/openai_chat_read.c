/* SPDX-License-Identifier: MIT */
/* openai_chat_read - what chat completions answer, streamed or whole. */
#include "llm/check.h"
#include "llm/openai_chat.h"

/* Keys of parts that have no index of their own; KEY_NONE is -1. */
enum { KEY_FUNCTION = -2, KEY_AUDIO = -3, KEY_FILES = -4 };

static const struct stop_row stops[] = {
	{ "stop", STOP_END },
	{ "eos", STOP_END }, /* Together */
	{ "eos_token", STOP_END }, /* TGI */
	{ "end_turn", STOP_END }, /* gateways to Anthropic */
	{ "COMPLETE", STOP_END }, /* Cohere */
	{ "stop_sequence", STOP_STOP },
	{ "length", STOP_LENGTH },
	{ "max_tokens", STOP_LENGTH },
	{ "MAX_TOKENS", STOP_LENGTH },
	{ "model_length", STOP_LENGTH }, /* Mistral: the model's own limit */
	{ "model_context_window_exceeded", STOP_LENGTH },
	{ "tool_calls", STOP_TOOL },
	{ "tool_use", STOP_TOOL },
	{ "function_call", STOP_TOOL },
	{ "content_filter", STOP_FILTER },
	{ "sensitive", STOP_FILTER }, /* Z.ai */
	{ "SAFETY", STOP_FILTER },
	{ "refusal", STOP_REFUSAL },
	{ "pause_turn", STOP_PAUSE },
	{ "error", STOP_ERROR }, /* OpenRouter */
	{ "network_error", STOP_ERROR }, /* Z.ai */
	{ "insufficient_system_resource", STOP_ERROR }, /* DeepSeek */
	{ "abort", STOP_ERROR }, /* vLLM, SGLang */
	{ NULL, STOP_NONE },
};

static bool
says_something(struct json v)
{
	return v.kind == JSON_STRING && !json_is_empty_string(v);
}

/* Text of reasoning, and in which member it came, so that it can go back there. */
static void
read_reasoning_text(struct answer *a, struct json text, const char *field)
{
	struct part *part = answer_text(a, PART_REASONING, KEY_NONE, text);
	struct jsonw w;

	if (!part)
		return;
	openai_chat_state(a)->told = true;
	if (part->opaque.len)
		return;
	jsonw_start(&w, &part->opaque);
	jsonw_object(&w);
	jsonw_kstr(&w, "field", field);
	jsonw_end(&w);
}

/* Reasoning comes as text, in details, or as both: then it is read once. */
static void
read_reasoning(struct answer *a, struct json text, const char *field, struct json details)
{
	struct json_iter it = json_each(details);

	if (says_something(text))
		read_reasoning_text(a, text, field);
	if (details.kind != JSON_ARRAY || openai_chat_state(a)->told)
		return;
	while (json_next(&it)) {
		(void)answer_text(a, PART_REASONING, KEY_NONE, json_get(it.value, "text"));
		(void)answer_text(a, PART_REASONING, KEY_NONE, json_get(it.value, "summary"));
	}
}

/* A reference comes right behind the words that rest on it. */
static void
read_reference(struct answer *a, struct json piece)
{
	struct json tool = json_get(piece, "tool");

	if (!json_eq(json_get(piece, "type"), "reference") && !json_exists(tool))
		return;
	answer_cite(a, answer_find(a, PART_TEXT, KEY_NONE),
	    &(struct cited){
		.url = json_get(piece, "url"),
		.title = json_get(piece, "title"),
		.unit = CITED_PART,
		.value = piece,
	    });
}

/* Mistral's content in pieces: text, thinking, references. */
static void
read_content_piece(struct answer *a, struct json piece)
{
	struct json thinking = json_get(piece, "thinking");
	struct json_iter it = json_each(thinking);
	const char *field = "thinking";

	if (thinking.kind == JSON_STRING)
		read_reasoning_text(a, thinking, field);
	while (json_next(&it))
		read_reasoning_text(a, json_get(it.value, "text"), field);
	if (json_exists(thinking))
		return;
	if (json_get(piece, "text").kind == JSON_STRING) {
		(void)answer_text(a, PART_TEXT, KEY_NONE, json_get(piece, "text"));
	} else if (piece.kind == JSON_STRING) {
		(void)answer_text(a, PART_TEXT, KEY_NONE, piece);
	} else if (piece.kind == JSON_OBJECT) {
		read_reference(a, piece);
		(void)answer_provider_block(a, KEY_NONE, piece);
	}
}

static void
read_content(struct answer *a, struct json content)
{
	struct json_iter it = json_each(content);

	if (content.kind == JSON_STRING)
		(void)answer_text(a, PART_TEXT, KEY_NONE, content);
	else if (content.kind == JSON_ARRAY)
		while (json_next(&it))
			read_content_piece(a, it.value);
}

/* The media type that base64 data betrays in its first characters. */
static const char *
audio_type(struct str base64)
{
	static const struct {
		const char *start, *type;
	} rows[] = {
		{ "UklGR", "audio/wav" },
		{ "SUQz", "audio/mpeg" },
		{ "//", "audio/mpeg" },
		{ "T2dn", "audio/ogg" },
		{ "ZkxhQ", "audio/flac" },
	};
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (str_starts(base64, rows[i].start))
			return rows[i].type;
	}
	return "audio/pcm";
}

/* Sound, and its transcript, which is the visible text. */
static void
read_audio(struct answer *a, struct json audio)
{
	struct json id = json_get(audio, "id");
	struct part *part = answer_find(a, PART_AUDIO, KEY_AUDIO);
	struct jsonw w;

	(void)answer_text(a, PART_TEXT, KEY_NONE, json_get(audio, "transcript"));
	if (!part)
		part = answer_text(a, PART_AUDIO, KEY_AUDIO, json_get(audio, "data"));
	else
		(void)answer_text(a, PART_AUDIO, KEY_AUDIO, json_get(audio, "data"));
	if (!part)
		return;
	if (!part->media_type.len)
		buf_adds(&part->media_type, audio_type(buf_str(&part->text)));
	if (part->opaque.len || !says_something(id))
		return;
	jsonw_start(&w, &part->opaque);
	jsonw_object(&w);
	jsonw_key(&w, "audio");
	jsonw_object(&w);
	jsonw_kjson(&w, "id", id);
	jsonw_end(&w);
	jsonw_end(&w);
}

/* Pictures that a model made: data URIs, or else kept as they are. */
static void
read_image(struct answer *a, struct json image)
{
	struct str url;
	const char *comma;
	struct part *part;

	if (!json_plain(json_find(image, "image_url.url"), &url) || !str_starts(url, "data:") ||
	    !(comma = memchr(url.p, ',', url.len)) || comma - url.p < 12) {
		(void)answer_provider_block(a, KEY_NONE, image);
		return;
	}
	part = answer_part(a, PART_IMAGE, KEY_NONE);
	if (!part)
		return;
	buf_add(&part->media_type, url.p + 5, (size_t)(comma - url.p) - 5);
	if (str_ends(buf_str(&part->media_type), ";base64")) {
		part->media_type.len -= strlen(";base64");
		part->media_type.p[part->media_type.len] = '\0';
	}
	comma++;
	buf_add(&part->text, comma, url.len - (size_t)(comma - url.p));
	a->output_seen = true;
}

/* One entry of tool_calls. place: its position, for servers that number nothing in a whole body. */
static void
read_tool_call(struct answer *a, struct json call, int64_t place)
{
	struct json function = json_get(call, "function"), custom = json_get(call, "custom");
	struct json extra = json_get(call, "extra_content");
	bool is_custom = json_eq(json_get(call, "type"), "custom");
	struct part *part;
	int64_t key = place;

	if (is_custom || function.kind != JSON_OBJECT)
		function = custom;
	if (key == KEY_NONE)
		(void)json_i64(json_get(call, "index"), &key);
	part = answer_tool(a, key, json_get(call, "id"), json_get(function, "name"),
	    json_get(function, is_custom ? "input" : "arguments"));
	if (part && is_custom)
		part->custom_tool = true;
	if (part && extra.kind == JSON_OBJECT) {
		buf_reset(&part->opaque);
		buf_adds(&part->opaque, "{\"extra_content\":");
		buf_addstr(&part->opaque, json_raw(extra));
		buf_addc(&part->opaque, '}');
	}
}

/* The form before tools. Some servers print its empty members on every answer. */
static void
read_function_call(struct answer *a, struct json call)
{
	struct json name = json_get(call, "name"), arguments = json_get(call, "arguments");

	if (json_is_empty_string(name))
		name = JSON_ABSENT;
	if (json_is_empty_string(arguments))
		arguments = JSON_ABSENT;
	if (json_exists(name) || json_exists(arguments))
		(void)answer_tool(a, KEY_FUNCTION, JSON_ABSENT, name, arguments);
}

/* Sources of the text, and files that were read for it (OpenRouter): those are kept, once, since
 * they spare their reading when they go back. */
static void
read_annotations(struct answer *a, struct json list)
{
	struct json_iter it = json_each(list);
	struct buf block = BUF_INIT(BUF_UNLIMITED);
	struct jsonw w;

	while (json_next(&it))
		answer_cite_annotation(a, NULL, it.value);
	if (!json_eq(json_find(list, "0.type"), "file") || answer_find(a, PART_PROVIDER, KEY_FILES))
		return;
	jsonw_start(&w, &block);
	jsonw_object(&w);
	jsonw_kjson(&w, "annotations", list);
	jsonw_end(&w);
	(void)answer_provider_block(a, KEY_FILES, (struct json){ block.p, block.len, JSON_OBJECT });
	buf_release(&block);
}

/* The sources that a search found, told beside the choices: described, or else only addresses. */
static void
read_sources(struct answer *a, struct json results, struct json addresses)
{
	struct json_iter it = json_each(json_count(results) ? results : addresses);

	while (json_next(&it)) {
		bool bare = it.value.kind == JSON_STRING;

		answer_cite(a, NULL,
		    &(struct cited){
			.url = bare ? it.value : json_get(it.value, "url"),
			.title = json_get(it.value, "title"),
			.text = json_get(it.value, "snippet"),
			.value = bare ? JSON_ABSENT : it.value,
		    });
	}
}

enum {
	D_CONTENT,
	D_REASONING_CONTENT,
	D_REASONING,
	D_DETAILS,
	D_REFUSAL,
	D_TOOL_CALLS,
	D_FUNCTION_CALL,
	D_AUDIO,
	D_IMAGES,
	D_ANNOTATIONS,
	D_COUNT,
};

/* A message, or a piece of one. */
static void
read_delta(struct answer *a, struct json delta, bool whole)
{
	static const char *const names[D_COUNT] = { "content", "reasoning_content", "reasoning",
		"reasoning_details", "refusal", "tool_calls", "function_call", "audio", "images",
		"annotations" };
	struct json v[D_COUNT];
	struct json_iter it;
	int64_t place = 0;

	check_members(delta, names, v, D_COUNT);
	if (says_something(v[D_REASONING_CONTENT]))
		read_reasoning(a, v[D_REASONING_CONTENT], "reasoning_content", v[D_DETAILS]);
	else
		read_reasoning(a, v[D_REASONING], "reasoning", v[D_DETAILS]);
	if (v[D_DETAILS].kind == JSON_ARRAY)
		openai_chat_details(a, v[D_DETAILS], whole);
	read_content(a, v[D_CONTENT]);
	if (says_something(v[D_REFUSAL])) {
		(void)answer_text(a, PART_TEXT, KEY_NONE, v[D_REFUSAL]);
		openai_chat_state(a)->refused = true;
	}
	it = json_each(v[D_TOOL_CALLS]);
	while (json_next(&it))
		read_tool_call(a, it.value, whole ? place++ : KEY_NONE);
	if (v[D_FUNCTION_CALL].kind == JSON_OBJECT)
		read_function_call(a, v[D_FUNCTION_CALL]);
	if (v[D_AUDIO].kind == JSON_OBJECT)
		read_audio(a, v[D_AUDIO]);
	it = json_each(v[D_IMAGES]);
	while (json_next(&it))
		read_image(a, it.value);
	read_annotations(a, v[D_ANNOTATIONS]);
}

static void
read_finish(struct answer *a, struct json choice, struct json reason)
{
	struct json stopped_by = json_get(choice, "stop_reason"); /* vLLM: the stop string */

	answer_stop(a, stops, reason);
	if (!a->choice_done)
		return;
	if (a->stop == STOP_END && says_something(stopped_by))
		a->stop = STOP_STOP;
	if (a->stop == STOP_END && a->dialect_state && openai_chat_state(a)->refused)
		a->stop = STOP_REFUSAL;
	if (json_eq(reason, "insufficient_system_resource"))
		answer_fail(
		    a, ERROR_OVERLOADED, "the provider ran out of resources while answering");
}

/* One choice. position: where it stands, for servers that do not number them. */
static void
read_choice(struct answer *a, struct json choice, int64_t position, bool whole)
{
	static const char *const names[] = { "index", "delta", "message", "finish_reason", "text" };
	struct json v[5], said;

	check_members(choice, names, v, 5);
	(void)json_i64(v[0], &position);
	if (position != 0) {
		if (!openai_chat_state(a)->warned)
			answer_warn(a, "providerOptions.n", "only the first choice is carried");
		openai_chat_state(a)->warned = true;
		return;
	}
	/* A whole body may hold an empty delta beside its message, and a stream the message so far
	 * beside its delta (Perplexity). */
	said = whole ? v[2] : v[1];
	if (said.kind != JSON_OBJECT)
		said = whole ? v[1] : v[2];
	if (said.kind == JSON_OBJECT)
		read_delta(a, said, whole);
	else
		(void)answer_text(a, PART_TEXT, KEY_NONE, v[4]);
	read_finish(a, choice, v[3]);
}

enum {
	E_ID,
	E_MODEL,
	E_CHOICES,
	E_USAGE,
	E_ERROR,
	E_GROQ,
	E_CITATIONS,
	E_RESULTS,
	E_OBJECT,
	E_COUNT
};

/* What a chunk and a whole body have in common. Returns the number of choices. */
static size_t
read_object(struct answer *a, struct json data, bool whole)
{
	static const char *const names[E_COUNT] = { "id", "model", "choices", "usage", "error",
		"x_groq", "citations", "search_results", "object" };
	struct json v[E_COUNT];
	struct json_iter it;
	size_t n = 0;

	check_members(data, names, v, E_COUNT);
	answer_response_id(a, v[E_ID]);
	answer_model(a, v[E_MODEL]);
	it = json_each(v[E_CHOICES]);
	while (json_next(&it))
		read_choice(a, it.value, (int64_t)n++, whole);
	openai_usage(a, v[E_USAGE]);
	if (v[E_GROQ].kind == JSON_OBJECT) {
		openai_usage(a, json_get(v[E_GROQ], "usage"));
		if (json_exists(json_get(v[E_GROQ], "error")))
			answer_error_json(a, 0, v[E_GROQ]);
	}
	if (a->choice_done)
		read_sources(a, v[E_RESULTS], v[E_CITATIONS]);
	if (json_count(v[E_ERROR]) || says_something(v[E_ERROR]) || json_eq(v[E_OBJECT], "error"))
		answer_error_json(a, 0, data);
	return n;
}

void
openai_chat_event(struct answer *a, struct str name, struct json data)
{
	if (str_is(name, "error"))
		answer_error_json(a, 0, data);
	else
		(void)read_object(a, data, false);
}

bool
openai_chat_raw(struct answer *a, struct str data)
{
	if (!str_is(data, "[DONE]"))
		return false;
	answer_end(a);
	return true;
}

void
openai_chat_body(struct answer *a, struct json body)
{
	static const char *const troubles[] = { "message", "detail", "errors", "msg" };
	size_t i;

	if (read_object(a, body, true)) {
		answer_end(a);
		return;
	}
	for (i = 0; i < sizeof troubles / sizeof *troubles; i++) {
		if (json_exists(json_get(body, troubles[i])))
			answer_error_json(a, 0, body);
	}
	answer_fail(a, ERROR_PROTOCOL, "the body has no choices");
}
