/* SPDX-License-Identifier: MIT */
/* call_sign - requests that are signed instead of bearing a key: AWS's. */
#include <stdlib.h>

#include "base/mem.h"
#include "call/call_state.h"
#include "sys/clock.h"

/* Credentials that were refused are not had anew sooner: each time may be a command's run. */
#define AGAIN_US ((int64_t)60 * 1000 * 1000)
#define EARLY_US ((int64_t)60 * 1000 * 1000) /* before they expire, new credentials are had */

int
call_place(struct call *c, struct err *err)
{
	char **region = &c->provider->place[PLACE_REGION];
	struct err why = ERR_INIT;

	if (!c->provider->dialect->aws_service || *region)
		return 0;
	*region = aws_region(c->caller->config->env, &why);
	return why.text[0] ? err_set(err, why.code, "%s", why.text) : 0;
}

/* Credentials that will do for this request: those of the one before, as long as they last. */
static int
credentials(struct caller *caller, int64_t now_us, struct err *err)
{
	struct aws_credentials *aws = &caller->aws;

	if (caller->aws_refusal)
		return err_set(err, EXIT_REFUSED, "%s", caller->aws_refusal);
	if (aws->access_key && aws->expires_us - EARLY_US > now_us)
		return 0;
	aws_credentials_release(aws);
	caller->aws_us = now_us;
	if (aws_credentials_read(aws, caller->config->env, now_us, err) == 0)
		return 0;
	caller->aws_refusal = xstrdup(err->text);
	return -1;
}

int
call_sign(struct call *c, struct err *err)
{
	struct aws_request r = {
		.method = "POST",
		.url = c->wire.url.p,
		.body = buf_str(&c->wire.body),
		.region = c->provider->place[PLACE_REGION],
		.service = c->provider->dialect->aws_service,
		.now_us = clock_wall_us(),
	};

	if (!r.service || http_headers_get(&c->wire.headers, "authorization"))
		return 0; /* a header of the configuration's own counts */
	if (c->caller->config->dry_run || c->caller->config->replay) {
		http_headers_set(&c->wire.headers, "authorization", "***");
		return 0;
	}
	if (provider_need(c->provider, PLACE_REGION, err) < 0 ||
	    credentials(c->caller, r.now_us, err) < 0)
		return -1;
	aws_sign(&r, &c->caller->aws, &c->wire.headers);
	return 0;
}

void
call_refused(struct call *c)
{
	struct caller *caller = c->caller;

	if (c->provider->dialect && c->provider->dialect->aws_service &&
	    clock_wall_us() - caller->aws_us > AGAIN_US)
		aws_credentials_release(&caller->aws);
}
