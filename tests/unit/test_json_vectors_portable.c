/* SPDX-License-Identifier: MIT */
/* test_json_vectors_portable - test_json_vectors with the loops of machines without SSE2. */
#define JSON_PORTABLE 1
#include "../../lib/json/scan.c"
#include "test_json_vectors.c"
