/* SPDX-License-Identifier: MIT */
/* fuzz_ollama - whatever bytes come as Ollama's lines, the answer is sound, and ok only when
 * proven. */
#include "fuzz/dialect.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_dialect(&dialect_ollama, FRAME_NDJSON, data, size);
}
