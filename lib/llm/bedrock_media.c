/* SPDX-License-Identifier: MIT */
/* bedrock-media - images, documents, sounds and films as blocks: format, name, source. */
#include "llm/bedrock.h"
#include "llm/media.h"

/* The API names formats, not media types. The ending stands for a type that is not told. */
static const struct format {
	const char *media_type, *ending, *block, *name;
} formats[] = {
	{ "image/png", ".png", "image", "png" },
	{ "image/jpeg", ".jpg", "image", "jpeg" },
	{ "image/jpg", ".jpeg", "image", "jpeg" },
	{ "image/gif", ".gif", "image", "gif" },
	{ "image/webp", ".webp", "image", "webp" },
	{ "application/pdf", ".pdf", "document", "pdf" },
	{ "text/csv", ".csv", "document", "csv" },
	{ "application/msword", ".doc", "document", "doc" },
	{ "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx",
	    "document", "docx" },
	{ "application/vnd.ms-excel", ".xls", "document", "xls" },
	{ "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx", "document",
	    "xlsx" },
	{ "text/html", ".html", "document", "html" },
	{ "text/plain", ".txt", "document", "txt" },
	{ "text/markdown", ".md", "document", "md" },
	{ "video/mp4", ".mp4", "video", "mp4" },
	{ "video/quicktime", ".mov", "video", "mov" },
	{ "video/x-matroska", ".mkv", "video", "mkv" },
	{ "video/webm", ".webm", "video", "webm" },
	{ "video/x-flv", ".flv", "video", "flv" },
	{ "video/mpeg", ".mpeg", "video", "mpeg" },
	{ "video/x-ms-wmv", ".wmv", "video", "wmv" },
	{ "video/3gpp", ".3gp", "video", "three_gp" },
	{ "audio/mpeg", ".mp3", "audio", "mp3" },
	{ "audio/mp3", ".mp3", "audio", "mp3" },
	{ "audio/wav", ".wav", "audio", "wav" },
	{ "audio/x-wav", ".wav", "audio", "wav" },
	{ "audio/ogg", ".ogg", "audio", "ogg" },
	{ "audio/opus", ".opus", "audio", "opus" },
	{ "audio/flac", ".flac", "audio", "flac" },
	{ "audio/aac", ".aac", "audio", "aac" },
	{ "audio/mp4", ".m4a", "audio", "m4a" },
	{ "audio/webm", ".weba", "audio", "webm" },
};

static const struct format *
format_of(struct str media_type, struct str name, struct str url)
{
	size_t i;

	(void)str_split(&(struct str){ media_type.p, media_type.len }, ';', &media_type);
	for (i = 0; i < sizeof formats / sizeof *formats; i++) {
		if (str_eq_nocase(str_trim(media_type), formats[i].media_type))
			return &formats[i];
	}
	for (i = 0; i < sizeof formats / sizeof *formats && !media_type.len; i++) {
		if (str_ends(name, formats[i].ending) || str_ends(url, formats[i].ending))
			return &formats[i];
	}
	return NULL;
}

static bool
is_taken(const struct bedrock_writer *x, struct str name)
{
	struct str rest = buf_str(&x->names), line;

	while (str_split(&rest, '\n', &line)) {
		if (str_eq(line, name))
			return true;
	}
	return false;
}

