/* SPDX-License-Identifier: MIT */
/* openai_chat_results - what tools gave back, in the form of chat completions. */
#include "base/mem.h"
#include "llm/call_id.h"
#include "llm/openai_chat.h"
#include "llm/tool_result.h"

/* Mistral's tokenizer knows them as nine letters or digits, wherever it runs. */
static bool
wants_nine(const struct openai_request *q)
{
	return (q->server->flags & OPENAI_SHORT_IDS) || str_has_nocase(q->b->model, "mistral") ||
	       str_has_nocase(q->b->model, "mixtral");
}

/* OpenAI has a limit, wherever its models are asked. Other servers take what they get, and some
 * have put into an id what they look for in it later. */
void
openai_chat_id(struct openai_request *q, const char *key, struct json id)
{
	static const struct call_id_form limited = { .max = 40 },
					 nine = { .max = 9, .is_exact = true, .others = "" };

	if (wants_nine(q))
		call_id_write(&q->w, key, id, &nine);
	else if ((q->server->flags & OPENAI_OWN) || str_starts(q->b->model, "openai/"))
		call_id_write(&q->w, key, id, &limited);
	else
		jsonw_kjson(&q->w, key, id);
}

static void
write_note(struct openai_request *q, const char *before, struct json id, const char *after)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	buf_addf(&text, "\"%s", before);
	openai_inner(&text, id);
	buf_addf(&text, "%s\"", after);
	jsonw_object(&q->w);
	jsonw_kstr(&q->w, "type", "text");
	openai_raw_member(q, "text", &text);
	jsonw_end(&q->w);
}

/* The content as parts, for servers that take pictures there. */
static int
write_parts(struct openai_request *q, struct json part)
{
	struct request_parts p = request_parts(json_get(part, "content"));
	int r = 0;

	jsonw_key(&q->w, "content");
	jsonw_array(&q->w);
	if (json_is_true(json_get(part, "isError")))
		write_note(q, "Error:", JSON_ABSENT, "");
	while (r == 0 && request_next_part(&p))
		r = openai_chat_part(q, &p);
	if (r == 0)
		jsonw_end(&q->w);
	return r;
}

static int
write_result(struct openai_request *q, struct json part)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	bool more = tool_result_text(part, &text);
	int r = 0;

	jsonw_object(&q->w);
	jsonw_kstr(&q->w, "role", "tool");
	openai_chat_id(q, "tool_call_id", json_get(part, "id"));
	if (more && (q->server->flags & OPENAI_RESULT_MEDIA)) {
		r = write_parts(q, part);
	} else {
		jsonw_key(&q->w, "content");
		jsonw_raw(&q->w, buf_str(&text));
		if (more) { /* text alone is taken here: the rest has a turn of its own, later */
			VEC_GROW(q->media, q->media_count, q->media_cap);
			q->media[q->media_count++] = part;
		}
	}
	jsonw_end(&q->w);
	q->after_result = true;
	buf_release(&text);
	return r;
}

int
openai_chat_results(struct openai_request *q, struct json content, bool *more)
{
	struct request_parts p = request_parts(content);
	int r = 0;

	*more = false;
	while (r == 0 && request_next_part(&p)) {
		if (p.type == PART_TOOL_RESULT)
			r = write_result(q, p.part);
		else
			*more = true;
	}
	return r;
}

void
openai_chat_bridge(struct openai_request *q)
{
	bool after_result = q->after_result;

	q->after_result = false;
	if (!after_result || !(q->server->flags & OPENAI_BRIDGE))
		return;
	jsonw_object(&q->w);
	jsonw_kstr(&q->w, "role", "assistant");
	jsonw_kstr(&q->w, "content", "OK.");
	jsonw_end(&q->w);
	answer_warn(q->b->answer, "messages",
	    "an assistant's turn (\"OK.\") is put between a tool's result and the user's");
}

static int
write_media_of(struct openai_request *q, struct json part)
{
	struct request_parts p = request_parts(json_get(part, "content"));
	int r = 0;

	write_note(q, "From the result of tool call ", json_get(part, "id"), ":");
	while (r == 0 && request_next_part(&p)) {
		if (p.type != PART_TEXT && !json_exists(json_get(p.part, "text")))
			r = openai_chat_part(q, &p);
	}
	return r;
}

int
openai_chat_result_media(struct openai_request *q)
{
	int r = 0;

	if (!q->media_count)
		return 0;
	openai_chat_bridge(q);
	jsonw_object(&q->w);
	jsonw_kstr(&q->w, "role", "user");
	jsonw_key(&q->w, "content");
	jsonw_array(&q->w);
	for (size_t i = 0; r == 0 && i < q->media_count; i++)
		r = write_media_of(q, q->media[i]);
	if (r < 0)
		return -1;
	jsonw_end(&q->w);
	jsonw_end(&q->w);
	q->media_count = 0;
	return 0;
}
