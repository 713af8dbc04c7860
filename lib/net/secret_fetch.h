/* SPDX-License-Identifier: MIT */
/*
 * secret_fetch - a secret that takes time to get, got without stopping the loop:
 *
 *	cmd:COMMAND		the first line that sh -c COMMAND prints (no input, and what
 *				it says on its standard error is not seen)
 *	metadata:[ACCOUNT]	a token of the machine's own, from Google's metadata server
 *	adc:[FILE]		a token by Google's application default credentials
 *
 * Each has a deadline of its own, seconds away. It ends exactly once, from the loop; what it got is
 * remembered for masking.
 */
#ifndef NET_SECRET_FETCH_H
#define NET_SECRET_FETCH_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "net/http.h"
#include "net/secret.h"
#include "sys/proc.h"

/* What fetching needs; http and procs are asked for when they are needed first. */
struct secret_tools {
	uv_loop_t *loop;
	env_fn *env;
	struct http *(*http)(void *user);
	struct procs *(*procs)(void *user);
	void *user;
};

/* secret: NULL where it could not be had, err says why; it lives until the callback returns.
 * lifetime_ms: how long it lasts from now; -1: not told. The fetch is gone after. */
typedef void secret_fetched_fn(
    void *user, const char *secret, int64_t lifetime_ms, const struct err *err);

struct secret_fetch;
/* tools must live until it has ended. NULL and err where it cannot even be begun. */
struct secret_fetch *secret_fetch_start(const struct secret_tools *tools, const char *reference,
    secret_fetched_fn *fn, void *user, struct err *err);
/* Forget it: fn is not called. Its process, if it has one, must have been ended (procs_free), and
 * its exchange too (http_free). */
void secret_fetch_free(struct secret_fetch *f);

#endif
