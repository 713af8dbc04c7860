/* SPDX-License-Identifier: MIT */
/* equal - whether two values are equal as JSON, however they are spelled. */
#include "json/json.h"

#include "base/num.h"
#include "json/lex.h"

/* A number as 0.DIGITS * 10^exponent, its digits lying in two runs without zeros at either end. */
struct decimal {
	bool minus;
	struct str whole, fraction;
	int64_t exponent;
	bool odd; /* an exponent past 64 bits: equal only where spelled the same */
};

static struct decimal
decimal_of(struct json v)
{
	const char *p = v.p, *end = v.p + v.len;
	struct decimal d = { .minus = *p == '-' };
	int64_t lead;

	p += d.minus;
	d.whole.p = p;
	p = lex_digits(p, end);
	d.whole.len = (size_t)(p - d.whole.p);
	d.fraction = STR_LIT("");
	if (p < end && *p == '.') {
		d.fraction.p = ++p;
		p = lex_digits(p, end);
		d.fraction.len = (size_t)(p - d.fraction.p);
	}
	if (p < end) {
		p++;
		p += *p == '+';
		d.odd = !num_i64((struct str){ p, (size_t)(end - p) }, &d.exponent);
	}
	if (d.whole.p[0] == '0') { /* it is the only digit there */
		d.whole.len = 0;
	}
	lead = (int64_t)d.whole.len;
	while (!d.whole.len && d.fraction.len && d.fraction.p[0] == '0') {
		d.fraction.p++;
		d.fraction.len--;
		lead--;
	}
	while (d.fraction.len && d.fraction.p[d.fraction.len - 1] == '0')
		d.fraction.len--;
	while (!d.fraction.len && d.whole.len && d.whole.p[d.whole.len - 1] == '0')
		d.whole.len--;
	if (!d.whole.len && !d.fraction.len)
		return (struct decimal){ .whole = STR_LIT(""), .fraction = STR_LIT("") };
	if (!d.odd && __builtin_add_overflow(d.exponent, lead, &d.exponent))
		d.odd = true;
	return d;
}

static char
digit(const struct decimal *d, size_t i)
{
	return i < d->whole.len ? d->whole.p[i] : d->fraction.p[i - d->whole.len];
}

static bool
numbers_equal(struct json a, struct json b)
{
	struct decimal x, y;
	size_t i, n;

	if (str_eq(json_raw(a), json_raw(b)))
		return true;
	x = decimal_of(a);
	y = decimal_of(b);
	n = x.whole.len + x.fraction.len;
	if (x.odd || y.odd || x.minus != y.minus || x.exponent != y.exponent ||
	    n != y.whole.len + y.fraction.len)
		return false;
	for (i = 0; i < n; i++) {
		if (digit(&x, i) != digit(&y, i))
			return false;
	}
	return true;
}

static bool
strings_equal(struct json a, struct json b)
{
	struct buf x = BUF_INIT(BUF_UNLIMITED), y = BUF_INIT(BUF_UNLIMITED);
	struct str s, t;
	bool same;

	if (json_plain(a, &s) && json_plain(b, &t))
		return str_eq(s, t);
	json_text(a, &x);
	json_text(b, &y);
	same = str_eq(buf_str(&x), buf_str(&y));
	buf_release(&x);
	buf_release(&y);
	return same;
}

static bool
arrays_equal(struct json a, struct json b)
{
	struct json_iter x = json_each(a), y = json_each(b);

	while (json_next(&x)) {
		if (!json_next(&y) || !json_equal(x.value, y.value))
			return false;
	}
	return !json_next(&y);
}

/* The value that readers see under the name, or JSON_NONE. */
static struct json
member(struct json obj, struct json key)
{
	struct json_iter it = json_each(obj);
	struct json v = JSON_ABSENT;

	while (json_next(&it)) {
		if (strings_equal(it.key, key))
			v = it.value;
	}
	return v;
}

/* Each member of a is in b; where a name stands twice, the last counts. */
static bool
holds(struct json b, struct json a, bool compare)
{
	struct json_iter it = json_each(a);

	while (json_next(&it)) {
		struct json other = member(b, it.key);

		if (!json_is(other, JSON_NONE) && !compare)
			continue;
		if (json_is(other, JSON_NONE) || !json_equal(member(a, it.key), other))
			return false;
	}
	return true;
}

bool
json_equal(struct json a, struct json b)
{
	if (a.kind != b.kind)
		return false;
	switch (a.kind) {
	case JSON_NUMBER:
		return numbers_equal(a, b);
	case JSON_STRING:
		return strings_equal(a, b);
	case JSON_ARRAY:
		return arrays_equal(a, b);
	case JSON_OBJECT:
		return holds(b, a, true) && holds(a, b, false);
	case JSON_NONE:
	case JSON_NULL:
	case JSON_FALSE:
	case JSON_TRUE:
		break;
	}
	return true;
}
