/* SPDX-License-Identifier: MIT */
/* fuzz_template - any text either makes an expression that is whole in itself, or an error. */
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "json/jqprog.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf once = BUF_INIT(BUF_UNLIMITED), twice = BUF_INIT(BUF_UNLIMITED);
	struct buf wrapped = BUF_INIT(BUF_UNLIMITED), want = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;

	if (jqprog_template((struct str){ (const char *)data, size }, &once, &err) < 0) {
		if (err.code != EXIT_CONFIG || !err.text[0])
			abort();
	} else {
		/* Put into a template of its own it must end where it ends, whatever quotes,
		 * brackets and comments it holds: else it could reach what stands behind it. */
		buf_addf(&wrapped, "\\(%s)", once.p);
		buf_addf(&want, "\"\\(%s\n)\"", once.p);
		if (strlen(once.p) == once.len &&
		    (jqprog_template(buf_str(&wrapped), &twice, &err) < 0 ||
			!str_eq(buf_str(&twice), buf_str(&want))))
			abort();
	}
	buf_release(&once);
	buf_release(&twice);
	buf_release(&wrapped);
	buf_release(&want);
	return 0;
}
