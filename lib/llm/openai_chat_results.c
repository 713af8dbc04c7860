/* SPDX-License-Identifier: MIT */
/* openai_chat_results - what tools gave back, in the form of chat completions. */
#include "base/mem.h"
#include "llm/openai_chat.h"
#include "llm/tool_result.h"

static bool
is_short_id(struct str id)
{
	size_t i;

	for (i = 0; i < id.len; i++) {
		if (!strchr(
			"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", id.p[i]))
			return false;
	}
	return id.len == 9;
}

/* A call's id. One that another provider made is replaced where the server refuses its form, in the
 * call and in its result alike (FNV-1a, in letters and digits). */
void
openai_chat_id(struct openai_request *q, const char *key, struct json id)
{
	struct str text = STR_NONE;
	uint64_t hash = UINT64_C(14695981039346656037);
	char made[9]; /* of OPENAI_SHORT_IDS */
	size_t i;

	if (!(q->server->flags & OPENAI_SHORT_IDS) ||
	    (json_plain(id, &text) && is_short_id(text))) {
		jsonw_kjson(&q->w, key, id);
		return;
	}
	for (i = 0; i < id.len; i++)
		hash = (hash ^ (unsigned char)id.p[i]) * UINT64_C(1099511628211);
	for (i = 0; i < sizeof made; i++) {
		made[i] = "0123456789abcdefghijklmnopqrstuvwxyz"[hash % 36];
		hash /= 36;
	}
	jsonw_kstrn(&q->w, key, (struct str){ made, sizeof made });
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
