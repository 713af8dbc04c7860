/* SPDX-License-Identifier: MIT */
/* media - what a file is, and the forms in which a part may hold one. */
#include "llm/media.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const struct {
	const char *bytes;
	size_t at, len;
	const char *media_type;
} signatures[] = {
	{ "\x89PNG\r\n\x1a\n", 0, 8, "image/png" },
	{ "\xff\xd8\xff", 0, 3, "image/jpeg" },
	{ "GIF8", 0, 4, "image/gif" },
	{ "WEBP", 8, 4, "image/webp" },
	{ "ftypheic", 4, 8, "image/heic" },
	{ "ftypavif", 4, 8, "image/avif" },
	{ "BM", 0, 2, "image/bmp" },
	{ "%PDF-", 0, 5, "application/pdf" },
	{ "WAVE", 8, 4, "audio/wav" },
	{ "ID3", 0, 3, "audio/mpeg" },
	{ "\xff\xfb", 0, 2, "audio/mpeg" },
	{ "\xff\xf3", 0, 2, "audio/mpeg" },
	{ "fLaC", 0, 4, "audio/flac" },
	{ "OggS", 0, 4, "audio/ogg" },
	{ "ftypM4A", 4, 7, "audio/mp4" },
	{ "AIFF", 8, 4, "audio/aiff" },
	{ "ftypqt", 4, 6, "video/quicktime" },
	{ "ftyp", 4, 4, "video/mp4" },
	{ "\x1a\x45\xdf\xa3", 0, 4, "video/webm" },
};

/* What the bytes do not tell: text of all kinds, and archives that are documents. */
static const struct {
	const char *extension, *media_type;
} extensions[] = {
	{ ".aac", "audio/aac" },
	{ ".c", "text/x-c" },
	{ ".css", "text/css" },
	{ ".csv", "text/csv" },
	{ ".doc", "application/msword" },
	{ ".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
	{ ".htm", "text/html" },
	{ ".html", "text/html" },
	{ ".js", "text/javascript" },
	{ ".json", "application/json" },
	{ ".md", "text/markdown" },
	{ ".mp3", "audio/mpeg" },
	{ ".mpeg", "video/mpeg" },
	{ ".mpg", "video/mpeg" },
	{ ".pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation" },
	{ ".py", "text/x-python" },
	{ ".rtf", "text/rtf" },
	{ ".xls", "application/vnd.ms-excel" },
	{ ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
	{ ".xml", "application/xml" },
	{ ".yaml", "application/yaml" },
	{ ".yml", "application/yaml" },
};

static const char *
by_bytes(struct str bytes)
{
	bool boxed = str_starts(bytes, "RIFF") || str_starts(bytes, "FORM");

	for (size_t i = 0; i < COUNT(signatures); i++) {
		size_t at = signatures[i].at, len = signatures[i].len;

		if (at == 8 && !boxed)
			continue;
		if (bytes.len >= at + len && memcmp(bytes.p + at, signatures[i].bytes, len) == 0)
			return signatures[i].media_type;
	}
	return NULL;
}

static const char *
by_name(const char *name)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < COUNT(extensions); i++) {
		if (str_eq_nocase(str_of(dot), extensions[i].extension))
			return extensions[i].media_type;
	}
	return NULL;
}

bool
media_of(const char *name, struct str bytes, struct media *media)
{
	bool text = str_is_utf8(bytes) && !memchr(bytes.p, '\0', bytes.len);
	const char *type = by_bytes(bytes);

	if (text && (str_starts(bytes, "BM") || str_starts(bytes, "ID3")))
		type = NULL; /* words */
	if (!type)
		type = by_name(name);
	text = text && (!type || media_is_text(str_of(type)));
	if (!type && !text)
		return false;
	*media = (struct media){
		.type = type ? media_part_type(str_of(type)) : PART_FILE,
		.media_type = type ? type : "text/plain",
		.is_text = text,
	};
	return true;
}

