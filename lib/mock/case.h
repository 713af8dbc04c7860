/* SPDX-License-Identifier: MIT */
/* case - one recorded exchange: its meta.json, request and response, each read when asked for. */
#ifndef MOCK_CASE_H
#define MOCK_CASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "json/json.h"
#include "mock/request.h"

struct mock_case {
	char *dir; /* where it is */
	char *name; /* its path below the cassette directory */
	int64_t given; /* how often it was the answer */
	bool tried; /* to read meta.json; on failure meta is JSON_NONE */
	struct buf meta_text;
	struct json meta;
	struct mock_request request; /* as far as meta and request.json tell it */
	struct buf path; /* of the recorded URL */
	bool tried_body;
	struct buf body_text;
};

void mock_case_init(struct mock_case *k, const char *dir, const char *name);
void mock_case_release(struct mock_case *k);
/* Whether meta.json is there and an object (read at the first call). */
bool mock_case_meta(struct mock_case *k);
/* The request's body: JSON_NONE where there is none. */
struct json mock_case_body(struct mock_case *k);

#endif
