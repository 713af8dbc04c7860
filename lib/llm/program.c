/* SPDX-License-Identifier: MIT */
/* program - read what there is to know of a program from a provider's map. */
#include "llm/program.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "llm/program_output.h"

enum { GRACE_MS = 2000 };

const char *const program_value_names[PROGRAM_VALUES + 1] = {
	[PROGRAM_MODEL] = "model",
	[PROGRAM_PROMPT] = "prompt",
	[PROGRAM_SYSTEM] = "system",
	[PROGRAM_MODE] = "mode",
	[PROGRAM_REASONING] = "reasoning",
	[PROGRAM_MAX_TOKENS] = "maxTokens",
	[PROGRAM_SCHEMA] = "schema",
	[PROGRAM_SESSION] = "session",
	[PROGRAM_CWD] = "cwd",
	[PROGRAM_SCRATCH] = "scratch",
	[PROGRAM_HOME] = "home",
	[PROGRAM_BASE_URL] = "baseUrl",
	[PROGRAM_KEY] = "key",
};

const char *const program_members[] = { "argv", "stdin", "env", "unset", "files", "probe", "home",
	"cwd", "modes", "mode", "efforts", "exits", "graceMs", "output", "warm", "transport",
	"cost", NULL };

struct source {
	const struct yaml_doc *doc;
	const struct yaml *map;
	struct err *err;
};

/* --- texts --- */

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The names in braces are known ones; other braces stand for themselves. */
static int
check_template(const struct source *s, const struct yaml *at, struct str text)
{
	for (size_t i = 0, n; i < text.len; i++) {
		struct str name = { text.p + i + 1, 0 };
		const char *near;

		if (text.p[i] != '{')
			continue;
		if (i + 1 < text.len && (text.p[i + 1] == '?' || text.p[i + 1] == '!'))
			name.p++;
		while (name.p + name.len < text.p + text.len && is_letter(name.p[name.len]))
			name.len++;
		if (!name.len || name.p + name.len == text.p + text.len || name.p[name.len] != '}')
			continue;
		for (n = 0; n < PROGRAM_VALUES && !str_is(name, program_value_names[n]); n++)
			;
		if (n < PROGRAM_VALUES)
			continue;
		near = str_nearest(name, program_value_names);
		return yaml_error(s->doc, at, s->err,
		    near ? "unknown {%.*s} (did you mean {%s}?)" : "unknown {%.*s}", (int)name.len,
		    name.p, near);
	}
	return 0;
}

/* A scalar's text, which may be a template. */
static int
read_text(const struct source *s, const struct yaml *v, const char *what, char **out)
{
	const char *text = yaml_str(v);

	if (!text)
		return yaml_error(s->doc, v, s->err, "%s must be text", what);
	if (check_template(s, v, str_of(text)) < 0)
		return -1;
	xreplace(out, text);
	return 0;
}

static int
read_member(const struct source *s, const char *member, char **out)
{
	const struct yaml *v = yaml_get(s->map, member);

	return v ? read_text(s, v, member, out) : 0;
}

/* --- words --- */

static void
group_release(struct program_group *group)
{
	for (size_t i = 0; i < group->count; i++)
		free(group->words[i]);
	free(group->words);
	*group = (struct program_group){ 0 };
}

static void
args_release(struct program_args *args)
{
	for (size_t i = 0; i < args->count; i++)
		group_release(&args->groups[i]);
	free(args->groups);
	*args = (struct program_args){ 0 };
}

/* One word, or a list of them. */
static int
read_group(
    const struct source *s, const struct yaml *v, const char *what, struct program_group *group)
{
	const struct yaml *const *items = (const struct yaml *const *)v->items;
	size_t count = v->count;

	if (v->kind != YAML_LIST) {
		items = &v;
		count = 1;
	}
	for (size_t i = 0; i < count; i++) {
		VEC_GROW(group->words, group->count, group->cap);
		group->words[group->count] = NULL;
		if (read_text(s, items[i], what, &group->words[group->count]) < 0)
			return -1;
		group->count++;
	}
	return 0;
}

