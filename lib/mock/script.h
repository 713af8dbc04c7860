/* SPDX-License-Identifier: MIT */
/*
 * script - which answer is given to which request: a YAML file of rules. llm-mock(1) has the form.
 *
 * The first rule that fits a request answers it. A rule counts its requests (when.call, times,
 * sequence), so asking for an answer changes the script's state; and it may hold for a time, or for
 * a share of them (weather.h).
 */
#ifndef MOCK_SCRIPT_H
#define MOCK_SCRIPT_H

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "mock/answer.h"
#include "mock/limit.h"
#include "mock/request.h"
#include "mock/weather.h"

struct mock_script;

/* NULL and err (EXIT_CONFIG; file, line and column in it) on failure. */
struct mock_script *mock_script_load(const char *path, struct err *err);
struct mock_script *mock_script_parse(const char *file, struct str text, struct err *err);
/* Without rules: every request is echoed. */
struct mock_script *mock_script_new(void);
void mock_script_free(struct mock_script *s);

/* Lives as long as the script; its faults are counted by who applies them. Never NULL: where no
 * rule fits, the last user message is echoed. */
struct mock_answer *mock_script_answer(
    struct mock_script *s, const struct mock_request *r, const struct mock_moment *moment);

/* What its providers let an account ask; the script's own. */
struct mock_limits *mock_script_limits(struct mock_script *s);

/* The models to list. */
const char *const *mock_script_models(const struct mock_script *s, size_t *count);

#endif
