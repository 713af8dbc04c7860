/* SPDX-License-Identifier: MIT */
/* bedrock-request - build a request for Bedrock's Converse: address, tools, options. */
#include <stdlib.h>

#include "base/mem.h"
#include "json/jsonw.h"
#include "llm/bedrock.h"
#include "llm/marks.h"

/* --- tools --- */

static void
begin_tool(struct bedrock_writer *x)
{
	jsonw_object(&x->w);
	jsonw_key(&x->w, "toolSpec");
	jsonw_object(&x->w);
}

static void
end_tool(struct bedrock_writer *x, struct json schema)
{
	jsonw_key(&x->w, "inputSchema");
	jsonw_object(&x->w);
	jsonw_key(&x->w, "json");
	if (schema.kind == JSON_OBJECT && json_count(schema))
		jsonw_json(&x->w, schema);
	else
		jsonw_raw(&x->w, STR_LIT("{\"type\":\"object\"}"));
	jsonw_end(&x->w);
	jsonw_end(&x->w);
	jsonw_end(&x->w);
}

static void
mark_tool(struct bedrock_writer *x, struct json cache, bool last)
{
	x->list_open = true;
	x->markable = true;
	if (x->family->flags & BEDROCK_CACHE_TOOLS) {
		if (!bedrock_mark(x, cache) && last)
			bedrock_mark_auto(x);
	} else if (marks_is(cache)) {
		x->owed--;
		answer_warn(x->b->answer, "tools", "this model's tools are not cached");
	}
	x->list_open = false;
}

static void
write_given_tools(struct bedrock_writer *x)
{
	struct json_iter it = json_each(x->r->tools);
	size_t left = json_count(x->r->tools);

	while (json_next(&it)) {
		struct json description = json_get(it.value, "description");

		begin_tool(x);
		jsonw_kjson(&x->w, "name", json_get(it.value, "name"));
		if (!json_is_empty_string(description))
			jsonw_kjson_opt(&x->w, "description", description);
		jsonw_kjson_opt(&x->w, "strict", json_get(it.value, "strict"));
		end_tool(x, json_get(it.value, "inputSchema"));
		mark_tool(x, json_get(it.value, "cache"), --left == 0);
	}
}

/* The API refuses calls in a conversation without tools: those that were called are declared, once
 * each. */
static void
write_called_tools(struct bedrock_writer *x)
{
	struct request_turns t = request_turns(x->r);
	struct buf seen = BUF_INIT(BUF_UNLIMITED), name = BUF_INIT(BUF_UNLIMITED);
	struct request_parts parts;

	buf_addc(&seen, '\n');
	while (request_next_turn(&t)) {
		for (parts = request_parts(t.content); request_next_part(&parts);) {
			if (parts.type != PART_TOOL_CALL)
				continue;
			buf_reset(&name);
			buf_addc(&name, '\n');
			json_text(json_get(parts.part, "name"), &name);
			buf_addc(&name, '\n');
			if (strstr(seen.p, name.p))
				continue;
			buf_addstr(&seen, (struct str){ name.p + 1, name.len - 1 });
			begin_tool(x);
			jsonw_kjson(&x->w, "name", json_get(parts.part, "name"));
			end_tool(x, JSON_ABSENT);
		}
	}
	buf_release(&seen);
	buf_release(&name);
}

static void
write_choice(struct bedrock_writer *x, const char *word, struct json name)
{
	jsonw_key(&x->w, "toolChoice");
	jsonw_object(&x->w);
	jsonw_key(&x->w, word);
	jsonw_object(&x->w);
	jsonw_kjson_opt(&x->w, "name", name);
	jsonw_end(&x->w);
	jsonw_end(&x->w);
}

