/* SPDX-License-Identifier: MIT */
/* workflow_spec - the members of a workflow file, checked one by one. */
#ifndef FLOW_WORKFLOW_SPEC_H
#define FLOW_WORKFLOW_SPEC_H

#include "base/err.h"
#include "flow/workflow.h"

/* Fill w from w->doc, but for what takes more than one member to know (names, order, agents). */
int workflow_spec_read(struct workflow *w, struct err *err) __attribute__((warn_unused_result));

#endif
