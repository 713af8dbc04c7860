/* SPDX-License-Identifier: MIT */
/*
 * test_mock_form - what llm-mock makes up has the form that providers were recorded to send: every
 * member that it writes, with the kind of its value, occurs in recorded answers of that API.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <dirent.h>

#include "base/mem.h"
#include "json/json.h"
#include "mock/render.h"
#include "mock/script.h"
#include "net/frame.h"
#include "support/parsed.h"
#include "support/scripted.h"
#include "support/top.h"
#include "sys/file.h"

/* A set of member paths, "choices[].delta.content=string", kept as one text of lines. */
struct forms {
	struct buf lines;
};

static const char *const kinds[] = { [JSON_NULL] = "null",
	[JSON_FALSE] = "bool",
	[JSON_TRUE] = "bool",
	[JSON_NUMBER] = "number",
	[JSON_STRING] = "string",
	[JSON_ARRAY] = "array",
	[JSON_OBJECT] = "object" };

static bool
forms_has(const struct forms *f, const char *line)
{
	struct buf search = BUF_INIT(BUF_UNLIMITED);
	bool found;

	buf_addf(&search, "\n%s\n", line);
	found = strstr(f->lines.p, search.p) != NULL;
	buf_release(&search);
	return found;
}

/* What a tool's arguments hold is the caller's own business. */
static bool
is_free_form(const char *path)
{
	return str_ends(str_of(path), ".input") || str_ends(str_of(path), ".args") ||
	       str_ends(str_of(path), ".arguments");
}

static void
forms_add(struct forms *f, struct json v, const char *path)
{
	struct json_iter it = json_each(v);
	char *line = xasprintf("%s=%s", path, kinds[v.kind]), *key, *below;

	if (!forms_has(f, line))
		buf_addf(&f->lines, "%s\n", line);
	free(line);
	while (!is_free_form(path) && json_next(&it)) {
		key = v.kind == JSON_OBJECT ? json_strdup(it.key) : NULL;
		below = key ? xasprintf("%s.%s", path, key) : xasprintf("%s[]", path);
		forms_add(f, it.value, below);
		free(key);
		free(below);
	}
}

static bool
forms_add_message(void *user, struct str name, struct str data)
{
	struct err err = ERR_INIT;
	struct json v;

	(void)name;
	if (json_parse(data.p, data.len, &v, &err) == 0)
		forms_add(user, v, "");
	return true;
}

static void
forms_add_aws(struct forms *f, struct str body)
{
	struct frame *frame = frame_new(FRAME_AWS, FRAME_LIMIT, forms_add_message, f);
	struct err err = ERR_INIT;

	assert_int_equal(frame_feed(frame, body.p, body.len, &err), 0);
	assert_int_equal(frame_end(frame, false, &err), 0);
	frame_free(frame);
}

/* Add a body's objects, whatever its framing: SSE data, lines, an array, one object. */
static void
forms_add_body(struct forms *f, struct str body)
{
	struct err err = ERR_INIT;
	struct str line;
	struct json v;
	struct json_iter it;

	if (json_parse(body.p, body.len, &v, &err) == 0) {
		if (v.kind != JSON_ARRAY)
			forms_add(f, v, "");
		for (it = json_each(v); v.kind == JSON_ARRAY && json_next(&it);)
			forms_add(f, it.value, "");
		return;
	}
	if (body.len && !body.p[0]) { /* AWS's stream: a message begins with its length */
		forms_add_aws(f, body);
		return;
	}
	while (str_split(&body, '\n', &line)) {
		line = str_trim(line);
		if (str_starts(line, "data:"))
			line = str_trim((struct str){ line.p + 5, line.len - 5 });
		if (line.len > 0 && line.p[0] == '{' && json_parse(line.p, line.len, &v, &err) == 0)
			forms_add(f, v, "");
	}
}

/* Recorded answers of the APIs named; false where there are none. */
static bool
forms_record(struct forms *f, const char *const *apis)
{
	static const char *const files[] = { "response.json", "stream.txt", "stream.bin", NULL };
	char *base = top_fixtures();
	struct err err = ERR_INIT;
	size_t i, found = 0;

	buf_init(&f->lines, BUF_UNLIMITED);
	buf_adds(&f->lines, "\n");
	for (; *apis; apis++) {
		char *api = file_join(base, *apis);
		DIR *dir = opendir(api);
		struct dirent *entry;

		while (dir && (entry = readdir(dir))) {
			for (i = 0; entry->d_name[0] != '.' && files[i]; i++) {
				struct buf body = BUF_INIT(BUF_UNLIMITED);
				char *path = xasprintf("%s/%s/%s", api, entry->d_name, files[i]);

				if (file_exists(path) && file_read(path, &body, &err) == 0) {
					forms_add_body(f, buf_str(&body));
					found++;
				}
				free(path);
				buf_release(&body);
			}
		}
		if (dir)
			(void)closedir(dir);
		free(api);
	}
	free(base);
	return found > 0;
}

