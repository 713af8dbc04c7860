/* SPDX-License-Identifier: MIT */
/*
 * pick - a policy's list of candidates with its names resolved: aliases and roles become the
 * targets that they stand for, modes put programs beside them, options come together.
 *
 * A list within a list stays one: where weights are given, it is drawn as a whole, and its own
 * weights (or its order) then hold within it. Options of a candidate go over the route's, a role's
 * reasoning over what its model's alias says, and what stands further out over what it leads to.
 */
#ifndef POLICY_PICK_H
#define POLICY_PICK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "policy/policy.h"
#include "policy/target.h"

struct pick {
	const struct target *target; /* NULL: the name leads nowhere, as why says */
	char *name; /* the target's, or as it was spelled */
	char *why;
	struct buf options; /* JSON object; empty: none */
	struct target_wish wish; /* of options */
	const char *profile;
	double weight; /* as said for it; negative: not said */
	struct buf reason; /* its place: "second in rule \"code\"" */
	struct buf json; /* the candidate as decision_write writes it, with that reason */
	const struct yaml *place; /* NULL: no file names it */
};

struct pick_node;
struct picks {
	char *source; /* "rule \"code\"", "the policy's providers" */
	struct pick *items; /* in the order of the file */
	size_t count, cap;
	struct pick_node *root;
	bool weighted; /* some weight is said: the order differs from request to request */
	const struct policy_route *route; /* or NULL */
};

/* Where names lead. */
struct pick_source {
	const struct policy *policy;
	struct targets *targets;
};

/* list: borrowed. route: its options go under the candidates'; NULL. source: copied. Names that
 * lead nowhere become picks without a target; a circle of names is an error (-1, EXIT_CONFIG). */
int picks_init(struct picks *p, const struct pick_source *from, const struct policy_list *list,
    const struct policy_route *route, const char *source, struct err *err)
    __attribute__((warn_unused_result));
void picks_release(struct picks *p);

/* Fill order with the indexes of all items, by their weights as drawn for that request, else as
 * they stand. */
void picks_order(const struct picks *p, uint64_t request, size_t *order);

#endif
