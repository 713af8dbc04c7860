/* SPDX-License-Identifier: MIT */
/*
 * aws - whose an AWS request is, and its signature (Signature Version 4).
 *
 *	struct aws_credentials who = AWS_CREDENTIALS_NONE;
 *
 *	if (aws_credentials_read(&who, getenv_of_main, now_us, &err) < 0) ...
 *	aws_sign(&request, &who, &headers);
 *	aws_credentials_release(&who);
 */
#ifndef NET_AWS_H
#define NET_AWS_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "net/http.h"
#include "net/secret.h"

struct aws_credentials {
	char *access_key, *secret_key;
	char *session_token; /* NULL: they are no temporary ones */
	int64_t expires_us; /* clock_wall_us; CLOCK_NEVER: not told */
};

#define AWS_CREDENTIALS_NONE                                                                       \
	{                                                                                          \
		NULL, NULL, NULL, INT64_MAX                                                        \
	}

/*
 * The credentials that AWS's own tools would take: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and
 * AWS_SESSION_TOKEN), else those of the profile AWS_PROFILE ("default") in the shared files, else
 * what its credential_process prints. The secrets are remembered (secret.h). -1: err is
 * EXIT_REFUSED and names what was looked at, or the file and line that is malformed.
 */
int aws_credentials_read(struct aws_credentials *c, env_fn *env, int64_t now_us, struct err *err)
    __attribute__((warn_unused_result));
void aws_credentials_release(struct aws_credentials *c); /* wiped, then freed */

/* The profile's region from the shared files; NULL where none is told, or (err set, EXIT_CONFIG)
 * where they can't be read. The caller frees. */
char *aws_region(env_fn *env, struct err *err);

struct aws_request {
	const char *method;
	const char *url; /* as it is sent */
	struct str body;
	const char *region, *service;
	int64_t now_us; /* clock_wall_us */
};

/* Set the fields that sign the request: x-amz-date, x-amz-security-token, authorization. Signed are
 * the host, and of the fields that are there content-type and all that begin with x-amz-; these
 * must not change after. */
void aws_sign(
    const struct aws_request *r, const struct aws_credentials *c, struct http_headers *headers);

#endif
