/* SPDX-License-Identifier: MIT */
/*
 * mock - the server that stands in for the providers: requests in, scripted or recorded answers
 * out, with the faults that were asked for, and a record of each exchange.
 *
 *	struct mock *m = mock_open(loop, &config, &err);
 *	uv_run(loop, UV_RUN_DEFAULT);		// until config.enough or a signal calls mock_close
 */
#ifndef MOCK_MOCK_H
#define MOCK_MOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "base/str.h"

struct mock;

struct mock_config {
	const char *address; /* numeric */
	uint16_t port; /* 0: a free one */
	const char *script; /* path, or NULL */
	char *const *cassettes; /* directories, NULL-terminated; may be NULL */
	bool sequence; /* recorded answers in their order, whatever is asked */
	const char *const *faults; /* specs for every request, NULL-terminated; may be NULL */
	const char *key; /* the only good one; NULL: any */
	bool unchecked; /* answer whatever body comes */
	bool log_bodies;
	uint64_t seed;
	int64_t requests; /* call enough after so many exchanges; 0: never */
	void (*record)(void *user, struct str record); /* a line of log, without its newline */
	void (*enough)(void *user);
	void *user;
};

/* NULL and err on failure. config is copied; what it points to must outlive the mock. Its first
 * record says where it listens. */
struct mock *mock_open(uv_loop_t *loop, const struct mock_config *config, struct err *err);
/* Cuts what is in flight, records it, and frees; the loop must turn once more. */
void mock_close(struct mock *m);

#endif
