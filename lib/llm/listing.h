/* SPDX-License-Identifier: MIT */
/*
 * listing - the models that a provider itself lists: where it is asked, and what it says.
 *
 *	struct listing list;
 *	listing_init(&list);
 *	do {
 *		wire_init(&w);
 *		if (listing_address(&list, provider, key, &w, &err) < 0) ...
 *		... GET w.url with w.headers ...
 *		if (listing_read(&list, body, &err) < 0) ...
 *	} while (list.more);
 *	listing_release(&list);
 */
#ifndef LLM_LISTING_H
#define LLM_LISTING_H

#include <stdbool.h>

#include "llm/dialect.h"

struct listed {
	char *id, *name; /* name: NULL where it is not told, or the same */
	const char *kind; /* "chat", "embedding", "other" */
	int64_t context_window, max_output; /* 0: not told */
};

struct listing {
	struct listed *items;
	size_t count, cap;
	const struct listing_api *api; /* set by listing_address */
	char *cursor; /* of the next page */
	bool more;
};

void listing_init(struct listing *list);
void listing_release(struct listing *list);

/* Where the next page is had: url, and the headers that the dialect wants. -1 and err
 * (EXIT_NO) where the provider has no such list. */
int listing_address(struct listing *list, const struct provider *p, const char *key, struct wire *w,
    struct err *err) __attribute__((warn_unused_result));

/* Add a page's models; more says whether there is another. */
int listing_read(struct listing *list, struct json body, struct err *err)
    __attribute__((warn_unused_result));

#endif
