/* SPDX-License-Identifier: MIT */
/* jqlib - find libjq, and its functions in it. */
#include "json/jqlib.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

/* By the name of its ABI, which is the one that the headers describe. */
#ifdef __APPLE__
#define LIBJQ "libjq.1.dylib"
#else
#define LIBJQ "libjq.so.1"
#endif

/*
 * Tries that one search of a regular expression has. To jq a search is one step, in which it cannot
 * be halted, and oniguruma by itself limits what is tried from one place of the text only: a*a*b
 * takes hours for 50 KiB. So many take seconds, at worst most of a minute.
 */
enum { TRIES_MAX = 10 * 1000 * 1000 };

static struct jqlib lib;

static const struct {
	const char *name;
	void *at; /* a pointer to a function; dlsym gives one to an object */
} functions[] = {
#define JQLIB_ROW(name) { #name, &lib.name },
	JQLIB_FUNCTIONS(JQLIB_ROW)
#undef JQLIB_ROW
};

/* It stands behind libjq, where that was built with it; old ones know no such limit. */
static void
limit_searches(void *handle)
{
	void *found = dlsym(handle, "onig_set_retry_limit_in_search");
	int (*set)(unsigned long tries);

	if (!found)
		return;
	memcpy(&set, &found, sizeof set);
	(void)set(TRIES_MAX); /* it only stores the number */
}

const struct jqlib *
jqlib_load(struct err *err)
{
	static bool loaded;
	void *handle, *found;
	size_t i;

	if (loaded)
		return &lib;
	handle = dlopen(LIBJQ, RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		goto fail;
	for (i = 0; i < sizeof functions / sizeof *functions; i++) {
		found = dlsym(handle, functions[i].name);
		if (!found)
			goto fail;
		memcpy(functions[i].at, &found, sizeof found);
	}
	limit_searches(handle);
	loaded = true;
	return &lib;
fail:
	err_set(err, EXIT_SYSTEM, "jq's expressions want libjq: %s", dlerror());
	return NULL;
}
