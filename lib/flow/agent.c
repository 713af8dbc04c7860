/* SPDX-License-Identifier: MIT */
/* agent - agent directories: where an image is found, and what its agent.yaml says. */
#include "flow/agent.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "sys/file.h"

static const char *const agent_members[] = { "name", "version", "description", TASK_PROMPT_MEMBERS,
	TASK_COMMAND_MEMBERS, "output", "inputSchema", "outputSchema", NULL };

void
agent_free(struct agent *a)
{
	if (!a)
		return;
	free(a->image);
	free(a->dir);
	free(a->program);
	free(a->absolute);
	yaml_doc_free(a->doc);
	task_release(&a->task);
	schema_free(a->input_schema);
	schema_free(a->output_schema);
	free(a);
}

int
agent_read_schema(const struct field_map *m, const char *key, struct schema **out, struct err *err)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct err why = ERR_INIT;
	struct json v;
	int rc = 0;

	if (field_json(m, key, YAML_MAP, &text, err) < 0)
		rc = -1;
	if (rc == 0 && text.len) {
		if (json_parse(text.p, text.len, &v, &why) == 0)
			*out = schema_compile(v, &why);
		if (!*out)
			rc = field_error(m, key, err, "%s: %s", key, why.text);
	}
	buf_release(&text);
	return rc;
}

/* --- agent.yaml --- */

/* A command named by a path is the agent's own: it lies in its directory, wherever dag-run runs. */
static void
root_command(struct agent *a)
{
	const char *program = a->task.command ? a->task.command[0] : NULL;

	if (!program || program[0] == '/' || !strchr(program, '/'))
		return;
	a->program = file_join(a->absolute, program);
	a->task.command[0] = a->program;
}

static int
read_members(struct agent *a, struct expr_list *exprs, struct err *err)
{
	const struct yaml *root = yaml_root(a->doc);
	struct field_map m;
	const char *output = NULL;

	if (field_open(&m, a->doc, root, "agent", agent_members, err) < 0 ||
	    field_text(&m, "name", &a->name, err) < 0 ||
	    field_text(&m, "version", &a->version, err) < 0 ||
	    task_read(&a->task, &m, exprs, err) < 0 || field_text(&m, "output", &output, err) < 0 ||
	    agent_read_schema(&m, "inputSchema", &a->input_schema, err) < 0 ||
	    agent_read_schema(&m, "outputSchema", &a->output_schema, err) < 0)
		return -1;
	if (!a->task.command && a->task.prompt == EXPR_NONE)
		return yaml_error(a->doc, root, err,
		    "an agent needs a prompt or a command, and this has neither");
	if (output)
		a->output = expr_add(exprs, a->doc, field_get(&m, "output"), "output");
	a->absolute = realpath(a->dir, NULL);
	if (!a->absolute)
		return err_sys(err, errno, "cannot resolve %s", a->dir);
	root_command(a);
	return 0;
}

/* --- finding it --- */

char **
agent_dirs(const char *path, const char *workflow, const char *share)
{
	const char *slash = strrchr(workflow, '/');
	struct str rest = str_of(path), part;
	char **dirs = NULL;
	size_t count = 0, cap = 0;

	while (str_split(&rest, ':', &part)) {
		VEC_GROW(dirs, count, cap);
		dirs[count++] = part.len ? xmemdup(part.p, part.len) : xstrdup(".");
	}
	if (!path) {
		dirs = xcalloc(cap = 3, sizeof *dirs);
		dirs[count++] = slash ? xmemdup(workflow, (size_t)(slash - workflow) + 1)
				      : xstrdup(".");
		dirs[count++] = xstrdup(share);
	}
	VEC_GROW(dirs, count, cap);
	dirs[count] = NULL;
	return dirs;
}

void
agent_dirs_free(char **dirs)
{
	xfree_strings(dirs);
}

/* Where the version begins: behind a colon that no slash follows; the end where there is none. */
static size_t
image_path_len(const char *image)
{
	const char *colon = strrchr(image, ':');

	return colon && !strchr(colon, '/') ? (size_t)(colon - image) : strlen(image);
}

