/* SPDX-License-Identifier: MIT */
/* listen - bind, listen, and say where. */
#include "serve/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/num.h"
#include "serve/serve.h"

union listen_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* The address's length, or 0 where text is no numeric address. */
static socklen_t
listen_numeric(const char *text, uint16_t port, union listen_address *out)
{
	memset(out, 0, sizeof *out);
	if (inet_pton(AF_INET, text, &out->v4.sin_addr) == 1) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons(port);
		return sizeof out->v4;
	}
	if (inet_pton(AF_INET6, text, &out->v6.sin6_addr) == 1) {
		out->v6.sin6_family = AF_INET6;
		out->v6.sin6_port = htons(port);
		return sizeof out->v6;
	}
	return 0;
}

bool
serve_is_loopback(const char *address)
{
	union listen_address a;

	if (listen_numeric(address, 0, &a) == 0)
		return false;
	if (a.any.sa_family == AF_INET)
		return ntohl(a.v4.sin_addr.s_addr) >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(&a.v6.sin6_addr);
}

static char *
listen_url(int fd)
{
	union listen_address a;
	socklen_t len = sizeof a;
	char text[INET6_ADDRSTRLEN]; /* the longest that inet_ntop writes */
	bool v6;

	if (getsockname(fd, &a.any, &len) < 0)
		return NULL;
	v6 = a.any.sa_family == AF_INET6;
	if (!inet_ntop(a.any.sa_family, v6 ? (void *)&a.v6.sin6_addr : (void *)&a.v4.sin_addr, text,
		sizeof text))
		return NULL;
	return xasprintf(v6 ? "http://[%s]:%u" : "http://%s:%u", text,
	    ntohs(v6 ? a.v6.sin6_port : a.v4.sin_port));
}

int
listen_open(const char *address, uint16_t port, char **url, struct err *err)
{
	union listen_address a;
	socklen_t len = listen_numeric(address, port, &a);
	int one = 1, fd;
	char *where;

	if (len == 0)
		return err_set(err, EXIT_USAGE, "%s: not a numeric address", address);
	fd = socket(a.any.sa_family, SOCK_STREAM, 0);
	if (fd < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
	    bind(fd, &a.any, len) < 0 || listen(fd, SOMAXCONN) < 0 || !(where = listen_url(fd))) {
		(void)err_sys(err, errno, "cannot listen on %s port %u", address, port);
		if (fd >= 0)
			(void)close(fd); /* it never carried anything */
		return -1;
	}
	*url = where;
	return fd;
}

int
serve_parse_listen(const char *text, char **address, uint16_t *port, struct err *err)
{
	const char *colon = strrchr(text, ':');
	union listen_address numeric;
	struct str host, number;
	int64_t n = 0;

	host = colon ? (struct str){ text, (size_t)(colon - text) } : STR_NONE;
	number = str_of(colon ? colon + 1 : text);
	if (host.len >= 2 && host.p[0] == '[' && host.p[host.len - 1] == ']')
		host = (struct str){ host.p + 1, host.len - 2 };
	if (!num_i64(number, &n) || n < 0 || n > 65535)
		return err_set(err, EXIT_USAGE, "%s: not ADDRESS:PORT", text);
	if (host.len == 0 || str_is(host, "localhost"))
		host = STR_LIT("127.0.0.1");
	*port = (uint16_t)n;
	*address = xmemdup(host.p, host.len);
	if (listen_numeric(*address, 0, &numeric) > 0)
		return 0;
	free(*address);
	*address = NULL;
	return err_set(err, EXIT_USAGE, "%s: not a numeric address and a port", text);
}
