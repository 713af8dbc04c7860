/* SPDX-License-Identifier: MIT */
/* anthropic-messages - read what the Anthropic Messages API answers. */
#include "base/mem.h"
#include "json/edit.h"
#include "json/jsonw.h"
#include "llm/anthropic.h"

static const struct stop_row stops[] = {
	{ "end_turn", STOP_END },
	{ "stop_sequence", STOP_STOP },
	{ "max_tokens", STOP_LENGTH },
	{ "model_context_window_exceeded", STOP_LENGTH },
	{ "tool_use", STOP_TOOL },
	{ "refusal", STOP_REFUSAL },
	{ "pause_turn", STOP_PAUSE },
	{ NULL, STOP_NONE },
};

/* Counts as the API keeps them: the input beside what the cache read and wrote, each restated or
 * not by later events. */
struct anthropic_counts {
	int64_t input, read, write;
};

struct anthropic_state {
	struct anthropic_counts counts;
	bool started; /* message_start was seen */
};

static struct anthropic_state *
state_of(struct answer *a)
{
	struct anthropic_state *s = a->dialect_state;

	if (!s) {
		s = xcalloc(1, sizeof *s);
		s->counts = (struct anthropic_counts){ TOKENS_UNKNOWN, TOKENS_UNKNOWN,
			TOKENS_UNKNOWN };
		a->dialect_state = s;
	}
	return s;
}

static void
read_usage(struct answer *a, struct json usage)
{
	struct anthropic_counts *c = &state_of(a)->counts;

	usage_set(&c->input, json_get(usage, "input_tokens"));
	usage_set(&c->read, json_get(usage, "cache_read_input_tokens"));
	usage_set(&c->write, json_get(usage, "cache_creation_input_tokens"));
	usage_set(
	    &a->usage.cache_write_1h, json_find(usage, "cache_creation.ephemeral_1h_input_tokens"));
	usage_set(&a->usage.out, json_get(usage, "output_tokens"));
	usage_set(&a->usage.reasoning, json_find(usage, "output_tokens_details.thinking_tokens"));

	if (c->input == TOKENS_UNKNOWN)
		return;
	a->usage.cache_read = c->read;
	a->usage.cache_write = c->write;
	a->usage.in = c->input;
	if (c->read > 0)
		usage_add(&a->usage.in, c->read);
	if (c->write > 0)
		usage_add(&a->usage.in, c->write);
}

/* The members of block that the common parts have no place for, as the part's opaque state: they
 * are put back when the part is echoed. */
static void
keep_member(struct part *part, struct json block, const char *key)
{
	struct json v = json_get(block, key);

	if (part && json_exists(v) && !json_is_empty_string(v))
		part_opaque_member(part, key, json_raw(v));
}

/* Citations of a text block come one by one, before or after its text, and are of all of it; they
 * are gathered raw in the part's value until the block stops. */
static void
add_citation(struct answer *a, int64_t index, struct json citation)
{
	struct part *part = answer_find(a, PART_TEXT, index);
	struct json title = json_get(citation, "title");

	if (!part)
		part = answer_part(a, PART_TEXT, index);
	if (!part || !json_exists(citation))
		return;
	if (part->value.len)
		buf_addc(&part->value, ',');
	buf_addstr(&part->value, json_raw(citation));
	answer_cite(a, part,
	    &(struct cited){
		.url = json_get(citation, "url"),
		.title = json_exists(title) ? title : json_get(citation, "document_title"),
		.text = json_get(citation, "cited_text"),
		.document = json_get(citation, "file_id"),
		.unit = CITED_PART,
		.value = citation,
	    });
}

static void
start_tool(struct answer *a, int64_t index, struct json block)
{
	struct json input = json_get(block, "input");
	struct part *part = answer_tool(a, index, json_get(block, "id"), json_get(block, "name"),
	    json_count(input) ? input : JSON_ABSENT);

	if (part && part->type == PART_TOOL_CALL)
		keep_member(part, block, "caller");
}

