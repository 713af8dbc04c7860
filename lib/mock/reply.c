/* SPDX-License-Identifier: MIT */
/* reply - tapes and the answers that hold them. */
#include "mock/reply.h"

#include "base/mem.h"

void
mock_tape_init(struct mock_tape *t)
{
	*t = (struct mock_tape){ 0 };
	buf_init(&t->bytes, BUF_UNLIMITED);
}

void
mock_tape_release(struct mock_tape *t)
{
	buf_release(&t->bytes);
	free(t->pieces);
	*t = (struct mock_tape){ 0 };
}

void
mock_tape_mark(struct mock_tape *t, int64_t wait_us)
{
	size_t start = t->count ? t->pieces[t->count - 1].end : 0;

	if (t->bytes.len == start)
		return;
	VEC_GROW(t->pieces, t->count, t->cap);
	t->pieces[t->count++] = (struct mock_piece){ t->bytes.len, wait_us };
}

void
mock_reply_init(struct mock_reply *r, int status)
{
	*r = (struct mock_reply){ .status = status };
	mock_tape_init(&r->body);
	VEC_GROW(r->fields, r->field_count, r->field_cap);
	r->fields[0] = (struct serve_field){ NULL, NULL };
}

void
mock_reply_release(struct mock_reply *r)
{
	size_t i;

	for (i = 0; i < r->field_count; i++) {
		free((void *)r->fields[i].name);
		free((void *)r->fields[i].value);
	}
	free(r->fields);
	mock_tape_release(&r->body);
	*r = (struct mock_reply){ 0 };
}

static struct serve_field *
mock_reply_find(const struct mock_reply *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->field_count; i++)
		if (strcasecmp(r->fields[i].name, name) == 0)
			return &r->fields[i];
	return NULL;
}

void
mock_reply_field(struct mock_reply *r, const char *name, const char *value)
{
	struct serve_field *f = mock_reply_find(r, name);

	if (f) {
		free((void *)f->value);
		f->value = xstrdup(value);
		return;
	}
	r->fields[r->field_count++] = (struct serve_field){ xstrdup(name), xstrdup(value) };
	VEC_GROW(r->fields, r->field_count, r->field_cap);
	r->fields[r->field_count] = (struct serve_field){ NULL, NULL };
}

void
mock_reply_fieldf(struct mock_reply *r, const char *name, const char *fmt, ...)
{
	struct buf value = BUF_INIT(BUF_UNLIMITED);
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&value, fmt, ap);
	va_end(ap);
	mock_reply_field(r, name, value.p);
	buf_release(&value);
}

void
mock_reply_drop(struct mock_reply *r, const char *name)
{
	struct serve_field *f = mock_reply_find(r, name);

	if (!f)
		return;
	free((void *)f->name);
	free((void *)f->value);
	*f = r->fields[--r->field_count];
	r->fields[r->field_count] = (struct serve_field){ NULL, NULL };
}

void
mock_reply_body(struct mock_reply *r, struct str text)
{
	buf_reset(&r->body.bytes);
	r->body.count = 0;
	buf_addstr(&r->body.bytes, text);
	mock_tape_mark(&r->body, 0);
	r->first_output = 0;
	r->terminal = r->body.bytes.len;
	r->streamed = false;
}

const char *
mock_status_text(int status)
{
	static const struct {
		int status;
		const char *text;
	} known[] = {
		{ 200, "OK" },
		{ 201, "Created" },
		{ 202, "Accepted" },
		{ 204, "No Content" },
		{ 301, "Moved Permanently" },
		{ 302, "Found" },
		{ 307, "Temporary Redirect" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 402, "Payment Required" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 408, "Request Timeout" },
		{ 409, "Conflict" },
		{ 410, "Gone" },
		{ 413, "Content Too Large" },
		{ 415, "Unsupported Media Type" },
		{ 422, "Unprocessable Content" },
		{ 429, "Too Many Requests" },
		{ 500, "Internal Server Error" },
		{ 502, "Bad Gateway" },
		{ 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" },
		{ 529, "Overloaded" },
	};
	size_t i;

	for (i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].status == status)
			return known[i].text;
	return "Status";
}
