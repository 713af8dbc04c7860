/* SPDX-License-Identifier: MIT */
/* case - reading one recorded exchange. */
#include "cassette/case.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/fnv.h"
#include "base/mem.h"
#include "sys/file.h"

#define CASE_FILE_MAX ((size_t)256 << 20)
enum { CASE_MS_MAX = 24 * 60 * 60 * 1000 }; /* a moment later than that was not recorded */

void
cassette_case_init(struct cassette_case *k, const char *dir, const char *name)
{
	*k = (struct cassette_case){ .dir = xstrdup(dir), .name = xstrdup(name) };
	buf_init(&k->meta_text, CASE_FILE_MAX);
	buf_init(&k->body_text, CASE_FILE_MAX);
	buf_init(&k->path, BUF_UNLIMITED);
}

void
cassette_case_release(struct cassette_case *k)
{
	free(k->dir);
	free(k->name);
	buf_release(&k->meta_text);
	buf_release(&k->body_text);
	buf_release(&k->path);
	if (k->note_free)
		k->note_free(k->note);
}

/*
 * Cassettes come from others: what a meta.json names is a file in its own directory. No path leads
 * out of there, no link does, and nothing is read whose end may never come.
 */
static int
case_read(const struct cassette_case *k, const char *file, struct buf *out, struct err *err)
{
	char *path = file_join(k->dir, file);
	bool is_name = *file && *file != '.' && !strchr(file, '/');
	struct stat st;
	int rc = -1;

	if (is_name && lstat(path, &st) < 0)
		(void)err_sys(err, errno, "cannot open %s", path);
	else if (!is_name || !S_ISREG(st.st_mode))
		(void)err_set(err, EXIT_IO, "%s: no file \"%.*s\" of its own", k->dir,
		    (int)str_cut_utf8(str_of(file), 80), file);
	else
		rc = file_read(path, out, err);
	free(path);
	return rc;
}

/* "https://host/path?query": the path. */
static void
case_path(struct cassette_case *k)
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
cassette_case_meta(struct cassette_case *k)
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
	return true;
}

struct json
cassette_case_body(struct cassette_case *k)
{
	struct err err = ERR_INIT;
	char *file;

	if (k->tried_body || !cassette_case_meta(k))
		return k->body;
	k->tried_body = true;
	file = json_strdup(json_get(k->meta, "request_file"));
	if (!file || case_read(k, file, &k->body_text, &err) < 0 ||
	    json_parse(k->body_text.p, k->body_text.len, &k->body, &err) < 0)
		k->body = JSON_ABSENT;
	k->print = cassette_print(k->body);
	free(file);
	return k->body;
}

/* In a body all that tells requests apart is texts, and where they stand: members in any order,
 * elements in theirs. Numbers count for nothing, since equal ones may be spelled otherwise. */
static uint64_t
print_value(struct json v, struct buf *text)
{
	struct json_iter it = json_each(v);
	uint64_t h = FNV_BASIS + (uint64_t)v.kind, place = 1;

	if (v.kind == JSON_STRING) {
		buf_reset(text);
		json_text(v, text);
		return fnv_add(h, buf_str(text));
	}
	while ((v.kind == JSON_OBJECT || v.kind == JSON_ARRAY) && json_next(&it)) {
		if (v.kind == JSON_OBJECT)
			place = print_value(it.key, text) | 1;
		else
			place += 2;
		h += place * print_value(it.value, text);
	}
	return h;
}

uint64_t
cassette_print(struct json body)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	uint64_t print = print_value(body, &text);

	buf_release(&text);
	return print;
}

uint64_t
cassette_case_print(struct cassette_case *k)
{
	(void)cassette_case_body(k);
	return k->print;
}

/* --- what was answered --- */

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

/* A field that was made up must not begin another, or a body. */
static bool
case_field_is_sound(const char *name, const char *value)
{
	for (; *name; name++)
		if (*name <= ' ' || *name > '~' || *name == ':')
			return false;
	return !strpbrk(value, "\r\n");
}

