/* SPDX-License-Identifier: MIT */
/* gemini-request - build a request for Gemini's generateContent and streamGenerateContent. */
#include <stdlib.h>

#include "base/mem.h"
#include "json/jsonw.h"
#include "llm/gemini.h"

struct builder {
	const struct build *b;
	const struct request *r;
	char *model; /* b->model as a C string */
	struct jsonw w;
	struct err *err;
	enum role side; /* ROLE_USER or ROLE_ASSISTANT: of the turns being written */
	bool content_open;
	bool call_written; /* the open content has a function call already */
	bool failed;
};

/* --- what a generation of models can do --- */

enum thinks { THINKS_NOT, THINKS_BUDGET, THINKS_LEVEL };

/* The first prefix that fits counts. */
static const struct gemini_family {
	const char *prefix;
	enum thinks thinks;
	int64_t least, most; /* THINKS_BUDGET; least 0: it can be switched off */
	bool pro; /* THINKS_LEVEL: has no "minimal" */
	bool signed_calls; /* refuses a turn's first function call without a signature */
} families[] = {
	{ "gemini-2.5-pro", THINKS_BUDGET, 128, 32768, true, false },
	{ "gemini-2.5-flash-lite", THINKS_BUDGET, 0, 24576, false, false },
	{ "gemini-2.5", THINKS_BUDGET, 0, 24576, false, false },
	{ "gemini-1", THINKS_NOT, 0, 0, false, false },
	{ "gemini-2.0", THINKS_NOT, 0, 0, false, false },
	{ "gemini-3-pro", THINKS_LEVEL, 0, 0, true, true },
	{ "gemini-3.1-pro", THINKS_LEVEL, 0, 0, true, true },
	{ "gemini-", THINKS_LEVEL, 0, 0, false, true },
	{ "", THINKS_NOT, 0, 0, false, false },
};

static const struct gemini_family *
family_of(struct str model)
{
	const char *slash = model.len ? memchr(model.p, '/', model.len) : NULL;
	size_t i = 0;

	if (slash) { /* "models/gemini-..." */
		model.len -= (size_t)(slash + 1 - model.p);
		model.p = slash + 1;
	}
	while (!str_starts(model, families[i].prefix))
		i++;
	return &families[i];
}

static const int64_t budgets[] = {
	[REASONING_MINIMAL] = 512,
	[REASONING_LOW] = 2048,
	[REASONING_MEDIUM] = 8192,
	[REASONING_HIGH] = 24576,
	[REASONING_XHIGH] = 32768,
};

static const char *const levels[] = {
	[REASONING_OFF] = "minimal",
	[REASONING_MINIMAL] = "minimal",
	[REASONING_LOW] = "low",
	[REASONING_MEDIUM] = "medium",
	[REASONING_HIGH] = "high",
	[REASONING_XHIGH] = "high",
};

/* --- contents --- */

static bool
fail(struct builder *x, const char *what, struct json v)
{
	(void)err_set(x->err, EXIT_NO, "gemini: %s%.*s", what,
	    v.kind == JSON_STRING ? (int)(v.len < 80 ? v.len : 80) : 0,
	    v.kind == JSON_STRING ? v.p : "");
	x->failed = true;
	return false;
}

static void
begin_part(struct builder *x)
{
	if (!x->content_open) {
		jsonw_object(&x->w);
		jsonw_kstr(&x->w, "role", x->side == ROLE_ASSISTANT ? "model" : "user");
		jsonw_key(&x->w, "parts");
		jsonw_array(&x->w);
		x->content_open = true;
		x->call_written = false;
	}
	jsonw_object(&x->w);
}

static void
end_content(struct builder *x)
{
	if (x->content_open) {
		jsonw_end(&x->w);
		jsonw_end(&x->w);
	}
	x->content_open = false;
}

static void
write_signature(struct builder *x, struct json opaque)
{
	if (opaque.kind == JSON_STRING)
		jsonw_kjson(&x->w, "thoughtSignature", opaque);
}

