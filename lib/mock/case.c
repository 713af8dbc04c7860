/* SPDX-License-Identifier: MIT */
/* case - reading one recorded exchange, and making a reply of it. */
#include "mock/case.h"

#include "base/mem.h"
#include "mock/cassette.h"
#include "sys/file.h"

#define CASE_FILE_MAX ((size_t)256 << 20)

void
mock_case_init(struct mock_case *k, const char *dir, const char *name)
{
	*k = (struct mock_case){ .dir = xstrdup(dir), .name = xstrdup(name) };
	buf_init(&k->meta_text, CASE_FILE_MAX);
	buf_init(&k->body_text, CASE_FILE_MAX);
	buf_init(&k->path, BUF_UNLIMITED);
	mock_request_init(&k->request);
}

void
mock_case_release(struct mock_case *k)
{
	free(k->dir);
	free(k->name);
	buf_release(&k->meta_text);
	buf_release(&k->body_text);
	buf_release(&k->path);
	mock_request_release(&k->request);
}

static int
case_read(const struct mock_case *k, const char *file, struct buf *out, struct err *err)
{
	char *path = file_join(k->dir, file);
	int rc = file_read(path, out, err);

	free(path);
	return rc;
}

/* "https://host/path?query": the path. */
static void
case_path(struct mock_case *k)
{
	struct buf url = BUF_INIT(BUF_UNLIMITED);
	const char *start, *slash;

	json_text(json_get(k->meta, "url"), &url);
	start = strstr(url.p, "://");
	slash = start ? strchr(start + 3, '/') : NULL;
	if (slash)
		buf_add(&k->path, slash, strcspn(slash, "?"));
	buf_release(&url);
}

bool
mock_case_meta(struct mock_case *k)
{
	struct err err = ERR_INIT;

	if (k->tried)
		return json_is(k->meta, JSON_OBJECT);
	k->tried = true;
	k->meta = JSON_ABSENT;
	if (case_read(k, "meta.json", &k->meta_text, &err) < 0 ||
	    json_parse(k->meta_text.p, k->meta_text.len, &k->meta, &err) < 0 ||
	    !json_is(k->meta, JSON_OBJECT)) {
		k->meta = JSON_ABSENT;
		return false;
	}
	case_path(k);
	mock_request_path(&k->request, buf_str(&k->path),
	    json_exists(json_find(k->meta, "request_headers.anthropic-version")));
	return true;
}

struct json
mock_case_body(struct mock_case *k)
{
	struct err err = ERR_INIT;
	struct json body = JSON_ABSENT;
	char *file;

	if (k->tried_body || !mock_case_meta(k))
		return k->request.body;
	k->tried_body = true;
	file = json_strdup(json_get(k->meta, "request_file"));
	if (file && case_read(k, file, &k->body_text, &err) == 0 &&
	    json_parse(k->body_text.p, k->body_text.len, &body, &err) == 0)
		mock_request_body(&k->request, body);
	free(file);
	return k->request.body;
}

const char *
mock_case_name(const struct mock_case *k)
{
	return k->name;
}

/* --- as a reply --- */

/* Fields that belong to the connection, or to the encoding that the recording has undone. */
static bool
case_field_is_ours(const char *name)
{
	static const char *const ours[] = { "content-length", "transfer-encoding", "connection",
		"content-encoding", "keep-alive", "date", NULL };
	const char *const *o;

	for (o = ours; *o; o++)
		if (strcasecmp(name, *o) == 0)
			return true;
	return false;
}

static void
case_fields(struct mock_case *k, struct mock_reply *r)
{
	struct json_iter it = json_each(json_get(k->meta, "headers"));
	char *name, *value;

	while (json_next(&it)) {
		name = json_strdup(it.key);
		value = json_strdup(it.value);
		if (name && value && !case_field_is_ours(name) && !strpbrk(value, "\r\n"))
			mock_reply_field(r, name, value);
		free(name);
		free(value);
	}
}

static const char *
case_type(struct json framing)
{
	if (json_eq(framing, "sse"))
		return "text/event-stream; charset=utf-8";
	if (json_eq(framing, "ndjson"))
		return "application/x-ndjson";
	if (json_eq(framing, "aws-eventstream"))
		return "application/vnd.amazon.eventstream";
	return "application/json";
}

/* The end of the event (of the line, in NDJSON) that begins at; its separator belongs to it. */
static size_t
case_event_end(struct str body, size_t at, bool lines)
{
	bool blank = false;

	while (at < body.len) {
		if (body.p[at++] != '\n')
			continue;
		if (lines || blank || at == body.len)
			break;
		/* A line that is empty but for a carriage return ends the event. */
		blank = body.p[at] == '\n' ||
			(body.p[at] == '\r' && at + 1 < body.len && body.p[at + 1] == '\n');
	}
	return at;
}

/* A stream's recorded bytes, an event a piece. */
static void
case_stream(struct mock_reply *r, struct str body, struct json framing)
{
	bool sse = json_eq(framing, "sse"), lines = json_eq(framing, "ndjson");
	size_t at = 0, end;

	r->streamed = true;
	if (!sse && !lines) {
		buf_addstr(&r->body.bytes, body);
		mock_tape_mark(&r->body, 0);
		r->terminal = body.len;
		return;
	}
	for (; at < body.len; at = end) {
		end = case_event_end(body, at, lines);
		buf_add(&r->body.bytes, body.p + at, end - at);
		mock_tape_mark(&r->body, 0);
		if (str_trim((struct str){ body.p + at, end - at }).len > 0)
			r->terminal = at;
		if (at == 0 && sse && end < body.len)
			r->first_output =
			    end; /* what comes first is a role, or a message's start */
	}
}

int
mock_case_reply(struct mock_case *k, struct mock_reply *r, struct err *err)
{
	struct buf body = BUF_INIT(CASE_FILE_MAX);
	struct json framing;
	int64_t status = 200;
	char *file;
	int rc = 0;

	if (!mock_case_meta(k))
		return err_set(err, EXIT_IO, "%s: no meta.json, or no JSON object in it", k->dir);
	if (!json_i64(json_get(k->meta, "http_status"), &status))
		(void)json_i64(
		    json_get(k->meta, "http_status_assumed"), &status); /* else it is 200 */
	framing = json_get(k->meta, "framing");
	file = json_strdup(json_get(k->meta, "response_file"));
	if (file && case_read(k, file, &body, err) < 0)
		rc = -1;
	free(file);
	if (rc == 0) {
		k->given++;
		mock_reply_init(r, (int)status);
		mock_reply_field(r, "content-type", case_type(framing));
		case_fields(k, r);
		if (json_is_true(json_get(k->meta, "stream")) && body.len > 0)
			case_stream(r, buf_str(&body), framing);
		else
			mock_reply_body(r, buf_str(&body));
	}
	buf_release(&body);
	return rc;
}
