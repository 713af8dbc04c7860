/* SPDX-License-Identifier: MIT */
/* query - one HTTP exchange that is waited for, outside of any call: a provider's list of models.
 */
#ifndef CALL_QUERY_H
#define CALL_QUERY_H

#include "base/buf.h"
#include "base/err.h"
#include "llm/dialect.h"
#include "llm/llm.h"

struct query_config {
	env_fn *env;
	const char *ca_file, *ca_dir; /* trusted certificates; NULL: libcurl's own */
	int64_t timeout_ms; /* of the whole */
	void (*log)(const char *line); /* told what the HTTP client does; NULL: nobody is */
};

/*
 * GET wire's url with its headers, signed where the provider wants that; the body is appended to
 * out. -1 and err ("PROVIDER: KIND: MESSAGE"; its code is EXIT_RETRY, EXIT_REFUSED or EXIT_NO by
 * the kind) where no good answer came.
 */
int query_get(const struct query_config *config, const struct provider *p, struct wire *w,
    struct buf *out, struct err *err) __attribute__((warn_unused_result));

#endif
