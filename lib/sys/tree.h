/* SPDX-License-Identifier: MIT */
/* tree - directories with all that is in them. */
#ifndef SYS_TREE_H
#define SYS_TREE_H

#include <stdbool.h>

/* rm -rf: links are removed, never followed; other file systems are not entered. False (errno)
 * where something stays. */
bool tree_remove(const char *path);

#endif
