/* SPDX-License-Identifier: MIT */
/* probe_write - what a probe found, as records and as a table. Private to probe.c. */
#ifndef CALL_PROBE_WRITE_H
#define CALL_PROBE_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "llm/provider.h"

struct probed {
	struct provider *provider; /* NULL: nobody is called so */
	const char *name;
	bool usable;
	char *reason; /* why not; NULL */
	const char *program; /* what is run; NULL */
	char *version; /* of it; NULL: not told */
	int64_t start_us, end_us;
};

void probe_write_records(struct buf *out, const struct probed *items, size_t count);
void probe_write_table(struct buf *out, const struct probed *items, size_t count);

#endif
