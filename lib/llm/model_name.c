/* SPDX-License-Identifier: MIT */
/* model_name - the other spellings of a model's name. */
#include "llm/model_name.h"

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
model_name_undated(struct str name)
{
	static const char dashed[] = "-2###-0#-3#", plain[] = "-2###0#3#";

	if (ends_like(name, dashed))
		return without_end(name, sizeof dashed - 1);
	if (ends_like(name, plain))
		return without_end(name, sizeof plain - 1);
	return STR_NONE;
}

struct str
model_name_unlatest(struct str name)
{
	return str_ends(name, "-latest") ? without_end(name, strlen("-latest")) : STR_NONE;
}

struct str
model_name_unprefixed(struct str provider, struct str name)
{
	size_t n = 0;

	if (str_starts(name, "models/"))
		n = strlen("models/");
	else if (name.len > provider.len && name.p[provider.len] == '/' &&
		 memcmp(name.p, provider.p, provider.len) == 0)
		n = provider.len + 1;
	return n ? (struct str){ name.p + n, name.len - n } : STR_NONE;
}

/* --- all of them --- */

static struct str
without_start(struct str s, size_t n)
{
	return (struct str){ s.p + n, s.len - n };
}

/* "arn:aws:bedrock:...:inference-profile/NAME", "publishers/google/models/NAME". */
static struct str
unpathed(struct str provider, struct str name)
{
	size_t n = name.len;

	(void)provider;
	if (!str_starts(name, "arn:") && !str_starts(name, "publishers/") &&
	    !str_starts(name, "projects/"))
		return STR_NONE;
	while (n > 0 && name.p[n - 1] != '/')
		n--;
	return n ? without_start(name, n) : STR_NONE;
}

static struct str
unregioned(struct str provider, struct str name)
{
	static const char *const regions[] = { "us.", "eu.", "apac.", "global.", "jp.", "au.",
		"ca.", "us-gov.", "sa.", "me.", "af." };
	size_t i;

	(void)provider;
	for (i = 0; i < sizeof regions / sizeof *regions; i++)
		if (str_starts(name, regions[i]))
			return without_start(name, strlen(regions[i]));
	return STR_NONE;
}

/* "anthropic.claude-..." where Anthropic's own names are looked at. */
static struct str
unvendored(struct str provider, struct str name)
{
	if (name.len <= provider.len + 1 || name.p[provider.len] != '.' ||
	    memcmp(name.p, provider.p, provider.len) != 0)
		return STR_NONE;
	return without_start(name, provider.len + 1);
}

/* "ft:BASE:OWNER::ID" */
static struct str
untuned(struct str provider, struct str name)
{
	struct str rest, base;

	(void)provider;
	if (!str_starts(name, "ft:"))
		return STR_NONE;
	rest = without_start(name, strlen("ft:"));
	return str_split(&rest, ':', &base) ? base : STR_NONE;
}

static struct str
untagged(struct str provider, struct str name)
{
	size_t n = name.len;

	(void)provider;
	while (n > 1 && name.p[n - 1] != ':' && name.p[n - 1] != '@')
		n--;
	return n > 1 ? (struct str){ name.p, n - 1 } : STR_NONE;
}

/* Without "-v1". */
static struct str
unversioned(struct str provider, struct str name)
{
	size_t n = name.len;

	(void)provider;
	while (n > 0 && name.p[n - 1] >= '0' && name.p[n - 1] <= '9')
		n--;
	if (n == name.len || n < 3 || memcmp(name.p + n - 2, "-v", 2) != 0)
		return STR_NONE;
	return (struct str){ name.p, n - 2 };
}

static struct str
undated(struct str provider, struct str name)
{
	(void)provider;
	return model_name_undated(name);
}

static struct str
unlatest(struct str provider, struct str name)
{
	(void)provider;
	return model_name_unlatest(name);
}

size_t
model_name_all(struct str provider, struct str name, struct str names[MODEL_NAMES_MAX])
{
	static struct str (*const shorter[])(struct str provider, struct str name) = { unpathed,
		model_name_unprefixed, unregioned, unvendored, untuned, untagged, unversioned,
		undated, unlatest };
	const size_t rules = sizeof shorter / sizeof *shorter;
	size_t i, count = 0;

	_Static_assert(
	    sizeof shorter / sizeof *shorter < MODEL_NAMES_MAX, "each rule may add a name");

	names[count++] = name;
	for (i = 0; i < rules; i++) {
		struct str s = shorter[i](provider, names[count - 1]);

		if (s.len)
			names[count++] = s;
	}
	return count;
}
