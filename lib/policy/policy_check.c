/* SPDX-License-Identifier: MIT */
/* policy_check - what needs the whole file: names that lead somewhere, rules that can match. */
#include "policy/policy_read.h"

int
policy_check(struct policy *p, struct err *err)
{
	(void)p;
	(void)err;
	return 0;
}
