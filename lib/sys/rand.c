/* SPDX-License-Identifier: MIT */
/* rand - chance from one seedable source (xoshiro256++, seeded by splitmix64). */
#include "sys/rand.h"

#include <sys/random.h>

#include "sys/clock.h"

static uint64_t
splitmix(uint64_t *x)
{
	uint64_t z = *x += 0x9E3779B97F4A7C15u;

	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
	return z ^ (z >> 31);
}

static uint64_t
rotate_left(uint64_t x, int by)
{
	return (x << by) | (x >> (64 - by));
}

void
rand_seed(struct rand *r, uint64_t seed)
{
	int i;

	for (i = 0; i < 4; i++)
		r->s[i] = splitmix(&seed);
}

void
rand_seed_random(struct rand *r)
{
	uint64_t seed;

	/* 8 bytes come whole or not at all; a kernel that has none left us the time. */
	if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
		seed = (uint64_t)clock_wall_us();
	rand_seed(r, seed);
}

uint64_t
rand_u64(struct rand *r)
{
	uint64_t *s = r->s;
	uint64_t result = rotate_left(s[0] + s[3], 23) + s[0], t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate_left(s[3], 45);
	return result;
}

uint64_t
rand_below(struct rand *r, uint64_t n)
{
	uint64_t skip = (0 - n) % n, x; /* 2^64 mod n: values below it would weigh more */

	do {
		x = rand_u64(r);
	} while (x < skip);
	return x % n;
}

double
rand_unit(struct rand *r)
{
	return (double)(rand_u64(r) >> 11) * 0x1.0p-53;
}
