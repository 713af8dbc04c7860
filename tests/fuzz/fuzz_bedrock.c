/* SPDX-License-Identifier: MIT */
/* fuzz_bedrock - any bytes as an answer of Converse; where its stream is chosen, lines of "TYPE
 * PAYLOAD" are made the events of one, whose checksums chance would not find. */
#include "fuzz/answers.h"
#include "fuzz/fuzz.h"
#include "support/aws_event.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf stream = BUF_INIT(BUF_UNLIMITED);

	if (!size || !(data[0] & 64))
		return fuzz_answers(&dialect_bedrock_converse, data, size);
	buf_addc(&stream, (char)data[0]);
	aws_put_lines(&stream, (struct str){ (const char *)data + 1, size - 1 });
	(void)fuzz_answers(&dialect_bedrock_converse, (const uint8_t *)stream.p, stream.len);
	buf_release(&stream);
	return 0;
}