/* Not all families can be made to call a tool, fewer to call that one. */
static void
write_tool_choice(struct bedrock_writer *x)
{
	enum tool_choice choice = x->r->tool_choice;
	unsigned flags = x->family->flags;
	struct json name = x->r->tool_name;

	if (choice == TOOLS_ONE && !(flags & BEDROCK_FORCE_ONE)) {
		if (json_count(x->r->tools) > 1 || !(flags & BEDROCK_FORCE))
			answer_warn(x->b->answer, "toolChoice",
			    "this model can't be made to call one certain tool");
		choice = flags & BEDROCK_FORCE ? TOOLS_REQUIRED : TOOLS_UNSET;
	} else if (choice == TOOLS_REQUIRED && !(flags & BEDROCK_FORCE)) {
		answer_warn(x->b->answer, "toolChoice", "this model can't be made to call a tool");
		choice = TOOLS_UNSET;
	}
	if (choice == TOOLS_ONE)
		write_choice(x, "tool", name);
	else if (choice == TOOLS_REQUIRED)
		write_choice(x, "any", JSON_ABSENT);
	else if (choice == TOOLS_AUTO)
		write_choice(x, "auto", JSON_ABSENT);
}

/* There is no choice "none": the tools are left out, unless the conversation speaks of them. */
static void
write_tool_config(struct bedrock_writer *x)
{
	const struct request *r = x->r;
	bool given = json_count(r->tools) > 0, called = bedrock_has_calls(r);
	bool none = r->tool_choice == TOOLS_NONE;

	if (none && given && called)
		answer_warn(x->b->answer, "toolChoice",
		    "the API can't forbid tools that the conversation holds calls of");
	if (!called && (!given || none))
		return;
	if (given && r->options.parallel_tools == PARALLEL_OFF)
		answer_warn(x->b->answer, "options.parallelTools", "the API can't forbid them");
	jsonw_key(&x->w, "toolConfig");
	jsonw_object(&x->w);
	jsonw_key(&x->w, "tools");
	jsonw_array(&x->w);
	if (given)
		write_given_tools(x);
	else if (called)
		write_called_tools(x);
	jsonw_end(&x->w);
	if (given)
		write_tool_choice(x);
	jsonw_end(&x->w);
}

/* --- options --- */

static struct anthropic_sampling
sampling_of(const struct bedrock_writer *x)
{
	const struct request_options *o = &x->r->options;

	if (x->claude)
		return anthropic_sampling(x->claude,
		    x->thinking.mode == THINKING_BUDGET || x->thinking.mode == THINKING_ADAPTIVE, o,
		    x->b->answer);
	return (struct anthropic_sampling){ o->temperature, o->top_p, o->top_k };
}

/* What is not asked for is not sent. */
static int64_t
room_of(const struct bedrock_writer *x)
{
	int64_t asked = x->r->options.max_tokens;

	return asked == OPTION_UNSET || !x->claude
		   ? asked
		   : anthropic_limit(x->claude, asked, &x->thinking);
}

int64_t
bedrock_room(const struct build *b)
{
	int64_t asked = b->request->options.max_tokens;

	if (asked == OPTION_UNSET)
		return 0;
	return bedrock_family(b->model)->reasons == REASONS_CLAUDE ? anthropic_room(b) : asked;
}

static void
write_inference(struct bedrock_writer *x, const struct anthropic_sampling *s)
{
	const struct request_options *o = &x->r->options;
	int64_t room = room_of(x);

	if (room == OPTION_UNSET && !json_exists(s->temperature) && !json_exists(s->top_p) &&
	    !json_exists(o->stop))
		return;
	jsonw_key(&x->w, "inferenceConfig");
	jsonw_object(&x->w);
	if (room != OPTION_UNSET)
		jsonw_ki64(&x->w, "maxTokens", room);
	jsonw_kjson_opt(&x->w, "temperature", s->temperature);
	jsonw_kjson_opt(&x->w, "topP", s->top_p);
	request_write_stops(&x->w, "stopSequences", o->stop);
	jsonw_end(&x->w);
}

static const char *const efforts[] = {
	[REASONING_MINIMAL] = "low",
	[REASONING_LOW] = "low",
	[REASONING_MEDIUM] = "medium",
	[REASONING_HIGH] = "high",
	[REASONING_XHIGH] = "high",
};

