/* SPDX-License-Identifier: MIT */
/* aws - whose an AWS request is: environment, shared files, a command of the profile's. */
#include "net/aws.h"

#include <stdlib.h>

#include "base/mem.h"
#include "json/json.h"
#include "net/aws_profile.h"
#include "net/secret_command.h"
#include "sys/clock.h"

enum { COMMAND_MS = 60 * 1000, OUTPUT_MAX = 64 << 10 };

static char *
take_env(env_fn *env, const char *name)
{
	const char *value = env(name);

	return value && *value ? xstrdup(value) : NULL;
}

static bool
from_environment(struct aws_credentials *c, env_fn *env)
{
	c->access_key = take_env(env, "AWS_ACCESS_KEY_ID");
	c->secret_key = take_env(env, "AWS_SECRET_ACCESS_KEY");
	c->session_token = take_env(env, "AWS_SESSION_TOKEN");
	return c->access_key && c->secret_key;
}

static bool
from_files(struct aws_credentials *c, struct aws_profile *p)
{
	if (!p->values[AWS_ACCESS_KEY] || !p->values[AWS_SECRET_KEY])
		return false;
	c->access_key = xstrdup(p->values[AWS_ACCESS_KEY]);
	c->secret_key = xstrdup(p->values[AWS_SECRET_KEY]);
	if (p->values[AWS_SESSION_TOKEN])
		c->session_token = xstrdup(p->values[AWS_SESSION_TOKEN]);
	return true;
}

/* {"Version":1,"AccessKeyId":...,"SecretAccessKey":...,"SessionToken":...,"Expiration":...} */
static int
read_printed(struct aws_credentials *c, struct str text, struct err *err)
{
	struct err why = ERR_INIT;
	struct str expires;
	struct json v;

	if (json_parse(text.p, text.len, &v, &why) < 0)
		return err_set(err, EXIT_REFUSED, "it prints no JSON");
	if (!json_eq(json_get(v, "Version"), "1") && !str_is(json_raw(json_get(v, "Version")), "1"))
		return err_set(err, EXIT_REFUSED, "what it prints is not of Version 1");
	c->access_key = json_strdup(json_get(v, "AccessKeyId"));
	c->secret_key = json_strdup(json_get(v, "SecretAccessKey"));
	c->session_token = json_strdup(json_get(v, "SessionToken"));
	if (!c->access_key || !c->secret_key)
		return err_set(err, EXIT_REFUSED, "it prints no AccessKeyId and SecretAccessKey");
	if (json_plain(json_get(v, "Expiration"), &expires) &&
	    !clock_parse(expires, &c->expires_us))
		return err_set(err, EXIT_REFUSED, "its Expiration is no time");
	return 0;
}

static int
from_command(
    struct aws_credentials *c, const struct aws_profile *p, int64_t now_us, struct err *err)
{
	struct buf out = BUF_INIT(OUTPUT_MAX);
	int rc = secret_command_run(
	    p->values[AWS_CREDENTIAL_PROCESS], clock_deadline(COMMAND_MS), &out, err);

	if (rc == 0)
		rc = read_printed(c, buf_str(&out), err);
	if (rc == 0 && c->expires_us <= now_us)
		rc = err_set(err, EXIT_REFUSED, "what it prints has expired");
	buf_wipe(&out);
	if (rc < 0) {
		err_wrap(err, "credential_process of the AWS profile %s", p->name);
		err->code = EXIT_REFUSED;
	}
	return rc;
}

static int
none_found(const struct aws_profile *p, struct err *err)
{
	if (p->values[AWS_ROLE] || p->values[AWS_SSO])
		return err_set(err, EXIT_REFUSED,
		    "the AWS profile %s has %s, for which credentials must be fetched: let "
		    "\"aws configure export-credentials\" do that, as credential_process or into the environment",
		    p->name, p->values[AWS_ROLE] ? "a role_arn" : "an SSO login");
	if (p->found)
		return err_set(err, EXIT_REFUSED,
		    "the AWS profile %s has no credentials (looked at %s)", p->name, p->files);
	return err_set(err, EXIT_REFUSED,
	    "no AWS credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, and there is no profile %s (looked at %s)",
	    p->name, p->files);
}

int
aws_credentials_read(struct aws_credentials *c, env_fn *env, int64_t now_us, struct err *err)
{
	struct aws_profile p;
	int rc = 0;

	*c = (struct aws_credentials){ .expires_us = CLOCK_NEVER };
	if (!from_environment(c, env)) {
		aws_credentials_release(c);
		if (aws_profile_read(&p, env, err) < 0)
			return -1;
		if (!from_files(c, &p))
			rc = p.values[AWS_CREDENTIAL_PROCESS] ? from_command(c, &p, now_us, err)
							      : none_found(&p, err);
		aws_profile_release(&p);
	}
	if (rc < 0) {
		aws_credentials_release(c);
		return -1;
	}
	secret_remember(c->secret_key);
	if (c->session_token)
		secret_remember(c->session_token);
	return 0;
}

static void
wipe(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

void
aws_credentials_release(struct aws_credentials *c)
{
	free(c->access_key);
	wipe(c->secret_key);
	wipe(c->session_token);
	*c = (struct aws_credentials){ .expires_us = CLOCK_NEVER };
}

char *
aws_region(env_fn *env, struct err *err)
{
	struct aws_profile p;
	char *region;

	if (aws_profile_read(&p, env, err) < 0)
		return NULL;
	region = p.values[AWS_PROFILE_REGION] ? xstrdup(p.values[AWS_PROFILE_REGION]) : NULL;
	aws_profile_release(&p);
	return region;
}