static int
read_args(const struct source *s, const char *member, struct program_args *args)
{
	const struct yaml *v = yaml_get(s->map, member);

	if (!v)
		return 0;
	if (v->kind != YAML_LIST || !v->count)
		return yaml_error(s->doc, v, s->err, "%s must be a list of words", member);
	args_release(args);
	for (size_t i = 0; i < v->count; i++) {
		VEC_GROW(args->groups, args->count, args->cap);
		args->groups[args->count] = (struct program_group){ 0 };
		if (read_group(s, v->items[i], member, &args->groups[args->count++]) < 0)
			return -1;
	}
	return 0;
}

/* A list of plain words, NULL-terminated. */
static int
read_words(const struct source *s, const char *member, char ***words)
{
	const struct yaml *v = yaml_get(s->map, member);

	if (!v)
		return 0;
	if (v->kind != YAML_LIST || !v->count)
		return yaml_error(s->doc, v, s->err, "%s must be a list of words", member);
	xfree_strings(*words);
	*words = xcalloc(v->count + 1, sizeof **words);
	for (size_t i = 0; i < v->count; i++) {
		if (read_text(s, v->items[i], member, &(*words)[i]) < 0)
			return -1;
	}
	return 0;
}

/* --- pairs --- */

static void
pairs_release(struct program_pairs *pairs)
{
	for (size_t i = 0; i < pairs->count; i++) {
		free(pairs->items[i].name);
		free(pairs->items[i].value);
	}
	free(pairs->items);
	*pairs = (struct program_pairs){ 0 };
}

static struct program_pair *
pairs_at(struct program_pairs *pairs, const char *name)
{
	for (size_t i = 0; i < pairs->count; i++)
		if (strcmp(pairs->items[i].name, name) == 0)
			return &pairs->items[i];
	VEC_GROW(pairs->items, pairs->count, pairs->cap);
	pairs->items[pairs->count] = (struct program_pair){ .name = xstrdup(name) };
	return &pairs->items[pairs->count++];
}

/* A value that is no scalar is JSON, where that may be. */
static int
read_pair(const struct source *s, const struct yaml *v, bool may_be_json, struct program_pair *pair)
{
	struct buf json = BUF_INIT(BUF_UNLIMITED);

	if (!may_be_json || (v->kind != YAML_MAP && v->kind != YAML_LIST)) {
		pair->is_json = false;
		return read_text(s, v, pair->name, &pair->value);
	}
	yaml_to_json(v, &json);
	free(pair->value);
	pair->value = buf_take(&json);
	pair->is_json = true;
	return check_template(s, v, str_of(pair->value));
}

/* A map of names to texts; those told before stay, by other names. */
static int
read_pairs(
    const struct source *s, const char *member, bool may_be_json, struct program_pairs *pairs)
{
	const struct yaml *v = yaml_get(s->map, member);

	if (v && v->kind != YAML_MAP)
		return yaml_error(s->doc, v, s->err, "%s must be a map", member);
	for (size_t i = 0; v && i < v->count; i++) {
		if (check_template(s, v->keys[i], v->keys[i]->text) < 0 ||
		    read_pair(s, v->items[i], may_be_json, pairs_at(pairs, v->keys[i]->text.p)) < 0)
			return -1;
	}
	return 0;
}

static struct program_mode *
mode_at(struct program_modes *modes, const char *name)
{
	for (size_t i = 0; i < modes->count; i++)
		if (strcmp(modes->items[i].name, name) == 0)
			return &modes->items[i];
	VEC_GROW(modes->items, modes->count, modes->cap);
	modes->items[modes->count] = (struct program_mode){ .name = xstrdup(name) };
	return &modes->items[modes->count++];
}

static int
read_modes(const struct source *s, struct program_modes *modes)
{
	const struct yaml *v = yaml_get(s->map, "modes");

	if (v && v->kind != YAML_MAP)
		return yaml_error(s->doc, v, s->err, "modes must be a map");
	for (size_t i = 0; v && i < v->count; i++) {
		struct program_mode *mode = mode_at(modes, v->keys[i]->text.p);

		group_release(&mode->words);
		if (read_group(s, v->items[i], "a mode", &mode->words) < 0)
			return -1;
	}
	return 0;
}

static void
modes_release(struct program_modes *modes)
{
	for (size_t i = 0; i < modes->count; i++) {
		free(modes->items[i].name);
		group_release(&modes->items[i].words);
	}
	free(modes->items);
}

