/* SPDX-License-Identifier: MIT */
/* profile_form - a profile's file as one jq program. */
#include "llm/profile_form.h"

#include <stdlib.h>

#include "base/mem.h"
#include "json/jqprog.h"
#include "json/jsonw.h"

static const char *const members[] = { "name", "description", "for", "system", "wrap", "roles",
	"tools", "options", "request", NULL };

/* The program on its way; what it says of one profile. */
struct maker {
	const struct yaml_doc *doc;
	struct profile_form *form;
	struct buf jq;
	struct err *err;
};

/* --- pieces of jq that the steps use --- */

static const char prologue[] =
    ". as $request"
    " | def in_text(f): if type == \"string\" then f elif type == \"array\""
    " then map(if .type == \"text\" then .text |= f else . end) else . end;"
    " def as_text: if type == \"string\" then . elif type == \"array\" and all(.[]; type == \"object\")"
    " then map(if .type == \"text\" then .text else tojson end) | join(\"\\n\") else tojson end;"
    " def before($text): if type == \"string\" then $text + . else [{type: \"text\", text: $text}] + . end;"
    " .messages = ((.messages // []) + (if has(\"prompt\") then [{role: \"user\", content: .prompt}]"
    " else [] end)) | del(.prompt)"
    " | .messages |= map(if .role? == \"developer\" then .role = \"system\" else . end)";

static const char epilogue[] = " | {messages, tools, toolChoice, options, providerOptions}"
			       " | with_entries(select(.value != null))";

/* System turns go to the user's next turn, where the model knows none. */
static const char system_as_user[] =
    " | .messages |= (reduce .[] as $m ({out: [], held: \"\"};"
    " if $m.role == \"system\" then .held += ($m.content | as_text) + \"\\n\\n\""
    " elif $m.role == \"user\" and .held != \"\" then .held as $held"
    " | .out += [$m | .content |= before($held)] | .held = \"\""
    " else .out += [$m] end)"
    " | .out + (if .held == \"\" then [] else [{role: \"user\", content: (.held | rtrimstr(\"\\n\\n\"))}]"
    " end))";

/* Tools in words: $open, $close, $result_open, $result_close and $intro are bound before. */
static const char tools_in_words[] =
    " | (if (.tools // [] | length) > 0 then .tools as $tools"
    " | ($intro + (if .toolChoice == \"required\" then \"\\nYou must call one.\""
    " elif .toolChoice == \"none\" then \"\\nCall none of them now.\""
    " elif (.toolChoice | type) == \"object\" then \"\\nYou must call \" + .toolChoice.name + \".\""
    " else \"\" end)) as $told"
    " | .messages = [{role: \"system\", content: $told}] + .messages else . end)"
    " | del(.tools, .toolChoice)"
    " | .messages |= map("
    " if .role == \"assistant\" and (.content | type) == \"array\" then .content |= map("
    " if .type == \"toolCall\" then {type: \"text\", text:"
    " ($open + ({name, arguments} | tojson) + $close)} else . end)"
    " elif .role == \"tool\" then {role: \"user\", content: (.content | if type == \"array\" then ."
    " else [.] end | map(if type == \"object\" and has(\"content\")"
    " then {type: \"text\", text: ($result_open + (.content | as_text) + $result_close)}"
    " elif type == \"string\" then {type: \"text\", text: ($result_open + . + $result_close)}"
    " else . end))}"
    " else . end)";

static const char default_intro[] =
    "You can call these tools:\n<tools>\n\\(.tools | map({name, description, inputSchema} "
    "| with_entries(select(.value != null)) | tojson) | join(\"\\n\"))\n</tools>\n"
    "To call one, write its name and arguments as JSON and nothing else:\n"
    "\\($open){\"name\": NAME, \"arguments\": {...}}\\($close)";

/* --- steps --- */

/* Append the template as a jq expression; node gives the place. */
static int
add_template(struct maker *m, const struct yaml *node, const char *what)
{
	struct err err = ERR_INIT;

	if (node->kind != YAML_STRING)
		return yaml_error(m->doc, node, m->err, "%s must be a text", what);
	if (jqprog_template(node->text, &m->jq, &err) < 0)
		return yaml_error(m->doc, node, m->err, "%s: %s", what, err.text);
	return 0;
}

