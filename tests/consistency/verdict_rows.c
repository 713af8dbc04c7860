/* SPDX-License-Identifier: MIT */
/* verdict_rows - the rows of agentflow-failover(7)'s table of error kinds, from the data itself. */
#include <stdio.h>

#include "policy/verdict.h"

int
main(void)
{
	for (const struct verdict *v = verdict_rows; v->kind != ERROR_NONE; v++)
		printf(".It Sy %s Ta %s Ta %s Ta %s\n", error_kind_name(v->kind),
		    verdict_nexts[v->next], verdict_charges[v->charge], v->why);
	return 0;
}
