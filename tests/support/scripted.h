/* SPDX-License-Identifier: MIT */
/* scripted - llm-mock's scripts that a test relies on: read, or the test has failed. */
#ifndef TESTS_SUPPORT_SCRIPTED_H
#define TESTS_SUPPORT_SCRIPTED_H

#include "mock/script.h"

/* mock_script_free. */
struct mock_script *scripted(const char *text);

#endif
