/* SPDX-License-Identifier: MIT */
/* fuzz_responses - any bytes as an answer of the Responses API. */
#include "fuzz/answers.h"
#include "fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_answers(&dialect_openai_responses, data, size);
}
