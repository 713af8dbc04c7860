/* SPDX-License-Identifier: MIT */
/* program_output - read what a program's output means; find in an event what a rule names. */
#include "llm/program_output.h"

#include <stdlib.h>

#include "base/mem.h"

static const char *const fact_names[FACT_COUNT + 1] = {
	[FACT_DELTA] = "delta",
	[FACT_REASONING] = "reasoning",
	[FACT_CONTENT] = "content",
	[FACT_MODEL] = "model",
	[FACT_SESSION] = "session",
	[FACT_STOP] = "stop",
	[FACT_ERROR] = "error",
	[FACT_COST] = "costUsd",
	[FACT_TOKENS_IN] = "tokensIn",
	[FACT_TOKENS_OUT] = "tokensOut",
	[FACT_CACHE_READ] = "cacheReadTokens",
	[FACT_CACHE_WRITE] = "cacheWriteTokens",
	[FACT_REASONING_TOKENS] = "reasoningTokens",
};

static const char *const formats[] = {
	[PROGRAM_TEXT] = "text", [PROGRAM_JSON] = "json", [PROGRAM_JSONL] = "jsonl", NULL
};

static const char *const output_members[] = { "format", "rules", "find", "drop", "errors",
	"failures", "refusals", "stops", "file", "sum", "inputLacksCache", "outputLacksReasoning",
	NULL };

struct source {
	const struct yaml_doc *doc;
	const struct yaml *map;
	struct err *err;
};

/* --- expressions --- */

static bool
is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* ".a.b_c" as "a.b_c"; false where it is more than that. "." is the value itself: "". */
static bool
plain_path(const char *source, char **path)
{
	const char *p = source;

	if (*p != '.')
		return false;
	while (p[0] == '.' && p[1] && is_name_char(p[1]) && !(p[1] >= '0' && p[1] <= '9'))
		for (p++; is_name_char(*p); p++)
			;
	if (*p == '.' && p == source)
		p++;
	if (*p)
		return false;
	*path = xstrdup(source + 1);
	return true;
}

static int
read_expression(const struct source *s, const char *member, struct program_output *o,
    struct program_expression *expression)
{
	const struct yaml *v = yaml_get(s->map, member);
	const char *text = yaml_str(v);

	if (!v)
		return 0;
	if (!text)
		return yaml_error(s->doc, v, s->err, "%s must be a jq expression", member);
	expression->told = true;
	if (plain_path(text, &expression->path))
		return 0;
	expression->index = o->source_count;
	VEC_GROW(o->sources, o->source_count, o->source_cap);
	o->sources[o->source_count++] = xstrdup(text);
	return 0;
}

int
program_output_compile(struct program_output *o, struct err *err)
{
	size_t bad = 0;

	if (o->jq || !o->source_count)
		return 0;
	o->jq = jqprog_compile((const char *const *)o->sources, o->source_count, &bad, err);
	return o->jq ? 0 : err_wrap(err, "the expression \"%s\"", o->sources[bad]);
}

struct json
program_output_eval(struct program_output *o, const struct program_expression *expression,
    struct json event, struct buf *hold)
{
	struct json v = JSON_ABSENT;
	struct err err = ERR_INIT;

	if (!expression->told)
		return JSON_ABSENT;
	if (expression->path)
		return *expression->path ? json_find(event, expression->path) : event;
	buf_reset(hold);
	if (!o->jq || jqprog_run(o->jq, expression->index, event, hold, &err) < 0 || !hold->len ||
	    json_parse(hold->p, hold->len, &v, &err) < 0)
		return JSON_ABSENT;
	return v;
}

/* --- patterns --- */

static struct pattern *
read_pattern(const struct source *s, const struct yaml *v)
{
	const char *text = yaml_str(v);
	struct err err = ERR_INIT;
	struct pattern *pattern;

	if (!text) {
		yaml_error(s->doc, v, s->err, "a pattern must be text");
		return NULL;
	}
	pattern = pattern_compile(str_of(text), &err);
	if (!pattern)
		yaml_error(s->doc, v, s->err, "%s", err.text);
	return pattern;
}

static void
matches_release(struct program_matches *m)
{
	for (size_t i = 0; i < m->count; i++)
		pattern_free(m->items[i].pattern);
	free(m->items);
	*m = (struct program_matches){ 0 };
}

/* "PATTERN", or {match: PATTERN, kind: KIND}. */
static int
read_match(const struct source *s, const struct yaml *v, struct program_match *match)
{
	static const char *const known[] = { "match", "kind", NULL };
	const struct yaml *kind = yaml_get(v, "kind");

	if (v->kind == YAML_MAP && yaml_known(s->doc, v, "a pattern", known, s->err) < 0)
		return -1;
	match->kind = ERROR_NONE;
	if (kind && (!yaml_str(kind) || !error_kind_parse(kind->text, &match->kind)))
		return yaml_error(
		    s->doc, kind, s->err, "no kind of error: see agentflow-records(5)");
	if (v->kind == YAML_MAP && !yaml_get(v, "match"))
		return yaml_error(s->doc, v, s->err, "match is missing");
	match->pattern = read_pattern(s, v->kind == YAML_MAP ? yaml_get(v, "match") : v);
	return match->pattern ? 0 : -1;
}

