/* SPDX-License-Identifier: MIT */
/* profile_form - a profile's file: what the files of profile share. */
#ifndef LLM_PROFILE_FORM_H
#define LLM_PROFILE_FORM_H

#include "base/buf.h"
#include "base/err.h"
#include "json/yaml.h"

/* What a profile's file says. Strings are owned; NULL: not told. */
struct profile_form {
	char *providers, *models; /* "for": names or patterns (fnmatch(3)), one a line */
	char *expression; /* of jq: a record to an object of the members it changes */
	char *call_open,
	    *call_close; /* around a call in the answer's text; NULL: calls are native */
};

int profile_form_read(
    const struct yaml_doc *doc, const char *name, struct profile_form *form, struct err *err);
void profile_form_release(struct profile_form *form);

#endif