static bool
write_media(struct builder *x, struct json part)
{
	struct json data = json_get(part, "data"), url = json_get(part, "url"),
		    file = json_get(part, "fileId"), text = json_get(part, "text"),
		    mime = json_get(part, "mediaType");

	if (!json_exists(data) && !json_exists(url) && !json_exists(file) && !json_exists(text))
		return fail(x,
		    "messages: a part has no data, url, fileId or text: ", json_get(part, "type"));
	if (json_exists(data)) {
		jsonw_key(&x->w, "inlineData");
		jsonw_object(&x->w);
		jsonw_kjson_opt(&x->w, "mimeType", mime);
		jsonw_kjson(&x->w, "data", data);
		jsonw_end(&x->w);
	} else if (json_exists(url) || json_exists(file)) {
		jsonw_key(&x->w, "fileData");
		jsonw_object(&x->w);
		jsonw_kjson_opt(&x->w, "mimeType", mime);
		jsonw_kjson(&x->w, "fileUri", json_exists(url) ? url : file);
		jsonw_end(&x->w);
	} else {
		jsonw_kjson(&x->w, "text", text);
	}
	return true;
}

/* Whether an id is the provider's own, and not one that was made on reading. */
static bool
is_own_id(struct json id)
{
	struct str text;

	return id.kind == JSON_STRING && !json_is_empty_string(id) &&
	       !(json_plain(id, &text) && str_starts(text, GEMINI_ID_PREFIX));
}

static void
write_call(struct builder *x, struct json part, struct json opaque)
{
	struct json id = json_get(part, "id"), arguments = json_get(part, "arguments");

	begin_part(x);
	jsonw_key(&x->w, "functionCall");
	jsonw_object(&x->w);
	if (is_own_id(id))
		jsonw_kjson(&x->w, "id", id);
	jsonw_kjson(&x->w, "name", json_get(part, "name"));
	jsonw_key(&x->w, "args");
	if (arguments.kind == JSON_OBJECT)
		jsonw_json(&x->w, arguments);
	else
		jsonw_raw(&x->w, STR_LIT("{}"));
	jsonw_end(&x->w);
	/* A call that another model made has no signature; this word is the documented stand-in. */
	if (opaque.kind != JSON_STRING && !x->call_written && family_of(x->b->model)->signed_calls)
		jsonw_kstr(&x->w, "thoughtSignature", "skip_thought_signature_validator");
	write_signature(x, opaque);
	jsonw_end(&x->w);
	x->call_written = true;
}

/* The name of the call that a result answers: results name it, the record has only its id. Ids may
 * come again in later turns, so the last call before the result counts. */
static struct json
name_of_call(const struct builder *x, struct json id, struct json result)
{
	struct request_turns t = request_turns(x->r);
	struct json name = JSON_ABSENT;
	struct request_parts parts;

	while (request_next_turn(&t)) {
		if (t.content.p && t.content.p > result.p)
			break;
		for (parts = request_parts(t.content); request_next_part(&parts);) {
			if (parts.type == PART_TOOL_CALL &&
			    json_equal(json_get(parts.part, "id"), id))
				name = json_get(parts.part, "name");
		}
	}
	return name;
}

static bool
is_parts(struct json content)
{
	struct json_iter it = json_each(content);
	size_t n = 0;

	if (content.kind != JSON_ARRAY)
		return false;
	for (; json_next(&it); n++) {
		if (json_get(it.value, "type").kind != JSON_STRING)
			return false;
	}
	return n > 0;
}

/* A result has to be an object: whatever else it is goes under one name. */
static void
write_response(struct builder *x, struct json content, bool is_error)
{
	struct request_parts parts = request_parts(content);
	const char *key = is_error ? "error" : "output";
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	jsonw_key(&x->w, "response");
	if (content.kind == JSON_OBJECT && !is_error) {
		jsonw_json(&x->w, content);
		return;
	}
	jsonw_object(&x->w);
	if (is_parts(content)) {
		while (request_next_part(&parts)) {
			if (parts.type == PART_TEXT)
				json_text(parts.text, &text);
		}
		jsonw_kstrn(&x->w, key, buf_str(&text));
	} else if (json_exists(content)) {
		jsonw_kjson(&x->w, key, content);
	}
	jsonw_end(&x->w);
	buf_release(&text);
}

