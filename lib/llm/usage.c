/* SPDX-License-Identifier: MIT */
/* usage - token counts: unknown is not 0, and the parts never pass the whole. */
#include "llm/answer.h"

void
usage_set(int64_t *field, struct json v)
{
	int64_t n;

	if (json_count_of(v, &n) && n >= 0) /* Azure prints -1 where it does not know */
		*field = n;
}

void
usage_add(int64_t *field, int64_t n)
{
	int64_t sum;

	if (*field == TOKENS_UNKNOWN)
		*field = 0;
	if (n >= 0 && !__builtin_add_overflow(*field, n, &sum))
		*field = sum;
}

void
usage_sum(struct usage *sum, const struct usage *more)
{
	int64_t *to[] = { &sum->in, &sum->out, &sum->cache_read, &sum->cache_write,
		&sum->cache_write_1h, &sum->reasoning };
	const int64_t from[] = { more->in, more->out, more->cache_read, more->cache_write,
		more->cache_write_1h, more->reasoning };
	size_t i;

	for (i = 0; i < sizeof to / sizeof *to; i++) {
		if (from[i] != TOKENS_UNKNOWN)
			usage_add(to[i], from[i]);
	}
	sum->estimated |= more->estimated;
}

void
usage_settle(struct usage *u)
{
	if (u->in != TOKENS_UNKNOWN && u->cache_read > u->in)
		usage_add(&u->in, u->cache_read);
	if (u->out != TOKENS_UNKNOWN && u->reasoning > u->out)
		usage_add(&u->out, u->reasoning);
}
