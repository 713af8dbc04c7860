/* SPDX-License-Identifier: MIT */
/* plan - what a run of a workflow would do, without doing it. */
#ifndef FLOW_PLAN_H
#define FLOW_PLAN_H

#include <stdint.h>

#include "base/buf.h"
#include "flow/workflow.h"

/* Append a line {"type":"plan","node":...} for each node, in the order in which they may start. */
void plan_print(const struct workflow *w, struct buf *out);
/* The same as a table for people. */
void plan_print_table(const struct workflow *w, struct buf *out);

#endif
