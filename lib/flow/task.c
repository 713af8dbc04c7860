/* SPDX-License-Identifier: MIT */
/* task - the members that say what a node does. */
#include "flow/task.h"

#include <stdlib.h>

#include "base/die.h"
#include "base/mem.h"
#include "json/edit.h"
#include "json/jsonw.h"

void
task_init(struct task *t)
{
	*t = (struct task){ .prompt = EXPR_NONE, .system = EXPR_NONE };
	buf_init(&t->options, BUF_UNLIMITED);
	buf_init(&t->tools, BUF_UNLIMITED);
	buf_init(&t->tool_choice, BUF_UNLIMITED);
	buf_adds(&t->options, "{}");
}

void
task_release(struct task *t)
{
	free(t->command);
	free(t->model);
	buf_release(&t->options);
	buf_release(&t->tools);
	buf_release(&t->tool_choice);
}

void
task_patch_options(struct task *t, struct str patch)
{
	struct buf merged = BUF_INIT(BUF_UNLIMITED);
	struct json target, over;
	struct err err = ERR_INIT;

	if (json_parse(t->options.p, t->options.len, &target, &err) < 0 ||
	    json_parse(patch.p, patch.len, &over, &err) < 0)
		BUG("a task's options are no JSON: %s", err.text);
	json_merge_patch(target, over, &merged);
	buf_release(&t->options);
	t->options = merged;
}

/* One option out of a member of m, spelled as it is there. */
static void
put_option(struct jsonw *w, const struct field_map *m, const char *key)
{
	const struct yaml *v = field_get(m, key);

	if (!v)
		return;
	jsonw_key(w, key);
	jsonw_raw(w, v->text);
}

static int
check_number(const struct field_map *m, const char *key, struct err *err)
{
	const struct yaml *v = field_get(m, key);

	if (v && v->kind != YAML_NUMBER)
		return field_error(m, key, err, "%s is not a number", key);
	return 0;
}

static int
read_llm(struct task *t, const struct field_map *m, struct err *err)
{
	static const char *const known[] = { "provider", "model", "temperature", "maxTokens",
		NULL };
	const char *provider = NULL, *model = NULL;
	struct buf options = BUF_INIT(BUF_UNLIMITED);
	struct field_map llm;
	struct jsonw w;
	int64_t max_tokens = 1;

	if (field_open(&llm, m->doc, field_get(m, "llm"), "llm", known, err) < 0 ||
	    field_text(&llm, "provider", &provider, err) < 0 ||
	    field_text(&llm, "model", &model, err) < 0 ||
	    check_number(&llm, "temperature", err) < 0 ||
	    field_int(&llm, "maxTokens", &max_tokens, err) < 0)
		return -1;
	if (max_tokens == 0)
		return field_error(&llm, "maxTokens", err, "maxTokens must be 1 or more");
	if (provider && strchr(provider, ':'))
		return field_error(
		    &llm, "provider", err, "provider \"%s\" holds a colon", provider);
	if (provider || model) {
		free(t->model);
		t->model = provider ? xasprintf("%s:%s", provider, model ? model : "")
				    : xstrdup(model);
	}
	jsonw_start(&w, &options);
	jsonw_object(&w);
	put_option(&w, &llm, "temperature");
	put_option(&w, &llm, "maxTokens");
	jsonw_end(&w);
	task_patch_options(t, buf_str(&options));
	buf_release(&options);
	return 0;
}

/* command: a list is an argv; a text is for sh. */
static int
read_command(struct task *t, const struct field_map *m, struct err *err)
{
	const struct yaml *v = field_get(m, "command");
	const char *text = NULL;
	size_t n = 0;

	if (!v)
		return 0;
	if (v->kind == YAML_LIST) {
		if (field_argv(m, "command", &v, err) < 0)
			return -1;
		if (v->count == 0)
			return field_error(m, "command", err, "command is empty");
		t->command = xcalloc(v->count + 1, sizeof *t->command);
		for (; n < v->count; n++)
			t->command[n] = v->items[n]->text.p;
		return 0;
	}
	if (field_text(m, "command", &text, err) < 0)
		return -1;
	t->command = xcalloc(4, sizeof *t->command);
	t->command[n++] = "/bin/sh";
	t->command[n++] = "-c";
	t->command[n] = text;
	return 0;
}

static int
read_template(const struct field_map *m, const char *key, struct expr_list *exprs, size_t *out,
    struct err *err)
{
	const char *text = NULL;

	if (field_text(m, key, &text, err) < 0)
		return -1;
	if (!text)
		return 0;
	*out = expr_add_template(exprs, m->doc, field_get(m, key), key, err);
	return *out == EXPR_NONE ? -1 : 0;
}

static int
read_tool_choice(struct task *t, const struct field_map *m, struct err *err)
{
	const struct yaml *v = field_get(m, "toolChoice");

	if (!v)
		return 0;
	if (v->kind != YAML_STRING && v->kind != YAML_MAP)
		return field_error(
		    m, "toolChoice", err, "toolChoice is auto, none, required or {name: ...}");
	yaml_to_json(v, &t->tool_choice);
	return 0;
}

static int
read_options(struct task *t, const struct field_map *m, struct err *err)
{
	struct buf options = BUF_INIT(BUF_UNLIMITED), schema = BUF_INIT(BUF_UNLIMITED);
	struct buf wrapped = BUF_INIT(BUF_UNLIMITED);
	struct jsonw w;
	int rc = -1;

	if (field_json(m, "options", YAML_MAP, &options, err) < 0 ||
	    field_json(m, "responseSchema", YAML_MAP, &schema, err) < 0)
		goto out;
	if (options.len)
		task_patch_options(t, buf_str(&options));
	if (schema.len) {
		jsonw_start(&w, &wrapped);
		jsonw_object(&w);
		jsonw_key(&w, "responseSchema");
		jsonw_raw(&w, buf_str(&schema));
		jsonw_end(&w);
		task_patch_options(t, buf_str(&wrapped));
	}
	rc = 0;
out:
	buf_release(&options);
	buf_release(&schema);
	buf_release(&wrapped);
	return rc;
}

int
task_read(struct task *t, const struct field_map *m, struct expr_list *exprs, struct err *err)
{
	const char *model = NULL;

	if (read_command(t, m, err) < 0 || read_template(m, "prompt", exprs, &t->prompt, err) < 0 ||
	    read_template(m, "system", exprs, &t->system, err) < 0 ||
	    field_text(m, "model", &model, err) < 0 || read_options(t, m, err) < 0 ||
	    field_json(m, "tools", YAML_LIST, &t->tools, err) < 0 ||
	    read_tool_choice(t, m, err) < 0)
		return -1;
	if (model)
		t->model = xstrdup(model);
	if (read_llm(t, m, err) < 0)
		return -1;
	if (t->command && t->prompt != EXPR_NONE)
		return field_error(
		    m, "command", err, "%s has both a prompt and a command", m->what);
	return 0;
}
