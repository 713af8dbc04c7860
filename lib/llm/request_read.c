/* SPDX-License-Identifier: MIT */
/* request_read - find a request's members and check what every dialect relies on. */
#include "llm/check.h"
#include "llm/media.h"
#include "llm/request.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* A cache mark, of a part, a message or a tool. */
static int
check_cache(const struct check *at, struct json v)
{
	if (!json_exists(v) || v.kind == JSON_TRUE || v.kind == JSON_FALSE || json_eq(v, "1h"))
		return 0;
	return check_fail(at, "cache", "must be true, false or \"1h\"");
}

/* --- messages --- */

enum {
	P_TYPE,
	P_TEXT,
	P_MEDIA_TYPE,
	P_DATA,
	P_URL,
	P_FILE_ID,
	P_NAME,
	P_ID,
	P_ARGUMENTS,
	P_INPUT,
	P_CONTENT,
	P_IS_ERROR,
	P_PROVIDER,
	P_VALUE,
	P_OPAQUE,
	P_CACHE,
	PART_MEMBERS
};
static const char *const part_members[] = { "type", "text", "mediaType", "data", "url", "fileId",
	"name", "id", "arguments", "input", "content", "isError", "provider", "value", "opaque",
	"cache" };

static int
check_media(struct request *r, const struct check *at, const struct json *m)
{
	static const int sources[] = { P_DATA, P_URL, P_FILE_ID, P_TEXT };
	size_t given = 0;

	for (size_t i = 0; i < COUNT(sources); i++) {
		if (check_opt(at, part_members[sources[i]], m[sources[i]], JSON_STRING) < 0)
			return -1;
		given += json_exists(m[sources[i]]);
	}
	if (given != 1)
		return check_fail(at, NULL, "wants one of data, url, fileId, text");
	if (media_is_file(m[P_DATA]) || media_is_file(m[P_URL]))
		r->files = true;
	else if (json_exists(m[P_DATA]) && !json_exists(m[P_MEDIA_TYPE]))
		return check_fail(at, "mediaType", "is missing: data needs it");
	if (check_opt(at, "mediaType", m[P_MEDIA_TYPE], JSON_STRING) < 0)
		return -1;
	return check_opt(at, "name", m[P_NAME], JSON_STRING);
}

static int
check_tool_call(const struct check *at, enum role role, const struct json *m)
{
	if (role != ROLE_ASSISTANT)
		return check_fail(at, "type", "toolCall belongs in an assistant's message");
	if (check_kind(at, "id", m[P_ID], JSON_STRING) < 0 ||
	    check_kind(at, "name", m[P_NAME], JSON_STRING) < 0)
		return -1;
	if (json_exists(m[P_INPUT]))
		return check_kind(at, "input", m[P_INPUT], JSON_STRING);
	return check_opt(at, "arguments", m[P_ARGUMENTS], JSON_OBJECT);
}

/* The parts of a tool's result: text and media. */
static int
check_result_parts(struct request *r, struct check at, struct json content)
{
	struct request_parts p = request_parts(content);
	struct json m[PART_MEMBERS];

	at.inner = "content";
	for (at.inneritem = 0; request_next_part(&p); at.inneritem++) {
		check_members(p.part, part_members, m, PART_MEMBERS);
		if (p.type == PART_TEXT && check_kind(&at, "text", m[P_TEXT], JSON_STRING) < 0)
			return -1;
		if (p.type != PART_TEXT && p.type != PART_PROVIDER && check_media(r, &at, m) < 0)
			return -1;
	}
	return 0;
}

static int
check_tool_result(struct request *r, const struct check *at, enum role role, const struct json *m)
{
	if (role != ROLE_TOOL && role != ROLE_USER)
		return check_fail(at, "type", "toolResult belongs in a message of role tool");
	if (check_kind(at, "id", m[P_ID], JSON_STRING) < 0 ||
	    check_bool(at, "isError", m[P_IS_ERROR]) < 0)
		return -1;
	return request_is_parts(m[P_CONTENT]) ? check_result_parts(r, *at, m[P_CONTENT]) : 0;
}

