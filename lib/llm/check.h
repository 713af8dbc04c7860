/* SPDX-License-Identifier: MIT */
/*
 * check - what is wrong with a record, and where: "messages[2].content[0].text: must be a string".
 *
 * Each function returns 0, or -1 and the sentence in at->err (EXIT_NO). A value that is null counts
 * as absent everywhere.
 */
#ifndef LLM_CHECK_H
#define LLM_CHECK_H

#include <stddef.h>

#include "base/err.h"
#include "json/json.h"

/* Where a check stands: list[item].sub[subitem].inner[inneritem], as far as it goes. */
struct check {
	const char *list, *sub, *inner;
	size_t item, subitem, inneritem;
	struct err *err;
};

/* Say it of the place, or of its member where that is not NULL. Returns -1. */
int check_fail(const struct check *at, const char *member, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Put the place before what err says already. Returns -1. */
int check_wrap(const struct check *at);

/* The index of v's text in names (NULL-terminated; "" matches nothing), or -1 with a complaint that
 * offers the nearest name. */
int check_word(const struct check *at, const char *member, struct json v, const char *const *names);

/* v is there and of that kind; the _opt form lets it be absent. */
int check_kind(const struct check *at, const char *member, struct json v, enum json_kind kind);
int check_opt(const struct check *at, const char *member, struct json v, enum json_kind kind);
int check_bool(const struct check *at, const char *member, struct json v); /* or absent */

/* The members of obj by name in one walk: found[i] is names[i]'s value or JSON_NONE; the last of
 * duplicates wins. */
void check_members(struct json obj, const char *const *names, struct json *found, size_t n);

#endif
