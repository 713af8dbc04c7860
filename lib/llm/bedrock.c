/* SPDX-License-Identifier: MIT */
/* bedrock - read what Bedrock's Converse and ConverseStream answer. */
#include "llm/bedrock.h"

#include "json/jsonw.h"

static const struct stop_row stops[] = {
	{ "end_turn", STOP_END },
	{ "stop_sequence", STOP_STOP },
	{ "max_tokens", STOP_LENGTH },
	{ "model_context_window_exceeded", STOP_LENGTH },
	{ "tool_use", STOP_TOOL },
	{ "guardrail_intervened", STOP_FILTER },
	{ "content_filtered", STOP_FILTER },
	{ "refusal", STOP_REFUSAL },
	{ "pause_turn", STOP_PAUSE },
	{ "malformed_model_output", STOP_ERROR },
	{ "malformed_tool_use", STOP_ERROR },
	{ NULL, STOP_NONE },
};

/* The input counts stand beside each other: what the cache read and wrote is not in inputTokens. */
static void
read_usage(struct answer *a, struct json usage)
{
	struct json_iter it = json_each(json_get(usage, "cacheDetails"));

	usage_set(&a->usage.in, json_get(usage, "inputTokens"));
	usage_set(&a->usage.out, json_get(usage, "outputTokens"));
	usage_set(&a->usage.cache_read, json_get(usage, "cacheReadInputTokens"));
	usage_set(&a->usage.cache_write, json_get(usage, "cacheWriteInputTokens"));
	while (json_next(&it)) {
		if (json_eq(json_get(it.value, "ttl"), "1h"))
			usage_set(&a->usage.cache_write_1h, json_get(it.value, "inputTokens"));
	}
	if (a->usage.in == TOKENS_UNKNOWN)
		return;
	if (a->usage.cache_read > 0)
		usage_add(&a->usage.in, a->usage.cache_read);
	if (a->usage.cache_write > 0)
		usage_add(&a->usage.in, a->usage.cache_write);
}

/* --- blocks: whole ones, and the beginnings of streamed ones --- */

/* Thoughts come signed (Claude), unsigned (open models) or sealed (redactedContent). A stream sends
 * text and signature in deltas of the same members. */
static void
read_reasoning(struct answer *a, int64_t index, struct json block)
{
	struct json inner = json_get(block, "reasoningText"), from = inner.kind ? inner : block;
	struct json signature = json_get(from, "signature"),
		    sealed = json_get(block, "redactedContent");
	struct part *part = answer_text(a, PART_REASONING, index, json_get(from, "text"));

	if (!part && (json_exists(signature) || json_exists(sealed)))
		part = answer_find(a, PART_REASONING, index);
	if (!part && (json_exists(signature) || json_exists(sealed)))
		part = answer_part(a, PART_REASONING, index);
	if (json_exists(signature) && !json_is_empty_string(signature))
		part_opaque_member(part, "signature", json_raw(signature));
	if (json_exists(sealed))
		part_opaque_member(part, "redactedContent", json_raw(sealed));
}

/* A tool that the service ran itself is no call of ours: its block goes back as it is. */
static bool
is_server_tool(struct json tool)
{
	return json_eq(json_get(tool, "type"), "server_tool_use");
}

/* What a citation says, of the text part of its block. */
static void
read_citation(struct answer *a, const struct part *part, struct json citation)
{
	struct cited cited = {
		.url = json_get(citation, "source"),
		.title = json_get(citation, "title"),
		.text = json_find(citation, "sourceContent.0.text"),
		.unit = CITED_PART,
		.value = citation,
	};
	struct json url = json_find(citation, "location.web.url");

	if (json_exists(url))
		cited.url = url;
	answer_cite(a, part, &cited);
}

/* Citations are gathered raw in their text part's value until the block stops. */
static void
add_citation(struct answer *a, int64_t index, struct json citation)
{
	struct part *part = answer_find(a, PART_TEXT, index);

	if (!part)
		part = answer_part(a, PART_TEXT, index);
	if (!part || !json_exists(citation))
		return;
	if (part->value.len)
		buf_addc(&part->value, ',');
	buf_addstr(&part->value, json_raw(citation));
}

