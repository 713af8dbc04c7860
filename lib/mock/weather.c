/* SPDX-License-Identifier: MIT */
/* weather - what holds only for a while, for some, or by more and less. */
#include "mock/weather.h"

#include <math.h>

#include "base/num.h"

static bool
take_us(struct str text, int64_t *us)
{
	int64_t ms;

	if (!num_duration_ms(str_trim(text), &ms) || ms > INT64_MAX / 1000000)
		return false;
	*us = ms * 1000;
	return true;
}

bool
mock_span_parse(struct str text, struct mock_span *span)
{
	struct str rest = text, window, from;

	*span = (struct mock_span){ 0 };
	if (!str_split(&rest, '/', &window) || !str_split(&window, '-', &from))
		return false;
	if (!take_us(from, &span->from_us) || !take_us(window, &span->to_us) ||
	    span->from_us >= span->to_us)
		return false;
	return !rest.p || !rest.len || (take_us(rest, &span->every_us) && span->every_us > 0);
}

bool
mock_span_holds(const struct mock_span *span, int64_t since_us)
{
	int64_t t = span->every_us ? since_us % span->every_us : since_us;

	return t >= span->from_us && t < span->to_us;
}

/* A normal deviate by G. E. P. Box and M. E. Muller, 1958; 1 - u keeps the logarithm's argument
 * from 0. */
static double
normal(struct rand *chance)
{
	double u = 1 - rand_unit(chance), v = rand_unit(chance);

	return sqrt(-2 * log(u)) * cos(2 * 3.14159265358979323846 * v);
}

int64_t
mock_spread_us(int64_t median_us, int64_t p99_us, struct rand *chance)
{
	static const double p99_deviates = 2.3263478740408408; /* of the normal distribution */
	double sigma;

	if (median_us <= 0 || p99_us <= median_us)
		return median_us;
	sigma = log((double)p99_us / (double)median_us) / p99_deviates;
	return (int64_t)((double)median_us * exp(sigma * normal(chance)));
}
