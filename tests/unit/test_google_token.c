/* SPDX-License-Identifier: MIT */
/* test_google_token - how Google's tokens are asked for, and what comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "base/mem.h"
#include "json/json.h"
#include "json/jsonw.h"
#include "net/google_token.h"
#include "support/scratch.h"
#include "sys/file.h"

#define NOW_US (INT64_C(1790000000) * 1000000)

static const char *metadata_host, *credentials_file, *home;

static const char *
environment(const char *name)
{
	if (strcmp(name, "GCE_METADATA_HOST") == 0)
		return metadata_host;
	if (strcmp(name, "GOOGLE_APPLICATION_CREDENTIALS") == 0)
		return credentials_file;
	return strcmp(name, "HOME") == 0 ? home : NULL;
}

static int
begin(void **state)
{
	(void)state;
	metadata_host = credentials_file = home = NULL;
	return 0;
}

static void
the_metadata_server_is_found_by_its_variable(void **state)
{
	struct google_request r;

	(void)state;
	google_request_init(&r);
	google_token_metadata("", environment, &r);
	assert_string_equal(r.method, "GET");
	assert_string_equal(r.url.p,
	    "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/"
	    "token");
	assert_string_equal(http_headers_get(&r.headers, "Metadata-Flavor"), "Google");
	google_request_release(&r);
	metadata_host = "127.0.0.1:8080";
	google_request_init(&r);
	google_token_metadata("me@x.iam.gserviceaccount.com", environment, &r);
	assert_string_equal(r.url.p,
	    "http://127.0.0.1:8080/computeMetadata/v1/instance/service-accounts/"
	    "me@x.iam.gserviceaccount.com/token");
	google_request_release(&r);
}

/* --- files --- */

/* text (with ' for ") as a file of that name in the scratch directory; the caller frees its path.
 */
static char *
write_file(const char *name, const char *text)
{
	char *path = file_join(scratch_dir(), name), *copy = xstrdup(text), *p;
	struct err err = ERR_INIT;

	for (p = copy; (p = strchr(p, '\'')); p++)
		*p = '"';
	if (file_replace(path, str_of(copy), &err) < 0)
		fail_msg("%s", err.text);
	free(copy);
	return path;
}

static void
a_user_s_refresh_token_is_a_form(void **state)
{
	char *path = write_file("user.json",
	    "{'type':'authorized_user','client_id':'id.apps','client_secret':'the secret+1234',"
	    "'refresh_token':'1//refresh-token','quota_project_id':'q'}");
	struct google_request r;
	struct err err = ERR_INIT;

	(void)state;
	credentials_file = path;
	google_request_init(&r);
	assert_int_equal(google_token_file("", environment, NOW_US, &r, &err), 0);
	assert_string_equal(r.method, "POST");
	assert_string_equal(r.url.p, "https://oauth2.googleapis.com/token");
	assert_string_equal(
	    http_headers_get(&r.headers, "content-type"), "application/x-www-form-urlencoded");
	assert_string_equal(r.body.p,
	    "grant_type=refresh_token&client_id=id.apps&client_secret=the%20secret%2B1234"
	    "&refresh_token=1%2F%2Frefresh-token");
	assert_true(secret_occurs(STR_LIT("1//refresh-token"), SECRET_MASK_MIN));
	google_request_release(&r);
	secret_forget_all();
	free(path);
}

/* Append what base64url text means. */
static void
decode(struct str text, struct buf *out)
{
	unsigned bits = 0, n = 0;

	for (size_t i = 0; i < text.len; i++) {
		const char *digits =
		    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

		bits = bits << 6 | (unsigned)(strchr(digits, text.p[i]) - digits);
		n += 6;
		if (n >= 8) {
			n -= 8;
			buf_addc(out, (char)(bits >> n & 255));
		}
	}
}

/* A service account's file with that key. */
static char *
write_account(EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	struct buf file = BUF_INIT(BUF_UNLIMITED);
	struct jsonw w;
	char *pem, *path;
	long n;

	assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
	n = BIO_get_mem_data(bio, &pem);
	jsonw_start(&w, &file);
	jsonw_object(&w);
	jsonw_kstr(&w, "type", "service_account");
	jsonw_kstr(&w, "client_email", "robot@p.iam.gserviceaccount.com");
	jsonw_kstr(&w, "private_key_id", "key-7");
	jsonw_kstrn(&w, "private_key", (struct str){ pem, (size_t)n });
	jsonw_kstr(&w, "token_uri", "https://token.example/t");
	jsonw_end(&w);
	path = write_file("account.json", file.p);
	BIO_free(bio);
	buf_release(&file);
	return path;
}

static bool
is_signed(EVP_PKEY *key, struct str text, struct str signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
		  EVP_DigestVerify(ctx, (const unsigned char *)signature.p, signature.len,
		      (const unsigned char *)text.p, text.len) == 1;

	EVP_MD_CTX_free(ctx);
	return ok;
}

