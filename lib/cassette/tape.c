/* SPDX-License-Identifier: MIT */
/* tape - write one exchange as a case of a cassette. */
#include "cassette/tape.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fnv.h"
#include "base/mem.h"
#include "json/jsonw.h"
#include "net/secret.h"
#include "sys/clock.h"
#include "sys/file.h"

#define TAPE_MAX ((size_t)256 << 20)
enum { SAME_MAX = 100000 }; /* cases of one request */

struct tape {
	char *provider, *api;
	char *method, *url;
	struct http_headers asked, told; /* without secrets */
	struct buf request, response;
	int status; /* 0: no head came */
	struct moment {
		size_t end;
		int64_t at_us;
	} * moments;
	size_t count, cap;
};

struct tape *
tape_new(const char *provider, const char *api)
{
	struct tape *t = xcalloc(1, sizeof *t);

	t->provider = xstrdup(provider);
	t->api = xstrdup(api);
	buf_init(&t->request, TAPE_MAX);
	buf_init(&t->response, TAPE_MAX);
	return t;
}

void
tape_free(struct tape *t)
{
	if (!t)
		return;
	free(t->provider);
	free(t->api);
	free(t->method);
	free(t->url);
	http_headers_release(&t->asked);
	http_headers_release(&t->told);
	buf_release(&t->request);
	buf_release(&t->response);
	free(t->moments);
	free(t);
}

/* Those that carry no secret, their values masked all the same, names in lower case. */
static void
copy_headers(struct http_headers *to, const struct http_headers *from)
{
	struct buf name = BUF_INIT(BUF_UNLIMITED), value = BUF_INIT(BUF_UNLIMITED);

	for (size_t i = 0; i < from->count; i++) {
		if (http_field_is_secret(from->items[i].name))
			continue;
		buf_reset(&name);
		buf_reset(&value);
		for (const char *p = from->items[i].name; *p; p++)
			buf_addc(&name, (char)(*p >= 'A' && *p <= 'Z' ? *p + ('a' - 'A') : *p));
		secret_mask(str_of(from->items[i].value), &value);
		http_headers_set(to, name.p, value.p);
	}
	buf_release(&name);
	buf_release(&value);
}

void
tape_request(struct tape *t, const char *method, const char *url,
    const struct http_headers *headers, struct str body)
{
	struct buf masked = BUF_INIT(BUF_UNLIMITED);

	secret_mask(str_of(url), &masked);
	t->method = xstrdup(method);
	t->url = buf_take(&masked);
	copy_headers(&t->asked, headers);
	secret_mask(body, &t->request);
}

void
tape_head(struct tape *t, int status, const struct http_headers *headers)
{
	t->status = status;
	http_headers_release(&t->told);
	copy_headers(&t->told, headers);
}

void
tape_data(struct tape *t, const char *p, size_t n, int64_t at_us)
{
	buf_add(&t->response, p, n);
	VEC_GROW(t->moments, t->count, t->cap);
	t->moments[t->count++] = (struct moment){ t->response.len, at_us };
}

/* --- writing --- */

static const char *
framing_name(enum frame_format framing)
{
	switch (framing) {
	case FRAME_SSE:
		return "sse";
	case FRAME_NDJSON:
		return "ndjson";
	case FRAME_JSON_ARRAY:
		return "json-array";
	case FRAME_WHOLE:
		break;
	default:
		return "aws-eventstream";
	}
	return NULL;
}

static bool
is_json(struct str s)
{
	struct err err = ERR_INIT;
	struct json v;

	return json_parse(s.p, s.len, &v, &err) == 0;
}

static const char *
response_file(const struct tape *t, const char *framing)
{
	if (!t->response.len)
		return NULL;
	if (framing)
		return strcmp(framing, "aws-eventstream") == 0 ? "stream.bin" : "stream.txt";
	return is_json(buf_str(&t->response)) ? "response.json" : "response.txt";
}