/* A block begins; in a whole body, and for blocks that no delta follows, this is all of it. */
static void
start_block(struct answer *a, int64_t index, struct json block)
{
	struct json_iter it = json_each(json_get(block, "citations"));
	struct json type = json_get(block, "type");
	struct part *part;

	if (json_eq(type, "text")) {
		answer_seal(a);
		(void)answer_text(a, PART_TEXT, index, json_get(block, "text"));
		while (json_next(&it))
			add_citation(a, index, it.value);
	} else if (json_eq(type, "thinking")) {
		part = answer_part(a, PART_REASONING, index);
		(void)answer_text(a, PART_REASONING, index, json_get(block, "thinking"));
		keep_member(part, block, "signature");
	} else if (json_eq(type, "redacted_thinking")) {
		part_opaque(answer_part(a, PART_REASONING, index), block);
		answer_seal(a);
	} else if (json_eq(type, "tool_use")) {
		start_tool(a, index, block);
	} else if (block.kind == JSON_OBJECT) {
		(void)answer_provider_block(a, index, block);
	}
}

/* A delta of a block that is the provider's own: a fragment of its input is gathered, any other
 * member replaces the block's. */
static void
provider_delta(struct answer *a, int64_t index, struct json delta)
{
	struct part *part = answer_find(a, PART_PROVIDER, index);
	struct buf merged = BUF_INIT(ANSWER_TEXT_MAX), patch = BUF_INIT(ANSWER_TEXT_MAX);
	struct json_iter it = json_each(delta);
	struct json block, changes;
	struct err err = ERR_INIT;
	struct jsonw w;

	if (!part)
		return;
	if (json_eq(json_get(delta, "type"), "input_json_delta")) {
		json_text(json_get(delta, "partial_json"), &part->text);
		return;
	}
	jsonw_start(&w, &patch);
	jsonw_object(&w);
	while (json_next(&it)) {
		struct str key;

		if (json_plain(it.key, &key) && !str_is(key, "type") && json_exists(it.value)) {
			jsonw_keyn(&w, key);
			jsonw_json(&w, it.value);
		}
	}
	jsonw_end(&w);
	if (json_parse(part->value.p, part->value.len, &block, &err) == 0 &&
	    json_parse(patch.p, patch.len, &changes, &err) == 0) {
		json_merge_patch(block, changes, &merged);
		buf_reset(&part->value);
		buf_addstr(&part->value, buf_str(&merged));
	}
	buf_release(&merged);
	buf_release(&patch);
}

static void
block_delta(struct answer *a, int64_t index, struct json delta)
{
	struct json type = json_get(delta, "type");
	struct part *part;

	if (answer_find(a, PART_PROVIDER, index)) {
		provider_delta(a, index, delta);
	} else if (json_eq(type, "text_delta")) {
		(void)answer_text(a, PART_TEXT, index, json_get(delta, "text"));
	} else if (json_eq(type, "thinking_delta")) {
		(void)answer_text(a, PART_REASONING, index, json_get(delta, "thinking"));
	} else if (json_eq(type, "signature_delta")) {
		part = answer_find(a, PART_REASONING, index);
		keep_member(part, delta, "signature");
	} else if (json_eq(type, "citations_delta")) {
		add_citation(a, index, json_get(delta, "citation"));
	} else if (json_eq(type, "input_json_delta")) {
		(void)answer_tool(
		    a, index, JSON_ABSENT, JSON_ABSENT, json_get(delta, "partial_json"));
	}
}

/* Put what was gathered raw (citations of a text, the input of a server's tool) in its place. */
static void
stop_block(struct answer *a, int64_t index)
{
	struct part *part = answer_find(a, PART_PROVIDER, index);
	struct buf raw = BUF_INIT(ANSWER_TEXT_MAX);
	struct json block, input;
	struct err err = ERR_INIT;
	struct json_edit e;
	struct jsonw w;

	if (part && part->text.len &&
	    json_parse(part->value.p, part->value.len, &block, &err) == 0 &&
	    json_parse(part->text.p, part->text.len, &input, &err) == 0) {
		json_edit_start(&e, block);
		json_edit_set(&e, "input", json_raw(input));
		json_edit_write(&e, &raw);
		buf_reset(&part->value);
		buf_addstr(&part->value, buf_str(&raw));
		buf_reset(&part->text);
	}
	part = answer_find(a, PART_TEXT, index);
	if (part && part->value.len) {
		buf_reset(&raw);
		jsonw_start(&w, &raw);
		jsonw_object(&w);
		jsonw_key(&w, "citations");
		jsonw_array(&w);
		jsonw_raw(&w, buf_str(&part->value));
		jsonw_end(&w);
		jsonw_end(&w);
		if (json_parse(raw.p, raw.len, &block, &err) == 0)
			part_opaque(part, block);
		buf_reset(&part->value);
	}
	answer_seal(a);
	buf_release(&raw);
}

