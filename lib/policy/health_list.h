/* SPDX-License-Identifier: MIT */
/*
 * health_list - all that the store holds of targets' health, for people and their scripts.
 *
 *	if (health_list_read(&list, store, &err) < 0) ...
 *	health_row_write(&list.rows[0], NULL, now_us, &w);
 *	health_list_release(&list);
 */
#ifndef POLICY_HEALTH_LIST_H
#define POLICY_HEALTH_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "cli/table.h"
#include "json/jsonw.h"
#include "policy/health.h"
#include "store/store.h"

struct health_row {
	char *name; /* a breaker's, a model's, or both */
	bool has_breaker, has_latency;
	struct breaker breaker; /* where it has none: a closed one */
	struct latency latency;
};

struct health_list { /* zero value: empty; sorted by name */
	struct health_row *rows;
	size_t count, cap;
};
int health_list_read(struct health_list *list, struct store *store, struct err *err)
    __attribute__((warn_unused_result));
void health_list_release(struct health_list *list);

/* The record: {"type":"breaker","name":...}. rule: whose window is counted; NULL: that of who
 * counted last. */
void health_row_write(
    const struct health_row *row, const struct breaker_rule *rule, int64_t now_us, struct jsonw *w);

void health_table_init(struct table *t);
void health_table_add(
    struct table *t, const struct health_row *row, const struct breaker_rule *rule, int64_t now_us);

/* By hand, in the store: for_us as of breaker_open; a name that isn't there is made. */
int health_open(struct store *store, struct str name, int64_t now_us, int64_t for_us,
    struct err *err) __attribute__((warn_unused_result));
int health_close(struct store *store, struct str name, int64_t now_us, struct err *err)
    __attribute__((warn_unused_result));
/* Forget what was learned of it; what a hand opened stays open. */
int health_reset(struct store *store, struct str name, struct err *err)
    __attribute__((warn_unused_result));

#endif
