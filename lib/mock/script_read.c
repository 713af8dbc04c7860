/* SPDX-License-Identifier: MIT */
/* script_read - an answer out of YAML, every wrong member with its place. */
#include "mock/script_read.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"

const char *const mock_answer_members[] = { "text", "echo", "repeat", "reasoning", "object",
	"toolCalls", "tokens", "stop", "returnModel", "ttft", "ttftP99", "perTokenDelay",
	"tokensPerSecond", "chunkWords", "headers", "error", "fault", NULL };

static struct str
yaml_scalar(const struct yaml *node)
{
	return node->kind == YAML_LIST || node->kind == YAML_MAP ? STR_NONE : node->text;
}

int
mock_yaml_text(const struct yaml_doc *doc, const struct yaml *map, const char *key, char **out,
    struct err *err)
{
	const struct yaml *node = yaml_get(map, key);

	if (!node)
		return 0;
	if (!yaml_str(node))
		return yaml_error(doc, node, err, "%s: not a text", key);
	xreplace(out, yaml_str(node));
	return 0;
}

int
mock_yaml_count(const struct yaml_doc *doc, const struct yaml *map, const char *key, int64_t *out,
    struct err *err)
{
	const struct yaml *node = yaml_get(map, key);
	int64_t n;

	if (!node)
		return 0;
	if (!num_i64(yaml_scalar(node), &n) || n < 0)
		return yaml_error(doc, node, err, "%s: not a whole number from 0", key);
	*out = n;
	return 0;
}

int
mock_yaml_bool(
    const struct yaml_doc *doc, const struct yaml *map, const char *key, bool *out, struct err *err)
{
	const struct yaml *node = yaml_get(map, key);

	if (!node)
		return 0;
	if (node->kind != YAML_BOOL)
		return yaml_error(doc, node, err, "%s: neither true nor false", key);
	*out = str_is(node->text, "true");
	return 0;
}

int
mock_yaml_us(const struct yaml_doc *doc, const struct yaml *map, const char *key, int64_t *out,
    struct err *err)
{
	const struct yaml *node = yaml_get(map, key);
	int64_t ms;

	if (!node)
		return 0;
	if (!num_duration_ms(yaml_scalar(node), &ms) || ms > INT64_MAX / 1000000)
		return yaml_error(doc, node, err, "%s: not a length of time (250ms, 1.5s)", key);
	*out = ms * 1000;
	return 0;
}

int
mock_yaml_span(const struct yaml_doc *doc, const struct yaml *map, const char *key,
    struct mock_span *out, struct err *err)
{
	const struct yaml *node = yaml_get(map, key);

	if (node && (!yaml_str(node) || !mock_span_parse(str_of(yaml_str(node)), out)))
		return yaml_error(doc, node, err,
		    "%s: not a span of time after the start (10s-20s, 0s-5s/60s)", key);
	return 0;
}

static char *
yaml_json_text(const struct yaml *node)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	yaml_to_json(node, &text);
	return buf_take(&text);
}

static int
answer_calls(
    const struct yaml_doc *doc, const struct yaml *list, struct mock_answer *a, struct err *err)
{
	static const char *const members[] = { "id", "name", "arguments", NULL };
	const struct yaml *item, *arguments;
	struct mock_tool_call *call;
	size_t i;

	if (list && list->kind != YAML_LIST)
		return yaml_error(doc, list, err, "toolCalls: not a list");
	for (i = 0; list && i < list->count; i++) {
		item = list->items[i];
		VEC_GROW(a->calls, a->call_count, a->call_cap);
		call = &a->calls[a->call_count++];
		*call = (struct mock_tool_call){ 0 };
		if (yaml_known(doc, item, "a tool call", members, err) < 0 ||
		    mock_yaml_text(doc, item, "id", &call->id, err) < 0 ||
		    mock_yaml_text(doc, item, "name", &call->name, err) < 0)
			return -1;
		arguments = yaml_get(item, "arguments");
		if (!call->name)
			return yaml_error(doc, item, err, "a tool call needs a name");
		if (arguments && arguments->kind != YAML_MAP)
			return yaml_error(doc, arguments, err, "arguments: not a map");
		call->arguments = arguments ? yaml_json_text(arguments) : xstrdup("{}");
	}
	return 0;
}

static int
answer_tokens(
    const struct yaml_doc *doc, const struct yaml *map, struct mock_tokens *t, struct err *err)
{
	static const char *const members[] = { "in", "out", "cacheRead", "cacheWrite", "reasoning",
		NULL };

	if (!map)
		return 0;
	if (yaml_known(doc, map, "tokens", members, err) < 0 ||
	    mock_yaml_count(doc, map, "in", &t->in, err) < 0 ||
	    mock_yaml_count(doc, map, "out", &t->out, err) < 0 ||
	    mock_yaml_count(doc, map, "cacheRead", &t->cache_read, err) < 0 ||
	    mock_yaml_count(doc, map, "cacheWrite", &t->cache_write, err) < 0)
		return -1;
	return mock_yaml_count(doc, map, "reasoning", &t->reasoning, err);
}

/* midStream: true, false or flat. */
static int
error_mid_stream(
    const struct yaml_doc *doc, const struct yaml *map, struct mock_error *e, struct err *err)
{
	const char *word = yaml_str(yaml_get(map, "midStream"));

	e->flat = word && strcmp(word, "flat") == 0;
	e->mid_stream = e->flat;
	return e->flat ? 0 : mock_yaml_bool(doc, map, "midStream", &e->mid_stream, err);
}

