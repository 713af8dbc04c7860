/* SPDX-License-Identifier: MIT */
/* fuzz_ollama - any bytes as an answer of Ollama. */
#include "fuzz/answers.h"
#include "fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_answers(&dialect_ollama, data, size);
}
