/* SPDX-License-Identifier: MIT */
/* llm-mock - stand in for a provider: recorded or scripted answers over HTTP, with faults on
 * demand. */
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

#include "base/die.h"
#include "base/mem.h"
#include "cli/opt.h"
#include "json/jsonw.h"
#include "mock/mock.h"
#include "serve/serve.h"
#include "sys/clock.h"
#include "sys/output.h"

enum {
	LOG_MAX =
	    16 << 20, /* bytes of log that wait for a slow reader before records are dropped */
	FLUSH_MS = 2000, /* that the reader is given for them at the end */
};

static const char *listen_on = "127.0.0.1:0";
static const char *script;
static const char *key;
static struct opt_list faults;
static int64_t requests;
static int64_t seed = 1;
static bool allow_remote, sequence, unchecked, log_bodies;

static const struct opt opts[] = {
	{ 'l', "listen", "ADDR:PORT", OPT_STR, &listen_on,
	    "where to listen (default 127.0.0.1:0: a free port)" },
	{ 0, "allow-remote", NULL, OPT_FLAG, &allow_remote,
	    "listen on an address that other machines reach" },
	{ 's', "script", "FILE", OPT_STR, &script, "scripted answers (YAML)" },
	{ 0, "sequence", NULL, OPT_FLAG, &sequence,
	    "give recorded answers in their order, whatever is asked" },
	{ 'f', "fault", "SPEC", OPT_LIST, &faults, "what goes wrong, for every request" },
	{ 0, "seed", "N", OPT_INT, &seed, "seed of the chance in faults (default 1)" },
	{ 0, "key", "KEY", OPT_STR, &key, "accept only this API key (default: any)" },
	{ 0, "no-check", NULL, OPT_FLAG, &unchecked, "answer whatever the body says" },
	{ 0, "log-bodies", NULL, OPT_FLAG, &log_bodies, "put request bodies in the records" },
	{ 'n', "requests", "N", OPT_INT, &requests, "end after N exchanges" },
	{ 0 },
};

static const struct opt_spec spec = {
	.synopsis = "[options] [cassette-dir ...]",
	.purpose = "stand in for a provider: scripted or recorded answers, and faults",
	.opts = opts,
};

/* The running program: what signals and callbacks reach. */
struct server {
	uv_loop_t loop;
	uv_signal_t signals[2];
	uv_idle_t flush; /* runs once after records came: those of one turn go out together */
	uv_timer_t stop; /* server_stop, outside of any callback of the mock's */
	struct output *out; /* NULL once nobody reads */
	struct mock *mock;
	int64_t dropped; /* records that a slow reader made us lose, not told yet */
};

static void
server_stop(uv_timer_t *timer)
{
	struct server *s = timer->data;
	size_t i;

	mock_close(s->mock);
	for (i = 0; i < sizeof s->signals / sizeof *s->signals; i++)
		uv_close((uv_handle_t *)&s->signals[i], NULL);
	uv_close((uv_handle_t *)&s->flush, NULL);
	uv_close((uv_handle_t *)&s->stop, NULL);
	if (!s->out)
		return;
	(void)output_flush(s->out, clock_deadline(FLUSH_MS)); /* a reader that stalls loses them */
	output_close(s->out);
	s->out = NULL;
}

static void
server_enough(void *user)
{
	struct server *s = user;

	(void)uv_timer_start(&s->stop, server_stop, 0, 0);
}

static void
server_signalled(uv_signal_t *signal, int number)
{
	(void)number;
	server_enough(signal->data);
}

/* Nobody reads the log any more: serving goes on without. */
static void
server_deaf(void *user, int errnum)
{
	struct server *s = user;

	(void)errnum;
	output_close(s->out);
	s->out = NULL;
}

static void
server_flush(uv_idle_t *idle)
{
	struct server *s = idle->data;

	(void)uv_idle_stop(idle);
	if (s->out)
		output_kick(s->out);
}

static void
server_record(void *user, struct str record)
{
	struct server *s = user;
	struct jsonw w;

	if (!s->out)
		return;
	if (output_waiting(s->out) > LOG_MAX) {
		s->dropped++;
		return;
	}
	if (s->dropped) {
		jsonw_start(&w, output_buf(s->out));
		jsonw_object(&w);
		jsonw_kstr(&w, "type", "dropped");
		jsonw_ki64(&w, "records", s->dropped);
		jsonw_end(&w);
		buf_addc(output_buf(s->out), '\n');
		s->dropped = 0;
	}
	buf_addstr(output_buf(s->out), record);
	buf_addc(output_buf(s->out), '\n');
	(void)uv_idle_start(&s->flush, server_flush);
}

/* As many connections as the system lets us have. */
static void
server_raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit); /* else it is as many as before */
}

static void
server_start(struct server *s)
{
	static const struct output_events on = { NULL, server_deaf };
	static const int numbers[] = { SIGTERM, SIGINT };
	size_t i;

	server_raise_limits();
	(void)signal(SIGPIPE, SIG_IGN);
	if (uv_loop_init(&s->loop) < 0)
		die(EXIT_SYSTEM, "no event loop");
	for (i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		(void)uv_signal_init(&s->loop, &s->signals[i]); /* as the other two: can't fail */
		s->signals[i].data = s;
		if (uv_signal_start(&s->signals[i], server_signalled, numbers[i]) < 0)
			die(EXIT_SYSTEM, "cannot wait for signals");
	}
	(void)uv_idle_init(&s->loop, &s->flush);
	(void)uv_timer_init(&s->loop, &s->stop);
	s->flush.data = s->stop.data = s;
	s->out = output_open(&s->loop, STDOUT_FILENO, LOG_MAX, &on, s);
}

int
main(int argc, char **argv)
{
	static struct server s; /* outlives main's callees, and starts as zeros */
	struct err err = ERR_INIT;
	struct mock_config config = {
		.record = server_record, .enough = server_enough, .user = &s
	};
	char *address = NULL;

	argv += opt_parse(&spec, argc, argv);
	if (serve_parse_listen(listen_on, &address, &config.port, &err) < 0)
		err_die(&err);
	if (!allow_remote && !serve_is_loopback(address))
		opt_misuse("%s is no loopback address; --allow-remote opens it to other machines",
		    address);
	config.address = address;
	config.script = script;
	config.cassettes = argv;
	config.sequence = sequence;
	config.faults = faults.items;
	config.key = key;
	config.unchecked = unchecked;
	config.log_bodies = log_bodies;
	config.seed = (uint64_t)seed;
	config.requests = requests;
	server_start(&s);
	s.mock = mock_open(&s.loop, &config, &err);
	if (!s.mock)
		err_die(&err);
	(void)uv_run(&s.loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&s.loop); /* the process ends anyway */
	opt_list_release(&faults);
	free(address);
	return EXIT_OK;
}