static int
check_part(struct request *r, const struct check *at, enum role role, struct json part)
{
	struct json m[PART_MEMBERS];
	int type;

	if (!json_is(part, JSON_OBJECT))
		return check_fail(at, NULL, "must be a part: an object with a type");
	check_members(part, part_members, m, PART_MEMBERS);
	type = check_word(at, "type", m[P_TYPE], request_part_types);
	if (type < 0 || check_opt(at, "opaque", m[P_OPAQUE], JSON_OBJECT) < 0 ||
	    check_cache(at, m[P_CACHE]) < 0)
		return -1;
	if (role == ROLE_TOOL && type != PART_TOOL_RESULT)
		return check_fail(at, "type", "a message of role tool holds toolResult parts only");
	switch ((enum part_type)type) {
	case PART_TEXT:
	case PART_REASONING:
		return check_kind(at, "text", m[P_TEXT], JSON_STRING);
	case PART_IMAGE:
	case PART_AUDIO:
	case PART_VIDEO:
	case PART_FILE:
		return check_media(r, at, m);
	case PART_TOOL_CALL:
		return check_tool_call(at, role, m);
	case PART_TOOL_RESULT:
		return check_tool_result(r, at, role, m);
	case PART_PROVIDER:
		if (!json_exists(m[P_VALUE]))
			return check_fail(at, "value", "is missing");
		return check_kind(at, "provider", m[P_PROVIDER], JSON_STRING);
	}
	return 0;
}

static int
check_message(struct request *r, struct check *at, struct json message)
{
	struct json content;
	struct json_iter it;
	enum role role;
	int i;

	if (!json_is(message, JSON_OBJECT))
		return check_fail(at, NULL, "must be a message: an object with role and content");
	i = check_word(at, "role", json_get(message, "role"), request_roles);
	if (i < 0 || check_cache(at, json_get(message, "cache")) < 0)
		return -1;
	role = request_role(i);
	content = json_get(message, "content");
	if (json_is(content, JSON_STRING))
		return role == ROLE_TOOL
			   ? check_fail(at, "content", "must be a list of toolResult parts")
			   : 0;
	if (!json_exists(content) && role == ROLE_ASSISTANT)
		return 0;
	if (!json_is(content, JSON_ARRAY))
		return check_fail(at, "content", "must be a string or a list of parts");
	at->sub = "content";
	at->subitem = 0;
	for (it = json_each(content); json_next(&it); at->subitem++)
		if (check_part(r, at, role, it.value) < 0)
			return -1;
	at->sub = NULL;
	return 0;
}

static int
check_messages(struct request *r, struct err *err)
{
	struct check at = { .err = err };
	struct json_iter it;

	if (check_opt(&at, "prompt", r->prompt, JSON_STRING) < 0 ||
	    check_opt(&at, "messages", r->messages, JSON_ARRAY) < 0)
		return -1;
	if (!json_exists(r->prompt) && !json_count(r->messages))
		return check_fail(&at, "messages", "is %s, and there is no prompt",
		    json_exists(r->messages) ? "empty" : "missing");
	at.list = "messages";
	for (it = json_each(r->messages); json_next(&it); at.item++)
		if (check_message(r, &at, it.value) < 0)
			return -1;
	return 0;
}

/* --- tools --- */