/* Why it stopped, and the container that its code ran in: who goes on names it again. */
static void
read_end(struct answer *a, struct json message)
{
	struct json details = json_get(message, "stop_details");
	struct json container = json_find(message, "container.id");

	answer_stop(a, stops, json_get(message, "stop_reason"));
	if (json_exists(details)) {
		buf_reset(&a->stop_details);
		buf_addstr(&a->stop_details, json_raw(details));
	}
	if (container.kind == JSON_STRING)
		answer_carry(a, "container", container);
}

static void
start_message(struct answer *a, struct json message)
{
	struct json_iter it = json_each(json_get(message, "content"));
	struct anthropic_state *s = state_of(a);
	struct json id = json_get(message, "id");
	int64_t index = 0;

	if (s->started && !json_eq(id, a->response_id.p)) {
		answer_fail(a, ERROR_PROTOCOL,
		    "a second message began before the first had ended (%.80s)", a->response_id.p);
		return;
	}
	answer_model(a, json_get(message, "model"));
	answer_response_id(a, id);
	read_usage(a, json_get(message, "usage"));
	if (s->started) /* the same message announced twice */
		return;
	s->started = true;
	for (; json_next(&it); index++) {
		start_block(a, index, it.value);
		stop_block(a, index);
	}
	read_end(a, message);
}

void
anthropic_event(struct answer *a, struct str name, struct json data)
{
	struct json type = json_get(data, "type");
	int64_t index = 0;

	(void)name; /* the payload says it too, and gateways lose event names */
	(void)json_i64(json_get(data, "index"), &index);
	if (a->ended)
		return; /* an answer is one message; nothing after it belongs to it */
	if (json_eq(type, "message_start")) {
		start_message(a, json_get(data, "message"));
	} else if (json_eq(type, "content_block_start")) {
		start_block(a, index, json_get(data, "content_block"));
	} else if (json_eq(type, "content_block_delta")) {
		block_delta(a, index, json_get(data, "delta"));
	} else if (json_eq(type, "content_block_stop")) {
		stop_block(a, index);
	} else if (json_eq(type, "message_delta")) {
		read_usage(a, json_get(data, "usage"));
		read_end(a, json_get(data, "delta"));
	} else if (json_eq(type, "message_stop")) {
		answer_end(a);
	} else if (json_eq(type, "error") || json_exists(json_get(data, "error"))) {
		answer_error_json(a, 0, data);
	}
}

void
anthropic_body(struct answer *a, struct json body)
{
	if (json_eq(json_get(body, "type"), "error") || json_exists(json_get(body, "error"))) {
		answer_error_json(a, 0, body);
	} else if (json_get(body, "content").kind != JSON_ARRAY) {
		answer_error_text(a, 0, json_raw(body));
	} else {
		start_message(a, body);
		answer_end(a);
	}
}

static const char *const token_members[] = { "max_tokens", NULL };
static const char *const price_members[] = { "service_tier", "speed", "inference_geo", "tools",
	"tools+", "mcp_servers", "mcp_servers+", "container", "context_management", NULL };
const struct dialect_ceiling anthropic_ceiling = { token_members, NULL, price_members };

const struct dialect dialect_anthropic_messages = {
	.name = "anthropic-messages",
	.maker = "anthropic",
	.version = "/v1",
	.address = anthropic_address,
	.means = anthropic_means,
	.build = anthropic_build,
	.ceiling = &anthropic_ceiling,
	.room = anthropic_room,
	.event = anthropic_event,
	.body = anthropic_body,
};
