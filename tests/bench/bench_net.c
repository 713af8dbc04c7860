/* SPDX-License-Identifier: MIT */
/* bench_net - what a streamed chunk costs from the socket to the message, beside libcurl alone, and
 * what a stream in flight costs in memory. */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "base/buf.h"
#include "base/die.h"
#include "base/mem.h"
#include "net/frame.h"
#include "net/http.h"
#include "sys/clock.h"

enum { CHUNKS = 20000, FLOOD = 400000, STREAMS = 1000, REQUESTS = 20000, AT_ONCE = 64 };

static const char event[] =
    "data: {\"id\":\"chatcmpl-123\",\"object\":\"chat.completion.chunk\",\"created\":1694268190,"
    "\"model\":\"gpt-4o-mini\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" word\"},"
    "\"finish_reason\":null}]}\n\n";
static const char head[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

/* --- a server in a process of its own: /paced, /flood, /hold, /short --- */

static void
put_all(int fd, const char *p, size_t n)
{
	ssize_t put;

	for (; n; p += put, n -= (size_t)put) {
		put = send(fd, p, n, MSG_NOSIGNAL);
		if (put < 0)
			_exit(0);
	}
}

static void
serve_events(int fd, int count, unsigned pause_us, int per_write)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	int i, j;

	put_all(fd, head, strlen(head));
	for (i = 0; i < count; i += per_write) {
		buf_reset(&out);
		for (j = 0; j < per_write; j++)
			buf_addf(&out, "%zx\r\n%s\r\n", strlen(event), event);
		if (pause_us)
			usleep(pause_us);
		put_all(fd, out.p, out.len);
	}
	put_all(fd, "0\r\n\r\n", 5);
	buf_release(&out);
}

static void
serve_connection(int fd)
{
	char request[4096]; /* of our own making and shorter */
	ssize_t n;

	while ((n = read(fd, request, sizeof request - 1)) > 0) {
		request[n] = '\0';
		if (strncmp(request, "GET /paced ", 11) == 0) {
			serve_events(fd, CHUNKS, 30, 1);
		} else if (strncmp(request, "GET /flood ", 11) == 0) {
			serve_events(fd, FLOOD, 0, 50);
		} else if (strncmp(request, "GET /hold ", 10) == 0) {
			put_all(fd, head, strlen(head));
			put_all(fd, "5\r\ndata:\r\n", 10);
		} else {
			put_all(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 40);
		}
	}
	_exit(0);
}

static pid_t
serve(int *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM, 0), client, on = 1;
	pid_t pid;

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(fd, 4096) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) < 0)
		die(EXIT_SYSTEM, "cannot listen");
	*port = ntohs(at.sin_port);
	pid = fork();
	if (pid) {
		close(fd);
		return pid;
	}
	setpgid(0, 0);
	signal(SIGCHLD, SIG_IGN);
	while ((client = accept(fd, NULL, NULL)) >= 0) {
		(void)setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		if (fork() == 0)
			serve_connection(client);
		close(client);
	}
	_exit(0);
}

/* --- ours --- */

struct ours {
	struct frame *frame;
	size_t messages, datas, failed, left;
	struct http *http;
	struct http_request request;
};

static bool
on_message(void *user, struct str name, struct str data)
{
	struct ours *o = user;

	(void)name;
	o->messages += data.len > 0;
	return true;
}

static bool
on_data(void *user, const char *p, size_t n)
{
	struct ours *o = user;
	struct err err = ERR_INIT;

	o->datas++;
	return !o->frame || frame_feed(o->frame, p, n, &err) == 0;
}

static void on_done(void *user, const struct http_result *result);
static const struct http_handler handler = { NULL, on_data, on_done };

static void
on_done(void *user, const struct http_result *result)
{
	struct ours *o = user;

	if (result->end != HTTP_DONE && result->end != HTTP_CANCELLED)
		o->failed++;
	if (o->left && o->left--)
		http_start(o->http, &o->request, &handler, o);
}

static void
run_ours(struct ours *o, const char *url, size_t at_once)
{
	uv_loop_t loop;
	size_t i;

	uv_loop_init(&loop);
	o->http = http_new(&loop, &(struct http_config){ .at_once = 0 });
	o->request = (struct http_request){ .method = "GET",
		.url = url,
		.first_ms = 60000,
		.idle_ms = 60000,
		.deadline_us = clock_deadline(600000) };
	for (i = 0; i < at_once; i++)
		http_start(o->http, &o->request, &handler, o);
	uv_run(&loop, UV_RUN_DEFAULT);
	http_free(o->http);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	if (o->failed)
		die(EXIT_NO, "%zu exchanges failed", o->failed);
}

/* --- libcurl alone, by its easy interface --- */

static size_t
on_easy(char *p, size_t size, size_t n, void *user)
{
	(void)p;
	*(size_t *)user += 1;
	return size * n;
}

static void
run_easy(const char *url, size_t times, size_t *calls)
{
	CURL *easy = curl_easy_init();
	size_t i;

	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_easy);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, calls);
	for (i = 0; i < times; i++) {
		if (curl_easy_perform(easy))
			die(EXIT_NO, "libcurl failed");
	}
	curl_easy_cleanup(easy);
}

