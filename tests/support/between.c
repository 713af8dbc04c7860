/* SPDX-License-Identifier: MIT */
/* between - a process between a store and its Redis server. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "support/between.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

/* It ends by itself where its test does not end it. */
enum { BLOCK = 65536, LIFE_S = 60, POLL_MS = 10000 };

static struct between between;
static char *url;
static pid_t pid;

/* A socket's path has little room, so it is named from where we are. */
static int
make_socket(const char *path, struct sockaddr_un *name)
{
	*name = (struct sockaddr_un){ .sun_family = AF_UNIX };
	(void)snprintf(name->sun_path, sizeof name->sun_path, "%s", path);
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static bool
occurs(const char *what, const char *in, size_t len)
{
	size_t n = strlen(what), i;

	for (i = 0; i + n <= len; i++) {
		if (memcmp(in + i, what, n) == 0)
			return true;
	}
	return false;
}

/* Bytes from one to the other: false where there are no more, or these are to be lost. */
static bool
pass(int from, int to, const char *lost)
{
	static char block[BLOCK];
	ssize_t n = read(from, block, sizeof block);

	if (n <= 0 || (lost && occurs(lost, block, (size_t)n)))
		return false;
	return write(to, block, (size_t)n) == n;
}

static void
ask_meanwhile(int server, const char *line)
{
	static char answer[BLOCK];
	size_t len = strlen(line);

	if (write(server, line, len) == (ssize_t)len)
		(void)!read(server, answer, sizeof answer); /* whatever it says: it is done */
}

static void
carry(int client, const struct between_loss *lost)
{
	struct sockaddr_un name;
	int server = make_socket("redis.sock", &name);
	struct pollfd both[2] = { { client, POLLIN, 0 }, { server, POLLIN, 0 } };
	bool more = connect(server, (struct sockaddr *)&name, sizeof name) == 0, asked = false;

	while (more && poll(both, 2, POLL_MS) > 0) {
		if (both[0].revents) {
			*between.trips += !asked;
			asked = true;
			more = pass(client, server, lost->question);
		}
		if (more && both[1].revents) {
			asked = false;
			more = pass(server, client, lost->answer);
		}
	}
	if (lost->meanwhile)
		ask_meanwhile(server, lost->meanwhile);
	(void)close(server);
	(void)close(client);
}

const struct between *
between_start(const struct between_loss *lost)
{
	static const struct between_loss nothing;
	struct sockaddr_un name;
	int listener = make_socket("between.sock", &name), client;
	char *dir = getcwd(NULL, 0);

	between.trips = mmap(
	    NULL, sizeof *between.trips, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(between.trips != MAP_FAILED);
	assert_int_equal(bind(listener, (struct sockaddr *)&name, sizeof name), 0);
	assert_int_equal(listen(listener, 4), 0);
	url = xasprintf("redis+unix://%s/between.sock", dir);
	between.url = url;
	free(dir);
	pid = fork();
	if (pid == 0) {
		(void)alarm(LIFE_S);
		for (; (client = accept(listener, NULL, NULL)) >= 0; lost = NULL)
			carry(client, lost ? lost : &nothing);
		_exit(0);
	}
	(void)close(listener);
	return &between;
}

void
between_stop(void)
{
	if (pid > 0) {
		(void)kill(pid, SIGKILL); /* ours, and not yet waited for */
		assert_int_equal(waitpid(pid, NULL, 0), pid);
	}
	pid = 0;
	assert_int_equal(unlink("between.sock"), 0);
	assert_int_equal(munmap((void *)(uintptr_t)between.trips, sizeof *between.trips), 0);
	free(url);
	url = NULL;
}
