/* SPDX-License-Identifier: MIT */
/* dialect - the table of dialects, and what building a request is in all of them. */
#include "llm/dialect.h"

#include <stdlib.h>

#include "json/edit.h"
#include "json/jsonw.h"

static const struct dialect *const dialects[] = {
	&dialect_openai_chat,
	&dialect_anthropic_messages,
	&dialect_gemini,
	&dialect_ollama,
	NULL,
};

const struct dialect *
dialect_find(const char *name)
{
	size_t i;

	for (i = 0; dialects[i]; i++) {
		if (strcmp(dialects[i]->name, name) == 0)
			return dialects[i];
	}
	return NULL;
}

const char *const *
dialect_names(void)
{
	static const char *names[sizeof dialects / sizeof *dialects];
	size_t i;

	for (i = 0; dialects[i]; i++)
		names[i] = dialects[i]->name;
	return names;
}

void
wire_init(struct wire *w)
{
	*w = (struct wire){ .url = BUF_INIT(BUF_UNLIMITED), .body = BUF_INIT(BUF_UNLIMITED) };
}

void
wire_release(struct wire *w)
{
	buf_release(&w->url);
	buf_release(&w->body);
	http_headers_release(&w->headers);
	wire_init(w);
}

/* --- providerOptions: a merge patch in which "NAME+" appends to the array NAME --- */

/* The name that an appending member appends to (the caller frees), or NULL for any other. */
static char *
appends_to(struct json key)
{
	char *name = json_strdup(key);
	size_t n = name ? strlen(name) : 0;

	if (n < 2 || name[n - 1] != '+') {
		free(name);
		return NULL;
	}
	name[n - 1] = '\0';
	return name;
}

/* The patch without its appending members; true where it had any. */
static bool
plain_patch(struct json patch, struct buf *out)
{
	struct json_iter it = json_each(patch);
	bool had = false, comma = false;
	char *name;

	buf_addc(out, '{');
	while (json_next(&it)) {
		name = appends_to(it.key);
		if (name) {
			had = true;
			free(name);
			continue;
		}
		if (comma)
			buf_addc(out, ',');
		comma = true;
		buf_addstr(out, json_raw(it.key));
		buf_addc(out, ':');
		buf_addstr(out, json_raw(it.value));
	}
	buf_addc(out, '}');
	return had;
}

/* body[name] with the elements of more behind it. */
static int
append_array(struct buf *body, const char *name, struct json more, struct err *err)
{
	struct buf list = BUF_INIT(BUF_UNLIMITED), out = BUF_INIT(BUF_UNLIMITED);
	struct json_iter each[2];
	struct json_edit edit;
	struct json old, root;
	struct jsonw w;
	int i;

	if (json_parse(body->p, body->len, &root, err) < 0)
		return err_wrap(err, "providerOptions");
	old = json_get(root, name);
	if (more.kind != JSON_ARRAY || (json_exists(old) && old.kind != JSON_ARRAY))
		return err_set(
		    err, EXIT_NO, "providerOptions: %s+ appends an array to an array", name);
	each[0] = json_each(old);
	each[1] = json_each(more);
	jsonw_start(&w, &list);
	jsonw_array(&w);
	for (i = 0; i < 2; i++) {
		while (json_next(&each[i]))
			jsonw_json(&w, each[i].value);
	}
	jsonw_end(&w);
	json_edit_start(&edit, root);
	json_edit_set(&edit, name, buf_str(&list));
	json_edit_write(&edit, &out);
	buf_release(&list);
	buf_release(body);
	*body = out;
	return 0;
}

static int
merge_patch(struct buf *body, struct json patch, struct err *err)
{
	struct buf plain = BUF_INIT(BUF_UNLIMITED), out = BUF_INIT(BUF_UNLIMITED);
	struct json_iter it = json_each(patch);
	struct json root, v;
	char *name;
	int r = -1;

	(void)plain_patch(patch, &plain);
	if (json_parse(body->p, body->len, &root, err) < 0 ||
	    json_parse(plain.p, plain.len, &v, err) < 0)
		goto out;
	json_merge_patch(root, v, &out);
	buf_release(body);
	*body = out;
	r = 0;
	while (r == 0 && json_next(&it)) {
		name = appends_to(it.key);
		if (name)
			r = append_array(body, name, it.value, err);
		free(name);
	}
out:
	buf_release(&plain);
	return r;
}

/* The provider's own options: by its configured name, else by its dialect's. */
static struct json
provider_options(const struct build *b)
{
	struct json all = b->request->provider_options;
	struct json own = json_get(all, b->provider->name);

	return json_exists(own) ? own : json_get(all, b->provider->dialect->name);
}

/* A provider's own header replaces ours, but lists of features add up. */
static void
set_header(struct http_headers *headers, const struct http_field *field)
{
	const char *ours = http_headers_get(headers, field->name);
	struct buf joined = BUF_INIT(BUF_UNLIMITED);

	if (ours && str_eq_nocase(str_of(field->name), "anthropic-beta")) {
		buf_addf(&joined, "%s,%s", ours, field->value);
		http_headers_set(headers, field->name, joined.p);
	} else {
		http_headers_set(headers, field->name, field->value);
	}
	buf_release(&joined);
}

int
dialect_build(const struct build *b, struct wire *w, struct err *err)
{
	const struct http_headers *own = &b->provider->headers;
	struct json options = provider_options(b);
	size_t i;

	if (b->provider->dialect->build(b, w, err) < 0)
		return -1;
	http_headers_set(&w->headers, "content-type", "application/json");
	for (i = 0; i < own->count; i++)
		set_header(&w->headers, &own->items[i]);
	if (!json_exists(options))
		return 0;
	if (options.kind != JSON_OBJECT)
		return err_set(
		    err, EXIT_NO, "providerOptions.%s is not an object", b->provider->name);
	return merge_patch(&w->body, options, err);
}
