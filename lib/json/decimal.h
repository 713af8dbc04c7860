/* SPDX-License-Identifier: MIT */
/*
 * decimal - JSON numbers compared exactly, however many digits they have. Private to this room.
 *
 * A decimal borrows the digits where they lie: it lives as long as the number's text.
 */
#ifndef JSON_DECIMAL_H
#define JSON_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "json/json.h"

/* 0.DIGITS * 10^exponent: the digits are whole followed by fraction, with no zero at either end,
 * and none at all for zero. */
struct decimal {
	bool minus;
	struct str whole, fraction;
	int64_t exponent;
	bool vast; /* the exponent was cut to what 64 bits hold: only the order against others holds
		    */
};

struct decimal decimal_of(struct json number);
int decimal_compare(const struct decimal *a, const struct decimal *b); /* < 0, 0, > 0 */
bool decimal_is_integer(const struct decimal *d);

enum { DECIMAL_STEP_DIGITS = 18 };

/* Whether d is positive and has few enough digits for decimal_is_multiple. */
bool decimal_fits_step(const struct decimal *d);
/* Whether d is a whole multiple of step, exactly. */
bool decimal_is_multiple(const struct decimal *d, const struct decimal *step);

#endif
