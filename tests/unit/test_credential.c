/* SPDX-License-Identifier: MIT */
/* test_credential - keys that take time, for many who wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"
#include "call/credential.h"
#include "llm/dialect.h"
#include "support/script_server.h"
#include "sys/clock.h"

/* --- a token server: each token is another, until told otherwise --- */

static atomic_int asked, lifetime_s, status;
static atomic_bool constant;

static void
give_token(int fd, const struct script_request *request)
{
	struct buf body = BUF_INIT(BUF_UNLIMITED), all = BUF_INIT(BUF_UNLIMITED);
	int n = atomic_fetch_add(&asked, 1) + 1;

	(void)request;
	buf_adds(&body, "{\"access_token\":\"token-of-the-server-");
	buf_addi(&body, atomic_load(&constant) ? 0 : n);
	buf_addf(&body, "\",\"expires_in\":%d}", atomic_load(&lifetime_s));
	buf_addf(&all, "HTTP/1.1 %d X\r\ncontent-length: %zu\r\n\r\n%s", atomic_load(&status),
	    body.len, body.p);
	script_write(fd, all.p, all.len);
	buf_release(&body);
	buf_release(&all);
}

static const struct script_route routes[] = {
	{ "/computeMetadata/v1/instance/service-accounts/default/token", NULL, 0, SCRIPT_KEEP,
	    give_token },
	{ NULL, NULL, 0, SCRIPT_KEEP, NULL },
};

static struct script_server *server;
static char host[64]; /* "127.0.0.1:" and a port */

static const char *
environment(const char *name)
{
	return strcmp(name, "GCE_METADATA_HOST") == 0 ? host : NULL;
}

static int
start_server(void **state)
{
	(void)state;
	server = script_server_start(routes);
	snprintf(host, sizeof host, "127.0.0.1:%d", script_server_port(server));
	return 0;
}

static int
stop_server(void **state)
{
	(void)state;
	script_server_stop(server);
	return 0;
}

/* --- those who ask --- */

struct waiting {
	struct credential_wait wait;
	struct fixture *f;
	int told, late;
	enum credential_state state; /* when it was told */
};

struct fixture {
	uv_loop_t loop;
	struct http *http;
	struct procs *procs;
	struct secret_tools tools;
	struct credentials *cs;
	struct provider provider;
	struct waiting waiting[3];
	struct err err;
	const char *key;
};

static struct http *
tools_http(void *user)
{
	return ((struct fixture *)user)->http;
}

static struct procs *
tools_procs(void *user)
{
	return ((struct fixture *)user)->procs;
}

static int
setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);

	atomic_store(&asked, 0);
	atomic_store(&lifetime_s, 3600);
	atomic_store(&status, 200);
	atomic_store(&constant, false);
	(void)uv_loop_init(&f->loop);
	f->http = http_new(&f->loop, &(struct http_config){ .user_agent = "test" });
	f->procs = procs_new(&f->loop);
	f->tools = (struct secret_tools){ .loop = &f->loop,
		.env = environment,
		.http = tools_http,
		.procs = tools_procs,
		.user = f };
	f->cs = credentials_new(&f->tools);
	f->provider = (struct provider){ .name = xstrdup("p"),
		.dialect = &dialect_openai_chat,
		.key_ref = xstrdup("metadata:") };
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	procs_free(f->procs);
	http_free(f->http);
	credentials_free(f->cs);
	(void)uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&f->loop), 0);
	provider_forget(&f->provider);
	free(f->provider.name);
	free(f->provider.key_ref);
	free(f);
	secret_forget_all();
	return 0;
}

static enum credential_state
get(struct fixture *f)
{
	return credential_get(f->cs, &f->provider, &f->key, &f->err);
}

static void
refer_to(struct fixture *f, const char *references)
{
	free(f->provider.key_ref);
	f->provider.key_ref = xstrdup(references);
}

static void
told(struct credential_wait *w, bool late)
{
	struct waiting *waiting = (struct waiting *)w; /* its first member */

	waiting->told++;
	waiting->late += late;
	waiting->state = get(waiting->f);
}

