/* SPDX-License-Identifier: MIT */
/* secret_command - what a command prints, for secret's "cmd:". */
#ifndef NET_SECRET_COMMAND_H
#define NET_SECRET_COMMAND_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* Run command by sh -c and append what it prints to out (up to out's limit). -1 and err where it
 * can't be run, fails, or is not done by then: it and its process group are killed. */
int secret_command_run(const char *command, int64_t deadline_us, struct buf *out, struct err *err)
    __attribute__((warn_unused_result));

#endif
