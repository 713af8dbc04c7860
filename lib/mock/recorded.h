/* SPDX-License-Identifier: MIT */
/* recorded - recorded exchanges as the mock's answers: which one fits a request, and its reply. */
#ifndef MOCK_RECORDED_H
#define MOCK_RECORDED_H

#include "cassette/cassette.h"
#include "mock/reply.h"
#include "mock/request.h"

/* The case whose path fits and whose body equals; else whose model and last user message do. Of
 * equals, the one given least often. NULL: none fits. */
struct cassette_case *mock_recorded_match(
    struct cassettes *c, const char *method, struct str path, const struct mock_request *request);

/* Initialises r with what was recorded, or fails with err: a file is missing or malformed. */
int mock_recorded_reply(struct cassette_case *k, struct mock_reply *r, struct err *err);

#endif
