/* SPDX-License-Identifier: MIT */
/* check_aws - whether a request bears the signature that AWS would find on it (Version 4). */
#ifndef MOCK_CHECK_AWS_H
#define MOCK_CHECK_AWS_H

#include <stdbool.h>

#include "base/str.h"

struct check_aws {
	const char *method;
	struct str path, query, body; /* as they came */
	const char *(*field)(void *user, const char *name); /* a header field; NULL where absent */
	void *user;
};

enum check_aws_verdict {
	AWS_GOOD,
	AWS_MALFORMED, /* no such Authorization header, or it lacks something */
	AWS_STRANGER, /* another access key */
	AWS_WRONG, /* the signature is another */
};

/* key: "ACCESS:SECRET". */
enum check_aws_verdict check_aws(const struct check_aws *request, const char *key);

#endif
