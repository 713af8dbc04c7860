/* SPDX-License-Identifier: MIT */
/* sign - requests that are signed instead of bearing a key: AWS's. */
#include "call/sign.h"

#include <stdlib.h>

#include "base/mem.h"
#include "sys/clock.h"

#define MINUTE_US ((int64_t)60 * 1000 * 1000)

void
signer_release(struct signer *s)
{
	aws_credentials_release(&s->who);
	free(s->refusal);
	*s = (struct signer){ .had_us = 0 };
}

static const char *
service_of(const struct provider *p)
{
	return p->dialect ? p->dialect->aws_service : NULL; /* a program has no dialect */
}

int
sign_place(struct provider *p, env_fn *env, struct err *err)
{
	char **region = &p->place[PLACE_REGION];
	struct err why = ERR_INIT;

	if (!service_of(p) || *region)
		return 0;
	*region = aws_region(env, &why);
	return why.text[0] ? err_set(err, why.code, "%s", why.text) : 0;
}

static int
find_credentials(struct signer *s, env_fn *env, int64_t now_us, struct err *err)
{
	if (s->refusal)
		return err_set(err, EXIT_REFUSED, "%s", s->refusal);
	if (s->who.access_key && s->who.expires_us - MINUTE_US > now_us)
		return 0;
	aws_credentials_release(&s->who);
	s->had_us = now_us;
	if (aws_credentials_read(&s->who, env, now_us, err) == 0)
		return 0;
	s->refusal = xstrdup(err->text);
	return -1;
}

int
signer_sign(struct signer *s, const struct provider *p, env_fn *env, const char *method,
    struct wire *w, struct err *err)
{
	struct aws_request r = {
		.method = method,
		.url = w->url.p,
		.body = buf_str(&w->body),
		.region = p->place[PLACE_REGION],
		.service = service_of(p),
		.now_us = clock_wall_us(),
	};

	if (!r.service || http_headers_get(&w->headers, "authorization"))
		return 0;
	if (provider_need(p, PLACE_REGION, err) < 0 || find_credentials(s, env, r.now_us, err) < 0)
		return -1;
	aws_sign(&r, &s->who, &w->headers);
	return 0;
}

/* Not sooner than a minute after they were had: each time may be a command's run. */
void
signer_refused(struct signer *s, const struct provider *p)
{
	if (service_of(p) && clock_wall_us() - s->had_us > MINUTE_US)
		aws_credentials_release(&s->who);
}
