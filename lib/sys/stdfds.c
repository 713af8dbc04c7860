/* SPDX-License-Identifier: MIT */
/* stdfds - the three standard descriptors are there, whatever the caller closed. */
#include "sys/stdfds.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

void
stdfds_hold(void)
{
	/* stdin is opened for writing and stdout for reading, which makes each of no use. */
	static const int modes[] = { O_WRONLY, O_RDONLY, O_WRONLY };
	int fd;

	for (fd = 0; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)open("/dev/null", modes[fd]); /* the lowest free one, fd; or all is
							       as it was */
	}
}