static int
read_matches(const struct source *s, const char *member, struct program_matches *m)
{
	const struct yaml *v = yaml_get(s->map, member);

	if (!v)
		return 0;
	if (v->kind != YAML_LIST)
		return yaml_error(s->doc, v, s->err, "%s must be a list of patterns", member);
	matches_release(m);
	for (size_t i = 0; i < v->count; i++) {
		VEC_GROW(m->items, m->count, m->cap);
		m->items[m->count].pattern = NULL;
		if (read_match(s, v->items[i], &m->items[m->count++]) < 0)
			return -1;
	}
	return 0;
}

static int
read_find(const struct source *s, struct program_output *o)
{
	const struct yaml *map = yaml_get(s->map, "find");

	if (!map)
		return 0;
	if (map->kind != YAML_MAP)
		return yaml_error(s->doc, map, s->err, "find must be a map");
	if (yaml_known(s->doc, map, "find", fact_names + FACT_COST, s->err) < 0)
		return -1;
	for (int i = FACT_COST; i < FACT_COUNT; i++) {
		const struct yaml *v = yaml_get(map, fact_names[i]);

		if (!v)
			continue;
		pattern_free(o->find[i]);
		o->find[i] = read_pattern(s, v);
		if (!o->find[i])
			return -1;
	}
	return 0;
}

/* --- rules --- */

static void
rules_release(struct program_output *o)
{
	for (size_t i = 0; i < o->rule_count; i++) {
		struct program_rule *rule = &o->rules[i];

		for (size_t k = 0; k < rule->when.count; k++) {
			free(rule->when.items[k].name);
			free(rule->when.items[k].value);
		}
		free(rule->when.items);
		for (size_t k = 0; k < FACT_COUNT; k++)
			free(rule->facts[k].path);
	}
	for (size_t i = 0; i < o->source_count; i++)
		free(o->sources[i]);
	free(o->rules);
	free(o->sources);
	jqprog_free(o->jq);
	o->rules = NULL;
	o->sources = NULL;
	o->jq = NULL;
	o->rule_count = o->rule_cap = o->source_count = o->source_cap = 0;
}

static int
read_flag(const struct source *s, const char *member, bool *flag)
{
	const struct yaml *v = yaml_get(s->map, member);

	if (!v)
		return 0;
	if (v->kind != YAML_BOOL)
		return yaml_error(s->doc, v, s->err, "%s must be true or false", member);
	*flag = str_is(v->text, "true");
	return 0;
}

static int
add_when(
    const struct source *s, struct program_rule *rule, const char *path, const struct yaml *value)
{
	struct program_pairs *when = &rule->when;

	if (value->kind == YAML_LIST || value->kind == YAML_MAP)
		return yaml_error(s->doc, value, s->err, "when compares with scalars");
	VEC_GROW(when->items, when->count, when->cap);
	when->items[when->count++] = (struct program_pair){
		.name = xstrdup(path),
		.value = xstrdup(value->kind == YAML_NULL ? "null" : value->text.p),
		.is_json = value->kind != YAML_STRING,
	};
	return 0;
}

static int
read_when(const struct source *s, struct program_rule *rule)
{
	const struct yaml *v = yaml_get(s->map, "when");

	if (v && v->kind != YAML_MAP)
		return yaml_error(s->doc, v, s->err, "when must be a map of paths to values");
	for (size_t i = 0; v && i < v->count; i++) {
		const struct yaml *value = v->items[i];
		bool several = value->kind == YAML_LIST;

		for (size_t k = 0; k < (several ? value->count : 1); k++) {
			if (add_when(
				s, rule, v->keys[i]->text.p, several ? value->items[k] : value) < 0)
				return -1;
		}
	}
	return 0;
}

static int
read_rule(const struct source *s, struct program_output *o)
{
	static const char *known[FACT_COUNT + 5] = { "when", "ends", "begins", "file" };
	struct program_rule *rule;

	memcpy(known + 4, fact_names, sizeof fact_names);
	if (s->map->kind != YAML_MAP)
		return yaml_error(s->doc, s->map, s->err, "a rule must be a map");
	if (yaml_known(s->doc, s->map, "a rule", known, s->err) < 0)
		return -1;
	VEC_GROW(o->rules, o->rule_count, o->rule_cap);
	rule = &o->rules[o->rule_count++];
	*rule = (struct program_rule){ .ends = false };
	for (int i = 0; i < FACT_COUNT; i++)
		if (read_expression(s, fact_names[i], o, &rule->facts[i]) < 0)
			return -1;
	return read_when(s, rule) < 0 || read_flag(s, "ends", &rule->ends) < 0 ||
		       read_flag(s, "begins", &rule->begins) < 0 ||
		       read_flag(s, "file", &rule->is_file) < 0
		   ? -1
		   : 0;
}

