/* SPDX-License-Identifier: MIT */
/* openai_chat_content - a turn's text and media in the form of chat completions. */
#include "llm/media.h"
#include "llm/openai_chat.h"

static void
write_url(struct openai_request *q, const char *type, struct buf *url)
{
	jsonw_kstr(&q->w, "type", type);
	jsonw_key(&q->w, type);
	jsonw_object(&q->w);
	openai_raw_member(q, "url", url);
	jsonw_end(&q->w);
}

/* --- media --- */

static int
write_file_id(struct openai_request *q, struct json id)
{
	jsonw_kstr(&q->w, "type", "file");
	jsonw_key(&q->w, "file");
	jsonw_object(&q->w);
	jsonw_kjson(&q->w, "file_id", id);
	jsonw_end(&q->w);
	return 0;
}

static int
write_image(struct openai_request *q, struct json part)
{
	struct buf url;

	if (json_exists(json_get(part, "fileId")))
		return write_file_id(q, json_get(part, "fileId"));
	url = media_url(part);
	write_url(q, "image_url", &url);
	return 0;
}

static int
write_video(struct openai_request *q, struct json part)
{
	struct buf url;

	if (!(q->server->flags & OPENAI_VIDEO) || json_exists(json_get(part, "fileId")))
		return err_set(q->err, EXIT_NO, "this provider takes no video parts");
	url = media_url(part);
	write_url(q, "video_url", &url);
	return 0;
}

static int
write_audio(struct openai_request *q, struct json part)
{
	jsonw_kstr(&q->w, "type", "input_audio");
	return openai_audio(q, part);
}

static int
write_file(struct openai_request *q, struct json part)
{
	struct json name = json_get(part, "name");
	struct buf data = BUF_INIT(BUF_UNLIMITED);

	if (json_exists(json_get(part, "fileId")))
		return write_file_id(q, json_get(part, "fileId"));
	if (json_exists(json_get(part, "text"))) {
		buf_addc(&data, '"');
		media_text(part, &data);
		buf_addc(&data, '"');
		jsonw_kstr(&q->w, "type", "text");
		openai_raw_member(q, "text", &data);
		return 0;
	}
	if (json_exists(json_get(part, "url")) && (q->server->flags & OPENAI_OWN))
		return err_set(
		    q->err, EXIT_NO, "this provider takes files as data or fileId, not by url");
	data = media_url(part);
	jsonw_kstr(&q->w, "type", "file");
	jsonw_key(&q->w, "file");
	jsonw_object(&q->w);
	if (json_exists(name))
		jsonw_kjson(&q->w, "filename", name);
	else
		jsonw_kstr(&q->w, "filename", "file");
	openai_raw_member(q, "file_data", &data);
	jsonw_end(&q->w);
	return 0;
}

/* --- content --- */

static bool
wants_cache(const struct openai_request *q, struct json part)
{
	struct json cache = json_get(part, "cache");

	return (q->server->flags & OPENAI_CACHE_CONTROL) && !q->b->request->options.cache_off &&
	       (json_is_true(cache) || json_eq(cache, "1h"));
}

void
openai_chat_cache(struct openai_request *q, struct json part)
{
	if (!wants_cache(q, part) && !q->mark_part)
		return;
	jsonw_key(&q->w, "cache_control");
	jsonw_object(&q->w);
	jsonw_kstr(&q->w, "type", "ephemeral");
	if (json_eq(json_get(part, "cache"), "1h"))
		jsonw_kstr(&q->w, "ttl", "1h");
	jsonw_end(&q->w);
}

int
openai_chat_part(struct openai_request *q, const struct request_parts *p)
{
	int r = 0;

	if (p->type == PART_PROVIDER) {
		if (dialect_carries(q->b, p->part))
			jsonw_json(&q->w, json_get(p->part, "value"));
		return 0;
	}
	if (p->type == PART_REASONING || p->type == PART_TOOL_CALL || p->type == PART_TOOL_RESULT)
		return 0;
	jsonw_object(&q->w);
	switch (p->type) {
	case PART_TEXT:
		jsonw_kstr(&q->w, "type", "text");
		jsonw_kjson(&q->w, "text", p->text);
		break;
	case PART_IMAGE:
		r = write_image(q, p->part);
		break;
	case PART_AUDIO:
		r = write_audio(q, p->part);
		break;
	case PART_VIDEO:
		r = write_video(q, p->part);
		break;
	case PART_FILE:
		r = write_file(q, p->part);
		break;
	case PART_REASONING:
	case PART_TOOL_CALL:
	case PART_TOOL_RESULT:
	case PART_PROVIDER:
		break;
	}
	openai_chat_cache(q, p->part);
	jsonw_end(&q->w);
	return r;
}

/* Whether one string says it all. */
static bool
is_one_text(const struct openai_request *q, struct json content)
{
	struct request_parts p = request_parts(content);
	size_t n = 0;

	if (q->mark_turn)
		return false;
	while (request_next_part(&p)) {
		if (p.type != PART_TEXT || wants_cache(q, p.part) || ++n > 1)
			return false;
	}
	return n == 1;
}

int
openai_chat_content(struct openai_request *q, struct json content)
{
	struct request_parts p = request_parts(content), next;

	jsonw_key(&q->w, "content");
	if (is_one_text(q, content)) {
		(void)request_next_part(&p); /* it is there */
		jsonw_json(&q->w, p.text);
		return 0;
	}
	jsonw_array(&q->w);
	while (request_next_part(&p)) {
		next = p;
		q->mark_part = q->mark_turn && !request_next_part(&next);
		if (openai_chat_part(q, &p) < 0)
			return -1;
	}
	q->mark_part = false;
	jsonw_end(&q->w);
	return 0;
}
