/* SPDX-License-Identifier: MIT */
/* wire - the faults that change how an answer travels: the connection's bytes, composed by hand. */
#include "mock/wire.h"

#include "base/mem.h"

/* No HTTP head, no chunk size, no JSON, no UTF-8; a NUL among it. */
static const char garbage[] =
    "\x16\x03\x01\xff\xfe garbage \0\x80\x81 }{][ \r\n\r\n\xc3\x28 garbage\r\n";

enum wire_framing { FRAMING_LENGTH, FRAMING_CHUNKS, FRAMING_CLOSE };

struct wire_build {
	struct mock_wire *w;
	const struct mock_reply *r;
	const struct mock_faults *faults;
	enum wire_framing framing;
	size_t stride; /* 0: none */
	int64_t wait_us; /* before the next piece */
	bool ended;
};

bool
mock_wire_is_raw(const struct mock_reply *r, const struct mock_faults *faults)
{
	size_t i;

	if (r->cut)
		return true;
	for (i = 0; i < faults->count; i++)
		switch (faults->items[i].kind) {
		case FAULT_STALL:
		case FAULT_CUT:
		case FAULT_RESET:
		case FAULT_GARBAGE:
		case FAULT_BAD_CHUNK:
		case FAULT_STRIDE:
		case FAULT_CLOSE:
		case FAULT_HUGE_HEADER:
			return true;
		case FAULT_STATUS:
		case FAULT_HEADER:
		case FAULT_TYPE:
		case FAULT_DELAY:
		case FAULT_HTML:
		case FAULT_EMPTY:
		case FAULT_NULL:
		case FAULT_ARRAY:
		case FAULT_NO_END:
		case FAULT_DOUBLE_END:
		case FAULT_END:
		case FAULT_BAD_UTF8:
		case FAULT_GZIP:
			break;
		}
	return false;
}

static const struct mock_fault *
wire_fault(const struct mock_faults *faults, enum mock_fault_kind kind)
{
	size_t i;

	for (i = 0; i < faults->count; i++)
		if (faults->items[i].kind == kind)
			return &faults->items[i];
	return NULL;
}

static void
wire_wait(struct wire_build *b, int64_t us)
{
	b->wait_us = us == MOCK_FOREVER || b->wait_us == MOCK_FOREVER ? MOCK_FOREVER
								      : b->wait_us + us;
}

static void
wire_piece(struct wire_build *b)
{
	size_t before = b->w->tape.count;

	mock_tape_mark(&b->w->tape, b->wait_us);
	if (b->w->tape.count > before)
		b->wait_us = 0;
}

static void
wire_end(struct wire_build *b, enum mock_ending ending)
{
	b->ended = true;
	b->w->complete = false;
	b->w->ending = ending;
}

/* Where in the body a fault strikes; places behind the end are at the end. */
static size_t
wire_place(const struct wire_build *b, const struct mock_fault *f)
{
	size_t len = b->r->body.bytes.len, at;

	at = f->number == FAULT_AT_TOKEN ? b->r->first_output : (size_t)f->number;
	return at < len ? at : len;
}

/* What strikes before the head. */
static void
wire_strike_head(struct wire_build *b)
{
	const struct mock_fault *f;
	size_t i;

	for (i = 0; i < b->faults->count && !b->ended; i++) {
		f = &b->faults->items[i];
		if (f->kind == FAULT_STALL && f->number == FAULT_AT_HEAD)
			wire_wait(b, f->ms < 0 ? MOCK_FOREVER : f->ms * 1000);
		if (f->number != FAULT_AT_HEAD)
			continue;
		if (f->kind == FAULT_GARBAGE)
			buf_add(&b->w->tape.bytes, garbage, sizeof garbage - 1);
		if (f->kind == FAULT_GARBAGE || f->kind == FAULT_CUT)
			wire_end(b, MOCK_END_CLOSE);
		if (f->kind == FAULT_RESET)
			wire_end(b, MOCK_END_RESET);
	}
	wire_piece(b);
}

static void
wire_head(struct wire_build *b)
{
	struct buf *out = &b->w->tape.bytes;
	const struct mock_fault *huge = wire_fault(b->faults, FAULT_HUGE_HEADER);
	const struct serve_field *f;
	int64_t i;

	buf_addf(out, "HTTP/1.1 %d %s\r\n", b->r->status, mock_status_text(b->r->status));
	for (f = b->r->fields; f->name; f++)
		buf_addf(out, "%s: %s\r\n", f->name, f->value);
	if (huge) {
		buf_adds(out, "x-mock-huge: ");
		for (i = 0; i < huge->number; i++)
			buf_addc(out, 'x');
		buf_adds(out, "\r\n");
	}
	if (b->framing == FRAMING_CHUNKS)
		buf_adds(out, "transfer-encoding: chunked\r\n");
	if (b->framing == FRAMING_LENGTH)
		buf_addf(out, "content-length: %zu\r\n", b->r->body.bytes.len + b->r->cut);
	buf_adds(out, "connection: close\r\n\r\n");
	wire_piece(b);
}

