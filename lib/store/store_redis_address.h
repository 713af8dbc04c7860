/* SPDX-License-Identifier: MIT */
/* store_redis_address - what a Redis URL says. Private to this room. */
#ifndef STORE_STORE_REDIS_ADDRESS_H
#define STORE_STORE_REDIS_ADDRESS_H

#include <stdbool.h>

#include "base/err.h"

struct store_redis_address {
	char *host; /* NULL: path */
	int port;
	char *path; /* of a unix socket */
	char *user, *password; /* NULL: none */
	int database;
	bool tls;
	/* With TLS, as redis-cli names them; NULL: not given. Files and directories in PEM. */
	char *cacert, *cacertdir, *cert, *key;
	char *sni; /* whose certificate it must be, in place of host */
	char *name; /* for messages: without user and password */
};

/* -1 and err (EXIT_CONFIG, without the password). a is to be released in any case. */
int store_redis_address_read(struct store_redis_address *a, const char *url, struct err *err)
    __attribute__((warn_unused_result));
void store_redis_address_release(struct store_redis_address *a);

#endif
