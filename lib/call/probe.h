/* SPDX-License-Identifier: MIT */
/*
 * probe - which providers can be called from here, and why the others can't.
 *
 * A program is looked for and asked for its version. Of a provider on the network the configuration
 * is checked (key, base URL, what that needs to know); only a server of the house, one that may go
 * without a key, is called: any answer will do. Nothing is sent that costs, and no secret is shown.
 */
#ifndef CALL_PROBE_H
#define CALL_PROBE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "llm/provider.h"

enum {
	PROBE_PROGRAM_MS = 20 * 1000, /* programs take seconds to start */
	PROBE_CONNECT_MS = 1000,
	PROBE_SERVER_MS = 3000,
};

struct probe_config {
	struct providers *providers; /* borrowed, as is all here */
	env_fn *env;
	const char *const *environment; /* what programs get */
	const char *ca_file, *ca_dir;
	bool table; /* for people, and not records */
};

/* Append what was found of the providers named (none: of all). EXIT_OK where all of them are
 * usable, EXIT_NO where one is not; -1 and err where nothing could be looked at. */
int probe_run(const struct probe_config *config, char *const *names, struct buf *out,
    struct err *err) __attribute__((warn_unused_result));

#endif
