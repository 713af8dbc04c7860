/* SPDX-License-Identifier: MIT */
/* share - where the data lies that comes with the programs: presets, prices, schemas. */
#ifndef SYS_SHARE_H
#define SYS_SHARE_H

/*
 * The directory of share/agentflow: configured (the environment's AGENTFLOW_SHARE) where it is set;
 * else beside the program's own directory, as in an unpacked or moved installation
 * (../share/agentflow) or a source tree (../../share); else where `make install` put it. The caller
 * frees.
 */
char *share_dir(const char *configured);

/* The program of ours of that name: beside this one, as in an installation or a build; else the
 * name alone, for PATH. The caller frees. */
char *share_program(const char *name);

#endif
