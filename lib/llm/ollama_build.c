/* SPDX-License-Identifier: MIT */
/* ollama_build - requests for Ollama's own API. */
#include <stdlib.h>

#include "base/mem.h"
#include "llm/media.h"
#include "llm/ollama.h"
#include "llm/request_calls.h"
#include "llm/tokens.h"
#include "llm/tool_result.h"

struct builder {
	const struct build *b;
	const struct request_options *o;
	struct request_calls calls;
	struct jsonw w;
	char *model; /* b->model as a C string */
	struct err *err;
};

/* A JSON string's bytes between its quotes: escaped as they are, so strings can be joined. */
static void
add_inner(struct buf *out, struct json v)
{
	if (v.kind == JSON_STRING)
		buf_add(out, v.p + 1, v.len - 2);
}

/* --- messages --- */

/* Messages have no blocks here, so that not even one of its own can be sent. */
static void
warn_of_block(struct builder *x, struct json part)
{
	if (dialect_carries(x->b, part))
		answer_warn(x->b->answer, "messages", "a provider part cannot be carried");
}

/* A part's share of the content, and nothing else can be content. */
static int
add_text(struct builder *x, struct buf *text, const struct request_parts *p)
{
	switch (p->type) {
	case PART_TEXT:
		add_inner(text, p->text);
		return 0;
	case PART_FILE:
		if (json_exists(json_get(p->part, "text"))) {
			media_text(p->part, text);
			return 0;
		}
		break;
	case PART_IMAGE:
		if (json_exists(json_get(p->part, "data")))
			return 0;
		return err_set(x->err, EXIT_NO, "Ollama takes images as data only");
	case PART_PROVIDER:
		warn_of_block(x, p->part);
		return 0;
	case PART_REASONING:
	case PART_TOOL_CALL:
	case PART_TOOL_RESULT:
		return 0;
	case PART_AUDIO:
	case PART_VIDEO:
		break;
	}
	return err_set(x->err, EXIT_NO, "Ollama takes no %s parts", part_type_name(p->type));
}

static void
write_images(struct builder *x, struct json content)
{
	struct request_parts p = request_parts(content);
	bool any = false;

	while (request_next_part(&p)) {
		if (p.type != PART_IMAGE || !json_exists(json_get(p.part, "data")))
			continue;
		if (!any) {
			jsonw_key(&x->w, "images");
			jsonw_array(&x->w);
		}
		any = true;
		jsonw_json(&x->w, json_get(p.part, "data"));
	}
	if (any)
		jsonw_end(&x->w);
}

/* Thoughts go back to the model that had them. */
static void
write_thinking(struct builder *x, struct json content)
{
	struct request_parts p = request_parts(content);
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	buf_addc(&text, '"');
	while (request_next_part(&p)) {
		if (p.type == PART_REASONING &&
		    json_exists(request_opaque(p.part, x->b->provider->name, x->model)))
			add_inner(&text, p.text);
	}
	buf_addc(&text, '"');
	if (text.len > 2) {
		jsonw_key(&x->w, "thinking");
		jsonw_raw(&x->w, buf_str(&text));
	}
	buf_release(&text);
}

static void
write_calls(struct builder *x, struct json content)
{
	struct request_parts p = request_parts(content);
	bool any = false;

	while (request_next_part(&p)) {
		if (p.type != PART_TOOL_CALL)
			continue;
		if (!any) {
			jsonw_key(&x->w, "tool_calls");
			jsonw_array(&x->w);
		}
		any = true;
		jsonw_object(&x->w);
		jsonw_kjson(&x->w, "id", json_get(p.part, "id"));
		jsonw_key(&x->w, "function");
		jsonw_object(&x->w);
		jsonw_kjson(&x->w, "name", json_get(p.part, "name"));
		jsonw_key(&x->w, "arguments");
		request_write_arguments(&x->w, p.part);
		jsonw_end(&x->w);
		jsonw_end(&x->w);
	}
	if (any)
		jsonw_end(&x->w);
}

