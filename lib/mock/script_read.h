/* SPDX-License-Identifier: MIT */
/* script_read - one answer, as a script's YAML has it. */
#ifndef MOCK_SCRIPT_READ_H
#define MOCK_SCRIPT_READ_H

#include "base/err.h"
#include "json/yaml.h"
#include "mock/answer.h"
#include "mock/weather.h"

/* What the members of an answer are called; NULL-terminated. */
extern const char *const mock_answer_members[];

/* Typed members; each is untouched where the member is absent, and an error names its place. */
int mock_yaml_text(const struct yaml_doc *doc, const struct yaml *map, const char *key, char **out,
    struct err *err);
int mock_yaml_count(const struct yaml_doc *doc, const struct yaml *map, const char *key,
    int64_t *out, struct err *err);
int mock_yaml_bool(const struct yaml_doc *doc, const struct yaml *map, const char *key, bool *out,
    struct err *err);
int mock_yaml_us(const struct yaml_doc *doc, const struct yaml *map, const char *key, int64_t *out,
    struct err *err);
int mock_yaml_span(const struct yaml_doc *doc, const struct yaml *map, const char *key,
    struct mock_span *out, struct err *err);

/* Read the answer's members of map into a, which is initialised; members that are not an answer's
 * are left to the caller. */
int mock_answer_read(
    const struct yaml_doc *doc, const struct yaml *map, struct mock_answer *a, struct err *err);

#endif
