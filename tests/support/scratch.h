/* SPDX-License-Identifier: MIT */
/* scratch - a directory of the test program's own to work in: set-up and tear-down of its group. */
#ifndef TESTS_SUPPORT_SCRATCH_H
#define TESTS_SUPPORT_SCRATCH_H

int scratch_enter(void **state); /* make it, and go there */
int scratch_leave(void **state); /* remove it with all that is in it */
const char *scratch_dir(void); /* its absolute path */

#endif
