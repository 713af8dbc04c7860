/* SPDX-License-Identifier: MIT */
/* script_server - answers by a table of bytes and manners. */
#include "support/script_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/die.h"
#include "base/mem.h"
#include "base/num.h"

struct connection {
	struct script_server *server;
	struct connection *next;
	pthread_t thread;
	int fd;
};

struct script_server {
	const struct script_route *routes;
	int fd, port;
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows, and of each connection's fd being open */
	struct connection *connections;
	int count;
	bool stopping;
};

void
script_write(int fd, const char *p, size_t n)
{
	ssize_t put;

	for (; n; p += put, n -= (size_t)put) {
		put = send(fd, p, n, MSG_NOSIGNAL);
		if (put < 0 && errno != EINTR)
			return;
		if (put < 0)
			put = 0;
	}
}

/* More bytes into b; false at the end. */
static bool
read_more(int fd, struct buf *b)
{
	char block[4096]; /* any size will do */
	ssize_t n = read(fd, block, sizeof block);

	if (n > 0)
		buf_add(b, block, (size_t)n);
	return n > 0;
}

static size_t
content_length(struct str head)
{
	struct str line;
	int64_t n;

	while (str_split(&head, '\n', &line)) {
		if (line.len > 15 && str_eq_nocase((struct str){ line.p, 15 }, "content-length:") &&
		    num_i64(str_trim((struct str){ line.p + 15, line.len - 15 }), &n))
			return (size_t)n;
	}
	return 0;
}

/* One request at the front of b; its bytes' count, or 0 at the connection's end, or where it speaks
 * something else (TLS). */
static size_t
read_request(int fd, struct buf *b, struct script_request *r)
{
	const char *end;
	size_t head, body;

	while (!(end = strstr(b->p, "\r\n\r\n"))) {
		if (!read_more(fd, b) || b->p[0] < 'A')
			return 0;
	}
	head = (size_t)(end + 4 - b->p);
	body = content_length((struct str){ b->p, head });
	while (b->len < head + body) {
		if (!read_more(fd, b))
			return 0;
	}
	r->head = (struct str){ b->p, head };
	r->body = (struct str){ b->p + head, body };
	return head + body;
}

static const struct script_route *
find_route(const struct script_route *routes, struct str head)
{
	struct str path;

	if (!str_split(&head, ' ', &path) || !str_split(&head, ' ', &path))
		return NULL;
	for (; routes->path; routes++) {
		if (str_is(path, routes->path))
			return routes;
	}
	return NULL;
}

/* Answer one request; whether the connection goes on. */
static bool
serve_one(int fd, const struct script_route *route, const struct script_request *request)
{
	struct buf rest = BUF_INIT(BUF_UNLIMITED);
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	if (!route) {
		script_write(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 45);
		return true;
	}
	if (route->write)
		route->write(fd, request);
	else
		script_write(fd, route->bytes, route->len);
	if (route->then == SCRIPT_RESET)
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now); /* or a plain end */
	while (route->then == SCRIPT_STALL && read_more(fd, &rest))
		buf_reset(&rest);
	buf_release(&rest);
	return route->then == SCRIPT_KEEP;
}

static void *
connection_run(void *arg)
{
	struct connection *c = arg;
	struct buf b = BUF_INIT(BUF_UNLIMITED);
	struct script_request request;
	size_t n;

	while ((n = read_request(c->fd, &b, &request))) {
		if (!serve_one(c->fd, find_route(c->server->routes, request.head), &request))
			break;
		buf_cut(&b, n);
	}
	buf_release(&b);
	pthread_mutex_lock(&c->server->lock);
	close(c->fd);
	c->fd = -1;
	pthread_mutex_unlock(&c->server->lock);
	return NULL;
}

static void *
server_run(void *arg)
{
	struct script_server *s = arg;
	struct connection *c;
	int fd, on = 1;

	while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* only slower */
		c = xcalloc(1, sizeof *c);
		c->server = s;
		c->fd = fd;
		pthread_mutex_lock(&s->lock);
		c->next = s->connections;
		s->connections = c;
		s->count++;
		if (pthread_create(&c->thread, NULL, connection_run, c))
			die(EXIT_SYSTEM, "no thread");
		if (s->stopping)
			shutdown(fd, SHUT_RDWR);
		pthread_mutex_unlock(&s->lock);
	}
	return NULL;
}

struct script_server *
script_server_start(const struct script_route *routes)
{
	struct script_server *s = xcalloc(1, sizeof *s);
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;

	s->routes = routes;
	s->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&at, sizeof at) < 0 ||
	    listen(s->fd, 512) < 0 || getsockname(s->fd, (struct sockaddr *)&at, &len) < 0)
		die(EXIT_SYSTEM, "cannot listen: %s", strerror(errno));
	s->port = ntohs(at.sin_port);
	if (pthread_mutex_init(&s->lock, NULL) || pthread_create(&s->thread, NULL, server_run, s))
		die(EXIT_SYSTEM, "no thread");
	return s;
}

int
script_server_port(const struct script_server *s)
{
	return s->port;
}

int
script_server_connections(struct script_server *s)
{
	int count;

	pthread_mutex_lock(&s->lock);
	count = s->count;
	pthread_mutex_unlock(&s->lock);
	return count;
}

void
script_server_stop(struct script_server *s)
{
	struct connection *c, *next;

	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	for (c = s->connections; c; c = c->next) {
		if (c->fd >= 0)
			shutdown(c->fd, SHUT_RDWR);
	}
	pthread_mutex_unlock(&s->lock);
	shutdown(s->fd, SHUT_RDWR); /* accept returns */
	pthread_join(s->thread, NULL);
	close(s->fd);
	for (c = s->connections; c; c = next) {
		next = c->next;
		pthread_join(c->thread, NULL);
		free(c);
	}
	pthread_mutex_destroy(&s->lock);
	free(s);
}