static int
write_message(struct builder *x, const struct request_turns *turn)
{
	struct request_parts p = request_parts(turn->content);
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	int r = 0;

	buf_addc(&text, '"');
	while (r == 0 && request_next_part(&p)) {
		r = add_text(x, &text, &p);
		if (r == 0 && p.type == PART_IMAGE && turn->role != ROLE_USER)
			answer_warn(x->b->answer, "messages",
			    "an image in a turn of role %s cannot be carried",
			    request_roles[turn->role]);
	}
	buf_addc(&text, '"');
	jsonw_object(&x->w);
	jsonw_kstr(&x->w, "role", request_roles[turn->role]);
	jsonw_key(&x->w, "content");
	if (turn->text.p)
		jsonw_strn(&x->w, turn->text);
	else
		jsonw_raw(&x->w, buf_str(&text));
	buf_release(&text);
	if (turn->role == ROLE_USER)
		write_images(x, turn->content);
	if (turn->role == ROLE_ASSISTANT) {
		write_thinking(x, turn->content);
		write_calls(x, turn->content);
	}
	jsonw_end(&x->w);
	return r;
}

/* Pictures with data stand beside the text; anything else is left out. */
static void
warn_of_media(struct builder *x, struct json content)
{
	struct request_parts p = request_parts(content);

	while (request_next_part(&p)) {
		if (p.type == PART_TEXT ||
		    (p.type != PART_PROVIDER && json_exists(json_get(p.part, "text"))) ||
		    (p.type == PART_IMAGE && json_exists(json_get(p.part, "data"))))
			continue;
		answer_warn(x->b->answer, "messages", "a tool result's %s part cannot be carried",
		    part_type_name(p.type));
	}
}

static void
write_result(struct builder *x, struct json part)
{
	struct json content = json_get(part, "content"), name = request_calls_name(&x->calls, part);
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	bool more = tool_result_text(part, &text);

	jsonw_object(&x->w);
	jsonw_kstr(&x->w, "role", "tool");
	jsonw_key(&x->w, "content");
	jsonw_raw(&x->w, buf_str(&text));
	buf_release(&text);
	if (more) {
		warn_of_media(x, content);
		write_images(x, content);
	}
	if (json_exists(name))
		jsonw_kjson(&x->w, "tool_name", name);
	jsonw_kjson(&x->w, "tool_call_id", json_get(part, "id"));
	jsonw_end(&x->w);
}

/* Results are messages of their own. True where the turn says more. */
static bool
write_results(struct builder *x, struct json content)
{
	struct request_parts p = request_parts(content);
	bool more = false;

	while (request_next_part(&p)) {
		if (p.type == PART_TOOL_RESULT)
			write_result(x, p.part);
		else
			more = true;
	}
	return more;
}

static int
write_messages(struct builder *x)
{
	struct request_turns turn = request_turns(x->b->request);

	jsonw_key(&x->w, "messages");
	jsonw_array(&x->w);
	while (request_next_turn(&turn)) {
		if ((turn.role == ROLE_TOOL || turn.role == ROLE_USER) &&
		    !write_results(x, turn.content))
			continue;
		if (write_message(x, &turn) < 0)
			return -1;
	}
	jsonw_end(&x->w);
	return 0;
}

/* --- the rest --- */

static void
write_tools(struct builder *x)
{
	const struct request *r = x->b->request;
	struct json_iter it = json_each(r->tools);

	if (!json_count(r->tools) || r->tool_choice == TOOLS_NONE)
		return;
	if (r->tool_choice == TOOLS_REQUIRED || r->tool_choice == TOOLS_ONE)
		answer_warn(x->b->answer, "toolChoice", "Ollama lets the model choose");
	if (x->o->parallel_tools == PARALLEL_OFF)
		answer_warn(x->b->answer, "options.parallelTools", "Ollama does not know it");
	if (request_is_strict(r))
		answer_warn(x->b->answer, "tools", "Ollama does not know \"strict\"");
	jsonw_key(&x->w, "tools");
	jsonw_array(&x->w);
	while (json_next(&it)) {
		jsonw_object(&x->w);
		jsonw_kstr(&x->w, "type", "function");
		jsonw_key(&x->w, "function");
		jsonw_object(&x->w);
		jsonw_kjson(&x->w, "name", json_get(it.value, "name"));
		jsonw_kjson_opt(&x->w, "description", json_get(it.value, "description"));
		jsonw_kjson_opt(&x->w, "parameters", json_get(it.value, "inputSchema"));
		jsonw_end(&x->w);
		jsonw_end(&x->w);
	}
	jsonw_end(&x->w);
}

