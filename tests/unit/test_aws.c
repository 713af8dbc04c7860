/* SPDX-License-Identifier: MIT */
/* test_aws - signatures are those of AWS's published test suite, credentials are found where AWS's
 * own tools find them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/mem.h"
#include "net/aws.h"
#include "net/aws_profile.h"
#include "support/scratch.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/hash.h"

#define WHEN 1440938160000000 /* 2015-08-30T12:36:00Z */

static char access_key[] = "AKIDEXAMPLE";
static char secret_key[] = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
static char session_token[] =
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeo"
    "IYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5V"
    "SXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yj"
    "c8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";
static char short_token[] = "TOKEN/with+signs==";

struct vector {
	const char *method, *url, *content_type, *body, *region, *service, *names, *signature;
	char *token;
};

static void
check_vector(const struct vector *v)
{
	struct aws_credentials c = { access_key, secret_key, v->token, CLOCK_NEVER };
	struct http_headers headers = { 0 };
	struct aws_request r = {
		.method = v->method,
		.url = v->url,
		.body = str_of(v->body),
		.region = v->region ? v->region : "us-east-1",
		.service = v->service ? v->service : "service",
		.now_us = WHEN,
	};
	char *want = xasprintf(
	    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/%s/%s/aws4_request, SignedHeaders=%s, Signature=%s",
	    r.region, r.service, v->names, v->signature);

	if (v->content_type)
		http_headers_set(&headers, "Content-Type", v->content_type);
	http_headers_set(&headers, "accept", "*/*"); /* not signed */
	aws_sign(&r, &c, &headers);
	assert_string_equal(http_headers_get(&headers, "authorization"), want);
	assert_string_equal(http_headers_get(&headers, "x-amz-date"), "20150830T123600Z");
	if (v->token)
		assert_string_equal(http_headers_get(&headers, "x-amz-security-token"), v->token);
	free(want);
	http_headers_release(&headers);
}

