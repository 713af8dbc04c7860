/* SPDX-License-Identifier: MIT */
/*
 * rand - chance from one seedable source.
 *
 * Not for secrets. Same seed, same sequence, on every machine (xoshiro256++ seeded by splitmix64,
 * Blackman and Vigna 2019, 2021).
 */
#ifndef SYS_RAND_H
#define SYS_RAND_H

#include <stdint.h>

struct rand {
	uint64_t s[4];
};

void rand_seed(struct rand *r, uint64_t seed);
void rand_seed_random(struct rand *r); /* from the kernel */
uint64_t rand_u64(struct rand *r);
uint64_t rand_below(struct rand *r, uint64_t n); /* 0 … n-1, without bias; n > 0 */
double rand_unit(struct rand *r); /* [0, 1) */

#endif