static bool
write_result_media(struct builder *x, struct json content)
{
	struct request_parts parts = request_parts(content);
	bool any = false, ok = true;

	if (!is_parts(content))
		return true;
	while (ok && request_next_part(&parts)) {
		if (parts.type == PART_TEXT || parts.type == PART_PROVIDER)
			continue;
		if (!any) {
			jsonw_key(&x->w, "parts");
			jsonw_array(&x->w);
		}
		any = true;
		jsonw_object(&x->w);
		ok = write_media(x, parts.part);
		jsonw_end(&x->w);
	}
	if (any)
		jsonw_end(&x->w);
	return ok;
}

static bool
write_result(struct builder *x, struct json part)
{
	struct json id = json_get(part, "id"), content = json_get(part, "content");
	struct json name = name_of_call(x, id, part);
	bool ok;

	if (!json_exists(name))
		return fail(x, "messages: a toolResult answers no toolCall: ", id);
	begin_part(x);
	jsonw_key(&x->w, "functionResponse");
	jsonw_object(&x->w);
	if (is_own_id(id))
		jsonw_kjson(&x->w, "id", id);
	jsonw_kjson(&x->w, "name", name);
	write_response(x, content, json_is_true(json_get(part, "isError")));
	ok = write_result_media(x, content);
	jsonw_end(&x->w);
	jsonw_end(&x->w);
	return ok;
}

static void
write_provider_part(struct builder *x, struct json part)
{
	struct json provider = json_get(part, "provider");

	if (!json_eq(provider, x->b->provider->name) && !json_eq(provider, "gemini")) {
		answer_warn(
		    x->b->answer, "messages", "a part of another provider's own is left out");
		return;
	}
	begin_part(x);
	jsonw_members(&x->w, json_get(part, "value"));
	jsonw_end(&x->w);
}

static void
write_text(struct builder *x, struct json text, bool thought, struct json opaque)
{
	if (json_is_empty_string(text) && opaque.kind != JSON_STRING)
		return;
	begin_part(x);
	jsonw_kjson(&x->w, "text", text);
	if (thought)
		jsonw_kbool(&x->w, "thought", true);
	write_signature(x, opaque);
	jsonw_end(&x->w);
}

static bool
write_part(struct builder *x, const struct request_parts *p)
{
	struct json opaque = JSON_ABSENT;
	bool ok = true;

	if (p->part.kind == JSON_OBJECT)
		opaque = request_opaque(p->part, x->b->provider->name, x->model);
	switch (p->type) {
	case PART_TEXT:
		write_text(x, p->text, false, opaque);
		break;
	case PART_IMAGE:
	case PART_AUDIO:
	case PART_VIDEO:
	case PART_FILE:
		begin_part(x);
		ok = write_media(x, p->part);
		write_signature(x, opaque);
		jsonw_end(&x->w);
		break;
	case PART_REASONING:
		if (opaque.kind == JSON_STRING) /* thoughts are only taken back signed */
			write_text(x, p->text, true, opaque);
		break;
	case PART_TOOL_CALL:
		write_call(x, p->part, opaque);
		break;
	case PART_TOOL_RESULT:
		return write_result(x, p->part);
	case PART_PROVIDER:
		write_provider_part(x, p->part);
		break;
	}
	return ok;
}

static enum role
side_of(enum role role)
{
	return role == ROLE_TOOL ? ROLE_USER : role;
}

/* Turns of one side become one content; system turns stand elsewhere. */
static void
write_contents(struct builder *x)
{
	struct request_turns t = request_turns(x->r);
	struct request_parts parts;

	jsonw_key(&x->w, "contents");
	jsonw_array(&x->w);
	while (request_next_turn(&t)) {
		if (t.role == ROLE_SYSTEM)
			continue;
		if (x->content_open && side_of(t.role) != x->side)
			end_content(x);
		x->side = side_of(t.role);
		for (parts = request_parts(t.content); request_next_part(&parts);) {
			if (!write_part(x, &parts))
				return;
		}
	}
	end_content(x);
	jsonw_end(&x->w);
}

