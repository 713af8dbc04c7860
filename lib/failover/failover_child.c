/* SPDX-License-Identifier: MIT */
/* failover_child - what the program that stands behind says, and that it has ended. */
#include <stdlib.h>

#include "base/mem.h"
#include "failover/trip.h"

void
failover_line(void *user, struct str line)
{
	struct failover *f = user;
	struct attempt *a;
	struct relayed r;
	struct err err = ERR_INIT;
	char *text;

	if (!relay_read(f->paths, line, &r, &err)) {
		if (err.code && !f->told_garbage) {
			text = xasprintf(
			    "%s wrote a line that is no record, which is passed over: %s",
			    f->config->command[0], err.text);
			failover_complain(f, text);
			free(text);
			f->told_garbage = true;
		}
		return; /* whose answer it was to be is not known: that one's time will be over */
	}
	a = attempts_find(&f->attempts, r.id);
	if (!a || json_exists(a->response))
		return; /* of one that was let go of, or that has had its answer */
	if (r.kind == RELAY_RESPONSE)
		trip_response(a, &r);
	else
		trip_chunk(a, &r);
	failover_hold_back(f);
}

/* What it had not answered by now it never will. Those that are sent meanwhile go to its successor.
 */
void
failover_down(void *user, const char *why)
{
	struct failover *f = user;
	size_t n = f->attempts.count, lost = 0;
	struct {
		struct attempt *attempt;
		uint64_t use;
	} * all;

	f->ending = false;
	if (f->leaving) {
		failover_stop(f);
		return;
	}
	all = xcalloc(n + 1, sizeof *all);
	for (size_t i = 0; i < n; i++) {
		if (!f->attempts.items[i]->trip)
			continue;
		all[lost].attempt = f->attempts.items[i];
		all[lost++].use = f->attempts.items[i]->use;
	}
	for (size_t i = 0; i < lost; i++)
		if (all[i].attempt->trip && all[i].attempt->use == all[i].use)
			trip_lose(all[i].attempt, why);
	free(all);
}