static void
write_claude(struct bedrock_writer *x)
{
	const struct anthropic_thinking *t = &x->thinking;
	static const char *const types[] = {
		[THINKING_OFF] = "disabled",
		[THINKING_BUDGET] = "enabled",
		[THINKING_ADAPTIVE] = "adaptive",
	};

	if (t->mode != THINKING_UNSET) {
		jsonw_key(&x->w, "thinking");
		jsonw_object(&x->w);
		jsonw_kstr(&x->w, "type", types[t->mode]);
		if (t->mode == THINKING_BUDGET)
			jsonw_ki64(&x->w, "budget_tokens", t->budget);
		if (t->mode == THINKING_ADAPTIVE && (x->claude->flags & FAMILY_THINKS_HIDDEN))
			jsonw_kstr(&x->w, "display", "summarized");
		jsonw_end(&x->w);
	}
	if (t->effort) {
		jsonw_key(&x->w, "output_config");
		jsonw_object(&x->w);
		jsonw_kstr(&x->w, "effort", t->effort);
		jsonw_end(&x->w);
	}
}

static void
write_nova(struct bedrock_writer *x, const char *effort)
{
	jsonw_key(&x->w, "reasoningConfig");
	jsonw_object(&x->w);
	jsonw_kstr(&x->w, "type", effort ? "enabled" : "disabled");
	if (effort)
		jsonw_kstr(&x->w, "maxReasoningEffort", effort);
	jsonw_end(&x->w);
}

static void
write_reasoning(struct bedrock_writer *x)
{
	const struct request_options *o = &x->r->options;
	bool off = o->reasoning == REASONING_OFF, budget = o->reasoning == REASONING_BUDGET;
	const char *effort = off ? NULL : budget ? "medium" : efforts[o->reasoning];
	enum bedrock_reasons how = x->family->reasons;

	if (how == REASONS_CLAUDE) {
		write_claude(x);
		return;
	}
	if (o->reasoning == REASONING_UNSET || (off && how == REASONS_NOT))
		return;
	if (budget && how != REASONS_NOT && how != REASONS_UNASKED)
		answer_warn(x->b->answer, "options.reasoning",
		    "this model takes no budget: effort %s is sent", effort);
	if (how == REASONS_NOT)
		answer_warn(x->b->answer, "options.reasoning", "this model does not think");
	else if (how == REASONS_UNASKED || (off && how != REASONS_NOVA))
		answer_warn(x->b->answer, "options.reasoning",
		    off ? "this model always thinks" : "how much this model thinks can't be set");
	else if (how == REASONS_NOVA)
		write_nova(x, effort);
	else
		jsonw_kstr(
		    &x->w, how == REASONS_EFFORT ? "reasoning_effort" : "reasoning_config", effort);
}

static void
write_top_k(struct bedrock_writer *x, int64_t top_k)
{
	const char *field = x->family->top_k;

	if (top_k == OPTION_UNSET)
		return;
	if (!field) {
		answer_warn(x->b->answer, "options.topK", "this model takes none");
	} else if (strcmp(field, "inferenceConfig") == 0) {
		jsonw_key(&x->w, field);
		jsonw_object(&x->w);
		jsonw_ki64(&x->w, "topK", top_k);
		jsonw_end(&x->w);
	} else {
		jsonw_ki64(&x->w, field, top_k);
	}
}

/* What is a family's own. Empty, it is not sent. */
static void
write_additional(struct bedrock_writer *x, int64_t top_k)
{
	struct buf fields = BUF_INIT(BUF_UNLIMITED);
	struct jsonw whole = x->w;

	jsonw_start(&x->w, &fields);
	jsonw_object(&x->w);
	write_reasoning(x);
	write_top_k(x, top_k);
	jsonw_end(&x->w);
	x->w = whole;
	if (!str_is(buf_str(&fields), "{}")) {
		jsonw_key(&x->w, "additionalModelRequestFields");
		jsonw_raw(&x->w, buf_str(&fields));
	}
	buf_release(&fields);
}

