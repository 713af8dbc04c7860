/* SPDX-License-Identifier: MIT */
/* retry_after - how long a provider's response head asks us to wait. */
#include <time.h>

#include "base/num.h"
#include "llm/dialect.h"

/* Two digits, or -1. */
static int
digits2(const char *p)
{
	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return -1;
	return (p[0] - '0') * 10 + (p[1] - '0');
}

/* "Sun, 06 Nov 1994 08:49:37 GMT", the one form that senders may use: seconds since 1970, or -1. */
static int64_t
http_date(struct str s)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct tm tm = { 0 };
	const char *p = s.p;
	int century, year;

	if (s.len != 29 || memcmp(p + 25, " GMT", 4) != 0 || p[3] != ',' || p[19] != ':' ||
	    p[22] != ':')
		return -1;
	tm.tm_mday = digits2(p + 5);
	century = digits2(p + 12);
	year = digits2(p + 14);
	tm.tm_hour = digits2(p + 17);
	tm.tm_min = digits2(p + 20);
	tm.tm_sec = digits2(p + 23);
	while (tm.tm_mon < 12 && memcmp(months + 3 * tm.tm_mon, p + 8, 3) != 0)
		tm.tm_mon++;
	if (tm.tm_mon == 12 || tm.tm_mday < 1 || century < 0 || year < 0 || tm.tm_hour < 0 ||
	    tm.tm_min < 0 || tm.tm_sec < 0)
		return -1;
	tm.tm_year = century * 100 + year - 1900;
	return timegm(&tm);
}

/* A non-negative decimal number of 10^-3 units, rounded up where it has more places; or -1. */
static int64_t
thousandths(struct str s)
{
	double d;

	if (!num_double(s, &d) || d < 0 || d > 1e12)
		return -1;
	return (int64_t)(d * 1000 + 0.5);
}

int64_t
retry_after_ms(const struct http_headers *headers, int64_t now_wall_us)
{
	static const char *const millis[] = { "retry-after-ms", "x-ms-retry-after-ms" };
	struct str value;
	int64_t n;
	size_t i;

	for (i = 0; i < sizeof millis / sizeof *millis; i++) {
		value = str_trim(str_of(http_headers_get(headers, millis[i])));
		n = value.len ? thousandths(value) : -1;
		if (n >= 0)
			return n / 1000;
	}
	value = str_trim(str_of(http_headers_get(headers, "retry-after")));
	if (!value.len)
		return -1;
	n = thousandths(value);
	if (n >= 0)
		return n;
	n = http_date(value);
	if (n < 0)
		return -1;
	n = n * 1000 - now_wall_us / 1000;
	return n > 0 ? n : 0; /* a moment that has passed: now */
}