static void
a_service_account_signs_what_it_says(void **state)
{
	static const char form[] =
	    "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";
	EVP_PKEY *key = EVP_RSA_gen(2048);
	char *path = write_account(key);
	struct buf header = BUF_INIT(BUF_UNLIMITED), claims = BUF_INIT(BUF_UNLIMITED),
		   signature = BUF_INIT(BUF_UNLIMITED);
	struct str rest, part, signed_text;
	struct google_request r;
	struct err err = ERR_INIT;

	(void)state;
	google_request_init(&r);
	assert_int_equal(google_token_file(path, environment, NOW_US, &r, &err), 0);
	assert_string_equal(r.url.p, "https://token.example/t");
	assert_true(str_starts(buf_str(&r.body), form));
	rest = str_of(r.body.p + strlen(form));
	signed_text.p = rest.p;
	assert_true(str_split(&rest, '.', &part));
	decode(part, &header);
	assert_true(str_split(&rest, '.', &part));
	decode(part, &claims);
	signed_text.len = (size_t)(part.p + part.len - signed_text.p);
	decode(rest, &signature);
	assert_string_equal(header.p, "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"key-7\"}");
	assert_string_equal(claims.p,
	    "{\"iss\":\"robot@p.iam.gserviceaccount.com\","
	    "\"scope\":\"https://www.googleapis.com/auth/cloud-platform\","
	    "\"aud\":\"https://token.example/t\",\"iat\":1790000000,\"exp\":1790003600}");
	assert_true(is_signed(key, signed_text, buf_str(&signature)));
	signature.p[0] ^= 1;
	assert_false(is_signed(key, signed_text, buf_str(&signature)));
	google_request_release(&r);
	buf_release(&header);
	buf_release(&claims);
	buf_release(&signature);
	EVP_PKEY_free(key);
	free(path);
}

static void
other_credentials_are_refused_by_name(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "{'type':'external_account'}", "\"external_account\" are not supported" },
		{ "{'type':'authorized_user'}", "no refresh_token" },
		{ "{'type':'service_account','client_email':'a'}", "no private_key" },
		{ "{'type':'service_account','client_email':'a','private_key':'-----'}",
		    "no RSA key in PEM" },
		{ "[]", "not a JSON object" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *path = write_file("other.json", rows[i].text);
		struct google_request r;
		struct err err = ERR_INIT;

		google_request_init(&r);
		assert_int_equal(google_token_file(path, environment, NOW_US, &r, &err), -1);
		assert_non_null(strstr(err.text, rows[i].why));
		assert_int_equal(err.code, EXIT_REFUSED);
		google_request_release(&r);
		free(path);
	}
}

static void
the_file_is_gcloud_s_where_none_is_named(void **state)
{
	struct google_request r;
	struct err err = ERR_INIT;

	(void)state;
	google_request_init(&r);
	assert_int_equal(google_token_file("", environment, NOW_US, &r, &err), -1);
	assert_non_null(strstr(err.text, "HOME"));
	home = "/nowhere";
	assert_int_equal(google_token_file("", environment, NOW_US, &r, &err), -1);
	assert_non_null(
	    strstr(err.text, "/nowhere/.config/gcloud/application_default_credentials.json"));
	google_request_release(&r);
}

/* --- answers --- */

static void
a_token_and_its_life_are_read(void **state)
{
	struct buf token = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	int64_t ms = 0;

	(void)state;
	assert_int_equal(google_token_read(200,
			     STR_LIT("{\"access_token\":\"ya29.x\",\"expires_in\":3599,"
				     "\"token_type\":\"Bearer\"}"),
			     &token, &ms, &err),
	    0);
	assert_string_equal(token.p, "ya29.x");
	assert_int_equal(ms, 3599000);
	buf_reset(&token);
	assert_int_equal(
	    google_token_read(200, STR_LIT("{\"access_token\":\"t\"}"), &token, &ms, &err), 0);
	assert_int_equal(ms, -1);
	buf_release(&token);
}

static void
a_refusal_says_why(void **state)
{
	static const struct {
		int status;
		const char *body, *why;
	} rows[] = {
		{ 400, "{\"error\":\"invalid_grant\",\"error_description\":\"Token expired\"}",
		    "answered 400: Token expired" },
		{ 403, "{\"error\":{\"message\":\"no\"}}", "answered 403: no" },
		{ 404, "<html>", "answered 404" },
		{ 200, "{}", "holds no token" },
		{ 200, "not JSON", "holds no token" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf token = BUF_INIT(BUF_UNLIMITED);
		struct err err = ERR_INIT;
		int64_t ms = 0;

		assert_int_equal(
		    google_token_read(rows[i].status, str_of(rows[i].body), &token, &ms, &err), -1);
		assert_non_null(strstr(err.text, rows[i].why));
		buf_release(&token);
	}
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
	const struct CMUnitTest tests[] = {
		TEST(the_metadata_server_is_found_by_its_variable),
		TEST(a_user_s_refresh_token_is_a_form),
		TEST(a_service_account_signs_what_it_says),
		TEST(other_credentials_are_refused_by_name),
		TEST(the_file_is_gcloud_s_where_none_is_named),
		TEST(a_token_and_its_life_are_read),
		TEST(a_refusal_says_why),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
