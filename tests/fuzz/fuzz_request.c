/* SPDX-License-Identifier: MIT */
/* fuzz_request - any record either is a request that can be walked, or an error that says why. */
#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "llm/request.h"

static void
walk(const struct request *r)
{
	struct request_turns turns = request_turns(r);
	struct request_parts parts;

	while (request_next_turn(&turns)) {
		parts = request_parts(turns.content);
		while (request_next_part(&parts))
			(void)request_opaque(parts.part, "fuzz", "m");
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct request r;
	struct json record;

	if (json_parse((const char *)data, size, &record, &err) < 0)
		return 0;
	(void)request_is(record);
	if (request_read(&r, record, NULL, &err) < 0) {
		if (!*err.text)
			abort();
		return 0;
	}
	walk(&r);
	request_release(&r);
	return 0;
}
