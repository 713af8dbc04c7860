/* SPDX-License-Identifier: MIT */
/* price_spelling - the other spellings of a model's name. */
#include "price/price_spelling.h"

/* Whether s ends as shape says: '#' is a digit, '0' is 0 or 1, '3' is 0 to 3, the rest itself. */
static bool
ends_like(struct str s, const char *shape)
{
	size_t i, n = strlen(shape);
	const char *p;

	if (s.len <= n)
		return false;
	p = s.p + s.len - n;
	for (i = 0; i < n; i++) {
		char top = shape[i] == '#' ? '9' : shape[i] == '0' ? '1' : shape[i];
		char bottom = shape[i] == '-' || shape[i] == '2' ? shape[i] : '0';

		if (p[i] < bottom || p[i] > top)
			return false;
	}
	return true;
}

static struct str
without_end(struct str s, size_t n)
{
	return (struct str){ s.p, s.len - n };
}

struct str
price_spelling_undated(struct str name)
{
	static const char dashed[] = "-2###-0#-3#", plain[] = "-2###0#3#";

	if (ends_like(name, dashed))
		return without_end(name, sizeof dashed - 1);
	if (ends_like(name, plain))
		return without_end(name, sizeof plain - 1);
	return STR_NONE;
}

struct str
price_spelling_unlatest(struct str name)
{
	return str_ends(name, "-latest") ? without_end(name, strlen("-latest")) : STR_NONE;
}

struct str
price_spelling_unprefixed(struct str provider, struct str name)
{
	size_t n = 0;

	if (str_starts(name, "models/"))
		n = strlen("models/");
	else if (name.len > provider.len && name.p[provider.len] == '/' &&
		 memcmp(name.p, provider.p, provider.len) == 0)
		n = provider.len + 1;
	return n ? (struct str){ name.p + n, name.len - n } : STR_NONE;
}
