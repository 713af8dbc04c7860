/* SPDX-License-Identifier: MIT */
/* money - US dollars as integers of pico-dollars. */
#include "base/money.h"

#include "base/num.h"

#define MONEY_ONE UINT64_C(1000000000000) /* a dollar */

bool
money_add(int64_t *sum, int64_t pusd)
{
	int64_t n;

	if (__builtin_add_overflow(*sum, pusd, &n))
		return false;
	*sum = n;
	return true;
}

bool
money_charge(int64_t count, int64_t rate_pusd, int64_t *out)
{
	return !__builtin_mul_overflow(count, rate_pusd, out);
}

char *
money_write(char *to, int64_t pusd)
{
	uint64_t u = pusd < 0 ? 0 - (uint64_t)pusd : (uint64_t)pusd;
	uint64_t fraction = u % MONEY_ONE;
	char *point;

	if (pusd < 0)
		*to++ = '-';
	to = num_write(to, (int64_t)(u / MONEY_ONE));
	if (!fraction)
		return to;
	/* A leading 1 keeps the zeros behind the point; the point then takes its place. */
	point = to;
	to = num_write(to, (int64_t)(MONEY_ONE + fraction));
	*point = '.';
	while (to[-1] == '0')
		to--;
	return to;
}

void
money_print(struct buf *out, int64_t pusd)
{
	char text[MONEY_TEXT_MAX];

	buf_add(out, text, (size_t)(money_write(text, pusd) - text));
}

bool
money_parse(struct str s, int64_t *pusd)
{
	return num_scaled(s, MONEY_SCALE, pusd);
}
