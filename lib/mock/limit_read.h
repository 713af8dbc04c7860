/* SPDX-License-Identifier: MIT */
/* limit_read - limits, as a script's YAML has them. */
#ifndef MOCK_LIMIT_READ_H
#define MOCK_LIMIT_READ_H

#include "base/err.h"
#include "json/yaml.h"
#include "mock/limit.h"

/* Append those of list, which may be NULL, to limits. */
int mock_limits_read(const struct yaml_doc *doc, const struct yaml *list,
    struct mock_limits *limits, struct err *err);

#endif
