/* SPDX-License-Identifier: MIT */
/* program_plan - from a request to what is run for it. */
#include <stdlib.h>

#include "base/mem.h"
#include "json/jsonw.h"
#include "llm/program.h"
#include "llm/program_output.h"

struct plan {
	const struct build *build;
	const struct program *program;
	struct json own; /* providerOptions */
	const struct program_group *mode; /* the words for a lone "{mode}"; NULL: none */
	struct buf values[PROGRAM_VALUES]; /* empty: no value */
	struct buf word; /* what a template came to */
};

/* --- templates --- */

/* What stands in braces: "{model}" is the value, "{?model}" and "{!model}" are conditions. */
struct hole {
	enum program_value value;
	char condition; /* '?', '!' or 0 */
	size_t len;
};

/* The hole that begins at text; false: braces that stand for themselves. */
static bool
hole_at(const char *text, struct hole *hole)
{
	const char *close = strchr(text, '}');
	struct str name = { text + 1, close ? (size_t)(close - text - 1) : 0 };
	int i = 0;

	hole->len = name.len + 2;
	hole->condition = '\0';
	if (name.len && (*name.p == '?' || *name.p == '!')) {
		hole->condition = *name.p;
		name = (struct str){ name.p + 1, name.len - 1 };
	}
	while (i < PROGRAM_VALUES && !str_is(name, program_value_names[i]))
		i++;
	hole->value = (enum program_value)i;
	return close && i < PROGRAM_VALUES;
}

static void
add_value(struct buf *out, struct str value, bool as_json)
{
	struct buf quoted = BUF_INIT(BUF_UNLIMITED);

	if (!as_json) {
		buf_addstr(out, value);
		return;
	}
	jsonw_quote(&quoted, value);
	buf_add(out, quoted.p + 1, quoted.len - 2);
	buf_release(&quoted);
}

/* The template filled in, appended to out; false where a value is missing, or a condition fails. */
static bool
fill(const struct plan *plan, const char *template, bool as_json, struct buf *out)
{
	for (const char *p = template; *p; p++) {
		struct hole hole;

		if (*p != '{' || !hole_at(p, &hole)) {
			buf_addc(out, *p);
			continue;
		}
		if ((plan->values[hole.value].len > 0) == (hole.condition == '!'))
			return false;
		if (!hole.condition)
			add_value(out, buf_str(&plan->values[hole.value]), as_json);
		p += hole.len - 1;
	}
	return true;
}

static bool
is_lone_mode(const struct program_group *group)
{
	return group->count == 1 && strcmp(group->words[0], "{mode}") == 0;
}

static bool
fills(struct plan *plan, const struct program_group *group)
{
	for (size_t i = 0; i < group->count; i++) {
		buf_reset(&plan->word);
		if (!fill(plan, group->words[i], false, &plan->word))
			return false;
	}
	return true;
}

/* Whether a word begins with what whoever writes the records says. */
static bool
is_open_to_all(const char *template)
{
	struct hole hole;

	return *template == '{' && hole_at(template, &hole) &&
	       (hole.value == PROGRAM_MODEL || hole.value == PROGRAM_PROMPT ||
		   hole.value == PROGRAM_SYSTEM || hole.value == PROGRAM_SESSION);
}

/* A model called "--yolo" is no flag of the program's: behind a space it is a name, or a prompt. */
static bool
begins_like_a_flag(struct plan *plan, const char *template)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	bool dash;

	dash = fill(plan, template, false, &text) && text.len && text.p[0] == '-';
	buf_release(&text);
	return dash;
}

static void
put_args(struct plan *plan, const struct program_args *args, struct jsonw *w)
{
	jsonw_key(w, "argv");
	jsonw_array(w);
	for (size_t i = 0; i < args->count; i++) {
		const struct program_group *group = &args->groups[i];

		if (is_lone_mode(group) && plan->mode)
			group = plan->mode;
		if (!fills(plan, group))
			continue;
		for (size_t k = 0; k < group->count; k++) {
			buf_reset(&plan->word);
			if (is_open_to_all(group->words[k]) &&
			    begins_like_a_flag(plan, group->words[k]))
				buf_addc(&plan->word, ' ');
			(void)fill(plan, group->words[k], false, &plan->word);
			jsonw_strn(w, buf_str(&plan->word));
		}
	}
	jsonw_end(w);
}

