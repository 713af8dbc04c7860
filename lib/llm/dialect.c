/* SPDX-License-Identifier: MIT */
/* dialect - the table of dialects, and what building a request is in all of them. */
#include "llm/dialect.h"

#include <stdlib.h>

#include "base/mem.h"
#include "json/jsonw.h"

static const struct dialect *const dialects[] = {
	&dialect_openai_chat,
	&dialect_openai_responses,
	&dialect_azure_openai,
	&dialect_anthropic_messages,
	&dialect_gemini,
	&dialect_ollama,
	&dialect_cohere_v2,
	&dialect_vertex_gemini,
	&dialect_vertex_anthropic,
	&dialect_bedrock_converse,
	&dialect_cli,
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

void
wire_bearer(struct wire *w, const char *key)
{
	char *value;

	if (!key)
		return;
	value = xasprintf("Bearer %s", key);
	http_headers_set(&w->headers, "authorization", value);
	free(value);
}

void
wire_turn(struct wire *w, const char *ending, const char *other)
{
	size_t n = strcspn(w->url.p, "?"), len = strlen(ending);
	char *query = xstrdup(w->url.p + n);

	buf_truncate(&w->url, n);
	if (n >= len && memcmp(w->url.p + n - len, ending, len) == 0)
		buf_truncate(&w->url, n - len);
	buf_adds(&w->url, other);
	buf_adds(&w->url, query);
	free(query);
}

/* Whether a segment of the name would lead out of the path that it is put into. */
static bool
climbs(struct str name)
{
	struct str segment;

	while (str_split(&name, '/', &segment))
		if (str_is(segment, ".") || str_is(segment, ".."))
			return true;
	return false;
}

int
wire_segment(struct buf *path, struct str name, struct err *err)
{
	if (str_is(name, ".") || str_is(name, ".."))
		return err_set(
		    err, EXIT_NO, "%.*s can be no segment of a URL's path", (int)name.len, name.p);
	buf_addurl(path, name, "");
	return 0;
}

int
wire_model(struct buf *path, const char *parent, struct str model, struct err *err)
{
	if (climbs(model))
		return err_set(err, EXIT_NO, "a model's name must not hold . or .. as a segment");
	if (!model.len || !memchr(model.p, '/', model.len))
		buf_adds(path, parent);
	buf_addc(path, '/');
	buf_addurl(path, model, "/@");
	return 0;
}

int
dialect_refuse(const struct build *b, const char *what, struct json v, struct err *err)
{
	struct str shown = v.kind == JSON_STRING ? json_raw(v) : STR_LIT("");

	return err_set(err, EXIT_NO, "%s: %s%.*s", b->provider->dialect->name, what,
	    (int)str_cut_utf8(shown, 80), shown.p);
}

/* --- providerOptions: a merge patch (RFC 7396) in which "NAME+" appends to the array NAME --- */

static int merge_object(struct json target, struct json patch, struct buf *out, struct err *err);

/* What a patch says of one member. */
struct change {
	struct json old; /* the target's; JSON_NONE: it has none */
	struct json with; /* in its place; JSON_NONE: it stays, JSON_NULL: it goes */
	struct json more; /* appended to it */
};

static struct change
change_of(struct json target, struct json patch, const char *name)
{
	char *plus = xasprintf("%s+", name);
	struct change c = { json_get(target, name), json_get(patch, name), json_get(patch, plus) };

	free(plus);
	return c;
}

static int
append_array(struct json list, struct json more, struct buf *out, struct err *err)
{
	struct json_iter each[2] = { json_each(list), json_each(more) };
	struct jsonw w;
	int i;

	if (more.kind != JSON_ARRAY || (json_exists(list) && list.kind != JSON_ARRAY))
		return err_set(err, EXIT_NO, "appends an array to an array");
	jsonw_start(&w, out);
	jsonw_array(&w);
	for (i = 0; i < 2; i++) {
		while (json_next(&each[i]))
			jsonw_json(&w, each[i].value);
	}
	jsonw_end(&w);
	return 0;
}

static int
put_member(const char *name, struct change c, struct buf *out, struct err *err)
{
	struct json base = c.with.kind == JSON_NONE ? c.old : c.with;

	if (!json_exists(c.more) && (c.with.kind == JSON_NULL || base.kind == JSON_NONE))
		return 0;
	if (out->p[out->len - 1] != '{')
		buf_addc(out, ',');
	jsonw_quote(out, str_of(name));
	buf_addc(out, ':');
	if (json_exists(c.more)) {
		if (append_array(base, c.more, out, err) < 0)
			return err_wrap(err, "%s+", name);
	} else if (c.with.kind == JSON_OBJECT) {
		return merge_object(c.old, c.with, out, err);
	} else {
		buf_addstr(out, json_raw(base));
	}
	return 0;
}

/* A member of the patch that the target does not have; "NAME+" beside NAME goes with it. */
static int
put_new(struct json target, struct json patch, char *name, struct buf *out, struct err *err)
{
	size_t n = strlen(name);
	bool plus = n > 1 && name[n - 1] == '+';
	struct change c;

	if (plus)
		name[n - 1] = '\0';
	c = change_of(target, patch, name);
	if (c.old.kind != JSON_NONE || (plus && c.with.kind != JSON_NONE))
		return 0;
	return put_member(name, c, out, err);
}

/* target (JSON_NONE: empty) with the patch merged in; both without duplicate members. */
static int
merge_object(struct json target, struct json patch, struct buf *out, struct err *err)
{
	struct json_iter it = json_each(target);
	char *name;
	int r = 0;

	buf_addc(out, '{');
	while (r == 0 && target.kind == JSON_OBJECT && json_next(&it)) {
		name = json_strdup(it.key);
		if (name)
			r = put_member(name, change_of(target, patch, name), out, err);
		free(name);
	}
	it = json_each(patch);
	while (r == 0 && json_next(&it)) {
		name = json_strdup(it.key);
		if (name) /* a name with a NUL is nobody's option */
			r = put_new(target.kind == JSON_OBJECT ? target : JSON_ABSENT, patch, name,
			    out, err);
		free(name);
	}
	buf_addc(out, '}');
	return r;
}

static int
merge_options(struct buf *body, struct json options, struct err *err)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct json root;

	if (json_parse(body->p, body->len, &root, err) < 0 ||
	    merge_object(root, options, &out, err) < 0) {
		buf_release(&out);
		return err_wrap(err, "providerOptions");
	}
	buf_release(body);
	*body = out;
	return 0;
}

