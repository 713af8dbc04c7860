/* SPDX-License-Identifier: MIT */
/* secret - keys by reference, and their removal from all output. */
#include "net/secret.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "json/json.h"
#include "json/jsonw.h"
#include "net/secret_command.h"
#include "sys/clock.h"
#include "sys/file.h"

enum {
	COMMAND_MS = 10 * 1000,
	SOURCE_MAX = 64 * 1024, /* what a file or a command may hold */
	TAIL = 4, /* bytes shown of a secret over TAIL_FROM */
	TAIL_FROM = 12,
};

/* --- those known --- */

struct spelling { /* one way that a secret may be written */
	char *text;
	size_t len;
	size_t secret_len; /* of what it spells */
	uint8_t skip[256]; /* Horspool: how far to go on where this byte is under the last place */
	const char *next; /* secret_mask: where it comes next in the text; NULL: nowhere */
};

static struct {
	struct spelling *items; /* longest first */
	size_t count, cap;
} known;

static bool
is_known(struct str text)
{
	size_t i;

	for (i = 0; i < known.count; i++) {
		if (str_eq((struct str){ known.items[i].text, known.items[i].len }, text))
			return true;
	}
	return false;
}

static void
remember_spelling(struct str text, size_t secret_len)
{
	struct spelling s = { .len = text.len, .secret_len = secret_len };
	size_t at, i;

	if (text.len < SECRET_MASK_MIN || is_known(text))
		return;
	s.text = xmemdup(text.p, text.len);
	memset(s.skip, (int)(text.len < UINT8_MAX ? text.len : UINT8_MAX), sizeof s.skip);
	for (i = 0; i + 1 < text.len; i++) {
		size_t left = text.len - 1 - i;

		s.skip[(unsigned char)text.p[i]] = (uint8_t)(left < UINT8_MAX ? left : UINT8_MAX);
	}
	VEC_GROW(known.items, known.count, known.cap);
	for (at = 0; at < known.count && known.items[at].len >= s.len; at++)
		;
	memmove(known.items + at + 1, known.items + at, (known.count - at) * sizeof s);
	known.items[at] = s;
	known.count++;
}

/* As the inside of a JSON string, as PHP writes that, and as a URL's query. */
static void
spell(struct str secret, struct buf *json, struct buf *php, struct buf *url)
{
	size_t i;

	buf_addurl(url, secret, "");
	for (i = 0; i < secret.len; i++) {
		char c = secret.p[i];

		if (c == '"' || c == '\\')
			buf_addc(json, '\\');
		buf_addc(json, c);
		if (c == '"' || c == '\\' || c == '/')
			buf_addc(php, '\\');
		buf_addc(php, c);
	}
}

void
secret_remember(const char *secret)
{
	struct buf json = BUF_INIT(BUF_UNLIMITED), php = BUF_INIT(BUF_UNLIMITED);
	struct buf url = BUF_INIT(BUF_UNLIMITED);
	size_t n = strlen(secret);

	remember_spelling(str_of(secret), n);
	if (n >= SECRET_MASK_MIN) {
		spell(str_of(secret), &json, &php, &url);
		remember_spelling(buf_str(&json), n);
		remember_spelling(buf_str(&php), n);
		remember_spelling(buf_str(&url), n);
	}
	buf_wipe(&json);
	buf_wipe(&php);
	buf_wipe(&url);
}

void
secret_forget_all(void)
{
	size_t i;

	for (i = 0; i < known.count; i++) {
		explicit_bzero(known.items[i].text, known.items[i].len);
		free(known.items[i].text);
	}
	free(known.items);
	memset(&known, 0, sizeof known);
}

/* --- taking them out --- */

static const char *
spelling_find(const struct spelling *s, const char *p, const char *end)
{
	size_t last = s->len - 1;

	while ((size_t)(end - p) >= s->len) {
		if (p[last] == s->text[last] && memcmp(p, s->text, last) == 0)
			return p;
		p += s->skip[(unsigned char)p[last]];
	}
	return NULL;
}

/* The secret that comes first at or after p; of those at one place the longest. */
static const struct spelling *
next_secret(const char *p, const char *end)
{
	const struct spelling *best = NULL;
	struct spelling *s;

	for (s = known.items; s < known.items + known.count; s++) {
		if (s->next && s->next < p)
			s->next = spelling_find(s, p, end);
		if (s->next && (!best || s->next < best->next))
			best = s;
	}
	return best;
}

/* Find where each secret of at least min bytes comes first; whether any does. */
static bool
find_all(struct str text, size_t min)
{
	bool any = false;
	size_t i;

	for (i = 0; i < known.count; i++) {
		struct spelling *s = &known.items[i];

		s->next = NULL;
		if (text.len && s->secret_len >= min)
			s->next = spelling_find(s, text.p, text.p + text.len);
		any |= s->next != NULL;
	}
	return any;
}

/* Its last bytes may be shown, unless they begin inside a character. */
static bool
has_tail(const struct spelling *s)
{
	return s->len > TAIL_FROM && ((unsigned char)s->text[s->len - TAIL] & 0xC0) != 0x80;
}