static void
read_cited(struct answer *a, int64_t index, struct json block)
{
	struct json_iter texts = json_each(json_get(block, "content")),
			 citations = json_each(json_get(block, "citations"));

	answer_seal(a);
	while (json_next(&texts))
		(void)answer_text(a, PART_TEXT, index, json_get(texts.value, "text"));
	while (json_next(&citations))
		add_citation(a, index, citations.value);
}

static void
start_block(struct answer *a, int64_t index, struct json block)
{
	struct json v, text = json_get(block, "text");

	if (text.kind == JSON_STRING) {
		answer_seal(a);
		(void)answer_text(a, PART_TEXT, index, text);
	} else if ((v = json_get(block, "toolUse")).kind == JSON_OBJECT && !is_server_tool(v)) {
		(void)answer_tool(
		    a, index, json_get(v, "toolUseId"), json_get(v, "name"), json_get(v, "input"));
	} else if ((v = json_get(block, "reasoningContent")).kind == JSON_OBJECT) {
		answer_seal(a);
		read_reasoning(a, index, v);
	} else if ((v = json_get(block, "citationsContent")).kind == JSON_OBJECT) {
		read_cited(a, index, v);
	} else if (json_count(block)) {
		(void)answer_provider_block(a, index, block);
	}
}

/* A fragment of a block that is the service's own: a tool's input as text, a result's content as
 * elements of a list; both are put in their place when the block stops. */
static void
provider_delta(struct part *part, struct json delta)
{
	struct json input = json_find(delta, "toolUse.input"),
		    content = json_get(delta, "toolResult");
	struct json_iter it = json_each(content);

	json_text(input, &part->text);
	while (content.kind == JSON_ARRAY && json_next(&it)) {
		buf_addc(&part->text, part->text.len ? ',' : '[');
		buf_addstr(&part->text, json_raw(it.value));
	}
}

static void
block_delta(struct answer *a, int64_t index, struct json delta)
{
	struct part *own = answer_find(a, PART_PROVIDER, index);
	struct json text = json_get(delta, "text"), v;

	if (own) {
		provider_delta(own, delta);
	} else if (text.kind == JSON_STRING) {
		(void)answer_text(a, PART_TEXT, index, text);
	} else if ((v = json_get(delta, "toolUse")).kind == JSON_OBJECT) {
		(void)answer_tool(a, index, JSON_ABSENT, JSON_ABSENT, json_get(v, "input"));
	} else if ((v = json_get(delta, "reasoningContent")).kind == JSON_OBJECT) {
		read_reasoning(a, index, v);
	} else if ((v = json_get(delta, "citation")).kind == JSON_OBJECT) {
		add_citation(a, index, v);
	}
}

/* {NAME: {..., member: text}}: the one member of block with the value that was gathered. */
static void
put_member(struct part *part, struct json block, const char *member)
{
	struct json_iter it = json_each(block), inner;
	struct buf raw = BUF_INIT(ANSWER_TEXT_MAX);
	struct jsonw w;
	struct str key;

	jsonw_start(&w, &raw);
	jsonw_object(&w);
	while (json_next(&it) && json_plain(it.key, &key)) {
		jsonw_keyn(&w, key);
		jsonw_object(&w);
		for (inner = json_each(it.value); json_next(&inner);) {
			if (json_plain(inner.key, &key) && !str_is(key, member)) {
				jsonw_keyn(&w, key);
				jsonw_json(&w, inner.value);
			}
		}
		jsonw_key(&w, member);
		jsonw_raw(&w, buf_str(&part->text));
		jsonw_end(&w);
	}
	jsonw_end(&w);
	buf_reset(&part->value);
	buf_addstr(&part->value, buf_str(&raw));
	buf_reset(&part->text);
	buf_release(&raw);
}

