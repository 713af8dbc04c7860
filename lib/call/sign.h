/* SPDX-License-Identifier: MIT */
/*
 * sign - requests that are signed instead of bearing a key: those of dialects with an aws_service.
 * All here does nothing for the others.
 */
#ifndef CALL_SIGN_H
#define CALL_SIGN_H

#include "base/err.h"
#include "llm/dialect.h"
#include "net/aws.h"

/* Whose the requests are, once that is known; zero: it is not. */
struct signer {
	struct aws_credentials who;
	int64_t had_us; /* when, on clock_wall_us */
	char *refusal; /* why there are no credentials: that is asked once */
};
void signer_release(struct signer *s);

/* The region that nobody told: AWS's shared files may. Before the request is built. */
int sign_place(struct provider *p, env_fn *env, struct err *err)
    __attribute__((warn_unused_result));

/*
 * Sign the request, now that it is built, unless it bears authorization of its own. Credentials are
 * read when they are first needed, and anew a minute before they expire; a credential_process of
 * the profile is waited for. -1: there are none, err says why.
 */
int signer_sign(struct signer *s, const struct provider *p, env_fn *env, const char *method,
    struct wire *w, struct err *err) __attribute__((warn_unused_result));

/* The provider refused the key or the signature: the credentials may have ended. */
void signer_refused(struct signer *s, const struct provider *p);

#endif