static void
mask(struct str text, size_t min, struct buf *out)
{
	const char *p = text.p, *end = p + text.len;
	const struct spelling *s;

	if (!find_all(text, min)) {
		buf_addstr(out, text);
		return;
	}
	while ((s = next_secret(p, end))) {
		buf_add(out, p, (size_t)(s->next - p));
		buf_adds(out, "***");
		p = s->next + s->len;
		if (has_tail(s))
			buf_add(out, p - TAIL, TAIL);
	}
	buf_add(out, p, (size_t)(end - p));
}

void
secret_mask(struct str text, struct buf *out)
{
	mask(text, SECRET_MASK_MIN, out);
}

void
secret_mask_answer(struct str text, struct buf *out)
{
	mask(text, SECRET_ANSWER_MIN, out);
}

/* The string literal that begins at p, to behind its closing quote. */
static struct str
literal_at(const char *p, const char *end)
{
	const char *q = p + 1;

	while (q < end && *q != '"')
		q += *q == '\\' && q + 1 < end ? 2 : 1;
	return (struct str){ p, (size_t)((q < end ? q + 1 : end) - p) };
}

/* Masked as the text that it means, so that what is left is a literal still. */
static void
mask_literal(struct str literal, size_t min, struct buf *out)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED), masked = BUF_INIT(BUF_UNLIMITED);

	json_text((struct json){ literal.p, literal.len, JSON_STRING }, &text);
	mask(buf_str(&text), min, &masked);
	if (str_eq(buf_str(&text), buf_str(&masked)))
		buf_addstr(out, literal);
	else
		jsonw_quote(out, buf_str(&masked));
	buf_wipe(&text);
	buf_release(&masked);
}

void
secret_mask_json(struct str json, size_t min, struct buf *out)
{
	const char *p = json.p, *end = p + json.len, *quote;
	struct str literal;

	if (!find_all(json, min)) {
		buf_addstr(out, json);
		return;
	}
	while ((quote = memchr(p, '"', (size_t)(end - p)))) {
		buf_add(out, p, (size_t)(quote - p));
		literal = literal_at(quote, end);
		mask_literal(literal, min, out);
		p = literal.p + literal.len;
	}
	buf_add(out, p, (size_t)(end - p));
}

bool
secret_occurs(struct str text, size_t min)
{
	return find_all(text, min);
}

/* --- getting them --- */

static struct str
first_line(struct str text)
{
	struct str line = STR_NONE;

	(void)str_split(&text, '\n', &line); /* without one it is all of the text */
	return str_trim(line);
}

static char *
take(const char *reference, struct str value, struct err *err)
{
	char *secret;

	if (!value.len || memchr(value.p, '\0', value.len)) {
		(void)err_set(err, EXIT_REFUSED, "key %s: %s", reference,
		    value.len ? "it holds a NUL byte" : "it is empty");
		return NULL;
	}
	secret = xmemdup(value.p, value.len);
	secret_remember(secret);
	return secret;
}

char *
secret_take(const char *reference, struct str text, struct err *err)
{
	return take(reference, first_line(text), err);
}

static char *
from_env(const char *reference, const char *name, env_fn *env, struct err *err)
{
	const char *value = *name ? env(name) : NULL;

	if (!value) {
		(void)err_set(err, EXIT_REFUSED, "key %s: %s is not set", reference,
		    *name ? name : "the variable it does not name");
		return NULL;
	}
	return take(reference, str_trim(str_of(value)), err);
}

/* rc: of reading text, which is wiped. */
static char *
from_text(const char *reference, int rc, struct buf *text, struct err *err)
{
	char *secret = NULL;

	if (rc < 0) {
		err->code = EXIT_REFUSED;
		(void)err_wrap(err, "key %s", reference);
	} else {
		secret = take(reference, first_line(buf_str(text)), err);
	}
	buf_wipe(text);
	return secret;
}

static char *
from_file(const char *reference, const char *path, struct err *err)
{
	struct buf text = BUF_INIT(SOURCE_MAX);

	return from_text(reference, file_read(path, &text, err), &text, err);
}

static char *
from_command(const char *reference, const char *command, struct err *err)
{
	struct buf text = BUF_INIT(SOURCE_MAX);
	int rc = secret_command_run(command, clock_deadline(COMMAND_MS), &text, err);

	return from_text(reference, rc, &text, err);
}

bool
secret_takes_time(const char *reference)
{
	struct str s = str_of(reference);

	return str_starts(s, "cmd:") || str_starts(s, "metadata:") || str_starts(s, "adc:");
}

char *
secret_resolve(const char *reference, env_fn *env, struct err *err)
{
	struct str s = str_of(reference);

	if (str_starts(s, "env:"))
		return from_env(reference, reference + 4, env, err);
	if (str_starts(s, "file:"))
		return from_file(reference, reference + 5, err);
	if (str_starts(s, "cmd:"))
		return from_command(reference, reference + 4, err);
	if (secret_takes_time(reference)) {
		(void)err_set(err, EXIT_REFUSED, "key %s: it can't be had at once", reference);
		return NULL;
	}
	return take("in the configuration", s, err);
}