static void
stand_in_line(struct fixture *f, struct waiting *w, int64_t ms)
{
	w->f = f;
	w->wait.told = told;
	w->wait.deadline_us = clock_deadline(ms);
	credential_wait(f->cs, &w->wait);
}

/* Until there is a key, or none. */
static enum credential_state
run_until_told(struct fixture *f)
{
	struct waiting *w = &f->waiting[0];

	w->told = 0;
	stand_in_line(f, w, 5000);
	while (!w->told)
		(void)uv_run(&f->loop, UV_RUN_ONCE);
	return get(f);
}

/* What goes on behind the backs of those who ask. */
static void
run_for(struct fixture *f, int64_t ms)
{
	int64_t deadline_us = clock_deadline(ms);

	while (clock_left_ms(deadline_us) > 0) {
		(void)uv_run(&f->loop, UV_RUN_NOWAIT);
		clock_sleep_ms(5);
	}
}

/* --- the tests --- */

static void
one_fetch_serves_all_that_wait(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 3; i++) {
		assert_int_equal(get(f), CREDENTIAL_WAIT);
		stand_in_line(f, &f->waiting[i], 5000);
	}
	while (!f->waiting[0].told)
		(void)uv_run(&f->loop, UV_RUN_ONCE);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(f->waiting[i].told, 1);
		assert_int_equal(f->waiting[i].state, CREDENTIAL_READY);
	}
	assert_string_equal(f->key, "token-of-the-server-1");
	assert_int_equal(get(f), CREDENTIAL_READY);
	assert_int_equal(atomic_load(&asked), 1);
	assert_true(secret_occurs(STR_LIT("a token-of-the-server-1 in a text"), 16));
}

static void
a_token_is_had_anew_before_it_ends(void **state)
{
	struct fixture *f = *state;

	atomic_store(&lifetime_s, 2);
	assert_int_equal(get(f), CREDENTIAL_WAIT);
	assert_int_equal(run_until_told(f), CREDENTIAL_READY);
	clock_sleep_ms(1100); /* past half of its life */
	assert_int_equal(get(f), CREDENTIAL_READY);
	assert_string_equal(f->key, "token-of-the-server-1"); /* good until the next is there */
	run_for(f, 300);
	assert_int_equal(get(f), CREDENTIAL_READY);
	assert_string_equal(f->key, "token-of-the-server-2");
	clock_sleep_ms(2100); /* it has ended, and nobody asked meanwhile */
	assert_int_equal(get(f), CREDENTIAL_WAIT);
	assert_int_equal(run_until_told(f), CREDENTIAL_READY);
}

static void
what_was_refused_is_had_anew_unless_it_is_the_same(void **state)
{
	struct fixture *f = *state;
	uint64_t turn;

	assert_int_equal(get(f), CREDENTIAL_WAIT);
	assert_int_equal(run_until_told(f), CREDENTIAL_READY);
	turn = credential_turn(f->cs);
	credential_refused(f->cs, &f->provider, turn);
	assert_int_equal(get(f), CREDENTIAL_WAIT);
	assert_int_equal(run_until_told(f), CREDENTIAL_READY);
	assert_string_equal(f->key, "token-of-the-server-2");
	credential_refused(f->cs, &f->provider, turn); /* of a call that had the old one */
	assert_int_equal(get(f), CREDENTIAL_READY);
	atomic_store(&constant, true);
	for (int i = 0; i < 3; i++) {
		credential_refused(f->cs, &f->provider, credential_turn(f->cs));
		if (get(f) == CREDENTIAL_WAIT)
			assert_int_equal(run_until_told(f), CREDENTIAL_READY);
	}
	assert_int_equal(atomic_load(&asked), 4); /* and not a fifth time */
}

static void
a_failure_is_told_to_all_and_stays(void **state)
{
	struct fixture *f = *state;

	atomic_store(&status, 404);
	assert_int_equal(get(f), CREDENTIAL_WAIT);
	stand_in_line(f, &f->waiting[1], 5000);
	assert_int_equal(run_until_told(f), CREDENTIAL_FAILED);
	assert_int_equal(f->waiting[1].state, CREDENTIAL_FAILED);
	assert_string_equal(
	    f->err.text, "no key for p: key metadata:: the token server answered 404");
	assert_int_equal(get(f), CREDENTIAL_FAILED);
	assert_int_equal(atomic_load(&asked), 1);
}