static int
read_rules(const struct source *s, struct program_output *o)
{
	const struct yaml *v = yaml_get(s->map, "rules");

	if (!v)
		return 0;
	if (v->kind != YAML_LIST)
		return yaml_error(s->doc, v, s->err, "rules must be a list");
	rules_release(o);
	for (size_t i = 0; i < v->count; i++) {
		struct source rule = { s->doc, v->items[i], s->err };

		if (read_rule(&rule, o) < 0)
			return -1;
	}
	return 0;
}

static bool
stop_parse(const char *name, enum stop *stop)
{
	for (int i = STOP_END; i <= STOP_OTHER; i++) {
		if (strcmp(stop_name((enum stop)i), name) != 0)
			continue;
		*stop = (enum stop)i;
		return true;
	}
	return false;
}

static void
stops_free(struct stop_row *rows)
{
	for (size_t i = 0; rows && rows[i].raw; i++)
		free((char *)(uintptr_t)rows[i].raw); /* ours, for all that a dialect's are not */
	free(rows);
}

static int
read_stops(const struct source *s, struct program_output *o)
{
	const struct yaml *v = yaml_get(s->map, "stops");

	if (!v)
		return 0;
	if (v->kind != YAML_MAP)
		return yaml_error(s->doc, v, s->err, "stops must be a map");
	stops_free(o->stops);
	o->stops = xcalloc(v->count + 1, sizeof *o->stops);
	for (size_t i = 0; i < v->count; i++) {
		const char *name = yaml_str(v->items[i]);

		if (!name || !stop_parse(name, &o->stops[i].stop))
			return yaml_error(
			    s->doc, v->items[i], s->err, "no stop: see agentflow-records(5)");
		o->stops[i].raw = xstrdup(v->keys[i]->text.p);
	}
	return 0;
}

/* --- the whole --- */

static int
read_format(const struct source *s, struct program_output *o)
{
	const struct yaml *v = yaml_get(s->map, "format");
	const char *text = yaml_str(v);

	if (!v)
		return 0;
	for (int i = 0; text && formats[i]; i++) {
		if (strcmp(text, formats[i]) != 0)
			continue;
		o->format = (enum program_format)i;
		return 0;
	}
	return yaml_error(s->doc, v, s->err, "format must be text, json or jsonl");
}

/* Whether what was read can tell that a run came to its end. */
static int
check_rules(const struct source *s, const struct program_output *o)
{
	for (size_t i = 0; i < o->rule_count; i++)
		if (o->rules[i].ends)
			return 0;
	if (o->format == PROGRAM_TEXT)
		return 0;
	return yaml_error(
	    s->doc, s->map, s->err, "no rule ends the run: one must have \"ends: true\"");
}

int
program_output_read(struct program_output **output, const struct yaml_doc *doc,
    const struct yaml *map, struct err *err)
{
	struct source s = { doc, map, err };
	struct program_output *o = *output;
	const struct yaml *file = map ? yaml_get(map, "file") : NULL;

	if (!o)
		o = *output = xcalloc(1, sizeof *o);
	if (!map)
		return 0; /* plain text */
	if (map->kind != YAML_MAP)
		return yaml_error(doc, map, err, "output must be a map");
	if (yaml_known(doc, map, "output", output_members, err) < 0 || read_format(&s, o) < 0 ||
	    read_rules(&s, o) < 0 || read_find(&s, o) < 0 || read_stops(&s, o) < 0 ||
	    read_matches(&s, "drop", &o->drop) < 0 || read_matches(&s, "errors", &o->errors) < 0 ||
	    read_matches(&s, "failures", &o->failures) < 0 ||
	    read_matches(&s, "refusals", &o->refusals) < 0 || read_flag(&s, "sum", &o->sums) < 0 ||
	    read_flag(&s, "inputLacksCache", &o->in_lacks_cache) < 0 ||
	    read_flag(&s, "outputLacksReasoning", &o->out_lacks_reasoning) < 0)
		return -1;
	if (file && !yaml_str(file))
		return yaml_error(doc, file, err, "file must be a path");
	if (file) {
		xreplace(&o->file, yaml_str(file));
	}
	return check_rules(&s, o);
}

void
program_output_free(struct program_output *o)
{
	if (!o)
		return;
	rules_release(o);
	for (int i = 0; i < FACT_COUNT; i++)
		pattern_free(o->find[i]);
	matches_release(&o->drop);
	matches_release(&o->errors);
	matches_release(&o->failures);
	matches_release(&o->refusals);
	stops_free(o->stops);
	free(o->file);
	free(o);
}