static void
stop_provider(struct part *part)
{
	struct json block, v;
	struct err err = ERR_INIT;
	bool result;

	if (!part->text.len || json_parse(part->value.p, part->value.len, &block, &err) < 0)
		return;
	result = json_get(block, "toolResult").kind == JSON_OBJECT;
	if (result)
		buf_addc(&part->text, ']');
	if (json_count(block) == 1 && json_parse(part->text.p, part->text.len, &v, &err) == 0)
		put_member(part, block, result ? "content" : "input");
}

static void
stop_text(struct answer *a, struct part *part)
{
	struct buf list = BUF_INIT(ANSWER_TEXT_MAX);
	struct json_iter it;
	struct json v;
	struct err err = ERR_INIT;

	buf_addc(&list, '[');
	buf_addstr(&list, buf_str(&part->value));
	buf_addc(&list, ']');
	buf_reset(&part->value);
	if (json_parse(list.p, list.len, &v, &err) == 0) {
		part_opaque_member(part, "citations", buf_str(&list));
		for (it = json_each(v); json_next(&it);)
			read_citation(a, part, it.value);
	}
	buf_release(&list);
}

static void
stop_block(struct answer *a, int64_t index)
{
	struct part *part = answer_find(a, PART_PROVIDER, index);

	if (part)
		stop_provider(part);
	part = answer_find(a, PART_TEXT, index);
	if (part && part->value.len)
		stop_text(a, part);
	answer_seal(a);
}

/* --- whole and streamed --- */

static void
bedrock_event(struct answer *a, struct str name, struct json data)
{
	int64_t index = 0;

	(void)json_i64(json_get(data, "contentBlockIndex"), &index);
	if (str_starts(name, FRAME_EXCEPTION)) {
		name.p += strlen(FRAME_EXCEPTION);
		name.len -= strlen(FRAME_EXCEPTION);
		answer_error_named(a, 0, name, data);
	} else if (str_is(name, "contentBlockStart")) {
		start_block(a, index, json_get(data, "start"));
	} else if (str_is(name, "contentBlockDelta")) {
		block_delta(a, index, json_get(data, "delta"));
	} else if (str_is(name, "contentBlockStop")) {
		stop_block(a, index);
	} else if (str_is(name, "messageStop")) {
		answer_stop(a, stops, json_get(data, "stopReason"));
	} else if (str_is(name, "metadata")) {
		read_usage(a, json_get(data, "usage"));
		if (a->choice_done) /* the last event, behind messageStop */
			answer_end(a);
	}
}

static void
bedrock_body(struct answer *a, struct json body)
{
	struct json content = json_find(body, "output.message.content");
	struct json_iter it = json_each(content);
	int64_t index = 0;

	if (content.kind != JSON_ARRAY) {
		if (json_exists(json_get(body, "message")) || json_exists(json_get(body, "Output")))
			answer_error_json(a, 0, body);
		else
			answer_error_text(a, 0, json_raw(body));
		return;
	}
	for (; json_next(&it); index++) {
		start_block(a, index, it.value);
		stop_block(a, index);
	}
	read_usage(a, json_get(body, "usage"));
	answer_stop(a, stops, json_get(body, "stopReason"));
	if (a->choice_done)
		answer_end(a);
}

/* Beside Converse's own word a model's maker may have one. */
static const char *const token_members[] = { "inferenceConfig.maxTokens",
	"additionalModelRequestFields.max_tokens", "additionalModelRequestFields.maxTokens",
	"additionalModelRequestFields.max_gen_len", NULL };
static const char *const price_members[] = { "serviceTier.type", "performanceConfig.latency",
	"guardrailConfig", "toolConfig.tools", "toolConfig.tools+",
	"additionalModelRequestFields.tools", "additionalModelRequestFields.tools+",
	"additionalModelRequestFields.speed", NULL };
static const struct dialect_ceiling ceiling = { token_members, NULL, price_members };

const struct dialect dialect_bedrock_converse = {
	.name = "bedrock-converse",
	.maker = "bedrock",
	.aws_service = "bedrock",
	.address = bedrock_address,
	.means = bedrock_means,
	.build = bedrock_build,
	.ceiling = &ceiling,
	.room = bedrock_room,
	.event = bedrock_event,
	.body = bedrock_body,
};