static int
answer_error(
    const struct yaml_doc *doc, const struct yaml *map, struct mock_error *e, struct err *err)
{
	static const char *const members[] = { "status", "type", "code", "param", "message",
		"retryAfter", "midStream", NULL };
	int64_t status = 500, us = -1;

	if (!map)
		return 0;
	if (yaml_known(doc, map, "an error", members, err) < 0 ||
	    mock_yaml_count(doc, map, "status", &status, err) < 0 ||
	    mock_yaml_text(doc, map, "type", &e->type, err) < 0 ||
	    mock_yaml_text(doc, map, "code", &e->code, err) < 0 ||
	    mock_yaml_text(doc, map, "param", &e->param, err) < 0 ||
	    mock_yaml_text(doc, map, "message", &e->message, err) < 0 ||
	    mock_yaml_us(doc, map, "retryAfter", &us, err) < 0 ||
	    error_mid_stream(doc, map, e, err) < 0)
		return -1;
	if (status < 300 || status > 999)
		return yaml_error(
		    doc, yaml_get(map, "status"), err, "status: not an error's (300 to 999)");
	e->status = (int)status;
	e->retry_after_ms = us < 0 ? -1 : us / 1000;
	return 0;
}

static int
answer_fault(
    const struct yaml_doc *doc, const struct yaml *node, struct mock_faults *f, struct err *err)
{
	struct err why = ERR_INIT;
	size_t i;

	if (!node)
		return 0;
	if (node->kind == YAML_LIST) {
		for (i = 0; i < node->count; i++)
			if (answer_fault(doc, node->items[i], f, err) < 0)
				return -1;
		return 0;
	}
	if (!yaml_str(node))
		return yaml_error(doc, node, err, "fault: not a text");
	if (mock_faults_parse(f, str_of(yaml_str(node)), &why) < 0)
		return yaml_error(doc, node, err, "%s", why.text);
	return 0;
}

static int
answer_headers(
    const struct yaml_doc *doc, const struct yaml *map, struct mock_answer *a, struct err *err)
{
	size_t i;

	if (map && map->kind != YAML_MAP)
		return yaml_error(doc, map, err, "headers: not a map");
	for (i = 0; map && i < map->count; i++) {
		if (!yaml_str(map->items[i]) || strpbrk(yaml_str(map->items[i]), "\r\n"))
			return yaml_error(doc, map->items[i], err, "headers: not one line of text");
		VEC_GROW(a->fields, a->field_count, a->field_cap);
		a->fields[a->field_count].name = xstrdup(yaml_str(map->keys[i]));
		a->fields[a->field_count++].value = xstrdup(yaml_str(map->items[i]));
	}
	return 0;
}

/* perTokenDelay: a length of time; tokensPerSecond: the same as a rate. */
static int
answer_timing(
    const struct yaml_doc *doc, const struct yaml *map, struct mock_answer *a, struct err *err)
{
	const struct yaml *rate = yaml_get(map, "tokensPerSecond");
	double n;

	if (mock_yaml_us(doc, map, "ttft", &a->ttft_us, err) < 0 ||
	    mock_yaml_us(doc, map, "ttftP99", &a->ttft_p99_us, err) < 0 ||
	    mock_yaml_us(doc, map, "perTokenDelay", &a->token_us, err) < 0 ||
	    mock_yaml_count(doc, map, "chunkWords", &a->chunk_words, err) < 0)
		return -1;
	if (a->chunk_words == 0)
		return yaml_error(doc, yaml_get(map, "chunkWords"), err,
		    "chunkWords: a chunk holds one word or more");
	a->ttft_median_us = a->ttft_us;
	if (a->ttft_p99_us && a->ttft_p99_us < a->ttft_us)
		return yaml_error(
		    doc, map, err, "ttftP99 is shorter than ttft, which is the median");
	if (!rate)
		return 0;
	if (!num_double(yaml_scalar(rate), &n) || n <= 0)
		return yaml_error(doc, rate, err, "tokensPerSecond: not a number above 0");
	a->token_us = (int64_t)(1e6 / n);
	return 0;
}

int
mock_answer_read(
    const struct yaml_doc *doc, const struct yaml *map, struct mock_answer *a, struct err *err)
{
	const struct yaml *object = yaml_get(map, "object");

	if (mock_yaml_text(doc, map, "text", &a->text, err) < 0 ||
	    mock_yaml_bool(doc, map, "echo", &a->echo, err) < 0 ||
	    mock_yaml_count(doc, map, "repeat", &a->repeat, err) < 0 ||
	    mock_yaml_text(doc, map, "reasoning", &a->reasoning, err) < 0 ||
	    mock_yaml_text(doc, map, "stop", &a->stop, err) < 0 ||
	    mock_yaml_text(doc, map, "returnModel", &a->model, err) < 0 ||
	    answer_calls(doc, yaml_get(map, "toolCalls"), a, err) < 0 ||
	    answer_tokens(doc, yaml_get(map, "tokens"), &a->tokens, err) < 0 ||
	    answer_timing(doc, map, a, err) < 0 ||
	    answer_headers(doc, yaml_get(map, "headers"), a, err) < 0 ||
	    answer_error(doc, yaml_get(map, "error"), &a->error, err) < 0 ||
	    answer_fault(doc, yaml_get(map, "fault"), &a->faults, err) < 0)
		return -1;
	if (object)
		a->object = yaml_json_text(object);
	return 0;
}