static void
write_system(struct builder *x)
{
	struct request_turns t = request_turns(x->r);
	struct request_parts parts;
	bool any = false;

	while (request_next_turn(&t)) {
		if (t.role != ROLE_SYSTEM)
			continue;
		if (!any) {
			jsonw_key(&x->w, "systemInstruction");
			jsonw_object(&x->w);
			jsonw_key(&x->w, "parts");
			jsonw_array(&x->w);
		}
		any = true;
		if (t.text.p) {
			jsonw_object(&x->w);
			jsonw_kstrn(&x->w, "text", t.text);
			jsonw_end(&x->w);
		}
		for (parts = request_parts(t.content); request_next_part(&parts);) {
			if (parts.type != PART_TEXT)
				continue;
			jsonw_object(&x->w);
			jsonw_kjson(&x->w, "text", parts.text);
			jsonw_end(&x->w);
		}
	}
	if (!any)
		return;
	jsonw_end(&x->w);
	jsonw_end(&x->w);
}

/* --- tools --- */

static void
write_tools(struct builder *x)
{
	struct json_iter it = json_each(x->r->tools);

	if (!json_count(x->r->tools))
		return;
	jsonw_key(&x->w, "tools");
	jsonw_array(&x->w);
	jsonw_object(&x->w);
	jsonw_key(&x->w, "functionDeclarations");
	jsonw_array(&x->w);
	while (json_next(&it)) {
		struct json schema = json_get(it.value, "inputSchema");

		jsonw_object(&x->w);
		jsonw_kjson(&x->w, "name", json_get(it.value, "name"));
		jsonw_kjson_opt(&x->w, "description", json_get(it.value, "description"));
		/* An object without properties is refused as parameters: none means the same. */
		if (json_count(json_get(schema, "properties")) ||
		    json_exists(json_get(schema, "$ref")))
			jsonw_kjson(&x->w, "parametersJsonSchema", schema);
		jsonw_end(&x->w);
	}
	jsonw_end(&x->w);
	jsonw_end(&x->w);
	jsonw_end(&x->w);
}

static void
write_tool_config(struct builder *x)
{
	static const char *const modes[] = {
		[TOOLS_UNSET] = NULL,
		[TOOLS_AUTO] = "AUTO",
		[TOOLS_NONE] = "NONE",
		[TOOLS_REQUIRED] = "ANY",
		[TOOLS_ONE] = "ANY",
	};
	const struct request *r = x->r;

	if (!json_count(r->tools)) /* a configuration without declarations is refused */
		return;
	if (r->options.parallel_tools == PARALLEL_OFF)
		answer_warn(x->b->answer, "options.parallelTools", "the API can't forbid them");
	if (!modes[r->tool_choice])
		return;
	jsonw_key(&x->w, "toolConfig");
	jsonw_object(&x->w);
	jsonw_key(&x->w, "functionCallingConfig");
	jsonw_object(&x->w);
	jsonw_kstr(&x->w, "mode", modes[r->tool_choice]);
	if (r->tool_choice == TOOLS_ONE) {
		jsonw_key(&x->w, "allowedFunctionNames");
		jsonw_array(&x->w);
		jsonw_json(&x->w, r->tool_name);
		jsonw_end(&x->w);
	}
	jsonw_end(&x->w);
	jsonw_end(&x->w);
}

/* --- options --- */

static void
write_budget(struct builder *x, const struct gemini_family *f, int64_t budget)
{
	struct answer *a = x->b->answer;

	if (budget < f->least) {
		answer_warn(a, "options.reasoning", "the least budget is %lld: it is sent",
		    (long long)f->least);
		budget = f->least;
	}
	if (f->most && budget > f->most)
		budget = f->most;
	jsonw_ki64(&x->w, "thinkingBudget", budget);
}

static void
write_level(struct builder *x, const struct gemini_family *f, enum reasoning_level level)
{
	const char *word = levels[level];

	if (f->pro && level < REASONING_LOW)
		word = "low";
	if (level == REASONING_OFF)
		answer_warn(x->b->answer, "options.reasoning",
		    "this model always thinks: level %s is sent", word);
	jsonw_kstr(&x->w, "thinkingLevel", word);
}