static const char *
request_file(const struct tape *t)
{
	if (!t->request.len)
		return NULL;
	return is_json(buf_str(&t->request)) ? "request.json" : "request.bin";
}

static void
put_headers(struct jsonw *w, const char *key, const struct http_headers *h)
{
	jsonw_key(w, key);
	jsonw_object(w);
	for (size_t i = 0; i < h->count; i++)
		jsonw_kstr(w, h->items[i].name, h->items[i].value);
	jsonw_end(w);
}

static void
put_ms(struct jsonw *w, int64_t us)
{
	jsonw_double(w, (double)us / 1000);
}

static void
put_timing(struct jsonw *w, const struct tape *t)
{
	jsonw_key(w, "timing");
	jsonw_array(w);
	for (size_t i = 0; i < t->count; i++) {
		jsonw_array(w);
		jsonw_i64(w, (int64_t)t->moments[i].end);
		put_ms(w, t->moments[i].at_us);
		jsonw_end(w);
	}
	jsonw_end(w);
}

struct ending {
	const char *framing; /* NULL: not a stream */
	bool cut;
	int64_t end_us, now_wall_us;
};

static void
write_meta(const struct tape *t, const struct ending *e, struct buf *out)
{
	struct buf ts = BUF_INIT(BUF_UNLIMITED);
	struct jsonw w;

	clock_print(&ts, e->now_wall_us);
	jsonw_start(&w, out);
	jsonw_object(&w);
	jsonw_kstr(&w, "kind", "recorded-http");
	jsonw_kstr(&w, "recorded", ts.p);
	jsonw_kstr(&w, "provider", t->provider);
	jsonw_kstr(&w, "api", t->api);
	jsonw_kstr(&w, "method", t->method);
	jsonw_kstr(&w, "url", t->url);
	jsonw_ki64(&w, "http_status", t->status);
	put_headers(&w, "request_headers", &t->asked);
	put_headers(&w, "headers", &t->told);
	if (request_file(t))
		jsonw_kstr(&w, "request_file", request_file(t));
	if (response_file(t, e->framing))
		jsonw_kstr(&w, "response_file", response_file(t, e->framing));
	jsonw_kbool(&w, "stream", e->framing != NULL);
	if (e->framing)
		jsonw_kstr(&w, "framing", e->framing);
	jsonw_kstr(&w, "ended", e->cut ? "cut" : "done");
	jsonw_key(&w, "ms");
	put_ms(&w, e->end_us);
	if (e->framing)
		put_timing(&w, t);
	jsonw_end(&w);
	buf_addc(out, '\n');
	buf_release(&ts);
}

/* A provider's name as one of a directory. */
static void
add_segment(struct buf *path, const char *name)
{
	buf_addc(path, '/');
	for (size_t i = 0; name[i]; i++)
		buf_addc(path, name[i] == '/' || (i == 0 && name[i] == '.') ? '_' : name[i]);
}

static char *
numbered(const char *parent, uint64_t h, int n)
{
	char *name = n > 1 ? xasprintf("%016llx-%d", (unsigned long long)h, n)
			   : xasprintf("%016llx", (unsigned long long)h);
	char *path = file_join(parent, name);

	free(name);
	return path;
}

static bool
is_taken(const char *parent, uint64_t h, int n)
{
	char *path = numbered(parent, h, n);
	bool taken = file_exists(path);

	free(path);
	return taken;
}

/* A number that nobody has yet, as far as can be seen: taken ones are not counted one by one. */
static int
free_number(const char *parent, uint64_t h)
{
	int taken = 0, at = 1;

	while (at < SAME_MAX && is_taken(parent, h, at)) {
		taken = at;
		at *= 2;
	}
	while (at - taken > 1) {
		int middle = taken + (at - taken) / 2;

		if (is_taken(parent, h, middle))
			taken = middle;
		else
			at = middle;
	}
	return at;
}

