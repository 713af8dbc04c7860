/* SPDX-License-Identifier: MIT */
/* top - where this tree lies, and the recorded data beside it. */
#include "support/top.h"

#include <stdlib.h>

#include "base/mem.h"
#include "sys/file.h"

char *
top_file(const char *path)
{
	const char *top = getenv("top");

	return file_join(top ? top : ".", path);
}

char *
top_fixtures(void)
{
	const char *set = getenv("AGENTFLOW_FIXTURES");

	return set ? xstrdup(set) : top_file("../shared/fixtures");
}
