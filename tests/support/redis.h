/* SPDX-License-Identifier: MIT */
/* redis - a Redis server of the test's own, on a socket in the directory it is in. */
#ifndef TESTS_SUPPORT_REDIS_H
#define TESTS_SUPPORT_REDIS_H

#include <stdbool.h>

/* Start one that keeps nothing, password NULL: it wants none. Its URL, with the password, or NULL
 * where there is no redis-server or hiredis was not built in; redis_stop frees it. One at a time.
 */
const char *redis_start(const char *password);
/* One that speaks TLS, too: its files (PEM), and whether who calls must show a certificate. The
 * ports are set where they are 0, on 127.0.0.1; it is on its socket as well. False where there is
 * none that can. */
struct redis_tls {
	const char *cert, *key, *ca;
	bool wants_ours;
	const char *protocols; /* NULL: all */
	int port, tls_port; /* plain, TLS */
};
bool redis_start_tls(struct redis_tls *tls);
/* One that is part of a cluster, which has no keys. As redis_start. */
const char *redis_start_cluster(void);
/* As a crash would end it; the next one has the same URL. */
void redis_stop(void);

void redis_pause(void); /* it answers no more */
void redis_resume(void);

#endif