bool
dialect_owns(const struct build *b, struct json part)
{
	const struct dialect *dialect = b->provider->dialect;
	struct json name = json_get(part, "provider");

	return json_eq(name, b->provider->name) || json_eq(name, dialect->name) ||
	       (dialect->maker && json_eq(name, dialect->maker));
}

bool
dialect_carries(const struct build *b, struct json part)
{
	bool own = dialect_owns(b, part);

	if (own && json_get(part, "value").kind == JSON_OBJECT)
		return true;
	answer_warn(b->answer, "messages",
	    own ? "a provider's part that is no object is left out"
		: "a part of another provider's own is left out");
	return false;
}

struct json
dialect_options(const struct build *b)
{
	struct json all = b->request->provider_options;
	struct json own = json_get(all, b->provider->name);

	if (!json_exists(own) && b->provider->like)
		own = json_get(all, b->provider->like);
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

/* Reasoning goes back to the provider and model that it came from, and to nobody else. */
static void
warn_of_reasoning(const struct build *b)
{
	struct request_turns t = request_turns(b->request);
	char *model = xmemdup(b->model.p, b->model.len);
	struct request_parts parts;
	bool foreign = false;

	while (request_next_turn(&t)) {
		if (t.role != ROLE_ASSISTANT)
			continue;
		for (parts = request_parts(t.content); request_next_part(&parts);)
			foreign = foreign || (parts.type == PART_REASONING &&
						 !json_exists(request_opaque(
						     parts.part, b->provider->name, model)));
	}
	if (foreign)
		answer_warn(
		    b->answer, "messages", "reasoning that is not this model's own is left out");
	free(model);
}

/* The dialect's own build, of the request that says how the answer is to be made to fit. */
static int
build_body(const struct build *b, struct wire *w, struct err *err)
{
	const struct dialect *d = b->provider->dialect;
	struct structured s;
	struct build of = *b;
	int r;

	structured_start(&s, b, d->means ? d->means(b) : (struct structured_means){ 0 });
	of.request = &s.request;
	of.structured = s.way;
	r = d->build(&of, w, err);
	structured_release(&s);
	return r;
}

int
dialect_poll(const struct build *b, const struct answer *a, struct wire *w, struct err *err)
{
	const struct http_headers *own = &b->provider->headers;
	size_t i;

	if (provider_check(b->provider, err) < 0 || b->provider->dialect->poll(b, a, w, err) < 0)
		return -1;
	w->method = "GET";
	w->framing = FRAME_WHOLE;
	for (i = 0; i < own->count; i++)
		set_header(&w->headers, &own->items[i]);
	return 0;
}

int
dialect_build(const struct build *b, struct wire *w, struct err *err)
{
	const struct dialect *d = b->provider->dialect;
	const struct http_headers *own = &b->provider->headers;
	struct json options = dialect_options(b);
	size_t i;

	if (d->address && (provider_check(b->provider, err) < 0 || d->address(b, w, err) < 0))
		return -1;
	if (build_body(b, w, err) < 0)
		return -1;
	warn_of_reasoning(b);
	if (b->provider->think_tags)
		lead_think(&b->answer->lead);
	if (d->address)
		http_headers_set(&w->headers, "content-type", "application/json");
	for (i = 0; i < own->count; i++)
		set_header(&w->headers, &own->items[i]);
	if (b->provider->options &&
	    merge_options(&w->body, json_literal(b->provider->options), err) < 0)
		return -1;
	if (!json_exists(options))
		return 0;
	if (options.kind != JSON_OBJECT)
		return err_set(
		    err, EXIT_NO, "providerOptions.%s is not an object", b->provider->name);
	return merge_options(&w->body, options, err);
}
