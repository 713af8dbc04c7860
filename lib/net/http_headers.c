/* SPDX-License-Identifier: MIT */
/* http_headers - a list of header fields, and which of them carry secrets. */
#include <stdlib.h>
#include <strings.h>

#include "base/mem.h"
#include "net/http.h"

void
http_headers_add(struct http_headers *h, const char *name, const char *value)
{
	VEC_GROW(h->items, h->count, h->cap);
	h->items[h->count++] = (struct http_field){ xstrdup(name), xstrdup(value) };
}

static struct http_field *
headers_find(const struct http_headers *h, const char *name)
{
	size_t i;

	for (i = 0; i < h->count; i++) {
		if (strcasecmp(h->items[i].name, name) == 0)
			return &h->items[i];
	}
	return NULL;
}

void
http_headers_set(struct http_headers *h, const char *name, const char *value)
{
	struct http_field *field = headers_find(h, name);
	char *copy;

	if (!field) {
		http_headers_add(h, name, value);
		return;
	}
	copy = xstrdup(value); /* first: value may be the field's own */
	free(field->value);
	field->value = copy;
}

const char *
http_headers_get(const struct http_headers *h, const char *name)
{
	const struct http_field *field = headers_find(h, name);

	return field ? field->value : NULL;
}

void
http_headers_release(struct http_headers *h)
{
	size_t i;

	for (i = 0; i < h->count; i++) {
		free(h->items[i].name);
		free(h->items[i].value);
	}
	free(h->items);
	*h = (struct http_headers){ 0 };
}

/* Names are many and new ones come: what ends or sounds like a credential is taken for one. */
bool
http_field_is_secret(const char *name)
{
	static const char *const words[] = { "authorization", "cookie", "secret", "password",
		"apikey", "credential", NULL };
	struct str s = str_of(name);
	size_t i;

	for (i = 0; words[i]; i++) {
		if (str_has_nocase(s, words[i]))
			return true;
	}
	if (str_eq_nocase(s, "idempotency-key") || str_eq_nocase(s, "sec-websocket-key"))
		return false;
	for (i = s.len; i > 0 && name[i - 1] != '-' && name[i - 1] != '_'; i--)
		;
	/* the last word: x-api-key, x-amz-security-token; not x-ratelimit-limit-tokens */
	return strcasecmp(name + i, "key") == 0 || strcasecmp(name + i, "token") == 0;
}
