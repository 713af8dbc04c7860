/* SPDX-License-Identifier: MIT */
/*
 * num - numbers as people and configuration files write them. All parsers take the whole string or
 * fail.
 */
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* -?[0-9]+ that fits in 64 bits. */
bool num_i64(struct str s, int64_t *out);

/* Write n's decimal digits at to, at most NUM_TEXT_MAX bytes and no NUL; returns their end. */
enum { NUM_TEXT_MAX = 20 };
char *num_write(char *to, int64_t n);

/* A decimal number of any JSON spelling as a double; false for anything else (no nan, inf or hex).
 */
bool num_double(struct str s, double *out);

/*
 * A decimal number as an exact integer count of 10^-scale units: "0.075" at scale 6 is 75000.
 * Exponents are understood. False where digits would be lost or 64 bits do not hold it.
 */
bool num_scaled(struct str s, int scale, int64_t *out);

/* "250ms" "30s" "5m" "1h" "2d", "1m30s", "1.5s"; a bare number is seconds. Milliseconds, never
 * negative. */
bool num_duration_ms(struct str s, int64_t *out);

/* So many in a time: "10/s", "600/m", "100k/h", "5/d", "10/30s". Neither is negative, nor the time
 * 0. */
bool num_per(struct str s, int64_t *count, int64_t *period_ms);
/* The same, per second; a bare number is a second's. */
bool num_rate(struct str s, double *per_s);

/* "512", "64k" "10M" (powers of 1000), "512Ki" "1Gi" (powers of 1024). Bytes, never negative. */
bool num_size(struct str s, int64_t *out);

#endif
