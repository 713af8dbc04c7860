/* SPDX-License-Identifier: MIT */
/* money - US dollars as integers of pico-dollars. */
#include "base/money.h"

#include "base/num.h"

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

void
money_print(struct buf *out, int64_t pusd)
{
	char
	    digits[32]; /* 20 digits of 64 bits, zeros up to one before the point, sign and point */
	size_t at = sizeof digits;
	uint64_t u = pusd < 0 ? 0 - (uint64_t)pusd : (uint64_t)pusd;
	int place;
	bool seen = false; /* trailing zeros are over */

	for (place = 0; place < MONEY_SCALE; place++, u /= 10) {
		if (u % 10)
			seen = true;
		if (seen)
			digits[--at] = (char)('0' + u % 10);
	}
	if (seen)
		digits[--at] = '.';
	do {
		digits[--at] = (char)('0' + u % 10);
		u /= 10;
	} while (u);
	if (pusd < 0)
		digits[--at] = '-';
	buf_add(out, digits + at, sizeof digits - at);
}

bool
money_parse(struct str s, int64_t *pusd)
{
	return num_scaled(s, MONEY_SCALE, pusd);
}
