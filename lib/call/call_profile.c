/* SPDX-License-Identifier: MIT */
/* call_profile - the request as a prompt profile puts it, before it is built. */
#include "base/die.h"
#include "call/call_state.h"
#include "json/edit.h"
#include "json/jsonw.h"

/* The record with --system's text as its first message: to the profile it is one like any other. */
static void
with_system(struct json record, struct str system, struct buf *out)
{
	struct json_iter it = json_each(json_get(record, "messages"));
	struct buf messages = BUF_INIT(BUF_UNLIMITED);
	struct json_edit e;
	struct jsonw w;

	jsonw_start(&w, &messages);
	jsonw_array(&w);
	jsonw_object(&w);
	jsonw_kstr(&w, "role", "system");
	jsonw_kstrn(&w, "content", system);
	jsonw_end(&w);
	while (json_next(&it))
		jsonw_json(&w, it.value);
	jsonw_end(&w);
	json_edit_start(&e, record);
	json_edit_set(&e, "messages", buf_str(&messages));
	json_edit_write(&e, out);
	buf_release(&messages);
}

static struct profile *
choose(struct call *c, struct err *err)
{
	const struct call_config *config = c->caller->config;
	const char *const providers[] = { c->provider->name, c->provider->dialect->name,
		c->provider->like, NULL };
	struct json told = c->request.profile;
	struct buf name = BUF_INIT(BUF_UNLIMITED);
	struct profile *p;

	if (json_exists(told))
		json_text(told, &name);
	else
		buf_adds(&name, config->profile);
	p = str_is(buf_str(&name), "auto")
		? profiles_match(config->profiles, providers, c->model_text, err)
		: profiles_find(config->profiles, buf_str(&name), err);
	buf_release(&name);
	return p;
}

int
call_profile(struct call *c)
{
	struct request_defaults defaults = c->caller->config->defaults;
	struct buf given = BUF_INIT(BUF_UNLIMITED), put = BUF_INIT(BUF_UNLIMITED);
	struct json record = c->request.record;
	struct err err = ERR_INIT;
	int rc = -1;

	if (!json_exists(c->request.profile) && !c->caller->config->profile)
		return 0;
	c->profile = choose(c, &err);
	if (c->profile && c->request.system.len) {
		with_system(record, c->request.system, &given);
		if (json_parse(given.p, given.len, &record, &err) < 0)
			BUG("call_profile: %s", err.text);
	}
	defaults.system = STR_NONE;
	if (c->profile && profile_apply(c->profile, record, &put, &err) == 0) {
		rc = call_read_again(c, &put, &defaults, &err);
		if (rc < 0)
			(void)err_wrap(&err, "as profile %s puts it", profile_name(c->profile));
	}
	if (rc < 0)
		answer_fail(&c->answer, ERROR_INVALID_REQUEST, "%s", err.text);
	buf_release(&given);
	buf_release(&put);
	return rc;
}