static const char *
image_fault(const char *image)
{
	size_t len = image_path_len(image);
	struct str rest = { image, len }, part;

	if (strchr(image, '@'))
		return "digests are not supported";
	if (len == 0 || image[0] == '/')
		return "it must be a path without a leading slash";
	if (image[len] == ':' && (!image[len + 1] || image[len + 1] == '.'))
		return "the version behind the colon is missing";
	while (str_split(&rest, '/', &part)) {
		if (part.len == 0 || str_is(part, ".") || str_is(part, ".."))
			return "its path must be plain names";
	}
	return NULL;
}

struct search {
	struct agent *agent;
	struct str path; /* of the image, without its version */
	const char *version; /* NULL: any */
	struct buf looked; /* the places seen and why not */
};

static void
note(struct search *s, const char *why)
{
	buf_addf(
	    &s->looked, "%s%s%s%s", s->looked.len ? ", " : "", s->agent->dir, *why ? " " : "", why);
}

static bool
version_fits(const struct search *s, const char *has, bool must_say)
{
	if (!s->version || (!has && !must_say))
		return true;
	return has && strcmp(has, s->version) == 0;
}

/* Takes dir. 1: this is it; 0: it is not; -1: it is, and can't be read. */
static int
try_dir(struct search *s, char *dir, bool must_say, struct err *err)
{
	struct agent *a = s->agent;
	const char *has;
	char *file;
	bool there;

	free(a->dir);
	a->dir = dir;
	file = file_join(dir, "agent.yaml");
	there = file_exists(file);
	if (there)
		a->doc = yaml_load(file, err);
	free(file);
	if (!there) {
		note(s, "");
		return 0;
	}
	if (!a->doc)
		return -1;
	has = yaml_str(yaml_get(yaml_root(a->doc), "version"));
	if (version_fits(s, has, must_say))
		return 1;
	note(s, has ? "(another version)" : "(does not say its version)");
	yaml_doc_free(a->doc);
	a->doc = NULL;
	return 0;
}

/* As 1, 0, -1 in try_dir. */
static int
try_below(struct search *s, const char *base, struct err *err)
{
	char *path = xmemdup(s->path.p, s->path.len), *name;
	int found = 0;

	if (s->version) {
		name = xasprintf("%s/%s", path, s->version);
		found = try_dir(s, file_join(base, name), false, err);
		free(name);
	}
	if (found == 0 && s->version) {
		name = xasprintf("%s:%s", path, s->version);
		found = try_dir(s, file_join(base, name), false, err);
		free(name);
	}
	if (found == 0)
		found = try_dir(s, file_join(base, path), true, err);
	free(path);
	return found;
}

static int
find(struct agent *a, const char *const *dirs, struct err *err)
{
	size_t len = image_path_len(a->image);
	struct search s = {
		.agent = a,
		.path = { a->image, len },
		.version = a->image[len] ? a->image + len + 1 : NULL,
		.looked = BUF_INIT(BUF_UNLIMITED),
	};
	int found = 0;

	for (; found == 0 && *dirs; dirs++)
		found = try_below(&s, *dirs, err);
	if (found == 0)
		err_set(err, EXIT_CONFIG, "no agent \"%s\" (looked at %s)", a->image, s.looked.p);
	buf_release(&s.looked);
	return found == 1 ? 0 : -1;
}

struct agent *
agent_load(const char *image, const char *const *dirs, struct expr_list *exprs, struct err *err)
{
	const char *fault = image_fault(image);
	struct agent *a;

	if (fault) {
		err_set(err, EXIT_CONFIG, "image \"%s\": %s", image, fault);
		return NULL;
	}
	a = xcalloc(1, sizeof *a);
	a->image = xstrdup(image);
	a->output = EXPR_NONE;
	task_init(&a->task);
	if (find(a, dirs, err) == 0 && read_members(a, exprs, err) == 0)
		return a;
	agent_free(a);
	return NULL;
}
