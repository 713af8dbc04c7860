/* SPDX-License-Identifier: MIT */
/* aws-profile - one profile of AWS's shared files, ~/.aws/config and ~/.aws/credentials. */
#include "net/aws_profile.h"

#include <stdlib.h>

#include "base/mem.h"
#include "sys/file.h"

#define FILE_MAX ((size_t)1 << 20)

static const char *const settings[AWS_SETTINGS] = { "aws_access_key_id", "aws_secret_access_key",
	"aws_session_token", "credential_process", "region", "role_arn", "sso_start_url" };

/* A file being read. */
struct reading {
	struct aws_profile *profile;
	const char *path;
	bool is_config; /* its sections are "profile NAME" */
	bool inside; /* the profile's section */
	bool any; /* some section has begun */
	size_t line;
	struct err *err;
};

static int
malformed(const struct reading *r, const char *what)
{
	return err_set(r->err, EXIT_CONFIG, "%s:%zu: %s", r->path, r->line, what);
}

/* Without the comment behind a space. */
static struct str
without_comment(struct str line)
{
	size_t i;

	for (i = 1; i < line.len; i++) {
		if ((line.p[i] == '#' || line.p[i] == ';') &&
		    (line.p[i - 1] == ' ' || line.p[i - 1] == '\t'))
			line.len = i;
	}
	return str_trim(line);
}

static int
read_section(struct reading *r, struct str line)
{
	struct str name, word;

	if (line.p[line.len - 1] != ']')
		return malformed(r, "a section's name ends with ]");
	name = str_trim((struct str){ line.p + 1, line.len - 2 });
	if (!name.len)
		return malformed(r, "a section without a name");
	r->any = true;
	if (r->is_config && !str_is(name, "default")) {
		if (!str_starts(name, "profile") ||
		    (name.len > 7 && name.p[7] != ' ' && name.p[7] != '\t')) {
			r->inside = false; /* "sso-session x", "services y" */
			return 0;
		}
		word = str_trim((struct str){ name.p + 7, name.len - 7 });
		if (word.len > 1 && word.p[0] == '"' && word.p[word.len - 1] == '"')
			word = (struct str){ word.p + 1, word.len - 2 };
		name = word;
	}
	r->inside = str_is(name, r->profile->name);
	r->profile->found |= r->inside;
	return 0;
}

static int
read_setting(struct reading *r, struct str line)
{
	struct str name, value = line;
	size_t i;

	if (!r->any)
		return malformed(r, "a setting before any [section]");
	if (!memchr(line.p, '=', line.len))
		return malformed(r, "neither a [section] nor a setting (name = value)");
	(void)str_split(&value, '=', &name);
	name = str_trim(name);
	value = without_comment(value);
	if (!name.len)
		return malformed(r, "a setting without a name");
	for (i = 0; r->inside && i < AWS_SETTINGS; i++) {
		if (str_eq_nocase(name, settings[i]) && value.len) {
			free(r->profile->values[i]);
			r->profile->values[i] = xmemdup(value.p, value.len);
		}
	}
	return 0;
}

static int
read_line(struct reading *r, struct str line)
{
	bool indented = line.len && (line.p[0] == ' ' || line.p[0] == '\t');

	line = str_trim(line);
	if (!line.len || line.p[0] == '#' || line.p[0] == ';')
		return 0;
	if (line.p[0] == '[')
		return read_section(r, without_comment(line));
	if (indented && r->any)
		return 0; /* of the value before it */
	return read_setting(r, line);
}

static int
read_file(struct aws_profile *p, const char *path, bool is_config, struct err *err)
{
	struct reading r = { .profile = p, .path = path, .is_config = is_config, .err = err };
	struct buf text = BUF_INIT(FILE_MAX);
	struct str rest, line;
	int rc = 0;

	if (!file_exists(path))
		return 0;
	if (file_read(path, &text, err) < 0) {
		err->code = EXIT_CONFIG;
		rc = -1;
	}
	rest = buf_str(&text);
	while (rc == 0 && str_split(&rest, '\n', &line)) {
		r.line++;
		rc = read_line(&r, line);
	}
	buf_wipe(&text);
	return rc;
}

/* The file that the variable names, else the usual one; NULL without a home. */
static char *
path_of(env_fn *env, const char *variable, const char *usual)
{
	const char *path = env(variable), *home = env("HOME");

	if (path && *path && strncmp(path, "~/", 2) != 0)
		return xstrdup(path);
	if (!home || !*home)
		return path && *path ? xstrdup(path) : NULL;
	return file_join(home, path && *path ? path + 2 : usual);
}

int
aws_profile_read(struct aws_profile *p, env_fn *env, struct err *err)
{
	char *config = path_of(env, "AWS_CONFIG_FILE", ".aws/config");
	char *credentials = path_of(env, "AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials");
	const char *name = env("AWS_PROFILE");
	int rc = 0;

	if (!name || !*name)
		name = env("AWS_DEFAULT_PROFILE");
	*p = (struct aws_profile){ .name = xstrdup(name && *name ? name : "default") };
	p->files = config && credentials ? xasprintf("%s, %s", credentials, config)
					 : xstrdup("no files (HOME is not set)");
	if (config)
		rc = read_file(p, config, true, err);
	if (rc == 0 && credentials)
		rc = read_file(p, credentials, false, err);
	if (rc < 0)
		aws_profile_release(p);
	free(config);
	free(credentials);
	return rc;
}

void
aws_profile_release(struct aws_profile *p)
{
	size_t i;

	for (i = 0; i < AWS_SETTINGS; i++) {
		if (p->values[i])
			explicit_bzero(p->values[i], strlen(p->values[i]));
		free(p->values[i]);
	}
	free(p->name);
	free(p->files);
	*p = (struct aws_profile){ 0 };
}
