/* SPDX-License-Identifier: MIT */
/* wire_content - the faults that change what an answer says. */
#include "base/buf.h"
#include "base/crc.h"
#include "base/mem.h"
#include "mock/gzip.h"
#include "mock/render.h"
#include "mock/wire.h"

static void
content_status(struct mock_reply *r, int status, enum mock_family family, uint64_t serial)
{
	struct mock_error error = MOCK_ERROR_NONE;
	struct mock_reply refused;

	error.status = status;
	if (status < 300) {
		r->status = status;
		return;
	}
	mock_render_error(&error, family, serial, &refused);
	refused.head_wait_us = r->head_wait_us;
	mock_reply_release(r);
	*r = refused;
}

static void
content_html(struct mock_reply *r, int status)
{
	struct buf page = BUF_INIT(BUF_UNLIMITED);

	buf_addf(&page,
	    "<html>\r\n<head><title>%d %s</title></head>\r\n<body>\r\n<center><h1>%d %s</h1></center>\r\n"
	    "<hr><center>llm-mock</center>\r\n</body>\r\n</html>\r\n",
	    status, mock_status_text(status), status, mock_status_text(status));
	r->status = status;
	mock_reply_body(r, buf_str(&page));
	mock_reply_field(r, "content-type", "text/html");
	buf_release(&page);
}

/* What stands behind that byte is never said. */
static void
content_end(struct mock_reply *r, size_t at)
{
	struct mock_tape *t = &r->body;

	if (at >= t->bytes.len)
		return;
	t->bytes.len = at;
	t->bytes.p[at] = '\0';
	while (t->count > 0 && t->pieces[t->count - 1].end > at)
		t->count--;
	mock_tape_mark(t, 0);
}

/* Cut the terminal event off, or say it once more. */
static void
content_terminal(struct mock_reply *r, bool twice)
{
	struct mock_tape *t = &r->body;
	size_t start = r->terminal;
	char *event;

	if (!r->streamed || start >= t->bytes.len)
		return;
	if (!twice) {
		content_end(r, start);
		return;
	}
	event = xmemdup(t->bytes.p + start, t->bytes.len - start);
	buf_add(&t->bytes, event, t->bytes.len - start);
	mock_tape_mark(t, 0);
	free(event);
}

static uint32_t
big_endian(const char *p)
{
	const unsigned char *b = (const unsigned char *)p;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* AWS's messages end with their checksum: what was changed in them is meant so. */
static void
content_seal(struct buf *body)
{
	size_t at, len;
	uint32_t crc;

	for (at = 0; body->len - at >= 16; at += len) {
		len = big_endian(body->p + at);
		if (len < 16 || len > body->len - at)
			return; /* another fault's body */
		crc = crc_32(0, (struct str){ body->p + at, len - 4 });
		for (int i = 0; i < 4; i++)
			body->p[at + len - 4 + (size_t)i] = (char)(crc >> (24 - 8 * i));
	}
}

/* Bytes that are no UTF-8 anywhere, and as many as there were. */
static void
content_bad_utf8(struct mock_reply *r, enum mock_family family)
{
	static const char mark[] = "\xef\xbf\xbd", bad[] = "\xff\xfe\xfd";
	struct buf *body = &r->body.bytes;
	size_t at;

	for (at = 0; at + 3 <= body->len; at++) {
		if (memcmp(body->p + at, mark, 3) == 0)
			memcpy(body->p + at, bad, 3);
	}
	if (family == FAMILY_BEDROCK && r->streamed)
		content_seal(body);
}

/* The body compressed as one; its timing is lost, as behind a proxy that buffers. */
static void
content_gzip(struct mock_reply *r)
{
	struct buf packed = BUF_INIT(BUF_UNLIMITED);
	bool streamed = r->streamed;

	gzip_store(buf_str(&r->body.bytes), &packed);
	mock_reply_body(r, buf_str(&packed));
	r->streamed = streamed;
	mock_reply_field(r, "content-encoding", "gzip");
	buf_release(&packed);
}

static void
content_header(struct mock_reply *r, const char *text)
{
	const char *eq = strchr(text, '=');
	char *name = xmemdup(text, (size_t)(eq - text));

	mock_reply_field(r, name, eq + 1);
	free(name);
}

static void
content_apply(
    struct mock_reply *r, const struct mock_fault *f, enum mock_family family, uint64_t serial)
{
	switch (f->kind) {
	case FAULT_STATUS:
		content_status(r, (int)f->number, family, serial);
		break;
	case FAULT_HEADER:
		content_header(r, f->text);
		break;
	case FAULT_TYPE:
		mock_reply_field(r, "content-type", f->text);
		break;
	case FAULT_DELAY:
		r->head_wait_us += f->ms * 1000;
		break;
	case FAULT_HTML:
		content_html(r, (int)f->number);
		break;
	case FAULT_EMPTY:
		mock_reply_body(r, (struct str){ "", 0 });
		break;
	case FAULT_NULL:
		mock_reply_body(r, STR_LIT("null"));
		break;
	case FAULT_ARRAY:
		mock_reply_body(r, STR_LIT("[]"));
		break;
	case FAULT_NO_END:
	case FAULT_DOUBLE_END:
		content_terminal(r, f->kind == FAULT_DOUBLE_END);
		break;
	case FAULT_END:
		content_end(r, f->number == FAULT_AT_TOKEN ? r->first_output : (size_t)f->number);
		break;
	case FAULT_BAD_UTF8:
		content_bad_utf8(r, family);
		break;
	case FAULT_GZIP:
		content_gzip(r);
		break;
	case FAULT_STALL:
	case FAULT_CUT:
	case FAULT_RESET:
	case FAULT_GARBAGE:
	case FAULT_BAD_CHUNK:
	case FAULT_STRIDE:
	case FAULT_CLOSE:
	case FAULT_HUGE_HEADER:
		break; /* of transport: mock_wire_build */
	}
}

void
mock_wire_content(struct mock_reply *r, const struct mock_faults *faults, enum mock_family family,
    uint64_t serial)
{
	size_t i;

	for (i = 0; i < faults->count; i++)
		content_apply(r, &faults->items[i], family, serial);
}
