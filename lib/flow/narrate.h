/* SPDX-License-Identifier: MIT */
/* narrate - a run's events in words, for people at a terminal. */
#ifndef FLOW_NARRATE_H
#define FLOW_NARRATE_H

#include "base/buf.h"
#include "base/str.h"

/* Append a line of text for each journal line that people want to hear of. */
void narrate_events(struct str lines, struct buf *out);

#endif
