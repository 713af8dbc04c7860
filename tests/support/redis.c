/* SPDX-License-Identifier: MIT */
/* redis - a Redis server of the test's own. */
#include "support/redis.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "sys/clock.h"

extern char **environ;

enum { PATIENCE_MS = 10000 };

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
spawn(const char *password)
{
	const char *argv[] = { "redis-server", "--port", "0", "--unixsocket", "redis.sock",
		"--save", "", "--appendonly", "no", "--databases", "4",
		password ? "--requirepass" : NULL, password, NULL };
	posix_spawn_file_actions_t files;
	pid_t pid = 0;

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

const char *
redis_start(const char *password)
{
	int64_t deadline_us = clock_deadline(PATIENCE_MS);
	char *dir;

#if defined(HAVE_HIREDIS)
	server = spawn(password);
#endif
	if (server <= 0)
		return NULL;
	while (!answers()) {
		if (waitpid(server, NULL, WNOHANG) == server || clock_left_ms(deadline_us) == 0) {
			server = 0;
			return NULL;
		}
		clock_sleep_ms(5);
	}
	dir = getcwd(NULL, 0);
	url = password ? xasprintf("redis+unix://:%s@%s/redis.sock", password, dir)
		       : xasprintf("redis+unix://%s/redis.sock", dir);
	free(dir);
	return url;
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
