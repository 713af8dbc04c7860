/* SPDX-License-Identifier: MIT */
/* fuzz_anthropic - any bytes as an answer of the Messages API. */
#include "fuzz/answers.h"
#include "fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_answers(&dialect_anthropic_messages, data, size);
}
