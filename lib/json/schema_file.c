/* SPDX-License-Identifier: MIT */
/* schema_file - a JSON Schema in a file, with what it refers to in others. */
#include "json/schema_file.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "base/mem.h"
#include "json/uri.h"
#include "json/yaml.h"
#include "sys/file.h"

#define SCHEMA_FILE_MAX ((size_t)16 << 20)
#define SCHEME "file://"

static bool
is_yaml(const char *path)
{
	struct str name = str_of(path);

	return str_ends(name, ".yaml") || str_ends(name, ".yml");
}

static int
read_yaml(const char *path, struct buf *text, struct err *err)
{
	struct yaml_doc *doc = yaml_load(path, err);

	if (!doc)
		return -1;
	yaml_to_json(yaml_root(doc), text);
	yaml_doc_free(doc);
	return 0;
}

static int
read_schema(const char *path, struct buf *text, struct json *root, struct err *err)
{
	int rc = is_yaml(path) ? read_yaml(path, text, err) : file_read(path, text, err);

	if (rc < 0)
		return -1;
	if (json_parse(text->p, text->len, root, err) == 0)
		return 0;
	err_wrap(err, "%s", path);
	err->code = EXIT_CONFIG;
	return -1;
}

/* Whether path, which holds no link any more, lies below dir, which holds none either. */
static bool
is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (n && dir[n - 1] == '/')
		n--;
	return strncmp(path, dir, n) == 0 && path[n] == '/';
}

/* The directory, as it was given and without links; real NULL: none was. */
struct base {
	const char *given;
	char *real;
};

static int
load(void *user, const char *uri, struct buf *text, struct err *err)
{
	const struct base *base = user;
	struct buf path = BUF_INIT(PATH_MAX);
	struct json root;
	char *real;
	int rc = -1;

	if (!str_starts(str_of(uri), SCHEME "/"))
		return err_set(err, EXIT_CONFIG,
		    "schema: %s is not fetched: references lead to files, below --base", uri);
	if (!base->real)
		return err_set(err, EXIT_CONFIG,
		    "schema: %s is another file, and no --base says that it may be read", uri);
	uri_decode(str_of(uri + strlen(SCHEME)), &path);
	real = realpath(path.p, NULL);
	if (!real)
		err_set(err, EXIT_CONFIG, "schema: cannot read %s: %s", path.p, strerror(errno));
	else if (!is_below(real, base->real))
		err_set(err, EXIT_CONFIG, "schema: %s is not below %s", path.p, base->given);
	else
		rc = read_schema(real, text, &root, err);
	free(real);
	buf_release(&path);
	return rc;
}

/* Where references start from: the file's place, links in it undone. */
static int
uri_of(const char *path, struct buf *uri, struct err *err)
{
	char *real = realpath(strcmp(path, "-") == 0 ? "." : path, NULL);

	if (!real)
		return err_set(err, EXIT_CONFIG, "cannot read %s: %s", path, strerror(errno));
	buf_adds(uri, SCHEME);
	buf_addurl(uri, str_of(real), "/");
	buf_adds(uri, strcmp(path, "-") == 0 ? "/" : "");
	free(real);
	return 0;
}

struct schema *
schema_file_compile(const char *path, const char *base, struct err *err)
{
	struct buf text = BUF_INIT(SCHEMA_FILE_MAX), uri = BUF_INIT(BUF_UNLIMITED);
	struct base below = { base, base ? realpath(base, NULL) : NULL };
	struct schema_source source = { .load = load, .user = &below };
	struct schema *s = NULL;
	struct json root;

	if (base && !below.real) {
		err_set(err, EXIT_CONFIG, "cannot read %s: %s", base, strerror(errno));
	} else if (read_schema(path, &text, &root, err) == 0 && uri_of(path, &uri, err) == 0) {
		source.uri = uri.p;
		s = schema_compile_from(root, &source, err);
		if (!s)
			err_wrap(err, "%s", path);
	}
	buf_release(&text);
	buf_release(&uri);
	free(below.real);
	return s;
}
