/* SPDX-License-Identifier: MIT */
/* provider_rows - the rows that agentflow-providers(7) prints, from the data itself: provider_rows
 * presets SHARE | errors. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "llm/dialect.h"
#include "llm/error.h"
#include "llm/provider.h"

static const char *
empty_environment(const char *name)
{
	(void)name;
	return NULL;
}

/* Text as mdoc's macros take it: one argument whose quotes are plain ones. */
static void
put_word(const char *word)
{
	putchar('"');
	for (; *word; word++) {
		if (*word == '`')
			fputs("\\(ga", stdout);
		else if (*word == '\'')
			fputs("\\(aq", stdout);
		else
			putchar(*word);
	}
	putchar('"');
}

/* "env:A\ncmd:B" as variables and words. */
static void
put_refs(const char *refs)
{
	bool variable;
	size_t n;

	for (const char *at = refs; *at; at += n + (at[n] == '\n')) {
		n = strcspn(at, "\n");
		variable = strncmp(at, "env:", 4) == 0;
		printf("%s%s", at == refs ? "." : " No or ", variable ? "Ev " : "Li ");
		if (variable)
			printf("%.*s", (int)(n - 4), at + 4);
		else
			printf("\"%.*s\"", (int)n, at);
	}
	putchar('\n');
}

static void
put_preset(const struct provider *p)
{
	printf(".It Sy %s\n.Cm %s ,\n", p->name, p->dialect->name);
	if (p->key_ref)
		put_refs(p->key_ref);
	if (p->key_optional)
		puts("if set");
	if (p->done_optional)
		puts("(done optional)");
	if (p->think_tags)
		puts("(think tags)");
	if (p->version && !*p->version)
		puts("(no version in its paths)");
	if (p->version_ref && *p->version_ref) {
		puts(".br\napiVersion:");
		put_refs(p->version_ref);
	}
	for (int i = 0; i < PLACE_COUNT; i++)
		if (p->place_ref[i]) {
			printf(".br\n%s:\n", provider_place_names[i]);
			put_refs(p->place_ref[i]);
		}
	puts(".br");
	if (p->base_url)
		printf(".Li %s%s", p->base_url, p->base_url_env ? " No or " : "");
	else
		printf("%s\n.", p->dialect->base ? "the location's host or" : "only");
	if (p->base_url_env)
		printf("Ev %s", p->base_url_env);
	putchar('\n');
}

static int
put_presets(const char *share)
{
	struct err err = ERR_INIT;
	struct providers *set = providers_load(share, "/dev/null", empty_environment, &err);
	size_t i;

	if (!set) {
		fprintf(stderr, "provider_rows: %s\n", err.text);
		return 1;
	}
	for (i = 0; i < providers_count(set); i++)
		put_preset(providers_at(set, i));
	providers_free(set);
	return 0;
}

static bool
is_same_row(const struct error_rule *a, const struct error_rule *b)
{
	return a->by == b->by && a->kind == b->kind && a->low == b->low && a->high == b->high &&
	       a->by != ERROR_BY_STATUS;
}

static void
put_statuses(const struct error_rule *rule)
{
	if (rule->low == rule->high)
		printf("status %d\n", rule->low);
	else if (rule->low == 0)
		printf("status up to %d\n", rule->high);
	else
		printf("status %d to %d\n", rule->low, rule->high);
}

/* Rows that follow each other and differ in their words only are one here: the order stays. */
static const struct error_rule *
put_rows(const struct error_rule *rule)
{
	static const char *const ways[] = { "code", "part of a code", "message", NULL };
	const char *macro = rule->by == ERROR_BY_TEXT ? ".Dq " : ".Li ";
	bool more;

	puts(ways[rule->by]);
	do {
		more = is_same_row(rule, rule + 1);
		fputs(macro, stdout);
		put_word(rule->word);
		puts(more ? " ," : "");
		rule++;
	} while (more);
	return rule;
}

static void
put_errors(void)
{
	const struct error_rule *rule = error_rules;

	while (rule->kind != ERROR_NONE) {
		printf(".It Sy %s\n", error_kind_name(rule->kind));
		if (rule->high) {
			put_statuses(rule);
			if (rule->by != ERROR_BY_STATUS)
				puts("and");
		}
		rule = rule->by == ERROR_BY_STATUS ? rule + 1 : put_rows(rule);
	}
}

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "presets") == 0)
		return put_presets(argv[2]);
	if (argc != 2 || strcmp(argv[1], "errors") != 0) {
		fputs("usage: provider_rows presets SHARE | errors\n", stderr);
		return 2;
	}
	put_errors();
	return 0;
}