static int
check_tools(const struct request *r, struct err *err)
{
	static const char *const names[] = { "name", "description", "inputSchema", "strict",
		"cache" };
	struct check at = { .err = err };
	struct json m[COUNT(names)];
	struct json_iter it;

	if (check_opt(&at, "tools", r->tools, JSON_ARRAY) < 0)
		return -1;
	at.list = "tools";
	for (it = json_each(r->tools); json_next(&it); at.item++) {
		if (!json_is(it.value, JSON_OBJECT))
			return check_fail(&at, NULL, "must be an object with name and inputSchema");
		check_members(it.value, names, m, COUNT(names));
		if (check_kind(&at, "name", m[0], JSON_STRING) < 0 ||
		    check_opt(&at, "description", m[1], JSON_STRING) < 0 ||
		    check_opt(&at, "inputSchema", m[2], JSON_OBJECT) < 0 ||
		    check_bool(&at, "strict", m[3]) < 0 || check_cache(&at, m[4]) < 0)
			return -1;
		if (json_is_empty_string(m[0]))
			return check_fail(&at, "name", "is empty");
	}
	return 0;
}

static int
read_tool_choice(struct request *r, struct json v, struct err *err)
{
	static const char *const words[] = { "", "auto", "none", "required", NULL };
	struct check at = { .err = err };
	int i;

	if (!json_exists(v))
		return 0;
	if (json_is(v, JSON_OBJECT)) {
		r->tool_choice = TOOLS_ONE;
		r->tool_name = json_get(v, "name");
		return check_kind(&at, "toolChoice.name", r->tool_name, JSON_STRING);
	}
	i = check_word(&at, "toolChoice", v, words);
	if (i < 0)
		return -1;
	r->tool_choice = (enum tool_choice)i; /* words stand in its order */
	return 0;
}

/* --- options --- */

enum {
	O_MAX_TOKENS,
	O_TEMPERATURE,
	O_TOP_P,
	O_TOP_K,
	O_STOP,
	O_SEED,
	O_STREAM,
	O_REASONING,
	O_RESPONSE_SCHEMA,
	O_PARALLEL_TOOLS,
	O_TIMEOUT,
	O_TTFT_TIMEOUT,
	O_IDLE_TIMEOUT,
	O_CACHE,
	OPTION_COUNT
};
static const char *const option_names[] = { "maxTokens", "temperature", "topP", "topK", "stop",
	"seed", "stream", "reasoning", "responseSchema", "parallelTools", "timeoutMs",
	"ttftTimeoutMs", "idleTimeoutMs", "cache", NULL };

const char *const *
request_option_names(void)
{
	return option_names;
}

static int
bad_option(struct err *err, int option, const char *what)
{
	return err_set(err, EXIT_NO, "options.%s: %s", option_names[option], what);
}

static int
read_int(const struct json *o, int option, int64_t min, int64_t *out, struct err *err)
{
	if (!json_exists(o[option]))
		return 0;
	if (!json_count_of(o[option], out))
		return bad_option(err, option, "must be an integer");
	if (*out < min)
		return bad_option(err, option, min ? "must be at least 1" : "must not be negative");
	return 0;
}

static int
check_range(const struct json *o, int option, double max, struct err *err)
{
	double d;

	if (!json_exists(o[option]))
		return 0;
	if (!json_double(o[option], &d))
		return bad_option(err, option, "must be a number");
	if (d < 0 || d > max)
		return bad_option(
		    err, option, max > 1 ? "must be from 0 to 2" : "must be from 0 to 1");
	return 0;
}

static int
check_stop(struct json stop, struct err *err)
{
	struct json_iter it = json_each(stop);

	if (json_exists(stop) && !json_is(stop, JSON_STRING) && !json_is(stop, JSON_ARRAY))
		return bad_option(err, O_STOP, "must be a string or a list of strings");
	while (json_next(&it))
		if (!json_is(it.value, JSON_STRING))
			return bad_option(err, O_STOP, "must hold strings only");
	return 0;
}

static int
read_flag(const struct json *o, int option, struct err *err)
{
	if (!json_exists(o[option]) || o[option].kind == JSON_TRUE || o[option].kind == JSON_FALSE)
		return 0;
	return bad_option(err, option, "must be true or false");
}

