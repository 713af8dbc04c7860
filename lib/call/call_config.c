/* SPDX-License-Identifier: MIT */
/* call_config - what all programs that make calls set up, and let go of, alike. */
#include "call/call.h"
#include "cassette/cassette.h"
#include "llm/model.h"

int
call_config_open(struct call_config *c, const char *share, const char *file, struct err *err)
{
	c->ca_file = c->env("SSL_CERT_FILE");
	c->ca_dir = c->env("SSL_CERT_DIR");
	c->providers = providers_load(share, file, c->env, err);
	return c->providers ? 0 : -1;
}

int
call_config_replay(struct call_config *c, const char **dirs, struct err *err)
{
	if (!dirs)
		return 0;
	c->replay = cassettes_open((const char *const *)dirs, err);
	return c->replay ? 0 : -1;
}

void
call_config_close(struct call_config *c)
{
	cassettes_free(c->replay);
	models_free(c->models);
	profiles_free(c->profiles);
	providers_free(c->providers);
	secret_forget_all();
}