static void
put_pairs(struct plan *plan, const struct program_pairs *pairs, struct jsonw *w)
{
	for (size_t i = 0; i < pairs->count; i++) {
		const struct program_pair *pair = &pairs->items[i];
		struct buf name = BUF_INIT(BUF_UNLIMITED);

		buf_reset(&plan->word);
		if (fill(plan, pair->name, false, &name) &&
		    fill(plan, pair->value, pair->is_json, &plan->word)) {
			jsonw_keyn(w, buf_str(&name));
			jsonw_strn(w, buf_str(&plan->word));
		}
		buf_release(&name);
	}
}

/* --- values --- */

static void
set(struct plan *plan, enum program_value value, const char *text)
{
	buf_reset(&plan->values[value]);
	if (text)
		buf_adds(&plan->values[value], text);
}

static void
set_own(struct plan *plan, enum program_value value, const char *member)
{
	json_text(json_get(plan->own, member), &plan->values[value]);
}

/* A name that is none of the program's modes is a word of its own. */
static void
set_mode(struct plan *plan)
{
	const struct program *p = plan->program;
	struct buf *name = &plan->values[PROGRAM_MODE];

	set_own(plan, PROGRAM_MODE, "mode");
	if (!name->len)
		set(plan, PROGRAM_MODE, p->mode);
	for (size_t i = 0; name->len && i < p->modes.count; i++)
		if (str_is(buf_str(name), p->modes.items[i].name))
			plan->mode = &p->modes.items[i].words;
	if (name->len && !plan->mode && p->modes.count) {
		answer_warn(plan->build->answer, "providerOptions.mode", "%s has no mode \"%s\"",
		    plan->build->provider->name, name->p);
		buf_reset(name);
	}
}

static void
set_reasoning(struct plan *plan)
{
	const struct program_pairs *efforts = &plan->program->efforts;
	enum reasoning_level level = plan->build->request->options.reasoning;
	const char *name = level == REASONING_BUDGET ? "budgetTokens" : reasoning_name(level);

	if (level == REASONING_UNSET)
		return;
	for (size_t i = 0; i < efforts->count; i++) {
		if (strcmp(efforts->items[i].name, name) != 0)
			continue;
		set(plan, PROGRAM_REASONING, efforts->items[i].value);
		return;
	}
	answer_warn(plan->build->answer, "options.reasoning", "%s has no word for \"%s\"",
	    plan->build->provider->name, name);
}

/* The HOME that the program gets; empty: the user's own. A program that was given a key need not
 * look for a login, and shall not find one. */
static void
set_home(struct plan *plan)
{
	const struct program *p = plan->program;
	bool keyed = plan->values[PROGRAM_KEY].len || plan->values[PROGRAM_BASE_URL].len;

	if (p->home == PROGRAM_HOME_PRIVATE || (p->home == PROGRAM_HOME_KEYED && keyed))
		buf_addf(&plan->values[PROGRAM_HOME], "%s/home", plan->build->scratch);
}

static bool
takes(const struct plan *plan, enum program_value value)
{
	return plan->build->warm ? program_warm_uses(plan->program, value)
				 : program_uses(plan->program, value);
}

static void
set_values(struct plan *plan)
{
	const struct build *b = plan->build;
	const struct request_options *o = &b->request->options;

	set(plan, PROGRAM_SCRATCH, b->scratch);
	set(plan, PROGRAM_KEY, b->key);
	set(plan, PROGRAM_BASE_URL, b->provider->base_url);
	set_home(plan);
	buf_addstr(&plan->values[PROGRAM_MODEL], b->model);
	set_own(plan, PROGRAM_SESSION, "session");
	set_own(plan, PROGRAM_CWD, "cwd");
	if (!plan->values[PROGRAM_CWD].len)
		set(plan, PROGRAM_CWD, plan->program->cwd);
	if (!plan->values[PROGRAM_CWD].len)
		set(plan, PROGRAM_CWD, b->scratch);
	set_mode(plan);
	set_reasoning(plan);
	if (o->max_tokens != OPTION_UNSET)
		buf_addi(&plan->values[PROGRAM_MAX_TOKENS], o->max_tokens);
	if (json_exists(o->response_schema))
		buf_addstr(&plan->values[PROGRAM_SCHEMA], json_raw(o->response_schema));
	program_render(b, &plan->values[PROGRAM_PROMPT],
	    takes(plan, PROGRAM_SYSTEM) ? &plan->values[PROGRAM_SYSTEM] : NULL);
}

/* --- what can't be carried --- */

