/* SPDX-License-Identifier: MIT */
/* decimal - JSON numbers compared exactly. */
#include "json/decimal.h"

#include "base/num.h"
#include "json/lex.h"

static struct str
take_digits(const char **p, const char *end)
{
	struct str digits = { *p, 0 };

	*p = lex_digits(*p, end);
	digits.len = (size_t)(*p - digits.p);
	return digits;
}

static bool
ends_in_zero(struct str digits)
{
	return digits.len && digits.p[digits.len - 1] == '0';
}

/* The exponent whose digits are at p. */
static void
take_exponent(struct decimal *d, const char *p, const char *end)
{
	int64_t n;

	p += *p == '+';
	d->vast = !num_i64((struct str){ p, (size_t)(end - p) }, &n) || n > INT64_MAX / 2 ||
		  n < INT64_MIN / 2;
	if (d->vast)
		n = *p == '-' ? INT64_MIN / 2 : INT64_MAX / 2;
	d->exponent = n;
}

struct decimal
decimal_of(struct json number)
{
	const struct decimal zero = { .whole = STR_LIT(""), .fraction = STR_LIT("") };
	const char *p = number.p, *end = number.p + number.len;
	struct decimal d = zero;

	d.minus = *p == '-';
	p += d.minus;
	d.whole = take_digits(&p, end);
	if (p < end && *p == '.') {
		p++;
		d.fraction = take_digits(&p, end);
	}
	if (p < end)
		take_exponent(&d, p + 1, end);
	if (d.whole.p[0] == '0') /* then it is the only one */
		d.whole.len = 0;
	d.exponent += (int64_t)d.whole.len;
	while (!d.whole.len && d.fraction.len && d.fraction.p[0] == '0') {
		d.fraction.p++;
		d.fraction.len--;
		d.exponent--;
	}
	while (ends_in_zero(d.fraction))
		d.fraction.len--;
	while (!d.fraction.len && ends_in_zero(d.whole))
		d.whole.len--;
	return d.whole.len || d.fraction.len ? d : zero;
}

static size_t
digit_count(const struct decimal *d)
{
	return d->whole.len + d->fraction.len;
}

/* The digit at i; zeros go on behind the last. */
static int
digit_at(const struct decimal *d, size_t i)
{
	if (i < d->whole.len)
		return d->whole.p[i] - '0';
	i -= d->whole.len;
	return i < d->fraction.len ? d->fraction.p[i] - '0' : 0;
}

static int
sign_of(const struct decimal *d)
{
	if (!digit_count(d))
		return 0;
	return d->minus ? -1 : 1;
}

int
decimal_compare(const struct decimal *a, const struct decimal *b)
{
	int sign = sign_of(a);
	size_t i, n = digit_count(a) > digit_count(b) ? digit_count(a) : digit_count(b);

	if (sign != sign_of(b))
		return sign - sign_of(b);
	if (sign && a->exponent != b->exponent)
		return a->exponent > b->exponent ? sign : -sign;
	for (i = 0; i < n; i++) {
		if (digit_at(a, i) != digit_at(b, i))
			return (digit_at(a, i) - digit_at(b, i)) * sign;
	}
	return 0;
}

bool
decimal_fits_step(const struct decimal *d)
{
	return sign_of(d) > 0 && digit_count(d) <= DECIMAL_STEP_DIGITS;
}

bool
decimal_is_integer(const struct decimal *d)
{
	return !digit_count(d) || d->exponent >= (int64_t)digit_count(d);
}

bool
decimal_is_multiple(const struct decimal *d, const struct decimal *step)
{
	enum { SHIFT_ENOUGH = 64 };
	uint64_t divisor = 0, rest = 0;
	int64_t shift;
	size_t i;

	if (!digit_count(d))
		return true;
	for (i = 0; i < digit_count(step); i++)
		divisor = divisor * 10 + (uint64_t)digit_at(step, i);
	shift = d->exponent - (int64_t)digit_count(d) -
		(step->exponent - (int64_t)digit_count(step));
	if (shift < 0)
		return false; /* the last digit of d is no zero, and would have to be */
	/* That many tens cancel every 2 and 5 of the divisor: more of them change nothing. */
	if (shift > SHIFT_ENOUGH)
		shift = SHIFT_ENOUGH;
	for (i = 0; i < digit_count(d) + (size_t)shift; i++)
		rest = (rest * 10 + (uint64_t)digit_at(d, i)) % divisor;
	return rest == 0;
}