/* --- choices --- */

static int
read_choice(const struct source *s, const char *member, const char *const *words, int *choice)
{
	const struct yaml *v = yaml_get(s->map, member);
	const char *text = yaml_str(v), *near;

	if (!v)
		return 0;
	for (int i = 0; text && words[i]; i++) {
		if (strcmp(text, words[i]) != 0)
			continue;
		*choice = i;
		return 0;
	}
	near = text ? str_nearest(str_of(text), words) : NULL;
	if (near)
		return yaml_error(s->doc, v, s->err, "%s can't be \"%s\" (did you mean \"%s\"?)",
		    member, text, near);
	return yaml_error(
	    s->doc, v, s->err, "%s must be one of %s, %s ...", member, words[0], words[1]);
}

static int
read_home(const struct source *s, struct program *p)
{
	static const char *const words[] = { [PROGRAM_HOME_OWN] = "own",
		[PROGRAM_HOME_KEYED] = "keyed",
		[PROGRAM_HOME_PRIVATE] = "private",
		NULL };
	int choice = p->home;

	if (read_choice(s, "home", words, &choice) < 0)
		return -1;
	p->home = (enum program_home)choice;
	return 0;
}

static int
read_warm(const struct source *s, struct program *p)
{
	static const char *const protocols[] = { [PROGRAM_COLD] = "none",
		[PROGRAM_ACP] = "acp",
		[PROGRAM_STREAM_JSON] = "stream-json",
		NULL };
	static const char *const transports[] = {
		[PROGRAM_EITHER] = "either", [PROGRAM_ONCE] = "once", [PROGRAM_WARM] = "warm", NULL
	};
	static const char *const usages[] = { "turn", "lastStep", NULL };
	static const char *const known[] = { "protocol", "argv", "model", "modes", "reasoning",
		"usage", "permissions", NULL };
	static const char *const permissions[] = { "reject", "allow", NULL };
	struct source warm = { s->doc, yaml_get(s->map, "warm"), s->err };
	int protocol = p->warm.protocol, transport = p->warm.transport;
	int usage = p->warm.last_step_only, allow = p->warm.allow;

	if (read_choice(s, "transport", transports, &transport) < 0)
		return -1;
	p->warm.transport = (enum program_transport)transport;
	if (!warm.map)
		return 0;
	if (warm.map->kind != YAML_MAP)
		return yaml_error(s->doc, warm.map, s->err, "warm must be a map");
	if (yaml_known(s->doc, warm.map, "warm", known, s->err) < 0 ||
	    read_choice(&warm, "protocol", protocols, &protocol) < 0 ||
	    read_args(&warm, "argv", &p->warm.argv) < 0 ||
	    read_member(&warm, "model", &p->warm.model) < 0 ||
	    read_pairs(&warm, "modes", false, &p->warm.modes) < 0 ||
	    read_member(&warm, "reasoning", &p->warm.reasoning) < 0 ||
	    read_choice(&warm, "usage", usages, &usage) < 0 ||
	    read_choice(&warm, "permissions", permissions, &allow) < 0)
		return -1;
	p->warm.last_step_only = usage == 1;
	p->warm.allow = allow == 1;
	p->warm.protocol = (enum program_protocol)protocol;
	if (protocol && !p->warm.argv.count)
		return yaml_error(s->doc, warm.map, s->err, "warm has no argv");
	return 0;
}

static int
read_exits(const struct source *s, struct program *p)
{
	const struct yaml *v = yaml_get(s->map, "exits");
	enum error_kind kind;
	int64_t status;

	if (read_pairs(s, "exits", false, &p->exits) < 0)
		return -1;
	for (size_t i = 0; v && i < v->count; i++) {
		if (!num_i64(v->keys[i]->text, &status) || status < 1 || status > 255)
			return yaml_error(
			    s->doc, v->keys[i], s->err, "an exit status is a number, 1 to 255");
		if (!error_kind_parse(v->items[i]->text, &kind))
			return yaml_error(s->doc, v->items[i], s->err, "\"%s\" is no kind of error",
			    v->items[i]->text.p);
	}
	return 0;
}

