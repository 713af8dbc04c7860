/* SPDX-License-Identifier: MIT */
/* fuzz_gemini - any bytes as an answer of Gemini. */
#include "fuzz/answers.h"
#include "fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_answers(&dialect_gemini, data, size);
}