/* The schema goes as text. */
static void
write_output_config(struct bedrock_writer *x)
{
	struct json schema = x->r->options.response_schema;

	if (!json_exists(schema))
		return;
	jsonw_key(&x->w, "outputConfig");
	jsonw_object(&x->w);
	jsonw_key(&x->w, "textFormat");
	jsonw_object(&x->w);
	jsonw_kstr(&x->w, "type", "json_schema");
	jsonw_key(&x->w, "structure");
	jsonw_object(&x->w);
	jsonw_key(&x->w, "jsonSchema");
	jsonw_object(&x->w);
	jsonw_kstr(&x->w, "name", "response");
	jsonw_kstrn(&x->w, "schema", json_raw(schema));
	jsonw_end(&x->w);
	jsonw_end(&x->w);
	jsonw_end(&x->w);
	jsonw_end(&x->w);
}

/* --- the whole --- */

int
bedrock_address(const struct build *b, struct wire *w, struct err *err)
{
	bool stream = b->request->options.stream;
	struct buf path = BUF_INIT(BUF_UNLIMITED);
	int r;

	buf_adds(&path, "/model/");
	r = wire_segment(&path, b->model, err);
	buf_adds(&path, stream ? "/converse-stream" : "/converse");
	if (r == 0)
		provider_url(b->provider, path.p, &w->url);
	buf_release(&path);
	w->framing = stream ? FRAME_AWS : FRAME_WHOLE;
	wire_bearer(w, b->key);
	return r;
}

/* A model that is forced to call a tool can't think. */
static void
choose_thinking(struct bedrock_writer *x)
{
	const struct request *r = x->r;
	bool forced = r->tool_choice == TOOLS_REQUIRED || r->tool_choice == TOOLS_ONE;

	if (x->family->reasons != REASONS_CLAUDE)
		return;
	x->claude = anthropic_family(x->b->model);
	x->thinking = anthropic_thinking(x->claude, &r->options, x->b->answer);
	if (forced &&
	    (x->thinking.mode == THINKING_BUDGET || x->thinking.mode == THINKING_ADAPTIVE)) {
		answer_warn(x->b->answer, "options.reasoning",
		    "the API lets no model think while a tool is forced on it");
		x->thinking.mode = THINKING_UNSET;
	}
}

static void
write_body(struct bedrock_writer *x, struct wire *w)
{
	const struct request_options *o = &x->r->options;
	struct anthropic_sampling s;

	choose_thinking(x);
	s = sampling_of(x);
	jsonw_start(&x->w, &w->body);
	jsonw_object(&x->w);
	write_tool_config(x);
	bedrock_system(x);
	write_inference(x, &s);
	write_additional(x, s.top_k);
	write_output_config(x);
	if (o->seed != OPTION_UNSET)
		answer_warn(x->b->answer, "options.seed", "the API has none");
	bedrock_messages(x);
	if (!x->failed)
		jsonw_end(&x->w);
}

struct structured_means
bedrock_means(const struct build *b)
{
	unsigned flags = bedrock_family(b->model)->flags;
	bool native = (flags & BEDROCK_SCHEMA) != 0;

	return (struct structured_means){
		.native = native ? &schema_target_anthropic : NULL,
		.force = (flags & BEDROCK_FORCE) != 0,
	};
}

int
bedrock_build(const struct build *b, struct wire *w, struct err *err)
{
	struct bedrock_writer x = {
		.b = b,
		.r = b->request,
		.family = bedrock_family(b->model),
		.model = xmemdup(b->model.p, b->model.len),
		.err = err,
		.owed = marks_count(b->request),
		.names = BUF_INIT(BUF_UNLIMITED),
	};

	write_body(&x, w);
	buf_release(&x.names);
	free(x.model);
	return x.failed ? -1 : 0;
}
