/* SPDX-License-Identifier: MIT */
/* building - a request record as the HTTP request that a dialect makes of it. */
#include "support/building.h"

#include <stdlib.h>

#include "base/mem.h"

void
building_of(struct building *b, const struct order *o)
{
	static char place[] = "place"; /* whatever a door asks for is known */
	struct provider provider = { .dialect = o->dialect };
	struct request request;
	struct json record;

	*b = (struct building){ .rc = -1 };
	wire_init(&b->wire);
	answer_init(&b->answer, NULL, NULL);
	provider.name = xstrdup(o->name ? o->name : "test");
	provider.base_url = xstrdup(o->base_url);
	for (size_t i = 0; o->placed && i < PLACE_COUNT; i++)
		provider.place[i] = place;
	if (o->headers)
		provider.headers = *o->headers;
	if (json_parse(o->record, strlen(o->record), &record, &b->err) == 0 &&
	    request_read(&request, record, NULL, &b->err) == 0) {
		b->rc = dialect_build(&(struct build){ .request = &request,
					  .provider = &provider,
					  .model = str_of(o->model ? o->model : "m"),
					  .key = o->key,
					  .answer = &b->answer },
		    &b->wire, &b->err);
		request_release(&request);
	}
	free(provider.name);
	free(provider.base_url);
}

void
building_release(struct building *b)
{
	wire_release(&b->wire);
	answer_release(&b->answer);
}
