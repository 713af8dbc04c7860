/* SPDX-License-Identifier: MIT */
/* watch - poll a descriptor that is not ours alone. */
#include "sys/watch.h"

#include <errno.h>
#include <fcntl.h>

int
watch_init(uv_loop_t *loop, uv_poll_t *poll, int fd)
{
	int flags = fcntl(fd, F_GETFL), rc;

	if (flags < 0)
		return -errno;
	rc = uv_poll_init(loop, poll, fd);
	if (!(flags & O_NONBLOCK) && fcntl(fd, F_SETFL, flags) < 0 && rc == 0)
		rc = -errno;
	return rc;
}

void
watch_start(uv_poll_t *poll, int events, uv_poll_cb callback)
{
	if (!uv_is_active((uv_handle_t *)poll))
		(void)uv_poll_start(poll, events, callback); /* fails only when closing */
}

void
watch_stop(uv_poll_t *poll)
{
	if (uv_is_active((uv_handle_t *)poll))
		(void)uv_poll_stop(poll); /* never fails */
}
