/* SPDX-License-Identifier: MIT */
/* fuzz_cohere - any bytes as an answer of Cohere. */
#include "fuzz/answers.h"
#include "fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_answers(&dialect_cohere_v2, data, size);
}
