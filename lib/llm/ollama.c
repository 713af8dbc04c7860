/* SPDX-License-Identifier: MIT */
/* ollama - Ollama's own API (/api/chat): newline-delimited JSON, times in nanoseconds. */
#include "llm/ollama.h"

#include "llm/check.h"
#include "llm/dialect.h"

static const struct stop_row stops[] = {
	{ "stop", STOP_END },
	{ "length", STOP_LENGTH },
	{ "load", STOP_OTHER }, /* an empty conversation only loads the model */
	{ "unload", STOP_OTHER },
	{ NULL, STOP_NONE },
};

static void
read_message(struct answer *a, struct json message)
{
	static const char *const names[] = { "content", "thinking", "tool_calls" };
	struct json v[3], function;
	struct json_iter it;
	struct part *part;

	check_members(message, names, v, 3);
	part = answer_text(a, PART_REASONING, KEY_NONE, v[1]);
	if (part && !part->opaque.len)
		buf_adds(&part->opaque, "{\"field\":\"thinking\"}");
	(void)answer_text(a, PART_TEXT, KEY_NONE, v[0]);
	it = json_each(v[2]);
	while (json_next(&it)) { /* always whole, often without an id */
		function = json_get(it.value, "function");
		(void)answer_tool(a, KEY_NONE, json_get(it.value, "id"), json_get(function, "name"),
		    json_get(function, "arguments"));
	}
}

/* Nanoseconds as a member in milliseconds. */
static void
write_ms(struct jsonw *w, const char *key, int64_t ns)
{
	if (ns <= 0)
		return;
	jsonw_key(w, key);
	jsonw_double(w, (double)ns / 1e6);
}

static void
read_perf(struct answer *a, struct json last)
{
	struct buf object = BUF_INIT(BUF_UNLIMITED);
	int64_t load = 0, prompt = 0, eval = 0;
	struct jsonw w;

	(void)json_i64(json_get(last, "load_duration"), &load);
	(void)json_i64(json_get(last, "prompt_eval_duration"), &prompt);
	(void)json_i64(json_get(last, "eval_duration"), &eval);
	jsonw_start(&w, &object);
	jsonw_object(&w);
	write_ms(&w, "loadMs", load);
	write_ms(&w, "promptEvalMs", prompt);
	write_ms(&w, "evalMs", eval);
	if (eval > 0 && a->usage.out > 0) {
		jsonw_key(&w, "tokensPerSecond");
		jsonw_double(&w, (double)a->usage.out * 1e9 / (double)eval);
	}
	jsonw_end(&w);
	buf_reset(&a->perf);
	buf_add(&a->perf, object.p + 1, object.len - 2);
	buf_release(&object);
}

/* A line of a stream and a whole body are the same thing. */
static void
read_line(struct answer *a, struct json line)
{
	static const char *const names[] = { "model", "message", "done", "done_reason", "error",
		"prompt_eval_count", "eval_count" };
	struct json v[7];

	check_members(line, names, v, 7);
	answer_model(a, v[0]);
	read_message(a, v[1]);
	if (json_exists(v[4])) {
		answer_error_json(a, 0, line);
		return;
	}
	usage_set(&a->usage.in, v[5]); /* missing where the prompt was cached whole */
	usage_set(&a->usage.out, v[6]);
	answer_stop(a, stops, v[3]);
	if (!json_is_true(v[2]))
		return;
	if (!a->choice_done) { /* early versions give no reason */
		a->stop = STOP_END;
		a->choice_done = true;
	}
	read_perf(a, line);
	answer_end(a);
}

static void
event(struct answer *a, struct str name, struct json data)
{
	(void)name; /* lines have none */
	read_line(a, data);
}

static void
body(struct answer *a, struct json data)
{
	read_line(a, data);
	if (!json_exists(json_get(data, "done")))
		answer_fail(a, ERROR_PROTOCOL, "the body is no answer of Ollama's");
}

static const char *const token_members[] = { "options.num_predict", NULL };
static const struct dialect_ceiling ceiling = { .tokens = token_members };

const struct dialect dialect_ollama = {
	.name = "ollama",
	.version = "/api",
	.address = ollama_address,
	.means = ollama_means,
	.build = ollama_build,
	.ceiling = &ceiling,
	.event = event,
	.body = body,
};
