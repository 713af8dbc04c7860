/* SPDX-License-Identifier: MIT */
/* name_form - names in which '*' stands for any bytes: "openai:*", "*:free", "core". */
#ifndef POLICY_NAME_FORM_H
#define POLICY_NAME_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"

/* Whether the name fits, case aside, as some servers take their models' names: who writes a name in
 * capitals gets around no rule. */
bool name_form_fits(const char *form, struct str name);

/* How much of a name is said: one without stars says all. Of those that a name fits, the one that
 * says most is the narrowest. */
size_t name_form_said(const char *form);

/* Append the name in the one spelling of all that differ by case alone. */
void name_form_fold(struct str name, struct buf *out);

#endif
