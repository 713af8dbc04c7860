/* SPDX-License-Identifier: MIT */
/*
 * google_token - how an access token of Google's is asked for: of the metadata server of its own
 * machines, or with the application default credentials that its tools leave in a file. The request
 * is made here and the answer read; carrying it is the caller's.
 */
#ifndef NET_GOOGLE_TOKEN_H
#define NET_GOOGLE_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "net/http.h"
#include "net/secret.h"

struct google_request {
	const char *method;
	bool direct; /* to a server that is this machine's own: past any proxy */
	struct buf url;
	struct http_headers headers;
	struct buf body;
};
void google_request_init(struct google_request *r);
void google_request_release(struct google_request *r); /* wiped */

/* Of the metadata server (GCE_METADATA_HOST, else Google's). account: "" is the machine's own. */
void google_token_metadata(const char *account, env_fn *env, struct google_request *r);

/*
 * With the credentials in a file; path "": the one that GOOGLE_APPLICATION_CREDENTIALS names, else
 * gcloud's. Those of a user and of a service account are known; err says what else it holds.
 * now_us: clock_wall_us. What is secret in it is remembered.
 */
int google_token_file(const char *path, env_fn *env, int64_t now_us, struct google_request *r,
    struct err *err) __attribute__((warn_unused_result));

/* The token and how long it lasts (-1: not told). -1 and err, which holds nothing secret. */
int google_token_read(int status, struct str body, struct buf *token, int64_t *lifetime_ms,
    struct err *err) __attribute__((warn_unused_result));

#endif
