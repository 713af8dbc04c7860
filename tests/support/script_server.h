/* SPDX-License-Identifier: MIT */
/*
 * script_server - an HTTP server on loopback that answers each path with the bytes and the manners
 * that a table names: what no well-behaved server would do.
 */
#ifndef SUPPORT_SCRIPT_SERVER_H
#define SUPPORT_SCRIPT_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

enum script_then {
	SCRIPT_KEEP, /* go on with the connection */
	SCRIPT_CLOSE,
	SCRIPT_RESET, /* close with a TCP reset */
	SCRIPT_STALL, /* say nothing more until the client goes away */
};

struct script_request {
	struct str head, body;
};

struct script_route {
	const char *path; /* NULL ends the table */
	const char *bytes;
	size_t len;
	enum script_then then;
	/* In place of bytes: write the answer. */
	void (*write)(int fd, const struct script_request *request);
};

struct script_server;

/* Serve routes (borrowed) from threads of its own. Dies where it can't. */
struct script_server *script_server_start(const struct script_route *routes);
int script_server_port(const struct script_server *s);
int script_server_connections(struct script_server *s); /* accepted so far */
void script_server_stop(struct script_server *s); /* closes all connections, frees */

/* All of it; what the client does not take is dropped. */
void script_write(int fd, const char *p, size_t n);

#endif