static void
write_thinking(struct builder *x)
{
	const struct gemini_family *f = family_of(x->b->model);
	const struct request_options *o = &x->r->options;
	enum reasoning_level level = o->reasoning;

	if (level == REASONING_UNSET || (level == REASONING_OFF && f->thinks == THINKS_NOT))
		return;
	if (f->thinks == THINKS_NOT) {
		answer_warn(x->b->answer, "options.reasoning", "this model does not think");
		return;
	}
	jsonw_key(&x->w, "thinkingConfig");
	jsonw_object(&x->w);
	if (level == REASONING_BUDGET)
		write_budget(x, f, o->reasoning_budget);
	else if (f->thinks == THINKS_LEVEL)
		write_level(x, f, level);
	else
		write_budget(x, f, level == REASONING_OFF ? 0 : budgets[level]);
	if (level != REASONING_OFF)
		jsonw_kbool(&x->w, "includeThoughts", true);
	jsonw_end(&x->w);
}

static void
write_generation_config(struct builder *x)
{
	const struct request_options *o = &x->r->options;

	jsonw_key(&x->w, "generationConfig");
	jsonw_object(&x->w);
	if (o->max_tokens != OPTION_UNSET)
		jsonw_ki64(&x->w, "maxOutputTokens", o->max_tokens);
	if (json_exists(o->temperature))
		jsonw_kjson(&x->w, "temperature", o->temperature);
	if (json_exists(o->top_p))
		jsonw_kjson(&x->w, "topP", o->top_p);
	if (o->top_k != OPTION_UNSET)
		jsonw_ki64(&x->w, "topK", o->top_k);
	if (o->seed != OPTION_UNSET)
		jsonw_ki64(&x->w, "seed", o->seed);
	if (o->stop.kind == JSON_ARRAY) {
		jsonw_kjson(&x->w, "stopSequences", o->stop);
	} else if (json_exists(o->stop)) {
		jsonw_key(&x->w, "stopSequences");
		jsonw_array(&x->w);
		jsonw_json(&x->w, o->stop);
		jsonw_end(&x->w);
	}
	if (json_exists(o->response_schema)) {
		jsonw_kstr(&x->w, "responseMimeType", "application/json");
		jsonw_kjson(&x->w, "responseJsonSchema", o->response_schema);
	}
	write_thinking(x);
	jsonw_end(&x->w);
}

/* --- the whole --- */

/* ".../models/NAME:generateContent"; a name that holds a slash ("tunedModels/x") is a path itself.
 */
static void
write_url(const struct build *b, struct buf *url)
{
	static const char safe[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/@";
	struct buf path = BUF_INIT(BUF_UNLIMITED);
	size_t i;

	buf_adds(&path, b->model.len && memchr(b->model.p, '/', b->model.len) ? "/" : "/models/");
	for (i = 0; i < b->model.len; i++) {
		if (b->model.p[i] && strchr(safe, b->model.p[i]))
			buf_addc(&path, b->model.p[i]);
		else
			buf_addf(&path, "%%%02X", (unsigned)(unsigned char)b->model.p[i]);
	}
	buf_adds(&path,
	    b->request->options.stream ? ":streamGenerateContent?alt=sse" : ":generateContent");
	provider_url(b->provider, path.p, url);
	buf_release(&path);
}

int
gemini_build(const struct build *b, struct wire *w, struct err *err)
{
	struct builder x = {
		.b = b,
		.r = b->request,
		.model = xmemdup(b->model.p, b->model.len),
		.err = err,
	};

	write_url(b, &w->url);
	w->framing = x.r->options.stream ? FRAME_SSE : FRAME_WHOLE;
	jsonw_start(&x.w, &w->body);
	jsonw_object(&x.w);
	write_system(&x);
	write_tools(&x);
	write_tool_config(&x);
	write_generation_config(&x);
	write_contents(&x);
	if (!x.failed)
		jsonw_end(&x.w);
	if (b->key)
		http_headers_set(&w->headers, "x-goog-api-key", b->key);
	free(x.model);
	return x.failed ? -1 : 0;
}
