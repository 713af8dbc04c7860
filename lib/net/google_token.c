/* SPDX-License-Identifier: MIT */
/* google_token - requests for access tokens of Google's, and what comes back. */
#include "net/google_token.h"

#include <stdlib.h>

#include "base/mem.h"
#include "json/json.h"
#include "json/jsonw.h"
#include "net/jwt.h"
#include "sys/file.h"

#define METADATA_HOST "metadata.google.internal"
#define METADATA_PATH "/computeMetadata/v1/instance/service-accounts/"
#define TOKEN_URL "https://oauth2.googleapis.com/token"
#define SCOPE "https://www.googleapis.com/auth/cloud-platform"
#define FILE_MAX ((size_t)64 << 10)
enum { ASSERTION_S = 3600, SHOWN = 200 };

void
google_request_init(struct google_request *r)
{
	*r = (struct google_request){ .url = BUF_INIT(BUF_UNLIMITED),
		.body = BUF_INIT(BUF_UNLIMITED) };
}

void
google_request_release(struct google_request *r)
{
	buf_release(&r->url);
	http_headers_release(&r->headers);
	buf_wipe(&r->body);
}

static const char *
told(env_fn *env, const char *name)
{
	const char *value = env(name);

	return value && *value ? value : NULL;
}

void
google_token_metadata(const char *account, env_fn *env, struct google_request *r)
{
	const char *host = told(env, "GCE_METADATA_HOST");

	r->method = "GET";
	r->direct = true;
	buf_addf(&r->url, "http://%s" METADATA_PATH "%s/token", host ? host : METADATA_HOST,
	    *account ? account : "default");
	http_headers_add(&r->headers, "metadata-flavor", "Google");
}

/* --- credentials in a file --- */

/* "&name=value" of a form, but for the first "&". */
static void
add_field(struct buf *form, const char *name, struct str value)
{
	buf_addf(form, "%s%s=", form->len ? "&" : "", name);
	buf_addurl(form, value, "");
}

/* A member of the file; secret: to be masked from now on. */
static void
add_member(struct buf *form, struct json file, const char *name, bool secret)
{
	char *text = json_strdup(json_get(file, name));

	if (!text)
		return;
	if (secret)
		secret_remember(text);
	add_field(form, name, str_of(text));
	explicit_bzero(text, strlen(text));
	free(text);
}

static int
ask_as_user(struct json file, struct google_request *r, struct err *err)
{
	if (!json_exists(json_get(file, "refresh_token")))
		return err_set(err, EXIT_REFUSED, "it holds no refresh_token");
	add_field(&r->body, "grant_type", STR_LIT("refresh_token"));
	add_member(&r->body, file, "client_id", false);
	add_member(&r->body, file, "client_secret", true);
	add_member(&r->body, file, "refresh_token", true);
	return 0;
}

/* What the service account says of itself, for its key to sign. */
static void
write_claims(struct buf *out, struct json file, struct str audience, int64_t now_s)
{
	struct jsonw w;

	jsonw_start(&w, out);
	jsonw_object(&w);
	jsonw_kjson(&w, "iss", json_get(file, "client_email"));
	jsonw_kstr(&w, "scope", SCOPE);
	jsonw_kstrn(&w, "aud", audience);
	jsonw_ki64(&w, "iat", now_s);
	jsonw_ki64(&w, "exp", now_s + ASSERTION_S);
	jsonw_end(&w);
}

static int
ask_as_service(struct json file, int64_t now_us, struct google_request *r, struct err *err)
{
	struct buf claims = BUF_INIT(BUF_UNLIMITED), assertion = BUF_INIT(BUF_UNLIMITED);
	char *key = json_strdup(json_get(file, "private_key")),
	     *key_id = json_strdup(json_get(file, "private_key_id"));
	int rc = -1;

	if (!key || !json_exists(json_get(file, "client_email"))) {
		err_set(err, EXIT_REFUSED, "it holds no private_key or no client_email");
	} else {
		write_claims(&claims, file, buf_str(&r->url), now_us / 1000000);
		rc = jwt_rs256(key, key_id, buf_str(&claims), &assertion, err);
	}
	if (rc == 0) {
		add_field(
		    &r->body, "grant_type", STR_LIT("urn:ietf:params:oauth:grant-type:jwt-bearer"));
		add_field(&r->body, "assertion", buf_str(&assertion));
	}
	if (key)
		explicit_bzero(key, strlen(key));
	free(key);
	free(key_id);
	buf_release(&claims);
	buf_wipe(&assertion);
	return rc;
}

