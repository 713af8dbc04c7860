/* SPDX-License-Identifier: MIT */
/*
 * credential - keys for calls, without stopping the loop.
 *
 * What the environment or a file holds is there at once. A command's output or a token is fetched
 * once for all that wait for it; a token is fetched anew before it ends, and a secret that a
 * provider refused (401) when the next call needs it. What could not be had is told to all, and
 * tried again later, behind the back of those who ask.
 *
 *	switch (credential_get(cs, provider, &key, &err)) {
 *	case CREDENTIAL_READY: ... build the request with key ...
 *	case CREDENTIAL_FAILED: ... err says why ...
 *	case CREDENTIAL_WAIT: credential_wait(cs, &call->wait);	// told() later: get again
 *	}
 */
#ifndef CALL_CREDENTIAL_H
#define CALL_CREDENTIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "llm/provider.h"
#include "net/secret_fetch.h"

enum { CREDENTIAL_RETRY_MS = 30 * 1000 };

struct credentials;
struct credentials *credentials_new(const struct secret_tools *tools); /* borrowed */
/* Nobody may wait any more; fetches that are left have lost their processes and exchanges. NULL is
 * allowed. */
void credentials_free(struct credentials *cs);

enum credential_state { CREDENTIAL_READY, CREDENTIAL_FAILED, CREDENTIAL_WAIT };
/* key: NULL where none is needed; it lives until the next get for that provider. */
enum credential_state credential_get(
    struct credentials *cs, struct provider *p, const char **key, struct err *err);

/* A place in the line of those who wait, in whoever does; zero: not in it. */
struct credential_wait {
	struct credential_wait *next, *prev;
	int64_t deadline_us; /* CLOCK_NEVER: none */
	/* Something was fetched, or (late) the deadline has passed. It has left the line. */
	void (*told)(struct credential_wait *w, bool late);
};
void credential_wait(struct credentials *cs, struct credential_wait *w);
void credential_leave(struct credential_wait *w); /* nothing where it is not in the line */

/* When a key was had, on a clock of the credentials' own: what is fetched later is later. */
uint64_t credential_turn(const struct credentials *cs);
/* The provider refused the key that was had at that turn. */
void credential_refused(struct credentials *cs, const struct provider *p, uint64_t turn);

#endif
