/* SPDX-License-Identifier: MIT */
/* media - what a file is, and the forms in which a part may hold one. */
#ifndef LLM_MEDIA_H
#define LLM_MEDIA_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"
#include "json/json.h"
#include "llm/request.h"

struct media {
	enum part_type type; /* PART_IMAGE, PART_AUDIO, PART_VIDEO or PART_FILE */
	const char *media_type;
	bool is_text; /* UTF-8: can stand in a part's text */
};

/* What a file of that name holds, by its first bytes, else by its name; false where neither tells.
 */
bool media_of(const char *name, struct str bytes, struct media *media);

/* The kind of part that a media type makes: "audio/wav" is PART_AUDIO; PART_FILE where no other. */
enum part_type media_part_type(struct str media_type);
/* Whether what has that media type is text to be read: text/..., JSON, XML, YAML. */
bool media_is_text(struct str media_type);

/*
 * A part's "text" for those who take no documents, appended as the inside of a JSON string: under
 * its name, where it has one, <file name="...">, or else as it is.
 */
void media_text(struct json part, struct buf *out);

/* Append in the standard alphabet, padded (RFC 4648, section 4). */
void media_base64(struct buf *out, struct str bytes);

/* The bytes again; false where it is no base64. What some readers take is taken: white space, the
 * alphabet for URLs (section 5), no padding. */
bool media_unbase64(struct str text, struct buf *out);

/* A part's url, or its data as a data URI, as a raw JSON string. */
struct buf media_url(struct json part);
/* Take "data:TYPE;base64,DATA" apart, a JSON string; both are borrowed from it. False where it is
 * anything else. */
bool media_data_url(struct json url, struct str *media_type, struct str *data);
/* The same of a text. */
bool media_data_uri(struct str url, struct str *media_type, struct str *data);

/* Whether a url (or data) names a file of this machine: "file:PATH". */
bool media_is_file(struct json url);
/* That path. "file:" stands before a path as it is, "file://" before one with percent escapes. */
void media_file_path(struct json url, struct buf *path);

#endif
