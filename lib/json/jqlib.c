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

static struct jqlib lib;

static const struct {
	const char *name;
	void *at; /* a pointer to a function; dlsym gives one to an object */
} functions[] = {
#define JQLIB_ROW(name) { #name, &lib.name },
	JQLIB_FUNCTIONS(JQLIB_ROW)
#undef JQLIB_ROW
};

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
	loaded = true;
	return &lib;
fail:
	err_set(err, EXIT_SYSTEM, "jq's expressions want libjq: %s", dlerror());
	return NULL;
}