static int
read_grace(const struct source *s, struct program *p)
{
	const struct yaml *v = yaml_get(s->map, "graceMs");

	if (v && (v->kind != YAML_NUMBER || !num_i64(v->text, &p->grace_ms) || p->grace_ms < 0))
		return yaml_error(s->doc, v, s->err, "graceMs must be a count of milliseconds");
	return 0;
}

static int
read_cost(const struct source *s, struct program *p)
{
	const struct yaml *v = yaml_get(s->map, "cost");
	struct str text;

	if (!v)
		return 0;
	text = str_of(yaml_str(v));
	if (!str_starts(text, "env:") && !str_starts(text, "cmd:"))
		return yaml_error(s->doc, v, s->err, "cost must be env:NAME or cmd:COMMAND");
	xreplace(&p->cost, text.p);
	return 0;
}

/* --- the whole --- */

int
program_read(
    struct program **program, const struct yaml_doc *doc, const struct yaml *map, struct err *err)
{
	struct source s = { doc, map, err };
	const struct yaml *output = yaml_get(map, "output");
	struct program *p = *program;

	if (!p) {
		p = *program = xcalloc(1, sizeof *p);
		p->grace_ms = GRACE_MS;
	}
	if (read_args(&s, "argv", &p->argv) < 0 || read_member(&s, "stdin", &p->stdin_text) < 0 ||
	    read_pairs(&s, "env", false, &p->env) < 0 ||
	    read_pairs(&s, "files", true, &p->files) < 0 ||
	    read_words(&s, "unset", &p->unset) < 0 || read_words(&s, "probe", &p->probe) < 0 ||
	    read_home(&s, p) < 0 || read_member(&s, "cwd", &p->cwd) < 0 ||
	    read_modes(&s, &p->modes) < 0 || read_member(&s, "mode", &p->mode) < 0 ||
	    read_pairs(&s, "efforts", false, &p->efforts) < 0 || read_exits(&s, p) < 0 ||
	    read_grace(&s, p) < 0 || read_warm(&s, p) < 0 || read_cost(&s, p) < 0)
		return -1;
	return output || !p->output ? program_output_read(&p->output, doc, output, err) : 0;
}

static bool
args_have(const struct program_args *args, const char *text)
{
	for (size_t i = 0; i < args->count; i++)
		for (size_t k = 0; k < args->groups[i].count; k++)
			if (strstr(args->groups[i].words[k], text))
				return true;
	return false;
}

static bool
pairs_have(const struct program_pairs *pairs, const char *text)
{
	for (size_t i = 0; i < pairs->count; i++)
		if (strstr(pairs->items[i].value, text))
			return true;
	return false;
}

static bool
uses(const struct program *p, const struct program_args *args, const char *input,
    enum program_value value)
{
	char *text = xasprintf("{%s}", program_value_names[value]);
	bool found = args_have(args, text) || pairs_have(&p->env, text) ||
		     pairs_have(&p->files, text) || (input && strstr(input, text));

	free(text);
	return found;
}

bool
program_uses(const struct program *p, enum program_value value)
{
	return uses(p, &p->argv, p->stdin_text, value);
}

bool
program_warm_uses(const struct program *p, enum program_value value)
{
	return uses(p, &p->warm.argv, NULL, value);
}

int
program_check(
    const struct program *p, const struct yaml_doc *doc, const struct yaml *map, struct err *err)
{
	if (!p->argv.count)
		return yaml_error(doc, map, err, "the program has no argv");
	if (!program_uses(p, PROGRAM_PROMPT))
		return yaml_error(doc, map, err,
		    "the prompt goes nowhere: {prompt} stands neither in argv nor in stdin");
	return 0;
}

void
program_free(struct program *p)
{
	if (!p)
		return;
	args_release(&p->argv);
	args_release(&p->warm.argv);
	free(p->warm.model);
	pairs_release(&p->warm.modes);
	free(p->warm.reasoning);
	free(p->stdin_text);
	pairs_release(&p->env);
	pairs_release(&p->files);
	pairs_release(&p->efforts);
	pairs_release(&p->exits);
	modes_release(&p->modes);
	xfree_strings(p->unset);
	xfree_strings(p->probe);
	free(p->cwd);
	free(p->mode);
	free(p->cost);
	program_output_free(p->output);
	free(p);
}
