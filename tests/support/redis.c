/* SPDX-License-Identifier: MIT */
/* redis - a Redis server of the test's own. */
#include "support/redis.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "sys/clock.h"

extern char **environ;

enum { PATIENCE_MS = 10000, ARGS_MAX = 48, TRIES = 5 };

static pid_t server;
static char *url;

/* A socket's path has little room, so it is named from where we are. */
static bool
answers(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "redis.sock" };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	bool does = fd >= 0 && connect(fd, (struct sockaddr *)&name, sizeof name) == 0;

	if (fd >= 0)
		(void)close(fd); /* nothing was sent */
	return does;
}

#if defined(HAVE_HIREDIS)
static pid_t
spawn(const char *const *more)
{
	const char *argv[ARGS_MAX] = { "redis-server", "--unixsocket", "redis.sock", "--save", "",
		"--appendonly", "no", "--databases", "4" };
	posix_spawn_file_actions_t files;
	pid_t pid = 0;
	size_t n = 0;

	while (argv[n])
		n++;
	for (; *more && n < ARGS_MAX - 1; more++)
		argv[n++] = *more;
	if (posix_spawn_file_actions_init(&files) != 0)
		return 0;
	if (posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) !=
		0 ||
	    posix_spawnp(&pid, argv[0], &files, NULL, (char *const *)(uintptr_t)argv, environ) != 0)
		pid = 0;
	(void)posix_spawn_file_actions_destroy(&files); /* cannot fail once it was made */
	return pid;
}

#endif

static bool
start(const char *const *more)
{
	int64_t deadline_us = clock_deadline(PATIENCE_MS);

#if defined(HAVE_HIREDIS)
	server = spawn(more);
#else
	(void)more;
#endif
	if (server <= 0)
		return false;
	while (!answers()) {
		if (waitpid(server, NULL, WNOHANG) == server || clock_left_ms(deadline_us) == 0) {
			server = 0;
			return false;
		}
		clock_sleep_ms(5);
	}
	return true;
}

static const char *
name_socket(const char *password)
{
	char *dir = getcwd(NULL, 0);

	url = password ? xasprintf("redis+unix://:%s@%s/redis.sock", password, dir)
		       : xasprintf("redis+unix://%s/redis.sock", dir);
	free(dir);
	return url;
}

const char *
redis_start(const char *password)
{
	const char *more[] = { "--port", "0", password ? "--requirepass" : NULL, password, NULL };

	return start(more) ? name_socket(password) : NULL;
}

/* One that nobody has at this moment. */
static int
find_port(void)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof name;
	int fd = socket(AF_INET, SOCK_STREAM, 0), port = 0;

	if (fd >= 0 && bind(fd, (struct sockaddr *)&name, sizeof name) == 0 &&
	    getsockname(fd, (struct sockaddr *)&name, &len) == 0)
		port = ntohs(name.sin_port);
	if (fd >= 0)
		(void)close(fd); /* nothing was sent */
	return port;
}

bool
redis_start_tls(struct redis_tls *tls)
{
	char *port, *tls_port;
	bool started = false;
	int tries;

	for (tries = 0; !started && tries < TRIES; tries++) {
		if (tries || !tls->port) {
			tls->port = find_port();
			tls->tls_port = find_port();
		}
		port = xasprintf("%d", tls->port);
		tls_port = xasprintf("%d", tls->tls_port);
		started = start((const char *[]){ "--bind", "127.0.0.1", "--port", port,
		    "--tls-port", tls_port, "--tls-cert-file", tls->cert, "--tls-key-file",
		    tls->key, "--tls-ca-cert-file", tls->ca, "--tls-auth-clients",
		    tls->wants_ours ? "yes" : "no", "--tls-protocols",
		    tls->protocols ? tls->protocols : "TLSv1.2 TLSv1.3", NULL });
		free(port);
		free(tls_port);
	}
	return started;
}

/* Its bus has a port of its own. */
const char *
redis_start_cluster(void)
{
	bool started = false;
	char *port, *bus;
	int tries;

	for (tries = 0; !started && tries < TRIES; tries++) {
		port = xasprintf("%d", find_port());
		bus = xasprintf("%d", find_port());
		started = start((const char *[]){ "--bind", "127.0.0.1", "--port", port,
		    "--cluster-enabled", "yes", "--cluster-port", bus, NULL });
		free(port);
		free(bus);
	}
	return started ? name_socket(NULL) : NULL;
}

void
redis_stop(void)
{
	if (server > 0 && kill(server, SIGKILL) == 0)
		(void)waitpid(server, NULL, 0); /* it was ours */
	server = 0;
	free(url);
	url = NULL;
}

void
redis_pause(void)
{
	if (server > 0)
		(void)kill(server, SIGSTOP); /* ours, and not yet waited for */
}

void
redis_resume(void)
{
	if (server > 0)
		(void)kill(server, SIGCONT); /* as above */
}
