/* SPDX-License-Identifier: MIT */
/* store_redis_words - what a Redis server's refusals mean to people. */
#include "store/store_redis_words.h"

#include <stddef.h>

#define NO_CLUSTER                                                                                 \
	"it is part of a Redis Cluster, where what changes together may lie on several servers: "  \
	"name a server without cluster mode"

/* By how they begin; the first that fits. Redis' own words are in its source, src/server.c. */
static const struct words {
	const char *begin;
	enum exit_code code; /* EXIT_CONFIG: it stays so until somebody changes something */
	const char *text;
} table[] = {
	{ "NOAUTH", EXIT_CONFIG, "a password is wanted" },
	{ "WRONGPASS", EXIT_CONFIG, "the password is not the server's" },
	{ "ERR invalid password", EXIT_CONFIG, "the password is not the server's" },
	{ "ERR AUTH", EXIT_CONFIG, "it wants no password: leave it out of the URL" },
	{ "ERR Client sent AUTH", EXIT_CONFIG, "it wants no password: leave it out of the URL" },
	{ "NOPERM", EXIT_CONFIG,
	    "this user may not do that: agentflow(7) says what its ACL must allow" },
	{ "DENIED", EXIT_CONFIG,
	    "it is in protected mode: from elsewhere it is to be had with a password only" },
	{ "ERR DB index", EXIT_CONFIG, "it has no database of that number" },
	{ "ERR invalid DB index", EXIT_CONFIG, "it has no database of that number" },
	{ "ERR SELECT is not allowed in cluster", EXIT_CONFIG, NO_CLUSTER },
	{ "MOVED", EXIT_CONFIG, NO_CLUSTER },
	{ "ASK ", EXIT_CONFIG, NO_CLUSTER },
	{ "CROSSSLOT", EXIT_CONFIG, NO_CLUSTER },
	{ "CLUSTERDOWN", EXIT_CONFIG, NO_CLUSTER },
	{ "ERR max number of clients", EXIT_IO, "it has as many clients as it takes (maxclients)" },
	{ "LOADING", EXIT_IO, "it has just been started and reads its data: it is to be had soon" },
	{ "READONLY", EXIT_IO, "it is a replica, and takes no writes: name the primary" },
	{ "MASTERDOWN", EXIT_IO, "it is a replica that has lost its primary: name the primary" },
	{ "OOM", EXIT_IO, "its memory is full (maxmemory): give it more" },
	{ "MISCONF", EXIT_IO,
	    "it can't save its data to disk, and takes no writes until it can: its log says why" },
	{ "NOREPLICAS", EXIT_IO, "it has too few replicas to take writes (min-replicas-to-write)" },
	{ "BUSY", EXIT_IO, "a script keeps it busy" },
};

/* Who has users may have the wrong one. */
static bool
is_users(const struct store_redis_address *a, struct str code)
{
	return a->user && str_is(code, "WRONGPASS");
}

int
store_redis_words(
    const struct store_redis_address *address, struct str refusal, bool is_secret, struct err *err)
{
	struct str rest = refusal, code = STR_NONE;
	const char *text;
	size_t i;

	(void)str_split(&rest, ' ', &code); /* an empty one has none */
	for (i = 0; i < sizeof table / sizeof *table; i++) {
		if (!str_starts(refusal, table[i].begin))
			continue;
		text = is_users(address, code) ? "the user or the password is not the server's"
					       : table[i].text;
		return err_set(err, table[i].code, "%s: %s (%.*s)", address->name, text,
		    (int)code.len, code.p);
	}
	if (!is_secret)
		code = refusal;
	return err_set(err, EXIT_IO, "%s: the server refuses: %.*s", address->name,
	    (int)(code.len > 200 ? 200 : code.len), code.p);
}

bool
store_redis_words_leave(struct str refusal)
{
	return str_starts(refusal, "READONLY") || str_starts(refusal, "MASTERDOWN");
}
