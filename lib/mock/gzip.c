/* SPDX-License-Identifier: MIT */
/* gzip - stored DEFLATE blocks (RFC 1951, 3.2.4) between a gzip head and its checksum. */
#include "mock/gzip.h"

#include <stdint.h>

#include "base/crc.h"

enum { GZIP_BLOCK_MAX = 65535 };

static void
gzip_little(struct buf *out, uint32_t n, int bytes)
{
	for (; bytes > 0; bytes--, n >>= 8)
		buf_addc(out, (char)(n & 0xff));
}

void
gzip_store(struct str bytes, struct buf *out)
{
	static const char head[] = { 0x1f, (char)0x8b, 8, 0, 0, 0, 0, 0, 0, (char)0xff };
	size_t at = 0, n;

	buf_add(out, head, sizeof head);
	do {
		n = bytes.len - at < GZIP_BLOCK_MAX ? bytes.len - at : GZIP_BLOCK_MAX;
		buf_addc(out, at + n == bytes.len); /* the last block? stored: type 0 */
		gzip_little(out, (uint32_t)n, 2);
		gzip_little(out, ~(uint32_t)n & 0xffff, 2);
		buf_add(out, bytes.p + at, n);
		at += n;
	} while (at < bytes.len);
	gzip_little(out, crc_32(0, bytes), 4);
	gzip_little(out, (uint32_t)bytes.len, 4);
}
