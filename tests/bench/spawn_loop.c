/* SPDX-License-Identifier: MIT */
/* spawn_loop - start /bin/true N times, at most J at once, and nothing else: spawn_loop N J. */
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int
main(int argc, char **argv)
{
	char program[] = "/bin/true", *words[] = { program, NULL };
	long n = argc > 1 ? strtol(argv[1], NULL, 10) : 1000;
	long at_once = argc > 2 ? strtol(argv[2], NULL, 10) : 1, running = 0;
	pid_t pid;

	for (; n > 0; n--) {
		if (running == at_once && wait(NULL) > 0)
			running--;
		if (posix_spawn(&pid, program, NULL, NULL, words, environ) != 0)
			return 71;
		running++;
	}
	while (wait(NULL) > 0)
		;
	return 0;
}
