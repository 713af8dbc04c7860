/* SPDX-License-Identifier: MIT */
/*
 * fnv - FNV-1a in 64 bits, for tables and for names that need no proof: whoever chooses the bytes
 * can choose their hash.
 *
 * draft-eastlake-fnv (Fowler, Noll, Vo). Begin with FNV_BASIS, and hand each result to the next.
 * The low bits are the weak ones: a table of few slots folds the high ones in. Results are part of
 * what users see (who is drawn by weight, names of files), so that they never change.
 */
#ifndef BASE_FNV_H
#define BASE_FNV_H

#include <stdint.h>

#include "base/str.h"

#define FNV_BASIS UINT64_C(0xcbf29ce484222325)

static inline uint64_t
fnv_add(uint64_t hash, struct str bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		hash = (hash ^ (unsigned char)bytes.p[i]) * UINT64_C(0x100000001b3);
	return hash;
}

#endif
