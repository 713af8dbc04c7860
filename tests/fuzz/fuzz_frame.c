/* SPDX-License-Identifier: MIT */
/* fuzz_frame - a body gives the same messages and the same end whole and cut anywhere. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/crc.h"
#include "base/mem.h"
#include "fuzz/fuzz.h"
#include "net/frame.h"

enum { LIMIT_SMALL = 24, LIMIT_LARGE = 1 << 20 };

struct outcome {
	struct buf text;
	bool failed;
};

static bool
keep_message(void *user, struct str name, struct str data)
{
	struct outcome *o = user;

	buf_addstr(&o->text, name);
	buf_addc(&o->text, '\0');
	buf_addstr(&o->text, data);
	buf_addc(&o->text, '\0');
	return true;
}

/* The body in pieces whose sizes cycle from 1 up to widest, each in a heap block of its own. */
static struct outcome
run(const uint8_t *data, size_t size, unsigned control, size_t widest)
{
	struct outcome o = { .text = BUF_INIT(BUF_UNLIMITED) };
	struct err err = ERR_INIT;
	struct frame *f = frame_new(control & 16 ? FRAME_AWS : (enum frame_format)(control & 3),
	    control & 4 ? LIMIT_SMALL : LIMIT_LARGE, keep_message, &o);
	size_t at, n, wanted = widest == SIZE_MAX ? widest : 1;
	char *piece;

	for (at = 0; at < size && !o.failed; at += n) {
		n = size - at < wanted ? size - at : wanted;
		piece = xmemdup((const char *)data + at, n);
		o.failed = frame_feed(f, piece, n, &err) < 0;
		free(piece);
		if (widest != SIZE_MAX)
			wanted = wanted % widest + 1;
	}
	if (!o.failed)
		o.failed = frame_end(f, control & 8, &err) < 0;
	if (o.failed && !*err.text)
		abort();
	frame_free(f);
	return o;
}

static void
compare(struct outcome *whole, struct outcome cut)
{
	if (whole->failed != cut.failed || !str_eq(buf_str(&whole->text), buf_str(&cut.text)))
		abort();
	buf_release(&cut.text);
}

static void
put_crc(uint8_t *at, uint32_t crc)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(crc >> 8 * (3 - i));
}

/* Make the checksums right that no chance would: of each message of an AWS event stream. */
static void
prove(uint8_t *p, size_t size)
{
	size_t n;

	for (; size >= 16; p += n, size -= n) {
		n = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
		put_crc(p + 8, crc_32(0, (struct str){ (const char *)p, 8 }));
		if (n < 16 || n > size)
			return;
		put_crc(p + n - 4, crc_32(0, (struct str){ (const char *)p, n - 4 }));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome whole;
	uint8_t *proven;

	if (!size)
		return 0;
	if ((data[0] & 48) == 48) {
		proven = (uint8_t *)xmemdup((const char *)data, size);
		prove(proven + 1, size - 1);
		proven[0] &= (uint8_t)~32;
		(void)LLVMFuzzerTestOneInput(proven, size);
		free(proven);
		return 0;
	}
	whole = run(data + 1, size - 1, data[0], SIZE_MAX);
	compare(&whole, run(data + 1, size - 1, data[0], 1));
	compare(&whole, run(data + 1, size - 1, data[0], 2));
	compare(&whole, run(data + 1, size - 1, data[0], 5));
	compare(&whole, run(data + 1, size - 1, data[0], 17));
	buf_release(&whole.text);
	return 0;
}
