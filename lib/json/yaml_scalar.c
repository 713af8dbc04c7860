/* SPDX-License-Identifier: MIT */
/* yaml_scalar - what a plain word of YAML stands for: null, a truth, a number or a string. */
#include "json/yaml_doc.h"

static size_t
count_digits(struct str s, size_t from)
{
	size_t i = from;

	while (i < s.len && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	return i - from;
}

/* JSON's number grammar: what else YAML calls a number stays a string. */
static bool
is_number(struct str s)
{
	size_t i = s.len && s.p[0] == '-', n;

	n = count_digits(s, i);
	if (!n || (n > 1 && s.p[i] == '0'))
		return false;
	i += n;
	if (i < s.len && s.p[i] == '.') {
		n = count_digits(s, i + 1);
		if (!n)
			return false;
		i += 1 + n;
	}
	if (i < s.len && (s.p[i] == 'e' || s.p[i] == 'E')) {
		i++;
		i += i < s.len && (s.p[i] == '+' || s.p[i] == '-');
		n = count_digits(s, i);
		if (!n)
			return false;
		i += n;
	}
	return i == s.len;
}

enum yaml_kind
yaml_scalar_kind(struct str s)
{
	static const struct {
		const char *word;
		enum yaml_kind kind;
	} words[] = {
		{ "", YAML_NULL },
		{ "~", YAML_NULL },
		{ "null", YAML_NULL },
		{ "Null", YAML_NULL },
		{ "NULL", YAML_NULL },
		{ "true", YAML_BOOL },
		{ "True", YAML_BOOL },
		{ "TRUE", YAML_BOOL },
		{ "false", YAML_BOOL },
		{ "False", YAML_BOOL },
		{ "FALSE", YAML_BOOL },
	};
	size_t i;

	for (i = 0; i < sizeof words / sizeof *words; i++) {
		if (str_is(s, words[i].word))
			return words[i].kind;
	}
	return is_number(s) ? YAML_NUMBER : YAML_STRING;
}