/* --- figures --- */

/* Microseconds of CPU so far; user: without the kernel's part, which waking up mostly is. */
static double
cpu_us(bool user_only)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)u.ru_utime.tv_sec * 1e6 + (double)u.ru_utime.tv_usec +
	       (user_only ? 0 : (double)u.ru_stime.tv_sec * 1e6 + (double)u.ru_stime.tv_usec);
}

static void
bench_chunks(const char *base, const char *path, int count)
{
	char *url = xasprintf("%s%s", base, path);
	struct ours o = { 0 };
	size_t calls = 0;
	double at, user_at, alone, alone_user, ours, ours_user;

	at = cpu_us(false);
	user_at = cpu_us(true);
	run_easy(url, 1, &calls);
	alone = (cpu_us(false) - at) / count;
	alone_user = (cpu_us(true) - user_at) / count;
	o.frame = frame_new(FRAME_SSE, FRAME_LIMIT, on_message, &o);
	at = cpu_us(false);
	user_at = cpu_us(true);
	run_ours(&o, url, 1);
	ours = (cpu_us(false) - at) / count;
	ours_user = (cpu_us(true) - user_at) / count;
	frame_free(o.frame);
	if (o.messages != (size_t)count)
		die(EXIT_NO, "%zu messages of %d", o.messages, count);
	printf("%-8s %8d chunks  libcurl alone %5.2f us (user %.2f)  http + frame %5.2f us (user "
	       "%.2f) a chunk\n",
	    path + 1, count, alone, alone_user, ours, ours_user);
	free(url);
}

static void
bench_requests(const char *base)
{
	char *url = xasprintf("%s/short", base);
	struct ours o = { .left = REQUESTS - AT_ONCE };
	size_t calls = 0;
	double at, alone, ours;

	at = cpu_us(false);
	run_easy(url, REQUESTS / 4, &calls);
	alone = (cpu_us(false) - at) / (REQUESTS / 4);
	at = cpu_us(false);
	run_ours(&o, url, AT_ONCE);
	ours = (cpu_us(false) - at) / REQUESTS;
	printf(
	    "short    %8d requests  libcurl alone %6.2f us  http, %d at once %6.2f us a request\n",
	    REQUESTS, alone, AT_ONCE, ours);
	free(url);
}

static long
rss_kib(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long pages = 0, resident = 0;

	if (f && fscanf(f, "%ld %ld", &pages, &resident) != 2)
		resident = 0;
	if (f)
		fclose(f);
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static void
stop_loop(uv_timer_t *timer)
{
	struct ours *o = timer->data;

	if (o->datas == STREAMS)
		uv_stop(timer->loop);
}

static void
bench_memory(const char *base)
{
	char *url = xasprintf("%s/hold", base);
	struct ours o = { 0 };
	uv_timer_t timer;
	uv_loop_t loop;
	long before, after;
	size_t i;

	uv_loop_init(&loop);
	uv_timer_init(&loop, &timer);
	timer.data = &o;
	uv_timer_start(&timer, stop_loop, 20, 20);
	o.http = http_new(&loop, &(struct http_config){ .at_once = 0 });
	o.request = (struct http_request){ .method = "GET", .url = url };
	before = rss_kib();
	for (i = 0; i < STREAMS; i++)
		http_start(o.http, &o.request, &handler, &o);
	uv_run(&loop, UV_RUN_DEFAULT);
	after = rss_kib();
	printf("hold     %8d streams in flight  %ld KiB before, %ld KiB a stream\n", STREAMS,
	    before, (after - before) / STREAMS);
	http_free(o.http);
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	free(url);
}

static void
bench_frame(void)
{
	enum { COUNT = 1000, ROUNDS = 400 };
	struct ours o = { 0 };
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	double at, us;
	int i;

	for (i = 0; i < COUNT; i++)
		buf_adds(&text, event);
	o.frame = frame_new(FRAME_SSE, FRAME_LIMIT, on_message, &o);
	at = cpu_us(false);
	for (i = 0; i < ROUNDS; i++) {
		if (frame_feed(o.frame, text.p, text.len, &err) < 0)
			err_die(&err);
	}
	us = cpu_us(false) - at;
	printf("frame    %8d messages  %.3f us a message  %.0f MB/s\n", COUNT * ROUNDS,
	    us / COUNT / ROUNDS, (double)text.len * ROUNDS / us);
	frame_free(o.frame);
	buf_release(&text);
}

int
main(int argc, char **argv)
{
	struct rlimit files = { 0 };
	char *base;
	pid_t pid;
	int port;

	(void)argc;
	die_init(argv[0]);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	pid = serve(&port);
	base = xasprintf("http://127.0.0.1:%d", port);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	setvbuf(stdout, NULL, _IOLBF, 0);
	bench_frame();
	bench_chunks(base, "/flood", FLOOD);
	bench_chunks(base, "/paced", CHUNKS);
	bench_requests(base);
	bench_memory(base);
	kill(-pid, SIGKILL);
	waitpid(pid, NULL, 0);
	free(base);
	return 0;
}