static void
warn_of(const struct build *b, bool asked, const char *option)
{
	if (asked)
		answer_warn(b->answer, option, "%s takes no such option", b->provider->name);
}

/* A process that is there already can't be told by words what it was not started with. */
static void
warn_warm(const struct plan *plan)
{
	const struct program_warm *warm = &plan->program->warm;

	warn_of(plan->build,
	    plan->values[PROGRAM_MODEL].len && !warm->model && !takes(plan, PROGRAM_MODEL),
	    "model");
	warn_of(plan->build,
	    plan->values[PROGRAM_REASONING].len && !warm->reasoning &&
		!takes(plan, PROGRAM_REASONING),
	    "options.reasoning");
}

static void
warn(const struct plan *plan)
{
	const struct build *b = plan->build;
	const struct request_options *o = &b->request->options;

	if (b->warm)
		warn_warm(plan);
	warn_of(b, json_exists(o->temperature), "options.temperature");
	warn_of(b, json_exists(o->top_p), "options.topP");
	warn_of(b, o->top_k != OPTION_UNSET, "options.topK");
	warn_of(b, o->seed != OPTION_UNSET, "options.seed");
	warn_of(b, json_exists(o->stop), "options.stop");
	warn_of(b, o->parallel_tools != PARALLEL_UNSET, "options.parallelTools");
	warn_of(b, json_exists(b->request->tools), "tools");
	warn_of(b, o->max_tokens != OPTION_UNSET && !takes(plan, PROGRAM_MAX_TOKENS),
	    "options.maxTokens");
	warn_of(b, json_exists(o->response_schema) && !takes(plan, PROGRAM_SCHEMA),
	    "options.responseSchema");
}

/* --- the plan --- */

static void
put_env(struct plan *plan, struct jsonw *w)
{
	static const char *const dirs[][2] = { { "TMPDIR", "tmp" },
		{ "XDG_CONFIG_HOME", ".config" }, { "XDG_CACHE_HOME", ".cache" },
		{ "XDG_DATA_HOME", ".local/share" }, { "XDG_STATE_HOME", ".local/state" } };
	const struct program *p = plan->program;
	const struct buf *home = &plan->values[PROGRAM_HOME];

	jsonw_key(w, "env");
	jsonw_object(w);
	for (size_t i = 0; p->unset && p->unset[i]; i++) {
		jsonw_key(w, p->unset[i]);
		jsonw_null(w);
	}
	if (home->len) {
		jsonw_kstrn(w, "HOME", buf_str(home));
		for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
			buf_reset(&plan->word);
			buf_addf(&plan->word, "%s/%s", home->p, dirs[i][1]);
			jsonw_kstrn(w, dirs[i][0], buf_str(&plan->word));
		}
	}
	put_pairs(plan, &p->env, w);
	jsonw_end(w);
}

static const char *
protocol_name(enum program_protocol protocol)
{
	switch (protocol) {
	case PROGRAM_ACP:
		return "acp";
	case PROGRAM_STREAM_JSON:
		return "stream-json";
	case PROGRAM_COLD:
		break;
	}
	return "none";
}

static void
put_setting(struct plan *plan, const char *name, const char *template, struct jsonw *w)
{
	buf_reset(&plan->word);
	if (template && fill(plan, template, false, &plan->word) && plan->word.len)
		jsonw_kstrn(w, name, buf_str(&plan->word));
}

static void
put_talk(struct plan *plan, struct jsonw *w)
{
	const struct program_warm *warm = &plan->program->warm;

	jsonw_kstr(w, "warm", protocol_name(warm->protocol));
	jsonw_key(w, "settings");
	jsonw_object(w);
	put_setting(plan, "model", warm->model, w);
	for (size_t i = 0; i < warm->modes.count; i++)
		if (str_is(buf_str(&plan->values[PROGRAM_MODE]), warm->modes.items[i].name))
			jsonw_kstr(w, "mode", warm->modes.items[i].value);
	put_setting(plan, "reasoning", warm->reasoning, w);
	jsonw_end(w);
	jsonw_kstr(w, "permissions", warm->allow ? "allow" : "reject");
	jsonw_key(w, "content");
	jsonw_array(w);
	jsonw_object(w);
	jsonw_kstr(w, "type", "text");
	jsonw_kstrn(w, "text", buf_str(&plan->values[PROGRAM_PROMPT]));
	jsonw_end(w);
	program_render_images(plan->build, w);
	jsonw_end(w);
}

