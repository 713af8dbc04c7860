/* SPDX-License-Identifier: MIT */
/*
 * expr - the jq expressions of a file (a workflow and its agents, a policy): collected with their
 * places while it is read, compiled once and together, run by number.
 *
 * An index is good for the life of the list. Where there are no expressions libjq is not started.
 */
#ifndef JSON_EXPR_H
#define JSON_EXPR_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "json/jqprog.h"
#include "json/yaml.h"

#define EXPR_NONE SIZE_MAX

struct expr_list {
	struct expr {
		char *text;
		const struct yaml_doc *doc; /* borrowed, as place: must live until expr_compile */
		const struct yaml *place;
		const char *what;
	} * items;
	size_t count, cap;
	struct jqprog *program;
};

void expr_release(struct expr_list *list);

/* The scalar at place as an expression. what (a literal: "when") names it in messages. */
size_t expr_add(
    struct expr_list *list, const struct yaml_doc *doc, const struct yaml *place, const char *what);
/* The same of a text with \(EXPR) in it. SIZE_MAX (EXPR_NONE) and err where it is malformed. */
size_t expr_add_template(struct expr_list *list, const struct yaml_doc *doc,
    const struct yaml *place, const char *what, struct err *err);
/* A tree whose texts are expressions: {ticket: .input.ticket, limit: 3}. A text alone is one too.
 */
size_t expr_add_tree(
    struct expr_list *list, const struct yaml_doc *doc, const struct yaml *place, const char *what);

/* The error is at the expression's place in its file. */
int expr_compile(struct expr_list *list, struct err *err) __attribute__((warn_unused_result));
/* The first result is appended to out. The error begins with what the expression is. */
int expr_run(const struct expr_list *list, size_t index, struct json input, struct buf *out,
    struct err *err) __attribute__((warn_unused_result));

#endif
