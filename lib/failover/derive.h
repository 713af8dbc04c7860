/* SPDX-License-Identifier: MIT */
/*
 * derive - one attempt's request, made of the reader's: pure.
 *
 * Its id, model, options and profile are the attempt's; all else stays byte for byte, but for what
 * is another provider's own: opaque state (signatures, encrypted reasoning) and blocks of type
 * provider go nowhere but to the one they came from. `route` has done its work and goes too.
 *
 * A continuation bears what was said so far as the assistant's last turn. A model that goes on from
 * there by itself (a prefill) needs no more; others are told to go on.
 */
#ifndef FAILOVER_DERIVE_H
#define FAILOVER_DERIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "json/json.h"

struct derive { /* borrowed */
	struct json record; /* a request that request_read accepted */
	struct str id; /* raw JSON */
	const char *model; /* "provider:model" */
	const char *provider; /* its name */
	struct str options; /* a JSON object that goes over the request's own; empty: none */
	const char *profile; /* NULL: as the request says */
	int64_t timeout_ms, ttft_timeout_ms; /* 0: not said; ttft: of a stream alone */
	bool streams; /* unless somebody says otherwise */
	bool is_continuation;
	struct str said; /* of a continuation: what was said so far, as text */
	bool takes_prefill;
};

/* Append the request, no newline. */
void derive_request(const struct derive *d, struct buf *out);

/* What was said, as the model is shown it: providers refuse a turn that ends with white space. */
struct str derive_shown(struct str said);

#endif
