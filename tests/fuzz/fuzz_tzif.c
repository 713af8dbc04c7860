/* SPDX-License-Identifier: MIT */
/* fuzz_tzif - a compiled time zone may be anything: read or refused, and its spans rise. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "sys/tzif.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tzif z = { .count = 0 };
	size_t i;

	if (tzif_read(&z, (struct str){ (const char *)data, size })) {
		if (!z.count)
			abort();
		for (i = 1; i < z.count; i++) {
			if (z.spans[i].from_s <= z.spans[i - 1].from_s ||
			    tzif_at(&z, z.spans[i].from_s) != i)
				abort();
		}
	}
	tzif_release(&z);
	return 0;
}
