/* SPDX-License-Identifier: MIT */
/* listen - a listening TCP socket on a numeric address, and the URL that it is reached by. */
#ifndef SERVE_LISTEN_H
#define SERVE_LISTEN_H

#include <stdint.h>

#include "base/err.h"

/* The socket, or -1 and err. *url is the caller's to free, and untouched on failure. */
int listen_open(const char *address, uint16_t port, char **url, struct err *err);

#endif
