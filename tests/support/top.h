/* SPDX-License-Identifier: MIT */
/*
 * top - where this tree lies, and the recorded data beside it.
 *
 * tests/run says it in $top; a test that is run by hand is run from there.
 */
#ifndef TESTS_SUPPORT_TOP_H
#define TESTS_SUPPORT_TOP_H

/* The path of a file of this tree; the caller frees. */
char *top_file(const char *path);

/* The directory of what was recorded of providers: $AGENTFLOW_FIXTURES, else beside the tree. It
 * need not be there. The caller frees. */
char *top_fixtures(void);

#endif