static const char script[] =
    "answers:\n"
    "  - model: talk\n"
    "    reasoning: Let me see.\n"
    "    text: Hello there.\n"
    "    tokens: {in: 100, out: 30, cacheRead: 60, reasoning: 12}\n"
    "  - {model: call, toolCalls: [{id: mine, name: f, arguments: {a: 1}}]}\n"
    "  - {model: long, text: so, stop: length}\n"
    "  - {model: fail, error: {status: 400}}\n";

static void
forms_render(struct forms *f, const char *path, const char *model, bool stream)
{
	struct mock_script *s = scripted(script);
	struct mock_request r;
	struct mock_reply reply;
	char *body = xasprintf(
	    "{\"model\":\"%s\",\"stream\":%s,\"stream_options\":{\"include_usage\":true},"
	    "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],"
	    "\"input\":\"x\",\"include\":[\"reasoning.encrypted_content\"]}",
	    model, stream ? "true" : "false");
	char *target = NULL;
	struct json json;

	if (!path)
		target = xasprintf("/v1beta/models/%s:%s", model,
		    stream ? "streamGenerateContent" : "generateContent");
	else if (strcmp(path, "/converse") == 0)
		target = xasprintf("/model/%s%s%s", model, path, stream ? "-stream" : "");
	else
		target = xstrdup(path);
	json = parsed(body);
	mock_request_init(&r);
	mock_request_path(&r, str_of(target), false);
	mock_request_body(&r, json);
	mock_render(mock_script_answer(s, &r, &(struct mock_moment){ 0 }), &r, 1, &reply);
	forms_add_body(f, buf_str(&reply.body.bytes));
	mock_reply_release(&reply);
	mock_request_release(&r);
	mock_script_free(s);
	free(target);
	free(body);
}

/* path: NULL where the model stands in it (Gemini). own: what we write on purpose beyond the
 * recordings. */
static void
check_api(const char *const *apis, const char *path, const char *const *own)
{
	static const char *const models[] = { "talk", "call", "long", "fail", NULL };
	struct forms recorded, ours = { BUF_INIT(BUF_UNLIMITED) };
	const char *const *m;
	struct str rest, line;
	char *text;

	if (!forms_record(&recorded, apis)) {
		print_message("no recorded traffic: set AGENTFLOW_FIXTURES\n");
		buf_release(&recorded.lines);
		skip();
	}
	for (m = own; *m; m++)
		buf_addf(&recorded.lines, "%s\n", *m);
	buf_adds(&ours.lines, "\n");
	for (m = models; *m; m++) {
		forms_render(&ours, path, *m, false);
		forms_render(&ours, path, *m, true);
	}
	rest = buf_str(&ours.lines);
	while (str_split(&rest, '\n', &line)) {
		text = xmemdup(line.p ? line.p : "", line.len);
		if (line.len > 0 && !forms_has(&recorded, text))
			fail_msg("%s: %s was never recorded", apis[0], text);
		free(text);
	}
	buf_release(&recorded.lines);
	buf_release(&ours.lines);
}

static void
openai_answers_have_the_recorded_form(void **state)
{
	static const char *const apis[] = { "openai/chat-completions", "deepseek/chat-completions",
		NULL };
	static const char *const own[] = { NULL };

	(void)state;
	check_api(apis, "/v1/chat/completions", own);
}

static void
responses_answers_have_the_recorded_form(void **state)
{
	static const char *const apis[] = { "openai/responses", "azure-openai/responses",
		"xai/responses", NULL };
	static const char *const own[] = { ".error.code=null", /* all of it documented */
		".incomplete_details=object", ".incomplete_details.reason=string",
		".response.incomplete_details=object", ".response.incomplete_details.reason=string",
		NULL };

	(void)state;
	check_api(apis, "/v1/responses", own);
}

static void
anthropic_answers_have_the_recorded_form(void **state)
{
	static const char *const apis[] = { "anthropic/messages", NULL };
	static const char *const own[] = { NULL };

	(void)state;
	check_api(apis, "/v1/messages", own);
}

static void
gemini_answers_have_the_recorded_form(void **state)
{
	static const char *const apis[] = { "gemini/generate-content",
		"gemini/stream-generate-content", NULL };
	static const char *const own[] = { NULL };

	(void)state;
	check_api(apis, NULL, own);
}

static void
ollama_answers_have_the_recorded_form(void **state)
{
	static const char *const apis[] = { "ollama/chat", NULL };
	static const char *const own[] = { NULL };

	(void)state;
	check_api(apis, "/api/chat", own);
}

static void
bedrock_answers_have_the_recorded_form(void **state)
{
	static const char *const apis[] = { "bedrock/converse", "bedrock/converse-stream", NULL };
	static const char *const own[] = { NULL };

	(void)state;
	check_api(apis, "/converse", own);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(openai_answers_have_the_recorded_form),
		cmocka_unit_test(responses_answers_have_the_recorded_form),
		cmocka_unit_test(anthropic_answers_have_the_recorded_form),
		cmocka_unit_test(gemini_answers_have_the_recorded_form),
		cmocka_unit_test(ollama_answers_have_the_recorded_form),
		cmocka_unit_test(bedrock_answers_have_the_recorded_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
