/* SPDX-License-Identifier: MIT */
/* calls_io - the edges of a run of calls: the file it reads, the status it leaves with. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "call/calls.h"

int
calls_open(const char *file, struct err *err)
{
	int fd;

	if (!file || strcmp(file, "-") == 0)
		return STDIN_FILENO;
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, errno, "cannot open %s", file);
	return fd;
}

int
calls_leave(int status)
{
	if (status > EXIT_SIGNAL) {
		(void)signal(status - EXIT_SIGNAL, SIG_DFL); /* cannot fail for these */
		(void)raise(status - EXIT_SIGNAL);
	}
	return status;
}
