/* SPDX-License-Identifier: MIT */
/* probe - which providers can be called from here, and why the others can't. */
#include "call/probe.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/die.h"
#include "base/mem.h"
#include "base/version.h"
#include "call/credential.h"
#include "call/probe_write.h"
#include "llm/dialect.h"
#include "llm/program.h"
#include "net/aws.h"
#include "net/http.h"
#include "sys/child.h"
#include "sys/clock.h"

enum { SAID_MAX = 4096 };

struct probe {
	const struct probe_config *config;
	uv_loop_t loop;
	struct procs *procs;
	struct http *http; /* NULL until the first server is called */
	struct secret_tools tools;
	struct credentials *credentials;
	struct probed *items;
	size_t count, cap;
};

/* A program that was asked for its version. */
struct asked {
	struct probed *of;
	struct child *child;
	uv_timer_t deadline;
	struct buf said;
	bool late;
};

static void
refuse(struct probed *item, const char *why)
{
	item->usable = false;
	if (!item->reason)
		item->reason = xstrdup(why);
}

/* --- programs --- */

static void
free_asked(uv_handle_t *timer)
{
	free(timer->data);
}

static void
on_deadline(uv_timer_t *timer)
{
	struct asked *asked = timer->data;

	asked->late = true;
	child_end(asked->child, 0);
}

