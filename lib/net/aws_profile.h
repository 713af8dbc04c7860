/* SPDX-License-Identifier: MIT */
/*
 * aws-profile - one profile of AWS's shared files, ~/.aws/config and ~/.aws/credentials.
 *
 * Both are INI files: "[profile NAME]" (in credentials "[NAME]") and lines "key = value". Comments
 * begin with # or ;, at a line's start or behind a space. Indented lines belong to the value before
 * them, and are of no use here. What credentials says goes over what config says.
 */
#ifndef NET_AWS_PROFILE_H
#define NET_AWS_PROFILE_H

#include <stdbool.h>

#include "base/err.h"
#include "net/secret.h"

enum aws_setting {
	AWS_ACCESS_KEY,
	AWS_SECRET_KEY,
	AWS_SESSION_TOKEN,
	AWS_CREDENTIAL_PROCESS,
	AWS_PROFILE_REGION,
	AWS_ROLE, /* these two need calls of their own, which nobody makes here */
	AWS_SSO,
	AWS_SETTINGS,
};

struct aws_profile {
	char *name; /* by AWS_PROFILE, else "default" */
	char *files; /* those looked at, for messages */
	char *values[AWS_SETTINGS]; /* NULL: not told */
	bool found; /* some file has a section of it */
};

/* -1: a file that exists can't be read, or a line is malformed: err names it (EXIT_CONFIG). Files
 * that are not there are none. */
int aws_profile_read(struct aws_profile *p, env_fn *env, struct err *err)
    __attribute__((warn_unused_result));
void aws_profile_release(struct aws_profile *p); /* wiped, then freed */

#endif
