/* SPDX-License-Identifier: MIT */
/*
 * fuzz_mock - any bytes as a fault spec (the first line) and a request body (the rest): each API
 * refuses them or answers, and the faults make a wire of it.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "mock/check.h"
#include "mock/render.h"
#include "mock/script.h"
#include "mock/wire.h"

static void
answer(const char *path, struct str body, const struct mock_faults *faults)
{
	struct mock_script *script = mock_script_new();
	struct mock_error error = MOCK_ERROR_NONE;
	struct err err = ERR_INIT;
	struct json json = JSON_ABSENT;
	struct mock_request r;
	struct mock_reply reply;
	struct mock_wire wire;
	bool parsed = json_parse(body.p, body.len, &json, &err) == 0;

	mock_request_init(&r);
	mock_request_path(&r, str_of(path), false);
	r.sse = body.len % 2;
	if (parsed)
		mock_request_body(&r, json);
	if (mock_check_body(&r, parsed, json, &error))
		mock_render(
		    mock_script_answer(script, &r, &(struct mock_moment){ 0 }), &r, 1, &reply);
	else
		mock_render_error(&error, r.family, 1, &reply);
	mock_wire_content(&reply, faults, r.family, 1);
	mock_wire_build(&wire, &reply, faults);
	mock_wire_release(&wire);
	mock_reply_release(&reply);
	mock_error_release(&error);
	mock_request_release(&r);
	mock_script_free(script);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = { "/v1/chat/completions", "/v1/messages", "/api/chat",
		"/v1beta/models/m:generateContent", "/v1beta/models/m:streamGenerateContent",
		NULL };
	struct str body = { (const char *)data, size }, spec = STR_NONE;
	struct mock_faults faults = { 0 };
	struct err err = ERR_INIT;
	size_t i;

	(void)str_split(&body, '\n', &spec);
	if (!body.p)
		body = (struct str){ "", 0 };
	if (spec.len > 0 && mock_faults_parse(&faults, spec, &err) < 0)
		mock_faults_release(&faults);
	for (i = 0; paths[i]; i++)
		answer(paths[i], body, &faults);
	mock_faults_release(&faults);
	return 0;
}