static void
case_fields(struct cassette_case *k, struct cassette_answer *a)
{
	struct json_iter it = json_each(json_get(k->meta, "headers"));
	char *name, *value;

	while (json_next(&it)) {
		name = json_strdup(it.key);
		value = json_strdup(it.value);
		if (name && *name && value && !case_field_is_ours(name) &&
		    case_field_is_sound(name, value))
			http_headers_set(&a->headers, name, value);
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

static void
add_piece(struct cassette_answer *a, size_t end, int64_t at_us)
{
	VEC_GROW(a->pieces, a->count, a->cap);
	a->pieces[a->count++] = (struct cassette_piece){ end, at_us };
}

/* Milliseconds that can have been recorded, as microseconds. */
static bool
moment(struct json v, int64_t *us)
{
	double ms;

	if (!json_double(v, &ms) || !(ms >= 0 && ms <= CASE_MS_MAX))
		return false;
	*us = (int64_t)(ms * 1000);
	return true;
}

/* Pieces as they came; false where that was not recorded, or makes no sense. */
static bool
timed_pieces(struct cassette_answer *a, struct json timing)
{
	struct json_iter it = json_each(timing);
	int64_t end, last = 0, at_us, last_us = 0;

	while (json_next(&it)) {
		if (!json_i64(json_find(it.value, "0"), &end) || end < last ||
		    (uint64_t)end > a->body.len || !moment(json_find(it.value, "1"), &at_us) ||
		    at_us < last_us) {
			a->count = 0;
			return false;
		}
		add_piece(a, (size_t)end, at_us);
		last = end;
		last_us = at_us;
	}
	return a->count > 0 && (size_t)last == a->body.len;
}

/* An event a piece, where the framing shows events; else all in one. */
static void
event_pieces(struct cassette_answer *a, struct json framing)
{
	bool sse = json_eq(framing, "sse"), lines = json_eq(framing, "ndjson");
	size_t at = 0;

	a->count = 0;
	while (at < a->body.len) {
		at = sse || lines ? case_event_end(buf_str(&a->body), at, lines) : a->body.len;
		add_piece(a, at, 0);
	}
}

static int
read_answer(struct cassette_case *k, struct cassette_answer *a, struct err *err)
{
	struct json framing = json_get(k->meta, "framing");
	int64_t status = 200;

	if (!json_i64(json_get(k->meta, "http_status"), &status))
		(void)json_i64(
		    json_get(k->meta, "http_status_assumed"), &status); /* else it is 200 */
	if (status < 200 || status > 599)
		return err_set(err, EXIT_IO, "%s: http_status is that of no answer", k->dir);
	a->status = (int)status;
	http_headers_set(&a->headers, "content-type", case_type(framing));
	case_fields(k, a);
	a->streamed = json_is_true(json_get(k->meta, "stream")) && a->body.len > 0;
	a->cut = json_eq(json_get(k->meta, "ended"), "cut");
	if (!moment(json_get(k->meta, "ms"), &a->end_us))
		a->end_us = 0;
	if (!timed_pieces(a, json_get(k->meta, "timing")))
		event_pieces(a, framing);
	return 0;
}

int
cassette_case_answer(struct cassette_case *k, struct cassette_answer *a, struct err *err)
{
	char *file;
	int rc = 0;

	if (!cassette_case_meta(k))
		return err_set(err, EXIT_IO, "%s: no meta.json, or no JSON object in it", k->dir);
	*a = (struct cassette_answer){ .body = BUF_INIT(CASE_FILE_MAX) };
	file = json_strdup(json_get(k->meta, "response_file"));
	if (file)
		rc = case_read(k, file, &a->body, err);
	if (rc == 0)
		rc = read_answer(k, a, err);
	if (rc == 0)
		k->given++;
	else
		cassette_answer_release(a);
	free(file);
	return rc;
}

void
cassette_answer_release(struct cassette_answer *a)
{
	http_headers_release(&a->headers);
	buf_release(&a->body);
	free(a->pieces);
	*a = (struct cassette_answer){ .body = BUF_INIT(CASE_FILE_MAX) };
}
