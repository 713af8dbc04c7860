/* SPDX-License-Identifier: MIT */
/* secret - keys by reference, and their removal from all output. */
#include "net/secret.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
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
remember_spelling(struct str text)
{
	struct spelling s = { .len = text.len };
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

/* As the inside of a JSON string, and as a URL's query. */
static void
spell(struct str secret, struct buf *json, struct buf *url)
{
	static const char plain[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	size_t i;

	for (i = 0; i < secret.len; i++) {
		char c = secret.p[i];

		if (c == '"' || c == '\\')
			buf_addc(json, '\\');
		buf_addc(json, c);
		if (c && strchr(plain, c))
			buf_addc(url, c);
		else
			buf_addf(url, "%%%02X", (unsigned)(unsigned char)c);
	}
}

static void
wipe(struct buf *b)
{
	if (b->cap)
		explicit_bzero(b->p, b->cap);
	buf_release(b);
}

void
secret_remember(const char *secret)
{
	struct buf json = BUF_INIT(BUF_UNLIMITED), url = BUF_INIT(BUF_UNLIMITED);

	remember_spelling(str_of(secret));
	if (strlen(secret) >= SECRET_MASK_MIN) {
		spell(str_of(secret), &json, &url);
		remember_spelling(buf_str(&json));
		remember_spelling(buf_str(&url));
	}
	wipe(&json);
	wipe(&url);
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

void
secret_mask(struct str text, struct buf *out)
{
	const char *p = text.p, *end = p + text.len;
	const struct spelling *s;
	size_t i;

	if (!text.len)
		return;
	for (i = 0; i < known.count; i++)
		known.items[i].next = spelling_find(&known.items[i], p, end);
	while (known.count && (s = next_secret(p, end))) {
		buf_add(out, p, (size_t)(s->next - p));
		buf_adds(out, "***");
		p = s->next + s->len;
		if (s->len > TAIL_FROM)
			buf_add(out, p - TAIL, TAIL);
	}
	buf_add(out, p, (size_t)(end - p));
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
	wipe(text);
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
	return take("in the configuration", s, err);
}