enum part_type
media_part_type(struct str media_type)
{
	if (str_starts(media_type, "image/"))
		return PART_IMAGE;
	if (str_starts(media_type, "audio/"))
		return PART_AUDIO;
	if (str_starts(media_type, "video/"))
		return PART_VIDEO;
	return PART_FILE;
}

bool
media_is_text(struct str media_type)
{
	return str_starts(media_type, "text/") || str_ends(media_type, "/json") ||
	       str_ends(media_type, "+json") || str_ends(media_type, "/xml") ||
	       str_ends(media_type, "+xml") || str_ends(media_type, "/yaml");
}

static void
add_inner(struct buf *out, struct json v)
{
	if (v.kind == JSON_STRING)
		buf_add(out, v.p + 1, v.len - 2);
}

void
media_text(struct json part, struct buf *out)
{
	struct json name = json_get(part, "name");
	bool named = name.kind == JSON_STRING && !json_is_empty_string(name);

	if (named) {
		buf_adds(out, "<file name=\\\"");
		add_inner(out, name);
		buf_adds(out, "\\\">\\n");
	}
	add_inner(out, json_get(part, "text"));
	if (named)
		buf_adds(out, "\\n</file>");
}

void
media_base64(struct buf *out, struct str bytes)
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

static int
value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

static bool
is_blank(char c)
{
	return c == '\n' || c == '\r' || c == ' ' || c == '\t';
}

bool
media_unbase64(struct str text, struct buf *out)
{
	size_t digits = 0, pads = 0;
	unsigned v = 0;

	for (size_t i = 0; i < text.len; i++) {
		int n = value_of(text.p[i]);

		if (is_blank(text.p[i]))
			continue;
		pads += text.p[i] == '=';
		if (pads && text.p[i] == '=')
			continue;
		if (n < 0 || pads)
			return false;
		v = (v << 6 | (unsigned)n) & 0xffff;
		if (digits++ % 4)
			buf_addc(out, (char)(v >> (6 - 2 * ((digits - 1) % 4)) & 0xff));
	}
	return digits % 4 != 1 && (!pads || (digits + pads) % 4 == 0) && pads < 3;
}

struct buf
media_url(struct json part)
{
	struct json url = json_get(part, "url");
	struct buf out = BUF_INIT(BUF_UNLIMITED);

	if (json_exists(url)) {
		buf_addstr(&out, json_raw(url));
		return out;
	}
	buf_adds(&out, "\"data:");
	add_inner(&out, json_get(part, "mediaType"));
	buf_adds(&out, ";base64,");
	add_inner(&out, json_get(part, "data"));
	buf_addc(&out, '"');
	return out;
}

bool
media_data_uri(struct str url, struct str *media_type, struct str *data)
{
	struct str rest = url;

	if (!str_starts(rest, "data:") || !str_split(&rest, ',', media_type) ||
	    !str_ends(*media_type, ";base64") || !rest.p)
		return false;
	media_type->p += strlen("data:");
	media_type->len -= strlen("data:") + strlen(";base64");
	*data = rest;
	return true;
}

bool
media_data_url(struct json url, struct str *media_type, struct str *data)
{
	struct str text;

	return json_plain(url, &text) && media_data_uri(text, media_type, data);
}

bool
media_is_file(struct json url)
{
	return url.kind == JSON_STRING && str_starts(json_raw(url), "\"file:");
}

static int
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c | 0x20) : NULL;

	return at ? (int)(at - digits) : -1;
}

void
media_file_path(struct json url, struct buf *path)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	const char *p;

	json_text(url, &text);
	p = text.p + strlen("file:");
	if (strncmp(p, "//", 2) != 0) {
		buf_adds(path, p);
	} else {
		p += 2;
		p += strncmp(p, "localhost/", 10) == 0 ? strlen("localhost") : 0;
		for (; *p; p++) {
			int high = *p == '%' ? hex_digit(p[1]) : -1;
			int byte = high >= 0 ? high << 4 | hex_digit(p[2]) : -1;

			buf_addc(path, byte > 0 ? (char)byte : *p);
			p += byte > 0 ? 2 : 0;
		}
	}
	buf_release(&text);
}