/* Letters, digits, single spaces, hyphens, brackets: whatever else the name holds is a hyphen. */
static void
clean_name(struct str name, struct buf *out)
{
	static const char allowed[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-()[] ";
	size_t i;

	for (i = 0; i < name.len; i++) {
		char c = name.p[i];
		char last = out->len ? out->p[out->len - 1] : ' ';

		if (!c || !strchr(allowed, c))
			c = '-';
		if ((c == ' ' || c == '-') && last == c)
			continue;
		buf_addc(out, c);
	}
}

/* The API wants a name for each document, in few characters, and no name twice. */
static void
write_name(struct bedrock_writer *x, struct json part, const struct format *format)
{
	enum { NAME_MAX_BYTES = 190 }; /* 200, with room for a number */
	struct buf given = BUF_INIT(BUF_UNLIMITED), name = BUF_INIT(NAME_MAX_BYTES);
	struct str text;
	size_t clean;

	json_text(json_get(part, "name"), &given);
	text = str_trim(buf_str(&given));
	if (str_ends(text, format->ending))
		text.len -= strlen(format->ending);
	text.len = str_cut_utf8(text, NAME_MAX_BYTES);
	clean_name(text, &name);
	x->documents++;
	if (!name.len)
		buf_addf(&name, "Document %d", x->documents);
	name.limit = BUF_UNLIMITED;
	for (clean = name.len; is_taken(x, buf_str(&name));) {
		buf_truncate(&name, clean);
		buf_addf(&name, " %d", x->documents++);
	}
	jsonw_kstrn(&x->w, "name", buf_str(&name));
	buf_addstr(&x->names, buf_str(&name));
	buf_addc(&x->names, '\n');
	buf_release(&given);
	buf_release(&name);
}

/* Bytes, or an object in S3. */
static void
write_source(struct bedrock_writer *x, struct json part, struct str bytes)
{
	struct json data = json_get(part, "data"), url = json_get(part, "url"),
		    text = json_get(part, "text");
	struct buf plain = BUF_INIT(BUF_UNLIMITED), coded = BUF_INIT(BUF_UNLIMITED);

	jsonw_key(&x->w, "source");
	jsonw_object(&x->w);
	if (json_exists(data)) {
		jsonw_kjson(&x->w, "bytes", data);
	} else if (bytes.p) {
		jsonw_kstrn(&x->w, "bytes", bytes);
	} else if (json_exists(url)) {
		jsonw_key(&x->w, "s3Location");
		jsonw_object(&x->w);
		jsonw_kjson(&x->w, "uri", url);
		jsonw_end(&x->w);
	} else {
		json_text(text, &plain);
		media_base64(&coded, buf_str(&plain));
		jsonw_kstrn(&x->w, "bytes", buf_str(&coded));
	}
	jsonw_end(&x->w);
	buf_release(&plain);
	buf_release(&coded);
}

/* NULL: the API has none for it. */
static const struct format *
format_of_part(struct json part)
{
	struct str media_type = STR_NONE, bytes, name = STR_NONE, address = STR_NONE;
	struct json url = json_get(part, "url");
	const struct format *format;

	(void)json_plain(json_get(part, "mediaType"), &media_type);
	(void)json_plain(json_get(part, "name"), &name);
	(void)json_plain(url, &address);
	(void)media_data_url(url, &media_type, &bytes);
	format = format_of(media_type, name, address);
	if (!format && json_eq(json_get(part, "type"), "file") &&
	    json_exists(json_get(part, "text")))
		format = format_of(STR_LIT("text/plain"), STR_NONE, STR_NONE);
	return format;
}

bool
bedrock_marks_behind(struct json part)
{
	const struct format *format = format_of_part(part);

	return format && strcmp(format->block, "video") != 0 &&
	       (strcmp(format->block, "document") != 0 || strcmp(format->name, "pdf") == 0);
}

int
bedrock_media(struct bedrock_writer *x, struct json part)
{
	struct json url = json_get(part, "url");
	const struct format *format = format_of_part(part);
	struct str media_type, bytes = STR_NONE, address = STR_NONE;

	(void)json_plain(url, &address);
	if (!media_data_url(url, &media_type, &bytes) && json_exists(url) &&
	    !str_starts(address, "s3://"))
		return dialect_refuse(
		    x->b, "messages: the API takes bytes and s3:// addresses, not ", url, x->err);
	if (!json_exists(url) && !json_exists(json_get(part, "data")) &&
	    !json_exists(json_get(part, "text")))
		return dialect_refuse(x->b,
		    "messages: a part has no data, url or text: ", json_get(part, "type"), x->err);
	if (!format)
		return dialect_refuse(x->b, "messages: the API has no format for files of type ",
		    json_get(part, "mediaType"), x->err);
	bedrock_begin(x);
	jsonw_key(&x->w, format->block);
	jsonw_object(&x->w);
	jsonw_kstr(&x->w, "format", format->name);
	if (strcmp(format->block, "document") == 0)
		write_name(x, part, format);
	write_source(x, part, bytes);
	jsonw_end(&x->w);
	jsonw_end(&x->w);
	x->markable = bedrock_marks_behind(part);
	return 0;
}
