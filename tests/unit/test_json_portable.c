/* SPDX-License-Identifier: MIT */
/* test_json_portable - test_json with the loops of machines without SSE2. */
#define JSON_PORTABLE 1
#include "../../lib/json/json.c"
#include "test_json.c"