static void
put_input(struct plan *plan, struct jsonw *w)
{
	buf_reset(&plan->word);
	if (plan->program->stdin_text && fill(plan, plan->program->stdin_text, false, &plan->word))
		jsonw_kstrn(w, "stdin", buf_str(&plan->word));
}

static void
put_report(struct plan *plan, struct jsonw *w)
{
	const char *file = plan->program->output->file;

	buf_reset(&plan->word);
	if (file && fill(plan, file, false, &plan->word))
		jsonw_kstrn(w, "report", buf_str(&plan->word));
}

static void
put_plan(struct plan *plan, struct buf *out)
{
	const struct program *p = plan->program;
	bool is_warm = plan->build->warm;
	struct jsonw w;

	jsonw_start(&w, out);
	jsonw_object(&w);
	put_args(plan, is_warm ? &p->warm.argv : &p->argv, &w);
	put_env(plan, &w);
	jsonw_kstrn(&w, "cwd", buf_str(&plan->values[PROGRAM_CWD]));
	jsonw_key(&w, "files");
	jsonw_object(&w);
	put_pairs(plan, &p->files, &w);
	jsonw_end(&w);
	put_report(plan, &w);
	(is_warm ? put_talk : put_input)(plan, &w);
	jsonw_ki64(&w, "tokensIn",
	    program_tokens(buf_str(&plan->values[PROGRAM_PROMPT])) +
		program_tokens(buf_str(&plan->values[PROGRAM_SYSTEM])));
	jsonw_end(&w);
}

static bool
is_one_of(struct json key, const char *const *names)
{
	while (*names && !json_eq(key, *names))
		names++;
	return *names != NULL;
}

/* providerOptions that say what the plan is made of, and are no part of it. */
static bool
is_setting(struct json key)
{
	static const char *const names[] = { "mode", "session", "transport", "permissions", NULL };

	return is_one_of(key, names);
}

static bool
is_member(struct json key)
{
	static const char *const names[] = { "argv", "argv+", "env", "cwd", "files", "stdin",
		NULL };

	return is_one_of(key, names);
}

/* What is neither would change nothing: that is said. */
static void
warn_unknown(const struct plan *plan)
{
	struct json_iter it = json_each(plan->own);

	while (json_next(&it)) {
		struct str name = json_raw(it.key);

		if (!is_setting(it.key) && !is_member(it.key))
			answer_warn(plan->build->answer, "providerOptions", "%s knows no %.*s",
			    plan->build->provider->name, (int)str_cut_utf8(name, 80), name.p);
	}
}

int
program_plan(const struct build *b, struct buf *out, struct err *err)
{
	struct plan plan = {
		.build = b, .program = b->provider->program, .own = dialect_options(b)
	};

	if (json_exists(plan.own) && plan.own.kind != JSON_OBJECT)
		return err_set(
		    err, EXIT_NO, "providerOptions.%s is not an object", b->provider->name);
	if (program_output_compile(plan.program->output, err) < 0)
		return err_wrap(err, "%s", b->provider->name);
	buf_init(&plan.word, BUF_UNLIMITED);
	for (int i = 0; i < PROGRAM_VALUES; i++)
		buf_init(&plan.values[i], BUF_UNLIMITED);
	set_values(&plan);
	warn(&plan);
	warn_unknown(&plan);
	put_plan(&plan, out);
	for (int i = 0; i < PROGRAM_VALUES; i++)
		buf_release(&plan.values[i]);
	buf_release(&plan.word);
	return 0;
}

void
program_plan_key(struct json plan, struct buf *key)
{
	static const char *const one_prompt_s[] = { "content", "settings", "permissions",
		"tokensIn", "transport", NULL };
	struct json_iter it = json_each(plan);
	struct jsonw w;

	jsonw_start(&w, key);
	jsonw_object(&w);
	while (json_next(&it)) {
		struct str name = STR_NONE;

		if (is_one_of(it.key, one_prompt_s) || !json_plain(it.key, &name))
			continue;
		jsonw_keyn(&w, name);
		jsonw_json(&w, it.value);
	}
	jsonw_end(&w);
}

bool
program_goes_warm(const struct program *p, struct json own, bool many)
{
	struct json transport = json_get(own, "transport");

	if (p->warm.protocol == PROGRAM_COLD || json_exists(json_get(own, "session")))
		return false;
	if (json_exists(transport) && !json_eq(transport, "either"))
		return json_eq(transport, "warm");
	return p->warm.transport == PROGRAM_WARM || (p->warm.transport == PROGRAM_EITHER && many);
}
