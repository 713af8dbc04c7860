/* SPDX-License-Identifier: MIT */
/* num - numbers as people and configuration files write them. */
#include "base/num.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool
num_i64(struct str s, int64_t *out)
{
	bool minus = s.len && s.p[0] == '-';
	size_t i = minus;
	int64_t n = 0;

	if (i == s.len)
		return false;
	for (; i < s.len; i++) {
		if (!is_digit(s.p[i]) || __builtin_mul_overflow(n, 10, &n) ||
		    __builtin_sub_overflow(n, s.p[i] - '0', &n)) /* below zero there is one more */
			return false;
	}
	if (!minus && n == INT64_MIN)
		return false;
	*out = minus ? n : -n;
	return true;
}

char *
num_write(char *to, int64_t n)
{
	static const char pairs[] = "0001020304050607080910111213141516171819"
				    "2021222324252627282930313233343536373839"
				    "4041424344454647484950515253545556575859"
				    "6061626364656667686970717273747576777879"
				    "8081828384858687888990919293949596979899";
	char digits[NUM_TEXT_MAX];
	size_t at = sizeof digits;
	uint64_t u = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;

	for (; u >= 100; u /= 100)
		memcpy(digits + (at -= 2), pairs + u % 100 * 2, 2);
	if (u >= 10)
		memcpy(digits + (at -= 2), pairs + u * 2, 2);
	else
		digits[--at] = (char)('0' + u);
	if (n < 0)
		*to++ = '-';
	memcpy(to, digits + at, sizeof digits - at);
	return to + (sizeof digits - at);
}

/* The parts of -?digits[.digits][e[+-]digits]; false for any other text. */
struct decimal {
	bool minus;
	struct str whole, fraction;
	int64_t exponent;
};

static struct str
take_digits(struct str *s)
{
	struct str d = { s->p, 0 };

	while (d.len < s->len && is_digit(d.p[d.len]))
		d.len++;
	s->p += d.len;
	s->len -= d.len;
	return d;
}

static bool
take_char(struct str *s, const char *any)
{
	if (!s->len || !strchr(any, s->p[0]) || !s->p[0])
		return false;
	s->p++;
	s->len--;
	return true;
}

static bool
decimal_split(struct str s, struct decimal *d)
{
	*d = (struct decimal){ .minus = take_char(&s, "-") };
	d->whole = take_digits(&s);
	if (!d->whole.len)
		return false;
	if (take_char(&s, ".")) {
		d->fraction = take_digits(&s);
		if (!d->fraction.len)
			return false;
	}
	if (take_char(&s, "eE")) {
		if (take_char(&s, "+") && s.len && s.p[0] == '-')
			return false;
		if (!num_i64(s, &d->exponent))
			return false;
		s.len = 0;
	}
	return s.len == 0;
}

bool
num_double(struct str s, double *out)
{
	struct decimal d;
	char *text, *end;
	bool ok;

	if (!decimal_split(s, &d))
		return false;
	text = xmemdup(s.p, s.len); /* strtod wants the NUL */
	errno = 0;
	*out = strtod(text, &end);
	ok = *end == '\0' && !(errno == ERANGE && (*out > 1 || *out < -1));
	free(text);
	return ok;
}

/* *n = *n * 10 + digit, away from zero on the negative side, which holds one more value. */
static bool
push_digit(int64_t *n, int digit)
{
	return !__builtin_mul_overflow(*n, 10, n) && !__builtin_sub_overflow(*n, digit, n);
}

static bool
push_digits(int64_t *n, struct str digits)
{
	size_t i;

	for (i = 0; i < digits.len; i++) {
		if (!push_digit(n, digits.p[i] - '0'))
			return false;
	}
	return true;
}

