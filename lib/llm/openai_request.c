/* SPDX-License-Identifier: MIT */
/* openai_request - what requests in OpenAI's formats have in common. */
#include "base/mem.h"
#include "json/names.h"
#include "llm/openai.h"

void
openai_request_start(
    struct openai_request *q, const struct build *b, struct wire *wire, struct err *err)
{
	const char *deployment = b->provider->place[PLACE_DEPLOYMENT];

	*q = (struct openai_request){
		.b = b,
		.o = &b->request->options,
		.server = openai_server(b->provider, b->model),
		.err = err,
	};
	q->own_reasoning = (q->server->flags & OPENAI_OWN) && openai_model_reasons(b->model);
	q->model = xmemdup(b->model.p, b->model.len);
	if (q->server->flags & OPENAI_LOADED)
		buf_addstr(&b->answer->asked_model, b->model);
	jsonw_start(&q->w, &wire->body);
	jsonw_object(&q->w);
	if (deployment) /* Azure knows a model by that name only */
		jsonw_kstr(&q->w, "model", deployment);
	else
		jsonw_kstrn(&q->w, "model", b->model);
}

/* Azure takes its keys in a header of its own, and there as well the tokens (JWTs) of its
 * directory, which go where tokens go everywhere. */
void
openai_key(const struct build *b, struct wire *wire)
{
	bool is_token = b->key && strncmp(b->key, "eyJ", 3) == 0 && strchr(b->key, '.');

	if (b->key && (openai_server(b->provider, b->model)->flags & OPENAI_API_KEY) && !is_token)
		http_headers_set(&wire->headers, "api-key", b->key);
	else
		wire_bearer(wire, b->key);
}

void
openai_inner(struct buf *out, struct json v)
{
	if (v.kind == JSON_STRING)
		buf_add(out, v.p + 1, v.len - 2);
}

void
openai_raw_member(struct openai_request *q, const char *key, struct buf *raw)
{
	jsonw_key(&q->w, key);
	jsonw_raw(&q->w, buf_str(raw));
	buf_release(raw);
}

/* The API names formats, not media types: "audio/mpeg" is "mp3". */
int
openai_audio(struct openai_request *q, struct json part)
{
	static const char *const renamed[][2] = { { "mpeg", "mp3" }, { "x-wav", "wav" },
		{ "wave", "wav" }, { "vnd.wave", "wav" }, { "x-m4a", "m4a" }, { NULL, NULL } };
	struct json data = json_get(part, "data");
	struct str type = STR_NONE, family;
	size_t i;

	if (!json_exists(data))
		return err_set(q->err, EXIT_NO, "this provider takes audio as data only");
	if (json_plain(json_get(part, "mediaType"), &type))
		(void)str_split(&type, '/', &family); /* what is left is the subtype */
	for (i = 0; renamed[i][0] && !str_eq_nocase(type, renamed[i][0]); i++)
		;
	jsonw_key(&q->w, "input_audio");
	jsonw_object(&q->w);
	jsonw_kjson(&q->w, "data", data);
	jsonw_kstrn(&q->w, "format", renamed[i][0] ? str_of(renamed[i][1]) : type);
	jsonw_end(&q->w);
	return 0;
}

/* OpenAI's reasoning models refuse to be sampled otherwise, unless they are told not to reason. */
static bool
can_sample(const struct openai_request *q)
{
	if (!q->own_reasoning)
		return true;
	return openai_model_can_stop(q->b->model) &&
	       (q->o->reasoning == REASONING_OFF || q->o->reasoning == REASONING_UNSET);
}

void
openai_sampling(struct openai_request *q)
{
	static const char refusal[] = "this model takes no sampling parameters";
	const struct request_options *o = q->o;
	struct answer *a = q->b->answer;

	if (can_sample(q)) {
		jsonw_kjson_opt(&q->w, "temperature", o->temperature);
		jsonw_kjson_opt(&q->w, "top_p", o->top_p);
		return;
	}
	if (json_exists(o->temperature))
		answer_warn(a, "options.temperature", refusal);
	if (json_exists(o->top_p))
		answer_warn(a, "options.topP", refusal);
}

/* The server's word for the level, or for the nearest above off that it knows: less first. */
const char *
openai_effort(struct openai_request *q, int level)
{
	openai_efforts *words = q->server->efforts;
	int i;

	if ((*words)[level])
		return (*words)[level];
	for (i = level - 1; i > REASONING_OFF && !(*words)[i]; i--)
		;
	if (i <= REASONING_OFF) {
		for (i = level + 1; i <= REASONING_XHIGH && !(*words)[i]; i++)
			;
	}
	answer_warn(q->b->answer, "options.reasoning",
	    "\"%s\" is not known here; \"%s\" is asked for",
	    reasoning_name((enum reasoning_level)level), (*words)[i]);
	return (*words)[i];
}

