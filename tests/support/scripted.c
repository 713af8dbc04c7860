/* SPDX-License-Identifier: MIT */
/* scripted - llm-mock's scripts that a test relies on: read, or the test has failed. */
#include "support/scripted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct mock_script *
scripted(const char *text)
{
	struct err err = ERR_INIT;
	struct mock_script *s = mock_script_parse("s.yaml", str_of(text), &err);

	if (!s)
		fail_msg("%s", err.text);
	return s;
}