bool
num_scaled(struct str s, int scale, int64_t *out)
{
	struct decimal d;
	int64_t n = 0, shift;

	if (!decimal_split(s, &d))
		return false;
	while (d.fraction.len && d.fraction.p[d.fraction.len - 1] == '0')
		d.fraction.len--;
	if (!push_digits(&n, d.whole) || !push_digits(&n, d.fraction))
		return false;
	if (__builtin_add_overflow(d.exponent, scale - (int64_t)d.fraction.len, &shift))
		return false;
	for (; n && shift > 0; shift--) {
		if (!push_digit(&n, 0))
			return false;
	}
	for (; n && shift < 0; shift++) {
		if (n % 10)
			return false;
		n /= 10;
	}
	if (!d.minus && n == INT64_MIN)
		return false;
	*out = d.minus ? n : -n;
	return true;
}

struct unit {
	const char *name;
	int64_t factor;
};

/* The unit that s begins with; the longest name wins, so tables list "ms" before "m". */
static const struct unit *
take_unit(struct str *s, const struct unit *units)
{
	for (; units->name; units++) {
		if (str_starts(*s, units->name)) {
			s->p += strlen(units->name);
			s->len -= strlen(units->name);
			return units;
		}
	}
	return NULL;
}

/* One "1.5s" off the front of s, in the smallest unit, added to *sum. */
static bool
take_quantity(struct str *s, const struct unit *units, int64_t *sum)
{
	struct str number = { s->p, 0 };
	const struct unit *unit;
	int64_t milli, n;

	while (number.len < s->len && (is_digit(s->p[number.len]) || s->p[number.len] == '.'))
		number.len++;
	s->p += number.len;
	s->len -= number.len;
	unit = take_unit(s, units);
	if (!unit || !num_scaled(number, 3, &milli))
		return false;
	if (__builtin_mul_overflow(milli, unit->factor, &n))
		return false;
	return !__builtin_add_overflow(*sum, n / 1000, sum);
}

bool
num_duration_ms(struct str s, int64_t *out)
{
	static const struct unit units[] = {
		{ "ms", 1 },
		{ "s", 1000 },
		{ "m", 60 * 1000 },
		{ "h", 60 * 60 * 1000 },
		{ "d", 24 * 60 * 60 * 1000 },
		{ NULL, 0 },
	};
	int64_t sum = 0;

	if (!s.len)
		return false;
	if (num_scaled(s, 3, out))
		return *out >= 0;
	while (s.len) {
		if (!take_quantity(&s, units, &sum))
			return false;
	}
	*out = sum;
	return true;
}

bool
num_size(struct str s, int64_t *out)
{
	static const struct unit units[] = {
		{ "Ki", 1LL << 10 },
		{ "Mi", 1LL << 20 },
		{ "Gi", 1LL << 30 },
		{ "Ti", 1LL << 40 },
		{ "k", 1000 },
		{ "K", 1000 },
		{ "M", 1000 * 1000 },
		{ "G", 1000LL * 1000 * 1000 },
		{ "T", 1000LL * 1000 * 1000 * 1000 },
		{ "B", 1 },
		{ NULL, 0 },
	};
	int64_t sum = 0;

	if (num_i64(s, out))
		return *out >= 0;
	if (!s.len || !take_quantity(&s, units, &sum) || s.len)
		return false;
	*out = sum;
	return true;
}

bool
num_per(struct str s, int64_t *count, int64_t *period_ms)
{
	static const struct unit periods[] = {
		{ "s", 1000 },
		{ "m", 60 * 1000 },
		{ "h", 60 * 60 * 1000 },
		{ "d", 24 * 60 * 60 * 1000 },
		{ NULL, 0 },
	};
	struct str number;
	const struct unit *period;

	if (!str_split(&s, '/', &number) || !s.len || !num_size(number, count))
		return false;
	if (is_digit(*s.p))
		return num_duration_ms(s, period_ms) && *period_ms > 0;
	period = take_unit(&s, periods);
	if (!period || s.len)
		return false;
	*period_ms = period->factor;
	return true;
}

bool
num_rate(struct str s, double *per_s)
{
	int64_t count, period_ms = 1000;

	if (!num_per(s, &count, &period_ms) && !num_size(s, &count))
		return false;
	*per_s = (double)count * 1000 / (double)period_ms;
	return true;
}
