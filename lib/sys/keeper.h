/* SPDX-License-Identifier: MIT */
/*
 * keeper - a process that stands by to end what we leave behind, however we end.
 *
 * Who is killed by SIGKILL or for want of memory can end nobody any more, and a child that does not
 * heed the end of its input would go on for nobody. So a small process of its own waits for the end
 * of a pipe of which we hold the other end; when that comes, it ends the process groups noted in a
 * table that it shares with us: a second is theirs to end by themselves, then they get SIGTERM, and
 * SIGKILL after another second. It holds nothing else of ours open, is in a session of its own, and
 * heeds no signal but SIGKILL.
 *
 * A child notes itself before it becomes another program. Until then it holds our end of the pipe
 * too, so that none can be missed whenever we die. A leader must be forgotten before it is reaped:
 * from then on its number may be anybody's.
 *
 *	keeper_start(&k, &err);
 *	slot = keeper_slot(&k);
 *	if (vfork() == 0)
 *		keeper_note(&k, slot, getpid()), execve(...);
 *	keeper_forget(&k, slot);
 *	keeper_stop(&k);		// what is still noted is ended
 */
#ifndef SYS_KEEPER_H
#define SYS_KEEPER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

struct keeper_table;

struct keeper {
	struct keeper_table *table; /* NULL: it was not started */
	size_t hole; /* no slot below it is free */
	int pipe; /* our end */
	pid_t pid;
};

int keeper_start(struct keeper *k, struct err *err) __attribute__((warn_unused_result));
/* A slot that is free, until something is noted in it. */
size_t keeper_slot(struct keeper *k);
/* leader's group ends with us. Safe between vfork and exec. */
void keeper_note(struct keeper *k, size_t slot, pid_t leader);
void keeper_forget(struct keeper *k, size_t slot);
/* Nothing where it was not started. */
void keeper_stop(struct keeper *k);

#endif