static int
ask_as(struct json file, int64_t now_us, struct google_request *r, struct err *err)
{
	struct json type = json_get(file, "type"), url = json_get(file, "token_uri");

	r->method = "POST";
	if (json_exists(url))
		json_text(url, &r->url);
	else
		buf_adds(&r->url, TOKEN_URL);
	http_headers_add(&r->headers, "content-type", "application/x-www-form-urlencoded");
	if (json_eq(type, "authorized_user"))
		return ask_as_user(file, r, err);
	if (json_eq(type, "service_account"))
		return ask_as_service(file, now_us, r, err);
	return err_set(err, EXIT_REFUSED,
	    "credentials of type %.*s are not supported (authorized_user and service_account are)",
	    (int)(type.len < SHOWN ? type.len : SHOWN), type.p ? type.p : "");
}

/* Where gcloud auth application-default login leaves them; NULL: there is no home. */
static char *
gcloud_file(env_fn *env)
{
	const char *config = told(env, "CLOUDSDK_CONFIG"), *home = told(env, "HOME");

	if (config)
		return file_join(config, "application_default_credentials.json");
	return home ? file_join(home, ".config/gcloud/application_default_credentials.json") : NULL;
}

int
google_token_file(
    const char *path, env_fn *env, int64_t now_us, struct google_request *r, struct err *err)
{
	const char *named = *path ? path : told(env, "GOOGLE_APPLICATION_CREDENTIALS");
	char *found = named ? xstrdup(named) : gcloud_file(env);
	struct buf text = BUF_INIT(FILE_MAX);
	struct json file;
	int rc = -1;

	if (!found)
		return err_set(
		    err, EXIT_REFUSED, "neither GOOGLE_APPLICATION_CREDENTIALS nor HOME is set");
	if (file_read(found, &text, err) < 0)
		err->code = EXIT_REFUSED;
	else if (json_parse(text.p, text.len, &file, err) < 0 || !json_is(file, JSON_OBJECT))
		err_set(err, EXIT_REFUSED, "%s: not a JSON object", found);
	else if ((rc = ask_as(file, now_us, r, err)) < 0)
		(void)err_wrap(err, "%s", found);
	free(found);
	buf_wipe(&text);
	return rc;
}

/* --- what comes back --- */

/* OAuth's {error, error_description}, or Google's {error:{message}}. */
static int
refused(int status, struct json v, struct err *err)
{
	struct json why = json_get(v, "error_description");
	struct buf text = BUF_INIT(FILE_MAX);

	if (why.kind != JSON_STRING)
		why = json_find(v, "error.message");
	if (why.kind != JSON_STRING)
		why = json_get(v, "error");
	json_text(why, &text);
	err_set(err, EXIT_REFUSED, "the token server answered %d%s%.*s", status,
	    text.len ? ": " : "", SHOWN, text.p);
	buf_release(&text);
	return -1;
}

int
google_token_read(
    int status, struct str body, struct buf *token, int64_t *lifetime_ms, struct err *err)
{
	struct json v = JSON_ABSENT, text;
	struct err parse = ERR_INIT;
	int64_t seconds = 0;

	if (json_parse(body.p, body.len, &v, &parse) < 0)
		v = JSON_ABSENT;
	if (status != 200)
		return refused(status, v, err);
	text = json_get(v, "access_token");
	if (text.kind != JSON_STRING)
		return err_set(err, EXIT_REFUSED, "the token server's answer holds no token");
	json_text(text, token);
	*lifetime_ms = -1;
	if (json_count_of(json_get(v, "expires_in"), &seconds) && seconds > 0 &&
	    seconds < INT64_MAX / 1000)
		*lifetime_ms = seconds * 1000;
	return 0;
}
