/* SPDX-License-Identifier: MIT */
/*
 * policy_read - the parts of a policy file and who reads which: not for other rooms.
 *
 * Each reader takes the policy that it fills, whose document and memory it uses. What it allocates
 * it hands to policy_own, so that an error leaves nothing behind but the policy itself.
 */
#ifndef POLICY_READ_H
#define POLICY_READ_H

#include "json/field.h"
#include "policy/policy.h"

/* The most that is believed: past it, it is a slip of the pen. */
enum { POLICY_LIST_MAX = 1000, POLICY_RETRIES_MAX = 100, POLICY_HEDGES_MAX = 8 };
#define POLICY_DURATION_MAX_MS ((int64_t)366 * 24 * 3600 * 1000)

#define POLICY_READER __attribute__((warn_unused_result))

/* Free the block with the policy; returns it. */
void *policy_own(struct policy *p, void *block);
/* A warning "FILE:LINE:COLUMN: ..." at place. */
void policy_warn(struct policy *p, const struct yaml *place, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* All of the file, in whichever of its forms. */
int policy_read(struct policy *p, struct err *err) POLICY_READER;

/* --- what several sections share (policy_read.c) --- */

/* One text or a list of them, owned by the policy. */
int policy_read_strings(struct policy *p, const struct field_map *m, const char *key,
    const char *const **out, struct err *err) POLICY_READER;
/* A duration that is not absurd, in milliseconds and microseconds. */
int policy_read_ms(
    const struct field_map *m, const char *key, int64_t *out, struct err *err) POLICY_READER;
int policy_read_us(
    const struct field_map *m, const char *key, int64_t *out, struct err *err) POLICY_READER;
/* A path into the request (record_path.h). */
int policy_read_path(
    const struct field_map *m, const char *key, const char **out, struct err *err) POLICY_READER;
/* The members of limits that a map may have: those that are there are set. */
int policy_read_limits(
    const struct field_map *m, struct policy_limits *out, struct err *err) POLICY_READER;
int policy_read_hedge(
    const struct field_map *m, struct policy_hedge *out, struct err *err) POLICY_READER;
/* Options of the contract as a JSON object. */
int policy_read_options(const struct field_map *m, struct buf *out, struct err *err) POLICY_READER;
/* A regular expression; NULL where the member is absent or, with err filled, where it is wrong. */
struct pattern *policy_read_pattern(
    const struct field_map *m, const char *key, const char **source, struct err *err);
/* The member zone: an IANA name. */
int policy_read_zone(const struct field_map *m, const char **out, struct err *err) POLICY_READER;
/* The member's list, of maps or of what each says; NULL where there is none. */
int policy_read_items(const struct field_map *m, const char *key, const struct yaml **out,
    struct err *err) POLICY_READER;

/* The member's map, whose keys are names; *m is without members where it is absent. */
int policy_read_map(struct policy *p, const struct field_map *top, const char *key,
    struct field_map *m, struct err *err) POLICY_READER;

/* --- candidates (policy_list.c) --- */

/* A model's name, a map, or a list of these; nothing where the member is absent. */
int policy_list_read(struct policy *p, const struct field_map *m, const char *key,
    struct policy_list *out, struct err *err) POLICY_READER;
/* Append a candidate of that name; items must have room. */
struct policy_candidate *policy_list_add(
    struct policy_list *list, const char *model, const struct yaml *place);
/* The candidate that a name is which may be a provider's alone: "openai:", its default model. */
const char *policy_list_provider(struct policy *p, const char *name);
void policy_list_release(struct policy_list *list);

/* --- sections --- */

/* providers, weights, aliases, roles, sensitivity, fallback (policy_sections.c), models. */
int policy_sections_read(
    struct policy *p, const struct field_map *top, struct err *err) POLICY_READER;
/* models (policy_models.c). */
int policy_models_read(
    struct policy *p, const struct field_map *top, struct err *err) POLICY_READER;
/* breaker, backoff (policy_resilience.c). */
int policy_resilience_read(
    struct policy *p, const struct field_map *top, struct err *err) POLICY_READER;
/* deny, allow, guards, budgets (policy_rules.c). */
int policy_rules_read(struct policy *p, const struct field_map *top, struct err *err) POLICY_READER;
/* routes (policy_route.c), and what they match (policy_match.c). */
int policy_route_read(struct policy *p, const struct field_map *top, struct err *err) POLICY_READER;
/* A route of which nothing is said; routes must have room. */
struct policy_route *policy_route_add(struct policy *p, const struct yaml *place);
/* Gives it a name where it has none; an error where another has it. */
int policy_route_name(struct policy *p, struct policy_route *route, struct err *err) POLICY_READER;
/* A list of conditions, as routes and the seed form have them. */
int policy_route_read_conditions(struct policy *p, const struct field_map *m,
    struct policy_route *route, struct err *err) POLICY_READER;
/* Its jq expression (policy_when.c). */
int policy_when_read(struct policy *p, const struct field_map *m, struct policy_route *route,
    struct err *err) POLICY_READER;
int policy_match_read(struct policy *p, const struct field_map *route, struct policy_match *out,
    struct err *err) POLICY_READER;
/* spec.llmRouting: its entries become routes behind those that there are. */
int policy_seed_read(struct policy *p, const struct yaml *routing, struct err *err) POLICY_READER;

/* --- what needs the whole file --- */

/* Names that lead nowhere or in a circle (policy_names.c). */
int policy_names_check(struct policy *p, struct err *err) POLICY_READER;
/* Whether all fits the route; whether what fits narrow is proven to fit wide (policy_cover.c). */
bool policy_cover_all(const struct policy_route *route);
bool policy_cover_route(
    const struct policy *p, const struct policy_route *wide, const struct policy_route *narrow);
/* Both, and what is doubtful as warnings. */
int policy_check(struct policy *p, struct err *err) POLICY_READER;

#endif
