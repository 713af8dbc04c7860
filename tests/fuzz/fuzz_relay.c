/* SPDX-License-Identifier: MIT */
/* fuzz_relay - any bytes as what the program behind llm-failover says: what is passed on is JSON.
 */
#include "base/die.h"
#include "failover/relay.h"
#include "fuzz/fuzz.h"

static void
prove(const struct buf *out)
{
	struct json v;
	struct err err = ERR_INIT;

	if (json_parse(out->p, out->len, &v, &err) < 0)
		BUG("fuzz_relay: wrote %s: %s", out->p, err.text);
}

static void
pass_on(const struct relayed *r)
{
	struct usage before = { .in = 1, .out = 2 };
	struct relay_whole whole = {
		.id = STR_LIT("\"q\""),
		.requested_model = STR_LIT("a\"b"),
		.attempts = STR_LIT("[]"),
		.warnings = STR_LIT("w\n"),
		.said = STR_LIT("said "),
		.thought = STR_LIT("\xff"),
		.usage = &before,
	};
	struct buf out = BUF_INIT(BUF_UNLIMITED), text = BUF_INIT(BUF_UNLIMITED);
	struct relay_outcome outcome;

	if (r->kind == RELAY_CHUNK) {
		(void)relay_is_output(r);
		(void)relay_is_tool_call(r);
		relay_content(r, &text, &text);
		relay_chunk(r, STR_LIT("\"q\""), INT64_MAX, &out);
		prove(&out);
	} else if (r->kind == RELAY_RESPONSE) {
		relay_outcome(r, &outcome);
		relay_response(r->record, &whole, &out);
		prove(&out);
	}
	buf_release(&out);
	buf_release(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_paths *paths = relay_paths();
	struct relayed r;
	struct err err = ERR_INIT;

	if (relay_read(paths, (struct str){ (const char *)data, size }, &r, &err))
		pass_on(&r);
	json_paths_free(paths);
	return 0;
}