static void
on_said(void *user, const char *p, size_t n)
{
	struct asked *asked = user;

	buf_add(&asked->said, p, n);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The first "1.2.3" in what it said. */
static char *
version_in(struct str said)
{
	for (size_t i = 0; i < said.len; i++) {
		size_t n = 0, dots = 0;

		while (i + n < said.len && (is_digit(said.p[i + n]) || said.p[i + n] == '.'))
			dots += said.p[i + n++] == '.';
		if (n && dots && is_digit(said.p[i])) {
			while (said.p[i + n - 1] == '.')
				n--;
			return xmemdup(said.p + i, n);
		}
		i += n;
	}
	return NULL;
}

static void
on_ended(void *user, const struct proc_exit *how)
{
	struct asked *asked = user;
	struct probed *item = asked->of;
	char *why = NULL;

	item->end_us = clock_mono_us();
	item->version = version_in(buf_str(&asked->said));
	if (asked->late)
		why = xasprintf(
		    "%s does not say its version in %d s", item->program, PROBE_PROGRAM_MS / 1000);
	else if (how->status)
		why = xasprintf("%s can't say its version: it ended with exit status %d",
		    item->program, how->status);
	if (why)
		refuse(item, why);
	free(why);
	buf_release(&asked->said);
	uv_close((uv_handle_t *)&asked->deadline, free_asked);
}

static void
ask_version(struct probe *p, struct probed *item, char *const *argv)
{
	static const struct child_events on = { .out = on_said, .err = on_said, .over = on_ended };
	struct child_spec spec = { .argv = (const char *const *)argv,
		.env = p->config->environment };
	struct asked *asked = xcalloc(1, sizeof *asked);
	struct err err = ERR_INIT;

	asked->of = item;
	buf_init(&asked->said, SAID_MAX);
	asked->child = child_start(p->procs, &p->loop, &spec, &on, asked, &err);
	if (!asked->child) {
		refuse(item, err.code == EXIT_NOTFOUND ? "it is not on PATH" : err.text);
		free(asked);
		return;
	}
	(void)uv_timer_init(&p->loop, &asked->deadline); /* cannot fail */
	asked->deadline.data = asked;
	uv_update_time(&p->loop);
	(void)uv_timer_start(
	    &asked->deadline, on_deadline, PROBE_PROGRAM_MS, 0); /* fails without a callback */
}

/* Whether a program of that name can be run; a name with a slash is a path. */
static bool
is_on_path(const char *name, env_fn *env)
{
	struct str rest = str_of(env("PATH")), dir;
	bool found = false;

	if (strchr(name, '/'))
		return access(name, X_OK) == 0;
	while (!found && str_split(&rest, ':', &dir)) {
		char *path = xasprintf(
		    "%.*s/%s", dir.len ? (int)dir.len : 1, dir.len ? dir.p : ".", name);

		found = access(path, X_OK) == 0;
		free(path);
	}
	return found;
}

static void
probe_program(struct probe *p, struct probed *item)
{
	const struct program *program = item->provider->program;

	item->program = program->argv.groups[0].words[0];
	if (!is_on_path(item->program, p->config->env))
		refuse(item, "it is not on PATH");
	else if (program->probe)
		ask_version(p, item, program->probe);
}

/* --- servers --- */

static bool
on_body(void *user, const char *p, size_t n)
{
	(void)user;
	(void)p;
	(void)n;
	return false; /* it answers: that is all we want to know */
}

static void
on_answer(void *user, const struct http_result *result)
{
	struct probed *item = user;

	item->end_us = clock_mono_us();
	if (!result->status)
		refuse(item, result->message ? result->message : http_end_name(result->end));
}

static struct http *
tools_http(void *user)
{
	struct probe *p = user;

	if (!p->http)
		p->http = http_new(
		    &p->loop, &(struct http_config){ .user_agent = "agentflow/" AGENTFLOW_VERSION,
				  .ca_file = p->config->ca_file,
				  .ca_dir = p->config->ca_dir });
	return p->http;
}

static struct procs *
tools_procs(void *user)
{
	return ((struct probe *)user)->procs;
}

static void
call_server(struct probe *p, struct probed *item)
{
	static const struct http_handler on = { .data = on_body, .done = on_answer };
	struct buf url = BUF_INIT(BUF_UNLIMITED);
	struct http_request request = { .method = "GET",
		.connect_ms = PROBE_CONNECT_MS,
		.deadline_us = clock_deadline(PROBE_SERVER_MS) };

	provider_url(item->provider, "/", &url);
	request.url = url.p;
	(void)http_start(tools_http(p), &request, &on, item);
	buf_release(&url);
}

static void
probe_aws(struct probe *p, struct probed *item, struct err *err)
{
	struct aws_credentials who = AWS_CREDENTIALS_NONE;

	if (aws_credentials_read(&who, p->config->env, clock_wall_us(), err) < 0)
		refuse(item, err->text);
	else
		aws_credentials_release(&who);
}

/* Whether the server may be called with that key, or without one. */
static void
probe_with(struct probe *p, struct probed *item, const char *key)
{
	struct provider *provider = item->provider;
	struct err err = ERR_INIT;

	if (provider_check(provider, &err) < 0)
		refuse(item, err.text);
	else if (provider->dialect->aws_service && !key)
		probe_aws(p, item, &err);
	else if (provider->key_optional || !provider->key_ref)
		call_server(p, item);
}

/* A provider whose key takes time. */
struct awaited {
	struct credential_wait wait; /* first: told finds us by it */
	struct probe *probe;
	struct probed *of;
};

static void probe_server(struct probe *p, struct probed *item);

static void
on_key(struct credential_wait *wait, bool late)
{
	struct awaited *awaited = (struct awaited *)wait;
	struct probed *item = awaited->of;
	struct probe *p = awaited->probe;

	(void)late; /* what fetches it has its own deadline */
	free(awaited);
	item->end_us = clock_mono_us();
	probe_server(p, item);
}

static void
probe_server(struct probe *p, struct probed *item)
{
	struct awaited *awaited;
	struct err err = ERR_INIT;
	const char *key = NULL;

	switch (credential_get(p->credentials, item->provider, &key, &err)) {
	case CREDENTIAL_READY:
		probe_with(p, item, key);
		break;
	case CREDENTIAL_FAILED:
		refuse(item, err.text);
		break;
	case CREDENTIAL_WAIT:
		awaited = xmalloc(sizeof *awaited);
		*awaited = (struct awaited){ { .deadline_us = CLOCK_NEVER, .told = on_key }, p,
			item };
		credential_wait(p->credentials, &awaited->wait);
		break;
	}
}

/* --- the run --- */

static struct probed *
add(struct probe *p, struct provider *provider, const char *name)
{
	VEC_GROW(p->items, p->count, p->cap);
	p->items[p->count] = (struct probed){ .provider = provider, .name = name, .usable = true };
	return &p->items[p->count++];
}

/* By its name, an alias, or a model that it serves. */
static struct provider *
find(struct providers *set, const char *name)
{
	struct provider *provider = NULL;
	char *spec = xasprintf("%s:any", name);
	struct err err = ERR_INIT;
	struct str model;

	if (providers_resolve(set, str_of(spec), &provider, &model, &err) < 0 &&
	    providers_resolve(set, str_of(name), &provider, &model, &err) < 0)
		provider = NULL;
	free(spec);
	return provider;
}

static void
list(struct probe *p, char *const *names)
{
	struct providers *set = p->config->providers;

	for (size_t i = 0; !*names && i < providers_count(set); i++)
		add(p, find(set, providers_at(set, i)->name), providers_at(set, i)->name);
	for (; *names; names++) {
		struct provider *provider = find(set, *names);
		struct probed *item = add(p, provider, provider ? provider->name : *names);

		if (!provider)
			refuse(item, "no provider, preset or alias is called so");
	}
}

static void
start_all(struct probe *p)
{
	for (size_t i = 0; i < p->count; i++) {
		struct probed *item = &p->items[i];

		item->start_us = item->end_us = clock_mono_us();
		if (item->provider && item->provider->program)
			probe_program(p, item);
		else if (item->provider)
			probe_server(p, item);
	}
}

static void
close_all(struct probe *p)
{
	procs_free(p->procs);
	if (p->http)
		http_free(p->http);
	credentials_free(p->credentials);
	(void)uv_run(&p->loop, UV_RUN_DEFAULT); /* closes what is closing */
	if (uv_loop_close(&p->loop) < 0)
		BUG("probe: a handle was left open");
	for (size_t i = 0; i < p->count; i++) {
		free(p->items[i].reason);
		free(p->items[i].version);
	}
	free(p->items);
}

int
probe_run(const struct probe_config *config, char *const *names, struct buf *out, struct err *err)
{
	struct probe p = { .config = config };
	int status = EXIT_OK;

	if (providers_load_programs(config->providers, err) < 0)
		return -1;
	if (uv_loop_init(&p.loop) < 0)
		return err_set(err, EXIT_SYSTEM, "cannot make an event loop");
	p.procs = procs_new(&p.loop);
	p.tools = (struct secret_tools){ .loop = &p.loop,
		.env = config->env,
		.http = tools_http,
		.procs = tools_procs,
		.user = &p };
	p.credentials = credentials_new(&p.tools);
	list(&p, names);
	start_all(&p);
	(void)uv_run(&p.loop, UV_RUN_DEFAULT); /* until nothing is under way */
	for (size_t i = 0; i < p.count; i++)
		if (!p.items[i].usable)
			status = EXIT_NO;
	if (config->table)
		probe_write_table(out, p.items, p.count);
	else
		probe_write_records(out, p.items, p.count);
	close_all(&p);
	return status;
}