static const char *
reasoning_off(struct openai_request *q)
{
	const char *none = (*q->server->efforts)[REASONING_OFF];

	if ((q->server->flags & OPENAI_OWN) && !q->own_reasoning)
		return NULL; /* nothing to switch off */
	if (q->own_reasoning && !openai_model_can_stop(q->b->model)) {
		answer_warn(q->b->answer, "options.reasoning",
		    "this model always reasons; the least is asked for");
		return str_starts(q->b->model, "gpt-5") ? "minimal" : "low";
	}
	if (!none)
		answer_warn(q->b->answer, "options.reasoning", "this provider has no word for it");
	return none;
}

const char *
openai_reasoning(struct openai_request *q)
{
	const char *why = NULL;

	if (q->o->reasoning == REASONING_UNSET)
		return NULL;
	if (q->o->reasoning == REASONING_OFF)
		return reasoning_off(q);
	if ((q->server->flags & OPENAI_OWN) && !q->own_reasoning)
		why = "this model does not reason";
	else if (q->o->reasoning == REASONING_BUDGET)
		why = "a token budget cannot be carried; use a level";
	if (!why)
		return openai_effort(q, q->o->reasoning);
	answer_warn(q->b->answer, "options.reasoning", "%s", why);
	return NULL;
}

static bool
all_required(struct json schema)
{
	struct names required = names_of(json_get(schema, "required"));
	struct json_iter it = json_each(json_get(schema, "properties"));
	bool all = true;

	while (all && json_next(&it))
		all = names_find(&required, it.key) != NULL;
	names_release(&required);
	return all;
}

/* Every object closed, every property required. */
static bool
is_strict(struct json schema)
{
	struct json properties = json_get(schema, "properties");
	struct json_iter it = json_each(schema);

	if (schema.kind == JSON_OBJECT && properties.kind == JSON_OBJECT &&
	    json_get(schema, "additionalProperties").kind != JSON_FALSE)
		return false;
	if (json_eq(json_get(schema, "type"), "object") && properties.kind != JSON_OBJECT)
		return false;
	while (json_next(&it)) {
		if (!is_strict(it.value))
			return false;
	}
	return all_required(schema);
}

bool
openai_schema_is_strict(const struct build *b)
{
	return b->structured == STRUCTURED_NATIVE && is_strict(b->request->options.response_schema);
}

struct structured_means
openai_means(const struct build *b)
{
	unsigned flags = openai_server(b->provider, b->model)->flags;
	bool own = (flags & OPENAI_OWN) != 0;
	bool native = !(flags & OPENAI_JSON_ONLY) && (!own || openai_model_takes_schema(b->model));

	return (struct structured_means){
		.native = !native ? NULL
			  : own   ? &schema_target_openai
				  : &schema_target_any,
		.loose = native,
		.json_mode = true,
		.force = !(flags & OPENAI_JSON_ONLY),
		.parallel_off = own,
		.strict = own ? &schema_target_openai : NULL,
	};
}

/* Chat completions nest what a function is in one more object. */
static void
write_tool_choice(struct openai_request *q, bool nested)
{
	static const char *const words[] = { NULL, "auto", "none", "required" };
	enum tool_choice choice = q->b->request->tool_choice;

	if (choice == TOOLS_REQUIRED && (q->server->flags & OPENAI_ANY)) {
		jsonw_kstr(&q->w, "tool_choice", "any");
	} else if (choice == TOOLS_ONE) {
		jsonw_key(&q->w, "tool_choice");
		jsonw_object(&q->w);
		jsonw_kstr(&q->w, "type", "function");
		if (nested) {
			jsonw_key(&q->w, "function");
			jsonw_object(&q->w);
		}
		jsonw_kjson(&q->w, "name", q->b->request->tool_name);
		if (nested)
			jsonw_end(&q->w);
		jsonw_end(&q->w);
	} else if (choice != TOOLS_UNSET) {
		jsonw_kstr(&q->w, "tool_choice", words[choice]);
	}
}

void
openai_write_tools(struct openai_request *q,
    void (*write_tool)(struct openai_request *q, struct json tool), bool nested)
{
	struct json_iter it = json_each(q->b->request->tools);

	if (!json_count(q->b->request->tools)) /* servers refuse the rest without tools */
		return;
	if (q->b->request->tool_choice == TOOLS_NONE &&
	    (q->server->flags & OPENAI_NONE_WITHOUT_TOOLS))
		return;
	jsonw_key(&q->w, "tools");
	jsonw_array(&q->w);
	while (json_next(&it))
		write_tool(q, it.value);
	jsonw_end(&q->w);
	write_tool_choice(q, nested);
	if (q->o->parallel_tools != PARALLEL_UNSET)
		jsonw_kbool(&q->w, "parallel_tool_calls", q->o->parallel_tools == PARALLEL_ON);
}