static void
a_deadline_passes_in_the_line(void **state)
{
	struct fixture *f = *state;
	int64_t before_us = clock_mono_us();

	refer_to(f, "cmd:sleep 20");
	assert_int_equal(get(f), CREDENTIAL_WAIT);
	stand_in_line(f, &f->waiting[0], 50);
	stand_in_line(f, &f->waiting[1], 100);
	stand_in_line(f, &f->waiting[2], 60);
	credential_leave(&f->waiting[2].wait);
	credential_leave(&f->waiting[2].wait); /* no harm */
	while (!f->waiting[1].told)
		(void)uv_run(&f->loop, UV_RUN_ONCE);
	assert_int_equal(f->waiting[0].late, 1);
	assert_int_equal(f->waiting[1].late, 1);
	assert_int_equal(f->waiting[2].told, 0);
	assert_true(clock_mono_us() - before_us < 15 * 1000 * 1000);
}

static void
references_are_tried_in_their_order(void **state)
{
	struct fixture *f = *state;

	refer_to(f, "env:NOT_SET\ncmd:exit 3\ncmd:echo from-the-command\nmetadata:");
	assert_int_equal(get(f), CREDENTIAL_WAIT);
	while (get(f) == CREDENTIAL_WAIT)
		(void)run_until_told(f);
	assert_string_equal(f->key, "from-the-command");
	assert_int_equal(atomic_load(&asked), 0);
	refer_to(f, "env:NOT_SET\ncmd:exit 3\nadc:/nowhere/at-all");
	assert_int_equal(get(f), CREDENTIAL_FAILED); /* the command has failed already */
	assert_string_equal(f->err.text,
	    "no key for p: set NOT_SET; key cmd:exit 3: the command ended with status 3; "
	    "key adc:/nowhere/at-all: cannot open /nowhere/at-all: No such file or directory");
}

static void
a_commands_daemon_does_not_hold_the_key_back(void **state)
{
	struct fixture *f = *state;
	int64_t before_us = clock_mono_us();

	refer_to(f, "cmd:echo the-key; echo more; sleep 12 &");
	assert_int_equal(get(f), CREDENTIAL_WAIT);
	assert_int_equal(run_until_told(f), CREDENTIAL_READY);
	assert_string_equal(f->key, "the-key");
	assert_true(clock_mono_us() - before_us < 9 * 1000 * 1000);
}

static void
a_command_that_prints_too_much_is_ended(void **state)
{
	struct fixture *f = *state;

	refer_to(f, "cmd:yes");
	assert_int_equal(get(f), CREDENTIAL_WAIT);
	assert_int_equal(run_until_told(f), CREDENTIAL_FAILED);
	assert_non_null(strstr(f->err.text, "prints too much"));
}

static void
what_is_there_at_once_is_not_waited_for(void **state)
{
	struct fixture *f = *state;

	refer_to(f, "env:GCE_METADATA_HOST");
	assert_int_equal(get(f), CREDENTIAL_READY);
	assert_string_equal(f->key, host);
	provider_forget(&f->provider);
	free(f->provider.key_ref);
	f->provider.key_ref = NULL;
	assert_int_equal(get(f), CREDENTIAL_READY);
	assert_null(f->key);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(one_fetch_serves_all_that_wait),
		TEST(a_token_is_had_anew_before_it_ends),
		TEST(what_was_refused_is_had_anew_unless_it_is_the_same),
		TEST(a_failure_is_told_to_all_and_stays),
		TEST(a_deadline_passes_in_the_line),
		TEST(references_are_tried_in_their_order),
		TEST(a_commands_daemon_does_not_hold_the_key_back),
		TEST(a_command_that_prints_too_much_is_ended),
		TEST(what_is_there_at_once_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, start_server, stop_server);
}
