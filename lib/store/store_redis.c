/* SPDX-License-Identifier: MIT */
/* store_redis - state in Redis, shared by many machines. */
#include "store/store_backend.h"

int
store_redis_open(const struct store_config *config, struct store_place *place, struct err *err)
{
	(void)config;
	(void)place;
	return err_set(err, EXIT_CONFIG, "Redis was not built in: install hiredis and build again");
}
