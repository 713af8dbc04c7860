/* SPDX-License-Identifier: MIT */
/* media - files as parts of a message. */
#include "llm/media.h"

#include "json/jsonw.h"
#include "sys/file.h"

#define MEDIA_MAX ((size_t)64 << 20)

static const struct signature {
	const char *bytes;
	size_t at, len;
	const char *type, *media_type;
} signatures[] = {
	{ "\x89PNG\r\n\x1a\n", 0, 8, "image", "image/png" },
	{ "\xff\xd8\xff", 0, 3, "image", "image/jpeg" },
	{ "GIF8", 0, 4, "image", "image/gif" },
	{ "WEBP", 8, 4, "image", "image/webp" },
	{ "ftypheic", 4, 8, "image", "image/heic" },
	{ "ftypavif", 4, 8, "image", "image/avif" },
	{ "BM", 0, 2, "image", "image/bmp" },
	{ "%PDF-", 0, 5, "file", "application/pdf" },
};

static const struct signature *
recognise(struct str bytes)
{
	for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
		const struct signature *s = &signatures[i];

		if (bytes.len >= s->at + s->len && memcmp(bytes.p + s->at, s->bytes, s->len) == 0)
			return s;
	}
	return NULL;
}

/* Append in the standard alphabet, padded (RFC 4648, section 4). */
static void
add_base64(struct buf *out, struct str bytes)
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = (const unsigned char *)bytes.p;
	size_t left = bytes.len;
	char four[4];

	(void)buf_reserve(out, (bytes.len + 2) / 3 * 4); /* one growth; a full buf says so itself */
	for (; left; p += 3) {
		size_t n = left < 3 ? left : 3;
		unsigned v = (unsigned)p[0] << 16 | (n > 1 ? (unsigned)p[1] << 8 : 0) |
			     (n > 2 ? p[2] : 0u);

		for (size_t i = 0; i < 4; i++)
			four[i] = i <= n ? alphabet[v >> (18 - 6 * i) & 63] : '=';
		buf_add(out, four, 4);
		left -= n;
	}
}

int
media_part(const char *path, struct buf *out, struct err *err)
{
	struct buf bytes = BUF_INIT(MEDIA_MAX), data = BUF_INIT(BUF_UNLIMITED);
	const char *slash = strrchr(path, '/');
	const struct signature *s;
	struct jsonw w;

	if (file_read(path, &bytes, err) < 0) {
		buf_release(&bytes);
		return -1;
	}
	s = recognise(buf_str(&bytes));
	if (!s) {
		buf_release(&bytes);
		return err_set(err, EXIT_USAGE,
		    "%s: not an image that is known (PNG, JPEG, GIF, WebP, HEIC, AVIF, BMP) or PDF",
		    path);
	}
	add_base64(&data, buf_str(&bytes));
	jsonw_start(&w, out);
	jsonw_object(&w);
	jsonw_kstr(&w, "type", s->type);
	jsonw_kstr(&w, "mediaType", s->media_type);
	jsonw_kstr(&w, "name", slash ? slash + 1 : path);
	jsonw_kstrn(&w, "data", buf_str(&data));
	jsonw_end(&w);
	buf_release(&data);
	buf_release(&bytes);
	return 0;
}

bool
media_data_url(struct json url, struct str *media_type, struct str *data)
{
	struct str rest;

	if (!json_plain(url, &rest) || !str_starts(rest, "data:") ||
	    !str_split(&rest, ',', media_type) || !str_ends(*media_type, ";base64") || !rest.p)
		return false;
	media_type->p += strlen("data:");
	media_type->len -= strlen("data:") + strlen(";base64");
	*data = rest;
	return true;
}
