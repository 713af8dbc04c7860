/* SPDX-License-Identifier: MIT */
/*
 * exit - the exit codes that every program shares.
 *
 * They are an interface: scripts, make and dag-run decide on them. agentflow(7) has the table.
 */
#ifndef BASE_EXIT_H
#define BASE_EXIT_H

enum exit_code {
	EXIT_OK = 0,
	EXIT_NO = 1, /* an honest no: some records failed, and each says why */
	EXIT_USAGE = 2, /* the command line was misused */
	EXIT_GATE = 3, /* a gate closed: budget, threshold, verification */
	EXIT_BUG = 70, /* a broken invariant of ours */
	EXIT_SYSTEM = 71, /* the system refused: memory, fork */
	EXIT_IO = 74, /* disk full, broken input */
	EXIT_RETRY = 75, /* all that failed may succeed on a retry */
	EXIT_REFUSED = 77, /* all that failed was refused: auth, quota, policy */
	EXIT_CONFIG = 78, /* a configuration or workflow file is wrong */
	EXIT_NOEXEC = 126,
	EXIT_NOTFOUND = 127,
	EXIT_SIGNAL = 128 /* + the signal's number */
};

#endif
