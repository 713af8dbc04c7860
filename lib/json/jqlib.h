/* SPDX-License-Identifier: MIT */
/*
 * jqlib - libjq, loaded when the first expression is compiled: for jqprog.c alone. Most runs have
 * no expressions, and as a library that is linked it and its regular expressions would take a
 * fifteenth of the time that such a run of llm-call needs, and 0.7 MiB.
 *
 *	const struct jqlib *lib = jqlib_load(&err);
 *	jq = lib->jq_init();
 */
#ifndef JSON_JQLIB_H
#define JSON_JQLIB_H

#include <jq.h>
#include <jv.h>

#include "base/err.h"

#define JQLIB_FUNCTIONS(X)                                                                         \
	X(jq_compile)                                                                              \
	X(jq_format_error)                                                                         \
	X(jq_halt)                                                                                 \
	X(jq_halted)                                                                               \
	X(jq_init)                                                                                 \
	X(jq_next)                                                                                 \
	X(jq_set_attr)                                                                             \
	X(jq_set_error_cb)                                                                         \
	X(jq_set_nomem_handler)                                                                    \
	X(jq_start)                                                                                \
	X(jq_teardown)                                                                             \
	X(jv_array)                                                                                \
	X(jv_array_append)                                                                         \
	X(jv_copy)                                                                                 \
	X(jv_dump_string)                                                                          \
	X(jv_free)                                                                                 \
	X(jv_get_kind)                                                                             \
	X(jv_invalid_get_msg)                                                                      \
	X(jv_invalid_has_msg)                                                                      \
	X(jv_null)                                                                                 \
	X(jv_number)                                                                               \
	X(jv_parse_sized)                                                                          \
	X(jv_string)                                                                               \
	X(jv_string_length_bytes)                                                                  \
	X(jv_string_value)

/* Each by its own name and of its own type, as the headers declare it. */
struct jqlib {
#define JQLIB_MEMBER(name) __typeof__(name) *name;
	JQLIB_FUNCTIONS(JQLIB_MEMBER)
#undef JQLIB_MEMBER
};

/* The library, the same at each call; it stays until the process ends. NULL and err (EXIT_SYSTEM)
 * where it cannot be loaded. */
const struct jqlib *jqlib_load(struct err *err);

#endif
