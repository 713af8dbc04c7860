/* SPDX-License-Identifier: MIT */
/* tool_result - what a tool's result says, for those who take text and nothing else. */
#include "llm/tool_result.h"

#include "json/jsonw.h"
#include "llm/media.h"
#include "llm/request.h"

static void
add_inner(struct buf *out, struct json v)
{
	if (v.kind == JSON_STRING)
		buf_add(out, v.p + 1, v.len - 2);
}

static void
add_value(struct buf *out, struct json value, bool is_error)
{
	struct buf object = BUF_INIT(BUF_UNLIMITED);
	struct jsonw w;

	if (!is_error) {
		jsonw_quote(out, json_raw(value));
		return;
	}
	jsonw_start(&w, &object);
	jsonw_object(&w);
	jsonw_kjson(&w, "error", value);
	jsonw_end(&w);
	jsonw_quote(out, buf_str(&object));
	buf_release(&object);
}

bool
tool_result_text(struct json part, struct buf *out)
{
	struct json content = json_get(part, "content");
	struct request_parts p = request_parts(content);
	bool is_error = json_is_true(json_get(part, "isError")), more = false;

	if (json_exists(content) && content.kind != JSON_STRING && !request_is_parts(content)) {
		add_value(out, content, is_error);
		return false;
	}
	buf_adds(out, is_error ? "\"Error: " : "\"");
	while (request_next_part(&p)) {
		if (p.type == PART_TEXT)
			add_inner(out, p.text);
		else if (p.type != PART_PROVIDER && json_exists(json_get(p.part, "text")))
			media_text(p.part, out);
		else
			more = true;
	}
	buf_addc(out, '"');
	return more;
}
