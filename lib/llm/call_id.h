/* SPDX-License-Identifier: MIT */
/*
 * call_id - the ids by which tools' results name the calls that they answer.
 *
 * Each API makes its own, and some refuse those that others made. One that does not fit is replaced
 * by one made of it alone: the same in the call and in its result, and in every later request,
 * another for another id.
 */
#ifndef LLM_CALL_ID_H
#define LLM_CALL_ID_H

#include <stdbool.h>
#include <stddef.h>

#include "json/json.h"
#include "json/jsonw.h"

struct call_id_form {
	size_t max; /* bytes; 0: as long as it likes */
	bool is_exact; /* no shorter, either */
	const char *others; /* allowed beside ASCII letters and digits; NULL: all */
};

/* The id, a JSON string, as that member of the object that is open. */
void call_id_write(
    struct jsonw *w, const char *key, struct json id, const struct call_id_form *form);

#endif
