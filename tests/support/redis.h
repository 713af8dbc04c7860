/* SPDX-License-Identifier: MIT */
/* redis - a Redis server of the test's own, on a socket in the directory it is in. */
#ifndef TESTS_SUPPORT_REDIS_H
#define TESTS_SUPPORT_REDIS_H

/* Start one that keeps nothing, password NULL: it wants none. Its URL, with the password, or NULL
 * where there is no redis-server or hiredis was not built in; redis_stop frees it. One at a time.
 */
const char *redis_start(const char *password);
/* As a crash would end it; the next one has the same URL. */
void redis_stop(void);

void redis_pause(void); /* it answers no more */
void redis_resume(void);

#endif
