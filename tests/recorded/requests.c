/* SPDX-License-Identifier: MIT */
/* requests - lift a recorded request into a record, build it again, and compare. */
#include <stdlib.h>

#include "base/mem.h"
#include "json/jsonw.h"
#include "llm/provider.h"
#include "recorded/recorded.h"

/* Where two values part, as a path. */
static void
difference(struct json want, struct json have, struct buf *path, struct buf *why)
{
	struct json_iter it;
	size_t before = path->len, i = 0;

	if (json_equal(want, have))
		return;
	if (want.kind != have.kind || (want.kind != JSON_OBJECT && want.kind != JSON_ARRAY) ||
	    (want.kind == JSON_ARRAY && json_count(want) != json_count(have))) {
		buf_addf(why, "# request%s: built %.*s, recorded %.*s\n", path->p,
		    (int)(have.len < 400 ? have.len : 400), have.p ? have.p : "",
		    (int)(want.len < 400 ? want.len : 400), want.p ? want.p : "");
		return;
	}
	if (want.kind == JSON_OBJECT) {
		for (it = json_each(have); json_next(&it);) {
			char *key = json_strdup(it.key);

			if (!json_get(want, key).kind)
				buf_addf(why, "# request%s.%s: built %.*s, not recorded\n", path->p,
				    key, (int)(it.value.len < 400 ? it.value.len : 400),
				    it.value.p);
			free(key);
		}
	}
	for (it = json_each(want); json_next(&it); i++) {
		char *key = want.kind == JSON_OBJECT ? json_strdup(it.key) : xasprintf("%zu", i);

		buf_addf(path, ".%s", key);
		difference(it.value,
		    want.kind == JSON_OBJECT ? json_get(have, key) : json_find(have, key), path,
		    why);
		buf_cut(path, 0);
		path->len = before;
		path->p[before] = '\0';
		free(key);
	}
}

/* The last words of the recorded URL's path, which ours must end in too; where the URL tells all
 * that ours is made of, the whole. */
static void
check_url(const struct recorded *c, const struct buf *url, struct buf *why)
{
	char *recorded = json_strdup(json_get(c->meta, "url")), *tail, *query;
	struct str ours = buf_str(url), path;

	if (recorded && c->dialect == &dialect_azure_openai && !str_is(ours, recorded))
		buf_addf(why, "# the URL is %s, recorded %s\n", url->p, recorded);
	(void)str_split(&(struct str){ ours.p, ours.len }, '?', &path);
	if (recorded && (query = strpbrk(recorded, "?#")))
		*query = '\0';
	tail = recorded && c->place[PLACE_LOCATION] && !strchr(recorded, '<') ? recorded : NULL;
	if (recorded && !tail)
		tail = strrchr(recorded, '/');
	if (tail && !str_ends(path, tail))
		buf_addf(why, "# the URL is %s, recorded %s\n", url->p, recorded);
	free(recorded);
}

/* What stands before the dialect's own path in the recorded URL; the caller frees. */
static char *
base_of(const struct recorded *c)
{
	static const char *const paths[] = { "/chat/completions", "/responses", "/messages",
		"/chat", "/v1beta", "/v1/", "/model/", NULL };
	char *url = json_strdup(json_get(c->meta, "url")), *at;
	size_t i;

	if (!url || strncmp(url, "http", 4) != 0 || strstr(url, "<AWS_REGION>")) {
		free(url);
		return xstrdup("https://api.example");
	}
	at = c->dialect == &dialect_azure_openai ? strstr(url, "/openai/") : NULL;
	if (at) { /* the resource alone */
		*at = '\0';
		return url;
	}
	for (i = 0; paths[i]; i++) {
		at = strstr(url, paths[i]);
		if (at) {
			*at = '\0';
			break;
		}
	}
	return url;
}

/* The version that a URL with places, or one of Azure's, was called at; NULL: the dialect's. */
static char *
version_of(const struct recorded *c)
{
	static const char query[] = "?api-version=";
	char *url = json_strdup(json_get(c->meta, "url")), *version = NULL, *at;

	if (url && c->dialect == &dialect_azure_openai && (at = strstr(url, query)))
		version = xstrdup(at + sizeof query - 1);
	if (url && c->place[PLACE_LOCATION])
		version = xstrdup(strstr(url, "/v1beta1/") ? "/v1beta1" : "/v1");
	free(url);
	return version;
}

static void
build_and_compare(
    const struct recorded *c, const struct request *r, struct json recorded, struct buf *why)
{
	char *base = base_of(c), *version = version_of(c);
	struct provider provider = { .name = c->provider,
		.dialect = c->dialect,
		.base_url = c->place[PLACE_LOCATION] ? NULL : base,
		.version = version };
	struct answer warnings;
	struct build b = { .request = r,
		.provider = &provider,
		.model = r->model,
		.key = "KEY",
		.answer = &warnings };
	struct buf want_text = BUF_INIT(BUF_UNLIMITED), have_text = BUF_INIT(BUF_UNLIMITED),
		   path = BUF_INIT(BUF_UNLIMITED);
	struct json body, want, have;
	struct err err = ERR_INIT;
	struct wire w;

	memcpy(provider.place, c->place, sizeof provider.place);
	answer_init(&warnings, NULL, NULL);
	wire_init(&w);
	if (dialect_build(&b, &w, &err) < 0) {
		buf_addf(why, "# the request can't be built: %s\n", err.text);
	} else if (json_parse(w.body.p, w.body.len, &body, &err) < 0) {
		buf_addf(why, "# the body is no JSON: %s\n", err.text);
	} else if (recorded_run(c, "same", recorded, &want_text, &want, why) &&
		   recorded_run(c, "same", body, &have_text, &have, why)) {
		check_url(c, &w.url, why);
		difference(want, have, &path, why);
	}
	if (why->len && warnings.warnings.len)
		buf_addf(why, "# warnings: %s\n", warnings.warnings.p);
	buf_release(&want_text);
	buf_release(&have_text);
	buf_release(&path);
	wire_release(&w);
	answer_release(&warnings);
	free(version);
	free(base);
}

void
recorded_check_request(const struct recorded *c, struct buf *why)
{
	struct buf input = BUF_INIT(BUF_UNLIMITED), lifted = BUF_INIT(BUF_UNLIMITED);
	struct request_defaults defaults = { .options = JSON_ABSENT };
	struct json recorded, in, record;
	struct err err = ERR_INIT;
	struct request r;
	struct jsonw w;

	if (json_parse(c->request.p, c->request.len, &recorded, &err) < 0) {
		buf_addf(why, "# request.json: %s\n", err.text);
		return;
	}
	jsonw_start(&w, &input);
	jsonw_object(&w);
	jsonw_kstr(&w, "provider", c->provider);
	jsonw_kjson(&w, "url", json_get(c->meta, "url"));
	jsonw_kjson(&w, "model", json_get(c->meta, "model"));
	jsonw_kjson(&w, "body", recorded);
	jsonw_end(&w);
	if (json_parse(input.p, input.len, &in, &err) == 0 &&
	    recorded_run(c, "lift", in, &lifted, &record, why)) {
		if (request_read(&r, record, &defaults, &err) < 0)
			buf_addf(why, "# the record is refused: %s\n", err.text);
		else
			build_and_compare(c, &r, recorded, why);
		recorded_check_schema("request", record, why);
	}
	buf_release(&input);
	buf_release(&lifted);
}
