/* SPDX-License-Identifier: MIT */
/* fuzz_store_url - Redis URLs: one either says where a server is, or is refused, in words of ours.
 */
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/store_redis_address.h"

static void
read_url(const char *scheme, const uint8_t *data, size_t size)
{
	char *rest = xmemdup((const char *)data, size);
	char *url = xasprintf("%s://%s", scheme, rest);
	struct store_redis_address a;
	struct err err = ERR_INIT;

	if (store_redis_address_read(&a, url, &err) < 0) {
		if (err.code != EXIT_CONFIG || !err.text[0])
			abort();
	} else if (!a.host == !a.path || !a.name || a.port < 0 || a.port > 65535 ||
		   a.database < 0 || strncmp(a.name, "redis", 5) != 0 || (a.key && !a.cert) ||
		   (a.user && !a.password) || (!a.tls && (a.cacert || a.cert || a.sni))) {
		abort();
	}
	store_redis_address_release(&a);
	free(url);
	free(rest);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_url("redis", data, size);
	read_url("rediss", data, size);
	read_url("redis+unix", data, size);
	return 0;
}
