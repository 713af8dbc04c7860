/* SPDX-License-Identifier: MIT */
/* fuzz_build - whatever record is accepted, each dialect makes a JSON object of it or says why not.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "llm/dialect.h"

static void
must(bool truth)
{
	if (!truth)
		abort();
}

static void
build_for(const struct dialect *d, const char *base_url, const struct request *request)
{
	char name[] = "test", place[] = "there", url[64];
	struct provider provider = {
		.name = name, .dialect = d, .base_url = url, .place = { place, place, place, place }
	};
	struct err err = ERR_INIT;
	struct answer warnings;
	struct wire wire;
	struct json v;

	must(strlen(base_url) < sizeof url);
	memcpy(url, base_url, strlen(base_url) + 1);
	wire_init(&wire);
	answer_init(&warnings, NULL, NULL);
	if (dialect_build(&(struct build){ .request = request,
			      .provider = &provider,
			      .model = STR_LIT("m"),
			      .key = "k",
			      .answer = &warnings },
		&wire, &err) == 0) {
		must(json_parse(wire.body.p, wire.body.len, &v, &err) == 0);
		must(v.kind == JSON_OBJECT);
		must(wire.url.len > 0);
	} else {
		must(*err.text != '\0');
	}
	wire_release(&wire);
	answer_release(&warnings);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const hosts[] = { "https://api.openai.com", "https://api.mistral.ai",
		"https://openrouter.ai/api", "https://api.deepseek.com", "http://localhost:8000" };
	const char *const *names = dialect_names();
	struct err err = ERR_INIT;
	struct request request;
	struct json record;
	size_t i;

	if (json_parse((const char *)data, size, &record, &err) < 0 ||
	    request_read(&request, record, NULL, &err) < 0)
		return 0;
	for (i = 0; i < sizeof hosts / sizeof *hosts; i++) {
		build_for(&dialect_openai_chat, hosts[i], &request);
		build_for(&dialect_openai_responses, hosts[i], &request);
	}
	for (; *names; names++) {
		if (dialect_find(*names) != &dialect_cli) /* a program's: it needs one */
			build_for(dialect_find(*names), hosts[4], &request);
	}
	request_release(&request);
	return 0;
}
