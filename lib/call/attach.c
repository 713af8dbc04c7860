/* SPDX-License-Identifier: MIT */
/* attach - files of this machine as parts of a request. */
#include "call/attach.h"

#include "json/edit.h"
#include "json/jsonw.h"
#include "llm/check.h"
#include "llm/media.h"
#include "sys/file.h"

#define FILE_MAX ((size_t)64 << 20)
#define RECORD_MAX ((size_t)256 << 20)

static struct str
name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return str_of(slash ? slash + 1 : path);
}

static int
read_file(const char *path, struct buf *bytes, struct media *media, struct err *err)
{
	if (file_read(path, bytes, err) < 0)
		return -1;
	if (!media_of(path, buf_str(bytes), media))
		return err_set(err, EXIT_USAGE,
		    "%s: neither its bytes nor its name tell what it is (an image, sound, video, "
		    "PDF or text)",
		    path);
	return 0;
}

int
attach_part(const char *path, struct buf *out, struct err *err)
{
	struct buf bytes = BUF_INIT(FILE_MAX), data = BUF_INIT(BUF_UNLIMITED);
	struct media media;
	struct jsonw w;
	int r = read_file(path, &bytes, &media, err);

	if (r == 0) {
		jsonw_start(&w, out);
		jsonw_object(&w);
		jsonw_kstr(&w, "type", part_type_name(media.type));
		jsonw_kstr(&w, "mediaType", media.media_type);
		jsonw_kstrn(&w, "name", name_of(path));
		if (!media.is_text)
			media_base64(&data, buf_str(&bytes));
		jsonw_kstrn(
		    &w, media.is_text ? "text" : "data", buf_str(media.is_text ? &bytes : &data));
		jsonw_end(&w);
	}
	buf_release(&data);
	buf_release(&bytes);
	return r;
}

/* --- file: in records --- */

/* What a part says of itself holds; what it does not say, the file does. */
static int
settle_type(struct json part, const char *path, struct media *media, struct err *err)
{
	struct json type = json_get(part, "type"), told = json_get(part, "mediaType");
	bool is_file = json_eq(type, part_type_name(PART_FILE));
	struct str name;

	if (json_exists(told)) {
		media->is_text = media->is_text && is_file &&
				 (!json_plain(told, &name) || media_is_text(name));
		return 0;
	}
	if (!is_file && !json_eq(type, part_type_name(media->type)))
		return err_set(err, EXIT_NO, "%s is %s", path, media->media_type);
	return 0;
}

static int
fill_part(struct json part, const char *member, struct buf *out, struct err *err)
{
	struct buf path = BUF_INIT(BUF_UNLIMITED), bytes = BUF_INIT(FILE_MAX),
		   value = BUF_INIT(BUF_UNLIMITED), name = BUF_INIT(BUF_UNLIMITED),
		   type = BUF_INIT(BUF_UNLIMITED);
	struct media media = { .type = PART_FILE };
	struct json_edit e;
	int r = -1;

	media_file_path(json_get(part, member), &path);
	if (file_exists(path.p) && !file_is_regular(path.p)) {
		err_set(err, EXIT_NO, "%s: not a regular file", path.p);
		goto out;
	}
	if (file_read(path.p, &bytes, err) < 0)
		goto out;
	if (!media_of(path.p, buf_str(&bytes), &media) &&
	    !json_exists(json_get(part, "mediaType"))) {
		err_set(err, EXIT_NO, "%s: what it is can't be told: mediaType would say", path.p);
		goto out;
	}
	if (settle_type(part, path.p, &media, err) < 0)
		goto out;
	json_edit_start(&e, part);
	json_edit_drop(&e, member);
	if (!json_exists(json_get(part, "mediaType"))) {
		jsonw_quote(&type, str_of(media.media_type));
		json_edit_set(&e, "mediaType", buf_str(&type));
	}
	if (!json_exists(json_get(part, "name"))) {
		jsonw_quote(&name, name_of(path.p));
		json_edit_set(&e, "name", buf_str(&name));
	}
	if (media.is_text) {
		jsonw_quote(&value, buf_str(&bytes));
	} else {
		buf_addc(&value, '"');
		media_base64(&value, buf_str(&bytes));
		buf_addc(&value, '"');
	}
	json_edit_set(&e, media.is_text ? "text" : "data", buf_str(&value));
	json_edit_write(&e, out);
	r = 0;
out:
	buf_release(&path);
	buf_release(&bytes);
	buf_release(&value);
	buf_release(&name);
	buf_release(&type);
	return r;
}

static int fill_one(struct check *at, struct json part, struct buf *out);

/* The list of parts with each that names a file filled; count is where the place is told. */
static int
fill_list(struct check *at, struct json parts, size_t *count, struct buf *out)
{
	struct json_iter it = json_each(parts);

	buf_addc(out, '[');
	for (*count = 0; json_next(&it); ++*count) {
		if (*count)
			buf_addc(out, ',');
		if (fill_one(at, it.value, out) < 0)
			return -1;
	}
	buf_addc(out, ']');
	return 0;
}

/* obj with its content filled. */
static int
fill_content(struct check *at, struct json obj, size_t *count, struct buf *out)
{
	struct buf list = BUF_INIT(RECORD_MAX);
	struct json_edit e;
	int r = fill_list(at, json_get(obj, "content"), count, &list);

	if (r == 0) {
		json_edit_start(&e, obj);
		json_edit_set(&e, "content", buf_str(&list));
		json_edit_write(&e, out);
	}
	if (buf_is_full(&list))
		out->full = true;
	buf_release(&list);
	return r;
}

static int
fill_one(struct check *at, struct json part, struct buf *out)
{
	bool result = json_eq(json_get(part, "type"), part_type_name(PART_TOOL_RESULT));
	const char *member = media_is_file(json_get(part, "url")) ? "url" : "data";

	if (result && request_is_parts(json_get(part, "content"))) {
		at->inner = "content";
		if (fill_content(at, part, &at->inneritem, out) < 0)
			return -1;
		at->inner = NULL;
	} else if (!result && media_is_file(json_get(part, member))) {
		return fill_part(part, member, out, at->err) < 0 ? check_wrap(at) : 0;
	} else {
		buf_addstr(out, json_raw(part));
	}
	return 0;
}

static int
fill_messages(struct check *at, struct json messages, struct buf *out)
{
	struct json_iter it = json_each(messages);

	buf_addc(out, '[');
	for (; json_next(&it); at->item++) {
		if (at->item)
			buf_addc(out, ',');
		at->sub = "content";
		if (json_get(it.value, "content").kind != JSON_ARRAY)
			buf_addstr(out, json_raw(it.value));
		else if (fill_content(at, it.value, &at->subitem, out) < 0)
			return -1;
	}
	buf_addc(out, ']');
	if (buf_is_full(out))
		return err_set(at->err, EXIT_NO, "messages: past 256 MiB with the files");
	return 0;
}

int
attach_fill(struct json record, struct buf *out, struct err *err)
{
	struct check at = { .list = "messages", .err = err };
	struct buf messages = BUF_INIT(RECORD_MAX);
	struct json_edit e;
	int r = fill_messages(&at, json_get(record, "messages"), &messages);

	if (r == 0) {
		json_edit_start(&e, record);
		json_edit_set(&e, "messages", buf_str(&messages));
		json_edit_write(&e, out);
	}
	buf_release(&messages);
	return r;
}
