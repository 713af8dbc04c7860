/* SPDX-License-Identifier: MIT */
/* provider_read - what providers.c has of one provider: nobody else makes any. */
#ifndef LLM_PROVIDER_READ_H
#define LLM_PROVIDER_READ_H

#include "base/err.h"
#include "json/yaml.h"
#include "llm/provider.h"

/* What the names of command line programs begin with. */
#define PROGRAM_PREFIX "cli:"

/* One map of the configuration on its way into a provider. */
struct provider_source {
	const struct yaml_doc *doc;
	const struct yaml *map;
	env_fn *env;
	struct err *err;
};

/* Lay the map over what the provider is so far: all that it does not name stays. */
int provider_read(struct provider *p, const struct provider_source *s)
    __attribute__((warn_unused_result));
/* It is begun anew as what the other one is so far: all but its name, its limits, the beginnings of
 * its models' names, and what was found out of it. */
void provider_copy(struct provider *p, const struct provider *from);
void provider_free(struct provider *p);

#endif