static int
read_reasoning(struct request_options *opt, struct json v, struct err *err)
{
	struct check at = { .err = err };
	int i;

	if (!json_exists(v))
		return 0;
	if (json_is(v, JSON_OBJECT)) {
		opt->reasoning = REASONING_BUDGET;
		if (!json_count_of(json_get(v, "budgetTokens"), &opt->reasoning_budget) ||
		    opt->reasoning_budget < 0)
			return bad_option(err, O_REASONING, "budgetTokens must be a count");
		return 0;
	}
	i = check_word(&at, "options.reasoning", v, request_levels);
	if (i < 0)
		return -1;
	opt->reasoning = (enum reasoning_level)i;
	return 0;
}

static int
read_cache(struct request_options *opt, struct json v, struct err *err)
{
	opt->cache_off = json_eq(v, "off");
	opt->cache_auto = json_eq(v, "auto");
	if (json_exists(v) && !opt->cache_off && !opt->cache_auto)
		return bad_option(err, O_CACHE, "must be \"auto\" or \"off\"");
	return 0;
}

static int
read_options(
    struct request_options *opt, struct json options, struct json defaults, struct err *err)
{
	struct json o[OPTION_COUNT], d[OPTION_COUNT];
	struct check at = { .err = err };

	if (check_opt(&at, "options", options, JSON_OBJECT) < 0)
		return -1;
	check_members(options, option_names, o, OPTION_COUNT);
	check_members(defaults, option_names, d, OPTION_COUNT);
	for (int i = 0; i < OPTION_COUNT; i++)
		if (!json_exists(o[i]))
			o[i] = d[i];
	if (read_int(o, O_MAX_TOKENS, 1, &opt->max_tokens, err) < 0 ||
	    read_int(o, O_TOP_K, 0, &opt->top_k, err) < 0 ||
	    read_int(o, O_SEED, OPTION_UNSET + 1, &opt->seed, err) < 0 ||
	    read_int(o, O_TIMEOUT, 1, &opt->timeout_ms, err) < 0 ||
	    read_int(o, O_TTFT_TIMEOUT, 1, &opt->ttft_timeout_ms, err) < 0 ||
	    read_int(o, O_IDLE_TIMEOUT, 1, &opt->idle_timeout_ms, err) < 0 ||
	    check_range(o, O_TEMPERATURE, 2, err) < 0 || check_range(o, O_TOP_P, 1, err) < 0 ||
	    check_stop(o[O_STOP], err) < 0 || read_flag(o, O_STREAM, err) < 0 ||
	    read_flag(o, O_PARALLEL_TOOLS, err) < 0 ||
	    read_reasoning(opt, o[O_REASONING], err) < 0 || read_cache(opt, o[O_CACHE], err) < 0)
		return -1;
	if (json_exists(o[O_RESPONSE_SCHEMA]) && !json_is(o[O_RESPONSE_SCHEMA], JSON_OBJECT))
		return bad_option(err, O_RESPONSE_SCHEMA, "must be an object");
	opt->temperature = o[O_TEMPERATURE];
	opt->top_p = o[O_TOP_P];
	opt->stop = o[O_STOP];
	opt->stream = json_is_true(o[O_STREAM]);
	opt->response_schema = o[O_RESPONSE_SCHEMA];
	if (json_exists(o[O_PARALLEL_TOOLS]))
		opt->parallel_tools = json_is_true(o[O_PARALLEL_TOOLS]) ? PARALLEL_ON
									: PARALLEL_OFF;
	return 0;
}

/* --- the record --- */

enum {
	R_TYPE,
	R_ID,
	R_MODEL,
	R_PROMPT,
	R_MESSAGES,
	R_TOOLS,
	R_TOOL_CHOICE,
	R_OPTIONS,
	R_PROVIDER_OPTIONS,
	R_PROFILE,
	R_TAGS,
	R_META,
	RECORD_MEMBERS
};
static const char *const record_members[] = { "type", "id", "model", "prompt", "messages", "tools",
	"toolChoice", "options", "providerOptions", "profile", "tags", "meta" };

