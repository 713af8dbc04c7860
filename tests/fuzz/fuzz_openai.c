/* SPDX-License-Identifier: MIT */
/* fuzz_openai - any bytes as an answer of chat completions. */
#include "fuzz/answers.h"
#include "fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_answers(&dialect_openai_chat, data, size);
}
