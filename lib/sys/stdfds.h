/* SPDX-License-Identifier: MIT */
/* stdfds - the three standard descriptors are there, whatever the caller closed. */
#ifndef SYS_STDFDS_H
#define SYS_STDFDS_H

/*
 * Take the places of those that are closed, so that no file opened later becomes stdout or stderr
 * and finds our messages in it. What stands there instead of stdin or stdout fails as a closed
 * descriptor does (EBADF): a lost output stays an error. Call it before any file is opened.
 */
void stdfds_hold(void);

#endif