/* A directory of that name below parent that nobody has yet; NULL and err on failure. */
static char *
make_dir(const struct tape *t, const char *parent, struct err *err)
{
	uint64_t h = fnv_add(FNV_BASIS, str_of(t->method));
	char *path;

	h = fnv_add(fnv_add(h, str_of(t->url)), buf_str(&t->request));
	for (int n = free_number(parent, h); n < SAME_MAX; n++) {
		path = numbered(parent, h, n);
		if (mkdir(path, 0777) == 0)
			return path;
		if (errno != EEXIST) {
			(void)err_sys(err, errno, "cannot make a case in %s", parent);
			free(path);
			return NULL;
		}
		free(path); /* another process was faster */
	}
	(void)err_set(err, EXIT_IO, "%s has %d cases of one request", parent, SAME_MAX - 1);
	return NULL;
}

static int
write_file(const char *dir, const char *name, struct str text, struct err *err)
{
	char *path;
	int fd, rc;

	if (!name)
		return 0;
	path = file_join(dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	rc = fd < 0 ? -1 : file_write_all(fd, text.p, text.len);
	if (fd >= 0 && close(fd) < 0)
		rc = -1;
	if (rc < 0)
		(void)err_sys(err, errno, "cannot write %s", path);
	free(path);
	return rc;
}

#define UNNAMED_META ".meta.json"

/* Take back what there is of a case; what cannot be removed is only a leftover, and no case. */
static void
remove_case(const char *dir, const char *const *files, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *path = files[i] ? file_join(dir, files[i]) : NULL;

		if (path)
			(void)unlink(path);
		free(path);
	}
	(void)rmdir(dir);
}

static int
name_meta(const char *dir, struct err *err)
{
	char *from = file_join(dir, UNNAMED_META), *to = file_join(dir, "meta.json");
	int rc = rename(from, to);

	if (rc < 0)
		(void)err_sys(err, errno, "cannot write %s", to);
	free(from);
	free(to);
	return rc;
}

/* meta.json last, and whole: without it a directory is no case. */
static int
write_case(const struct tape *t, const struct ending *e, const char *dir, struct err *err)
{
	const char *files[] = { request_file(t), response_file(t, e->framing), UNNAMED_META };
	struct buf meta = BUF_INIT(BUF_UNLIMITED);
	int rc = -1;

	write_meta(t, e, &meta);
	if (write_file(dir, files[0], buf_str(&t->request), err) == 0 &&
	    write_file(dir, files[1], buf_str(&t->response), err) == 0 &&
	    write_file(dir, files[2], buf_str(&meta), err) == 0)
		rc = name_meta(dir, err);
	if (rc < 0)
		remove_case(dir, files, sizeof files / sizeof *files);
	buf_release(&meta);
	return rc;
}

/* Mask what came; the pieces' ends hold no longer then. */
static void
mask_response(struct tape *t)
{
	struct buf masked;

	if (!secret_occurs(buf_str(&t->response), SECRET_MASK_MIN))
		return;
	buf_init(&masked, BUF_UNLIMITED);
	secret_mask(buf_str(&t->response), &masked);
	buf_release(&t->response);
	t->response = masked;
	if (t->count) {
		t->moments[0] = (struct moment){ masked.len, t->moments[t->count - 1].at_us };
		t->count = 1;
	}
}

int
tape_save(struct tape *t, const char *dir, enum frame_format framing, bool cut, int64_t end_us,
    int64_t now_wall_us, struct err *err)
{
	struct ending e = { framing_name(framing), cut, end_us, now_wall_us };
	struct buf parent = BUF_INIT(BUF_UNLIMITED);
	char *path;
	int rc = -1;

	if (!t->status)
		return 0;
	mask_response(t);
	buf_adds(&parent, dir);
	add_segment(&parent, t->provider);
	add_segment(&parent, t->api);
	if (file_mkdirs(parent.p, err) == 0 && (path = make_dir(t, parent.p, err)) != NULL) {
		rc = write_case(t, &e, path, err);
		free(path);
	}
	buf_release(&parent);
	return rc;
}
