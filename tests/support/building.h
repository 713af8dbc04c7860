/* SPDX-License-Identifier: MIT */
/*
 * building - a request record as the HTTP request that a dialect makes of it: for tests of
 * dialects.
 */
#ifndef TESTS_SUPPORT_BUILDING_H
#define TESTS_SUPPORT_BUILDING_H

#include "llm/dialect.h"

struct order {
	const struct dialect *dialect;
	const char *base_url;
	const char *model; /* NULL: "m" */
	const char *key; /* NULL: none */
	const char *name; /* the provider's; NULL: "test" */
	const char *record;
	const struct http_headers *headers; /* the provider's own; NULL: none */
	bool placed; /* project, region and the like are known */
};

struct building {
	struct wire wire;
	struct answer answer; /* its warnings */
	struct err err;
	int rc;
};

void building_of(struct building *b, const struct order *o);
void building_release(struct building *b);

#endif