static void
write_options(struct builder *x)
{
	const struct request_options *o = x->o;

	jsonw_key(&x->w, "options");
	jsonw_object(&x->w);
	if (o->max_tokens != OPTION_UNSET)
		jsonw_ki64(&x->w, "num_predict", o->max_tokens);
	jsonw_kjson_opt(&x->w, "temperature", o->temperature);
	jsonw_kjson_opt(&x->w, "top_p", o->top_p);
	if (o->top_k != OPTION_UNSET)
		jsonw_ki64(&x->w, "top_k", o->top_k);
	if (o->seed != OPTION_UNSET)
		jsonw_ki64(&x->w, "seed", o->seed);
	request_write_stops(&x->w, "stop", o->stop);
	jsonw_end(&x->w);
}

static void
write_think(struct builder *x)
{
	struct answer *a = x->b->answer;

	switch (x->o->reasoning) {
	case REASONING_UNSET:
		break;
	case REASONING_OFF:
		jsonw_kbool(&x->w, "think", false);
		break;
	case REASONING_MINIMAL:
		answer_warn(
		    a, "options.reasoning", "\"minimal\" is not known here; \"low\" is asked for");
		jsonw_kstr(&x->w, "think", "low");
		break;
	case REASONING_LOW:
	case REASONING_MEDIUM:
	case REASONING_HIGH:
		jsonw_kstr(&x->w, "think", reasoning_name(x->o->reasoning));
		break;
	case REASONING_XHIGH:
		answer_warn(
		    a, "options.reasoning", "\"xhigh\" is not known here; \"high\" is asked for");
		jsonw_kstr(&x->w, "think", "high");
		break;
	case REASONING_BUDGET:
		answer_warn(
		    a, "options.reasoning", "a token budget cannot be carried; use a level");
		jsonw_kbool(&x->w, "think", true);
		break;
	}
}

int
ollama_address(const struct build *b, struct wire *wire, struct err *err)
{
	(void)err; /* nothing can be wrong */
	provider_url(b->provider, "/chat", &wire->url);
	wire_bearer(wire, b->key);
	wire->framing = b->request->options.stream ? FRAME_NDJSON : FRAME_WHOLE;
	return 0;
}

struct structured_means
ollama_means(const struct build *b)
{
	(void)b; /* all models: the server makes a grammar of the schema */
	return (struct structured_means){ .native = &schema_target_llamacpp, .loose = true };
}

int
ollama_build(const struct build *b, struct wire *wire, struct err *err)
{
	struct builder x = { .b = b, .o = &b->request->options, .err = err };
	int r;

	x.model = xmemdup(b->model.p, b->model.len);
	jsonw_start(&x.w, &wire->body);
	jsonw_object(&x.w);
	jsonw_kstrn(&x.w, "model", b->model);
	x.calls = request_calls(b->request);
	r = write_messages(&x);
	request_calls_release(&x.calls);
	free(x.model);
	if (r < 0)
		return -1;
	write_tools(&x);
	jsonw_kjson_opt(&x.w, "format", x.o->response_schema);
	write_think(&x);
	write_options(&x);
	if (x.o->cache_off)
		answer_warn(b->answer, "options.cache", "Ollama caches by itself");
	b->answer->sent_tokens = tokens_estimate(b->request, b->model).low;
	jsonw_kbool(&x.w, "stream", x.o->stream); /* it streams unless told not to */
	jsonw_end(&x.w);
	return 0;
}
