/* SPDX-License-Identifier: MIT */
/* file - whole files: read, replaced atomically, appended to durably. */
#ifndef SYS_FILE_H
#define SYS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* Append the file's bytes to out (up to out's limit, past which it is an error). path "-" is stdin.
 */
int file_read(const char *path, struct buf *out, struct err *err)
    __attribute__((warn_unused_result));

/* The same of a file that somebody else wrote: a link, or a pipe that would be waited for, is
 * refused. */
int file_read_regular(const char *path, struct buf *out, struct err *err)
    __attribute__((warn_unused_result));

/*
 * A descriptor to write path anew; NULL or "-" is stdout. Refused (EXIT_USAGE) where one of inputs
 * is that same regular file, which would be empty, or grow for ever, when it is read. inputs: a
 * NULL-terminated list in which "-", or none at all, is stdin; NULL: nothing is read.
 */
int file_create(const char *path, char *const *inputs, struct err *err)
    __attribute__((warn_unused_result));

/* All of it, whatever short writes and EINTR come. errno is set on failure. */
int file_write_all(int fd, const char *p, size_t n) __attribute__((warn_unused_result));

/* Write path by a temporary file beside it, fsync and rename: either the old bytes or the new,
 * never a mixture. */
int file_replace(const char *path, struct str text, struct err *err)
    __attribute__((warn_unused_result));

/* mkdir -p. */
int file_mkdirs(const char *path, struct err *err) __attribute__((warn_unused_result));
/* The directories that lead to path, those that are made being their owner's alone (0700). */
int file_mkdirs_private(const char *path, struct err *err) __attribute__((warn_unused_result));

/* fsync a directory, so that entries made in it last. */
int file_sync_dir(const char *path, struct err *err) __attribute__((warn_unused_result));

/* Keep 0, 1 and 2 from being given to files opened later where a parent has closed them. Reading or
 * writing them fails as it would have. */
void file_hold_standard(void);

/* How many lines fd has from where it stands, without moving it: of a regular file that is no
 * larger than what is counted in a moment; else 0, which is not known. */
uint64_t file_lines_ahead(int fd);

bool file_exists(const char *path);
bool file_is_regular(const char *path); /* no pipe or device, whose end may never come */

/* "a/b" of "a" and "b"; b alone where it is absolute or a is empty. The caller frees. */
char *file_join(const char *a, const char *b);

#endif
