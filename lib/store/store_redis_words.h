/* SPDX-License-Identifier: MIT */
/* store_redis_words - what a Redis server's refusals mean to people. Private to this room. */
#ifndef STORE_STORE_REDIS_WORDS_H
#define STORE_STORE_REDIS_WORDS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "store/store_redis_address.h"

/* Fill err; returns -1. is_secret: what is not known may repeat a password, and is not told. */
int store_redis_words(
    const struct store_redis_address *address, struct str refusal, bool is_secret, struct err *err);

/* Whoever is asked there by the same name the next time may be another, who does not refuse. */
bool store_redis_words_leave(struct str refusal);

#endif