static int
read_for(struct maker *m, const struct yaml *v)
{
	static const char *const known[] = { "providers", "models", NULL };
	char **const at[] = { &m->form->providers, &m->form->models };

	if (!v)
		return 0;
	if (v->kind != YAML_MAP || yaml_known(m->doc, v, "for", known, m->err) < 0)
		return m->err->code ? -1 : yaml_error(m->doc, v, m->err, "for must be a map");
	for (size_t i = 0; known[i]; i++) {
		const struct yaml *list = yaml_get(v, known[i]);
		struct buf lines = BUF_INIT(BUF_UNLIMITED);

		if (!list)
			continue;
		if (list->kind != YAML_LIST)
			return yaml_error(m->doc, list, m->err, "%s must be a list", known[i]);
		for (size_t k = 0; k < list->count; k++) {
			if (!yaml_str(list->items[k])) {
				buf_release(&lines);
				return yaml_error(
				    m->doc, list->items[k], m->err, "%s must hold names", known[i]);
			}
			buf_addf(&lines, "%s%s", k ? "\n" : "", yaml_str(list->items[k]));
		}
		*at[i] = buf_take(&lines);
	}
	return 0;
}

/* A text goes around each message of a role: .text is the message's. */
static int
add_wraps(struct maker *m, const struct yaml *v)
{
	static const char *const known[] = { "user", "last", "assistant", "system", NULL };
	static const char *const which[] = { ".value.role == \"user\"",
		".key == ($all | map(.role == \"user\") | rindex(true))",
		".value.role == \"assistant\"", ".value.role == \"system\"" };

	if (!v)
		return 0;
	if (v->kind != YAML_MAP || yaml_known(m->doc, v, "wrap", known, m->err) < 0)
		return m->err->code ? -1 : yaml_error(m->doc, v, m->err, "wrap must be a map");
	for (size_t i = 0; known[i]; i++) {
		const struct yaml *text = yaml_get(v, known[i]);

		if (!text)
			continue;
		buf_addf(&m->jq,
		    " | .messages |= (. as $all | to_entries | map(if (%s) and (.value.content != null)"
		    " then .value.content |= in_text(. as $text | ($request + {text: $text}) | ",
		    which[i]);
		if (add_template(m, text, "wrap") < 0)
			return -1;
		buf_adds(&m->jq, ") else . end | .value))");
	}
	return 0;
}

static int
add_system(struct maker *m, const struct yaml *v)
{
	if (!v)
		return 0;
	buf_adds(&m->jq, " | .messages = [{role: \"system\", content: ($request | ");
	if (add_template(m, v, "system") < 0)
		return -1;
	buf_adds(&m->jq, ")}] + .messages");
	return 0;
}

/* " as $NAME": a text of the file as a jq string. */
static void
bind_text(struct maker *m, const char *text, const char *name)
{
	buf_adds(&m->jq, " | ");
	jsonw_quote(&m->jq, str_of(text));
	buf_addf(&m->jq, " as $%s", name);
}

/* Two texts, or the defaults. */
static int
read_pair(struct maker *m, const struct yaml *v, const char *what, const char *pair[2])
{
	if (!v)
		return 0;
	if (v->kind != YAML_LIST || v->count != 2 || !yaml_str(v->items[0]) ||
	    !yaml_str(v->items[1]) || !*yaml_str(v->items[0]) || !*yaml_str(v->items[1]))
		return yaml_error(
		    m->doc, v, m->err, "%s must be two texts: before and after", what);
	pair[0] = yaml_str(v->items[0]);
	pair[1] = yaml_str(v->items[1]);
	return 0;
}

/* "tools: native", or {intro, call, result}: in words. */
static int
add_tools(struct maker *m, const struct yaml *v)
{
	static const char *const known[] = { "intro", "call", "result", NULL };
	const char *call[2] = { "<tool_call>\n", "\n</tool_call>" };
	const char *result[2] = { "<tool_response>\n", "\n</tool_response>" };
	const struct yaml *intro;
	const char *word = yaml_str(v);
	struct err err = ERR_INIT;

	if (!v || (word && strcmp(word, "native") == 0))
		return 0;
	if (word ? strcmp(word, "text") != 0 : v->kind != YAML_MAP)
		return yaml_error(m->doc, v, m->err, "tools must be native, text or a map");
	if (!word && yaml_known(m->doc, v, "tools", known, m->err) < 0)
		return -1;
	intro = yaml_get(v, "intro");
	if (read_pair(m, yaml_get(v, "call"), "call", call) < 0 ||
	    read_pair(m, yaml_get(v, "result"), "result", result) < 0)
		return -1;
	m->form->call_open = xstrdup(call[0]);
	m->form->call_close = xstrdup(call[1]);
	bind_text(m, call[0], "open");
	bind_text(m, call[1], "close");
	bind_text(m, result[0], "result_open");
	bind_text(m, result[1], "result_close");
	buf_adds(&m->jq, " | (if (.tools // [] | length) > 0 then ($request | ");
	if (intro ? add_template(m, intro, "intro") < 0
		  : jqprog_template(str_of(default_intro), &m->jq, &err) < 0)
		return -1;
	buf_adds(&m->jq, ") else \"\" end) as $intro");
	buf_adds(&m->jq, tools_in_words);
	return 0;
}

