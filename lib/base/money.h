/* SPDX-License-Identifier: MIT */
/*
 * money - US dollars as integers.
 *
 * The unit is the pico-dollar (10^-12 USD): a price of $0.000001 per million tokens is still one
 * whole unit a token, and 64 bits hold sums up to nine million dollars. Sums that may pass that use
 * money_add, which says so.
 */
#ifndef BASE_MONEY_H
#define BASE_MONEY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

enum { MONEY_SCALE = 12 };

/* *sum += pusd; false (and *sum unchanged) on overflow. */
bool money_add(int64_t *sum, int64_t pusd);

/* count * rate; false on overflow. rate in pico-USD a unit. */
bool money_charge(int64_t count, int64_t rate_pusd, int64_t *out);

/* Append as an exact decimal number of dollars, no exponent, no trailing zeros: 1500000 ->
 * "0.0000015". */
void money_print(struct buf *out, int64_t pusd);

/* The same at to, at most MONEY_TEXT_MAX bytes and no NUL; returns their end. */
enum { MONEY_TEXT_MAX = 24 };
char *money_write(char *to, int64_t pusd);

/* A decimal number of dollars, exactly; false where it has more than 12 places or does not fit. */
bool money_parse(struct str s, int64_t *pusd);

#endif