static void
requests_are_signed_as_in_the_published_suite(void **state)
{
	static const char base[] = "https://example.amazonaws.com";
	static const struct vector suite[] = {
		{ .method = "GET",
		    .url = "https://example.amazonaws.com/",
		    .names = "host;x-amz-date",
		    .signature =
			"5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
		{ .method = "GET",
		    .url = base,
		    .names = "host;x-amz-date",
		    .signature =
			"5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
		{ .method = "POST",
		    .url = "https://example.amazonaws.com:443/",
		    .names = "host;x-amz-date",
		    .signature =
			"5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b" },
		{ .method = "GET",
		    .url = "https://example.amazonaws.com/?Param2=value2&Param1=value1",
		    .names = "host;x-amz-date",
		    .signature =
			"b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500" },
		{ .method = "POST",
		    .url = "https://example.amazonaws.com/",
		    .content_type = "application/x-www-form-urlencoded",
		    .body = "Param1=value1",
		    .names = "content-type;host;x-amz-date",
		    .signature =
			"ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a" },
		{ .method = "POST",
		    .url = "https://example.amazonaws.com/",
		    .token = session_token,
		    .names = "host;x-amz-date;x-amz-security-token",
		    .signature =
			"85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead" },
		{ .method = "GET",
		    .url = "https://example.amazonaws.com/\xe1\x88\xb4",
		    .names = "host;x-amz-date",
		    .signature =
			"8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof suite / sizeof *suite; i++)
		check_vector(&suite[i]);
}

/* These two were worked out by another implementation. */
static void
a_path_is_escaped_once_more_and_a_port_belongs_to_the_host(void **state)
{
	static const struct vector ours[] = {
		{ .method = "POST",
		    .url =
			"https://bedrock-runtime.us-east-1.amazonaws.com/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse",
		    .content_type = "application/json",
		    .body = "{\"messages\":[]}",
		    .service = "bedrock",
		    .token = short_token,
		    .names = "content-type;host;x-amz-date;x-amz-security-token",
		    .signature =
			"c0149beef155a39b2c74ea7439d9cb4cd1fe04e80f124131af6988993b138e32" },
		{ .method = "POST",
		    .url = "http://127.0.0.1:8080/model/m/converse",
		    .content_type = "application/json",
		    .body = "{\"messages\":[]}",
		    .region = "eu-west-1",
		    .service = "bedrock",
		    .names = "content-type;host;x-amz-date",
		    .signature =
			"ecbec6d8b418bf2e54fd756365135e843b4f704efe2241187111d6f087a13ab1" },
	};

	(void)state;
	check_vector(&ours[0]);
	check_vector(&ours[1]);
}

/* FIPS 180-2 and RFC 4231. */
static void
hashes_are_the_standards(void **state)
{
	struct buf hex = BUF_INIT(BUF_UNLIMITED);
	struct hash h = hash_sha256(STR_LIT("abc"));
	char long_key[131];

	(void)state;
	hash_hex(&h, &hex);
	assert_string_equal(
	    hex.p, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	buf_reset(&hex);
	h = hash_sha256(STR_NONE);
	hash_hex(&h, &hex);
	assert_string_equal(
	    hex.p, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	buf_reset(&hex);
	h = hash_hmac_sha256(STR_LIT("Jefe"), STR_LIT("what do ya want for nothing?"));
	hash_hex(&h, &hex);
	assert_string_equal(
	    hex.p, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	buf_reset(&hex);
	memset(long_key, 0xaa, sizeof long_key);
	h = hash_hmac_sha256((struct str){ long_key, sizeof long_key },
	    STR_LIT("Test Using Larger Than Block-Size Key - Hash Key First"));
	hash_hex(&h, &hex);
	assert_string_equal(
	    hex.p, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	buf_release(&hex);
}

/* --- credentials --- */

static const char *home;
static char *profile, *key_id;

static const char *
environment(const char *name)
{
	if (strcmp(name, "HOME") == 0)
		return home;
	if (strcmp(name, "AWS_PROFILE") == 0)
		return profile;
	if (strcmp(name, "AWS_ACCESS_KEY_ID") == 0)
		return key_id;
	if (strcmp(name, "AWS_SECRET_ACCESS_KEY") == 0)
		return key_id ? "secret-of-the-environment" : NULL;
	return NULL;
}

static void
write_file(const char *name, const char *text)
{
	struct err err = ERR_INIT;
	char *dir = file_join(home, ".aws"), *path = file_join(dir, name);

	assert_int_equal(file_mkdirs(dir, &err), 0);
	assert_int_equal(file_replace(path, str_of(text), &err), 0);
	free(path);
	free(dir);
}

static int
set_up(void **state)
{
	(void)state;
	home = scratch_dir();
	profile = key_id = NULL;
	(void)unlink(".aws/config"); /* of the test before, if it had one */
	(void)unlink(".aws/credentials");
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	secret_forget_all();
	return 0;
}

/* "KEY SECRET TOKEN", or the message. */
static void
check_credentials(const char *want)
{
	struct aws_credentials c;
	struct err err = ERR_INIT;
	struct buf have = BUF_INIT(BUF_UNLIMITED);
	const char *at;

	if (aws_credentials_read(&c, environment, WHEN, &err) < 0) {
		at = strstr(err.text, home); /* what the message says of the directory */
		buf_add(&have, err.text, at ? (size_t)(at - err.text) : strlen(err.text));
		if (at)
			buf_adds(&have, at + strlen(home));
	} else {
		buf_addf(&have, "%s %s %s", c.access_key, c.secret_key,
		    c.session_token ? c.session_token : "-");
		aws_credentials_release(&c);
	}
	assert_string_equal(have.p, want);
	buf_release(&have);
}

static void
the_environment_goes_over_the_files(void **state)
{
	static char id[] = "AKIA-ENV";

	(void)state;
	write_file("credentials", "[default]\naws_access_key_id = A\naws_secret_access_key = B\n");
	check_credentials("A B -");
	key_id = id;
	check_credentials("AKIA-ENV secret-of-the-environment -");
}

static void
a_profile_is_found_in_either_file(void **state)
{
	static char work[] = "work";
	struct err err = ERR_INIT;
	char *region;

	(void)state;
	write_file("config",
	    "# comment\n[default]\nregion = us-west-2 ; here\n\n[profile work]\nregion=eu-west-1\n"
	    "s3 =\n  max_queue_size = 10\naws_access_key_id = C1\naws_secret_access_key = C2\n"
	    "[sso-session work]\nregion = wrong\n[work]\nregion = wrong\n");
	write_file("credentials",
	    "[default]\r\naws_access_key_id=D1\r\naws_secret_access_key = D2/+=\r\naws_session_token = D3\r\n");
	check_credentials("D1 D2/+= D3");
	region = aws_region(environment, &err);
	assert_string_equal(region, "us-west-2");
	free(region);
	profile = work;
	check_credentials("C1 C2 -");
	region = aws_region(environment, &err);
	assert_string_equal(region, "eu-west-1");
	free(region);
	write_file("credentials", "[work]\naws_access_key_id=E1\naws_secret_access_key=E2\n");
	check_credentials("E1 E2 -");
}

static void
a_command_prints_credentials_that_last(void **state)
{
	struct aws_credentials c;
	struct err err = ERR_INIT;

	(void)state;
	write_file("config",
	    "[default]\ncredential_process = echo '{\"Version\":1,\"AccessKeyId\":\"P1\",\"SecretAccessKey\":\"P2\",\"SessionToken\":\"P3\",\"Expiration\":\"2015-08-30T13:00:00Z\"}'\n");
	check_credentials("P1 P2 P3");
	assert_int_equal(aws_credentials_read(&c, environment, WHEN, &err), 0);
	assert_int_equal(c.expires_us, WHEN + (int64_t)24 * 60 * 1000000);
	aws_credentials_release(&c);
	write_file("config",
	    "[default]\ncredential_process = echo '{\"Version\":1,\"AccessKeyId\":\"P1\",\"SecretAccessKey\":\"P2\",\"Expiration\":\"2015-08-30T12:00:00Z\"}'\n");
	check_credentials(
	    "credential_process of the AWS profile default: what it prints has expired");
	write_file("config", "[default]\ncredential_process = echo oops\n");
	check_credentials("credential_process of the AWS profile default: it prints no JSON");
}

static void
what_is_missing_is_named(void **state)
{
	struct aws_credentials c;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(aws_credentials_read(&c, environment, WHEN, &err), -1);
	assert_int_equal(err.code, EXIT_REFUSED);
	assert_non_null(strstr(err.text, "there is no profile default (looked at "));
	write_file("config", "[default]\nregion = x\n");
	assert_int_equal(aws_credentials_read(&c, environment, WHEN, &err), -1);
	assert_non_null(strstr(err.text, "the AWS profile default has no credentials"));
}

static void
malformed_lines_are_named(void **state)
{
	static const struct {
		const char *text, *want;
	} bad[] = {
		{ "[default\n", "/.aws/config:1: a section's name ends with ]" },
		{ "\n[ ]\n", "/.aws/config:2: a section without a name" },
		{ "region = x\n", "/.aws/config:1: a setting before any [section]" },
		{ "[default]\nregion\n",
		    "/.aws/config:2: neither a [section] nor a setting (name = value)" },
		{ "[default]\n= x\n", "/.aws/config:2: a setting without a name" },
		{ "[default]\nrole_arn = arn:aws:iam::1:role/x\n",
		    "the AWS profile default has a role_arn, for which credentials must be fetched: let \"aws configure export-credentials\" do that, as credential_process or into the environment" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		write_file("config", bad[i].text);
		check_credentials(bad[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_signed_as_in_the_published_suite),
		cmocka_unit_test(a_path_is_escaped_once_more_and_a_port_belongs_to_the_host),
		cmocka_unit_test(hashes_are_the_standards),
		cmocka_unit_test_setup_teardown(
		    the_environment_goes_over_the_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_profile_is_found_in_either_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_command_prints_credentials_that_last, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_missing_is_named, set_up, tear_down),
		cmocka_unit_test_setup_teardown(malformed_lines_are_named, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
