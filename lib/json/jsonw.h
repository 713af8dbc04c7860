/* SPDX-License-Identifier: MIT */
/*
 * jsonw - write JSON into a buf.
 *
 * Commas, colons and escapes are the writer's business; brackets are checked (an unbalanced
 * document is a bug and dies). Strings must be UTF-8; malformed bytes become U+FFFD, so the output
 * is always valid.
 *
 *	struct jsonw w;
 *	jsonw_start(&w, &out);
 *	jsonw_object(&w);
 *	jsonw_key(&w, "id");
 *	jsonw_str(&w, id);
 *	jsonw_end(&w);
 */
#ifndef JSON_JSONW_H
#define JSON_JSONW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "json/json.h"

enum { JSONW_DEPTH_MAX = 64 };

struct jsonw {
	struct buf *out;
	unsigned depth;
	bool is_object[JSONW_DEPTH_MAX]; /* of each open bracket */
	bool need_comma;
	bool after_key;
};

void jsonw_start(struct jsonw *w, struct buf *out);

void jsonw_object(struct jsonw *w);
void jsonw_array(struct jsonw *w);
void jsonw_end(struct jsonw *w); /* closes the innermost object or array */
void jsonw_key(struct jsonw *w, const char *key);
void jsonw_keyn(struct jsonw *w, struct str key);

void jsonw_str(struct jsonw *w, const char *s); /* NULL writes null */
void jsonw_strn(struct jsonw *w, struct str s);
void jsonw_i64(struct jsonw *w, int64_t n);
void jsonw_double(
    struct jsonw *w, double d); /* shortest text that reads back the same; not finite: null */
void jsonw_bool(struct jsonw *w, bool b);
void jsonw_null(struct jsonw *w);
void jsonw_usd(struct jsonw *w, int64_t pusd); /* money_print */

/* A value as it lies, byte for byte; JSON_NONE writes null. */
void jsonw_json(struct jsonw *w, struct json v);
/* Raw text that the caller knows to be one JSON value. */
void jsonw_raw(struct jsonw *w, struct str raw);
/* The object's members, spliced into the object that is open here. Nothing where v is no object. */
void jsonw_members(struct jsonw *w, struct json v);

/* Key and value in one: the common case. The _opt forms write nothing where there is nothing to
 * write. */
void jsonw_kstr(struct jsonw *w, const char *key, const char *s);
void jsonw_kstrn(struct jsonw *w, const char *key, struct str s);
void jsonw_ki64(struct jsonw *w, const char *key, int64_t n);
void jsonw_kbool(struct jsonw *w, const char *key, bool b);
void jsonw_kjson(struct jsonw *w, const char *key, struct json v);
void jsonw_kjson_opt(struct jsonw *w, const char *key, struct json v); /* not where JSON_NONE */

/* Append s to out as a quoted, escaped JSON string, outside any document. */
void jsonw_quote(struct buf *out, struct str s);
/* Text as a JSON string, for those who take nothing else; it lives in hold, whose content goes. */
struct json jsonw_quoted(struct buf *hold, struct str text);

#endif
