/* SPDX-License-Identifier: MIT */
/* narrate - a run's events in words, for people at a terminal. */
#ifndef FLOW_NARRATE_H
#define FLOW_NARRATE_H

#include "base/buf.h"
#include "base/str.h"
#include "flow/run.h"

/* Append a line of text for each journal line that people want to hear of. */
void narrate_events(struct str lines, struct buf *out);

/* Append one line, without its end, that says how far the run is: "3/10 done, 1 failed, 2 running:
 * a b  4.2 s". */
void narrate_progress(const struct run *run, struct buf *out);

#endif
