/* SPDX-License-Identifier: MIT */
/* scratch - a directory of the test program's own to work in. */
#include "support/scratch.h"

#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static char dir[] = "/tmp/agentflow-test.XXXXXX";

int
scratch_enter(void **state)
{
	char *here = getcwd(NULL, 0);
	int r = -1;

	(void)state;
	if (here && setenv("top", here, 0) == 0 &&
	    mkdtemp(dir)) /* where tests/run did not say it */
		r = chdir(dir);
	free(here);
	return r;
}

int
scratch_leave(void **state)
{
	const char *argv[] = { "rm", "-rf", dir, NULL };
	int status;
	pid_t rm;

	(void)state;
	if (chdir("/") < 0 ||
	    posix_spawnp(&rm, argv[0], NULL, NULL, (char *const *)(uintptr_t)argv, environ) != 0 ||
	    waitpid(rm, &status, 0) != rm)
		return -1;
	return status == 0 ? 0 : -1;
}

const char *
scratch_dir(void)
{
	return dir;
}