static int
add_roles(struct maker *m, const struct yaml *v)
{
	static const char *const known[] = { "system", NULL };
	const struct yaml *system = yaml_get(v, "system");

	if (!v)
		return 0;
	if (v->kind != YAML_MAP || yaml_known(m->doc, v, "roles", known, m->err) < 0)
		return m->err->code ? -1 : yaml_error(m->doc, v, m->err, "roles must be a map");
	if (!system || (yaml_str(system) && strcmp(yaml_str(system), "system") == 0))
		return 0;
	if (!yaml_str(system) || strcmp(yaml_str(system), "user") != 0)
		return yaml_error(m->doc, system, m->err, "roles.system must be system or user");
	buf_adds(&m->jq, system_as_user);
	return 0;
}

/* Options that hold where the request has none of that name. */
static int
add_options(struct maker *m, const struct yaml *v)
{
	if (!v)
		return 0;
	if (v->kind != YAML_MAP)
		return yaml_error(m->doc, v, m->err, "options must be a map");
	buf_adds(&m->jq, " | .options = (");
	yaml_to_json(v, &m->jq);
	buf_adds(&m->jq, " + (.options // {}))");
	return 0;
}

static int
add_request(struct maker *m, const struct yaml *v)
{
	struct jqprog *alone;
	struct err err = ERR_INIT;
	size_t bad;

	if (!v)
		return 0;
	if (v->kind != YAML_STRING)
		return yaml_error(m->doc, v, m->err, "request must be a jq expression");
	alone = jqprog_compile((const char *const[]){ v->text.p }, 1, &bad, &err);
	jqprog_free(alone); /* it was compiled for its errors */
	if (!alone)
		return yaml_error(m->doc, v, m->err, "request: %s", err.text);
	buf_addf(&m->jq, " | (%s)", v->text.p);
	return 0;
}

static int
make(struct maker *m, const struct yaml *root)
{
	buf_adds(&m->jq, prologue);
	if (read_for(m, yaml_get(root, "for")) < 0 || add_wraps(m, yaml_get(root, "wrap")) < 0 ||
	    add_tools(m, yaml_get(root, "tools")) < 0 ||
	    add_system(m, yaml_get(root, "system")) < 0 ||
	    add_roles(m, yaml_get(root, "roles")) < 0 ||
	    add_options(m, yaml_get(root, "options")) < 0 ||
	    add_request(m, yaml_get(root, "request")) < 0)
		return -1;
	buf_adds(&m->jq, epilogue);
	return 0;
}

int
profile_form_read(
    const struct yaml_doc *doc, const char *name, struct profile_form *form, struct err *err)
{
	struct maker m = { .doc = doc, .form = form, .jq = BUF_INIT(BUF_UNLIMITED), .err = err };
	const struct yaml *root = yaml_root(doc), *told = yaml_get(root, "name");

	*form = (struct profile_form){ 0 };
	if (root->kind != YAML_MAP)
		return yaml_error(doc, root, err, "a profile must be a map");
	if (yaml_known(doc, root, "the profile", members, err) < 0)
		return -1;
	if (told && (!yaml_str(told) || strcmp(yaml_str(told), name) != 0))
		return yaml_error(doc, told, err, "name must be that of the file: %s", name);
	if (make(&m, root) < 0) {
		buf_release(&m.jq);
		profile_form_release(form);
		return -1;
	}
	form->expression = buf_take(&m.jq);
	return 0;
}

void
profile_form_release(struct profile_form *form)
{
	free(form->providers);
	free(form->models);
	free(form->expression);
	free(form->call_open);
	free(form->call_close);
	*form = (struct profile_form){ 0 };
}