bool
request_is(struct json record)
{
	struct json type = json_get(record, "type");

	if (json_exists(type))
		return json_eq(type, "request");
	return json_exists(json_get(record, "messages")) || json_exists(json_get(record, "prompt"));
}

bool
request_is_cancel(struct json record, struct json *id)
{
	*id = json_get(record, "id");
	return (id->kind == JSON_STRING || id->kind == JSON_NUMBER) &&
	       json_eq(json_get(record, "type"), "cancel");
}

static int
read_model(
    struct request *r, struct json v, const struct request_defaults *defaults, struct err *err)
{
	if (!json_exists(v)) {
		if (defaults)
			r->model = defaults->model;
		return 0;
	}
	if (!json_is(v, JSON_STRING))
		return err_set(err, EXIT_NO, "model: must be a string");
	if (!json_plain(v, &r->model)) { /* PHP, for one, spells every slash \/ */
		json_text(v, &r->model_text);
		r->model = buf_str(&r->model_text);
	}
	return 0;
}

static int
check_provider_options(struct json options, struct err *err)
{
	struct check at = { .err = err };
	struct json_iter it = json_each(options);

	if (check_opt(&at, "providerOptions", options, JSON_OBJECT) < 0)
		return -1;
	while (json_next(&it))
		if (!json_is(it.value, JSON_OBJECT))
			return check_fail(
			    &at, "providerOptions", "must hold an object for each provider's name");
	return 0;
}

static int
read_members(struct request *r, const struct json *m, const struct request_defaults *defaults,
    struct err *err)
{
	struct json none = JSON_ABSENT;

	if (json_exists(m[R_TYPE]) && !json_eq(m[R_TYPE], "request"))
		return err_set(err, EXIT_NO, "type: not a request");
	if (json_exists(r->id) && !json_is(r->id, JSON_STRING) && !json_is(r->id, JSON_NUMBER)) {
		r->id = none;
		return err_set(err, EXIT_NO, "id: must be a string or a number");
	}
	if (check_messages(r, err) < 0 || check_tools(r, err) < 0 ||
	    read_tool_choice(r, m[R_TOOL_CHOICE], err) < 0 ||
	    read_options(&r->options, m[R_OPTIONS], defaults ? defaults->options : none, err) < 0 ||
	    check_provider_options(r->provider_options, err) < 0)
		return -1;
	if (json_exists(r->profile) && !json_is(r->profile, JSON_STRING))
		return err_set(err, EXIT_NO, "profile: must be a string");
	return read_model(r, m[R_MODEL], defaults, err);
}

int
request_read(
    struct request *r, struct json record, const struct request_defaults *defaults, struct err *err)
{
	struct json m[RECORD_MEMBERS];

	check_members(record, record_members, m, RECORD_MEMBERS);
	*r = (struct request){
		.record = record,
		.id = m[R_ID],
		.model = { "", 0 },
		.model_text = BUF_INIT(4096),
		.prompt = m[R_PROMPT],
		.messages = m[R_MESSAGES],
		.system = defaults ? defaults->system : STR_NONE,
		.tools = m[R_TOOLS],
		.options = { .max_tokens = OPTION_UNSET,
		    .top_k = OPTION_UNSET,
		    .seed = OPTION_UNSET },
		.provider_options = m[R_PROVIDER_OPTIONS],
		.profile = m[R_PROFILE],
		.tags = m[R_TAGS],
		.meta = m[R_META],
	};
	if (!json_is(record, JSON_OBJECT))
		return err_set(err, EXIT_NO, "not a JSON object");
	return read_members(r, m, defaults, err);
}

void
request_release(struct request *r)
{
	buf_release(&r->model_text);
}
