/* SPDX-License-Identifier: MIT */
/* fuzz_openai - whatever bytes come as chat completions, the answer is sound, and ok only when
 * proven. */
#include "fuzz/dialect.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_dialect(&dialect_openai_chat, FRAME_SSE, data, size);
}