static void
wire_bytes(struct wire_build *b, const char *p, size_t n)
{
	if (n == 0)
		return;
	if (b->framing == FRAMING_CHUNKS)
		buf_addf(&b->w->tape.bytes, "%zx\r\n", n);
	buf_add(&b->w->tape.bytes, p, n);
	if (b->framing == FRAMING_CHUNKS)
		buf_adds(&b->w->tape.bytes, "\r\n");
	wire_piece(b);
}

static bool
wire_strikes_body(const struct mock_fault *f)
{
	switch (f->kind) {
	case FAULT_STALL:
	case FAULT_CUT:
	case FAULT_RESET:
	case FAULT_GARBAGE:
		return f->number != FAULT_AT_HEAD;
	case FAULT_BAD_CHUNK:
		return true;
	default:
		return false;
	}
}

/* What strikes before the body's byte at. */
static void
wire_strike(struct wire_build *b, size_t at)
{
	const struct mock_fault *f;
	size_t i;

	for (i = 0; i < b->faults->count && !b->ended; i++) {
		f = &b->faults->items[i];
		if (!wire_strikes_body(f) || wire_place(b, f) != at)
			continue;
		b->w->complete = false;
		if (f->kind == FAULT_STALL) {
			wire_wait(b, f->ms < 0 ? MOCK_FOREVER : f->ms * 1000);
			b->w->complete = f->ms >= 0;
		} else if (f->kind == FAULT_GARBAGE) {
			wire_bytes(b, garbage, sizeof garbage - 1);
		} else if (f->kind == FAULT_BAD_CHUNK) {
			buf_adds(&b->w->tape.bytes, "not a chunk size\r\n");
			wire_piece(b);
			wire_end(b, MOCK_END_CLOSE);
		} else {
			wire_end(b, f->kind == FAULT_RESET ? MOCK_END_RESET : MOCK_END_CLOSE);
		}
	}
}

/* The end of the run of bytes that begins at: the piece's end, a stride's, or the next strike. */
static size_t
wire_run_end(const struct wire_build *b, size_t at, size_t end)
{
	const struct mock_fault *f;
	size_t i, place;

	if (b->stride && at + b->stride < end)
		end = at + b->stride;
	for (i = 0; i < b->faults->count; i++) {
		f = &b->faults->items[i];
		place = wire_strikes_body(f) ? wire_place(b, f) : 0;
		if (place > at && place < end)
			end = place;
	}
	return end;
}

static void
wire_body(struct wire_build *b)
{
	const struct mock_tape *body = &b->r->body;
	size_t i, at = 0, end;

	for (i = 0; i < body->count; i++) {
		wire_wait(b, body->pieces[i].wait_us);
		for (; at < body->pieces[i].end; at = end) {
			wire_strike(b, at);
			if (b->ended)
				return;
			end = wire_run_end(b, at, body->pieces[i].end);
			wire_bytes(b, body->bytes.p + at, end - at);
		}
	}
	wire_strike(b, at);
	if (!b->ended && b->r->cut)
		wire_end(b, MOCK_END_CLOSE);
	if (b->ended || b->framing != FRAMING_CHUNKS)
		return;
	buf_adds(&b->w->tape.bytes, "0\r\n\r\n");
	wire_piece(b);
}

void
mock_wire_build(struct mock_wire *w, const struct mock_reply *r, const struct mock_faults *faults)
{
	const struct mock_fault *stride = wire_fault(faults, FAULT_STRIDE);
	struct wire_build b = { .w = w, .r = r, .faults = faults };

	*w = (struct mock_wire){ .ending = MOCK_END_CLOSE, .complete = true };
	mock_tape_init(&w->tape);
	b.stride = stride ? (size_t)stride->number : 0;
	b.framing = wire_fault(faults, FAULT_CLOSE)                      ? FRAMING_CLOSE
		    : r->streamed || wire_fault(faults, FAULT_BAD_CHUNK) ? FRAMING_CHUNKS
									 : FRAMING_LENGTH;
	b.wait_us = r->head_wait_us;
	wire_strike_head(&b);
	w->headless = b.ended || b.wait_us == MOCK_FOREVER;
	if (b.ended)
		return;
	wire_head(&b);
	wire_body(&b);
	/* A stall with nothing after it (the length was reached) still keeps the connection. */
	if (b.wait_us > 0) {
		VEC_GROW(w->tape.pieces, w->tape.count, w->tape.cap);
		w->tape.pieces[w->tape.count++] = (struct mock_piece){ w->tape.bytes.len,
			b.wait_us };
	}
}

void
mock_wire_release(struct mock_wire *w)
{
	mock_tape_release(&w->tape);
}
