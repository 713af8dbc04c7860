/* SPDX-License-Identifier: MIT */
/* name_form - names in which '*' stands for any bytes. */
#include "policy/name_form.h"

#include <stdint.h>
#include <string.h>

static char
small(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* The last star that was met takes one byte more where the rest does not fit, so that it is
 * quadratic at worst. */
bool
name_form_fits(const char *form, struct str name)
{
	const char *star = NULL;
	size_t i = 0, from = 0;

	while (i < name.len) {
		if (*form == '*') {
			star = form++;
			from = i;
		} else if (*form && small(*form) == small(name.p[i])) {
			form++;
			i++;
		} else if (star) {
			form = star + 1;
			i = ++from;
		} else {
			return false;
		}
	}
	return form[strspn(form, "*")] == '\0';
}

size_t
name_form_said(const char *form)
{
	size_t n = 0;

	if (!strchr(form, '*'))
		return SIZE_MAX;
	for (; *form; form++)
		n += *form != '*';
	return n;
}

void
name_form_fold(struct str name, struct buf *out)
{
	for (size_t i = 0; i < name.len; i++)
		buf_addc(out, small(name.p[i]));
}
