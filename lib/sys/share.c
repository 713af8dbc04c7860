/* SPDX-License-Identifier: MIT */
/* share - where the data lies that comes with the programs. */
#include "sys/share.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "sys/file.h"

static bool
has_data(const char *dir)
{
	char *probe = file_join(dir, "models/providers.yaml");
	bool there = file_exists(probe);

	free(probe);
	return there;
}

/* The directory that this program's file is in, or NULL where the system does not tell. */
static char *
own_dir(void)
{
	char path[PATH_MAX]; /* the kernel gives no longer one */
	ssize_t n = readlink("/proc/self/exe", path, sizeof path);

	while (n > 0 && path[n - 1] != '/')
		n--;
	return n > 1 ? xmemdup(path, (size_t)n - 1) : NULL;
}

char *
share_dir(const char *configured)
{
	static const char *const beside[] = { "../share/agentflow", "../../share" };
	char *own, *dir;

	if (configured && *configured)
		return xstrdup(configured);
	own = own_dir();
	for (size_t i = 0; own && i < sizeof beside / sizeof *beside; i++) {
		dir = file_join(own, beside[i]);
		if (has_data(dir)) {
			free(own);
			return dir;
		}
		free(dir);
	}
	free(own);
	return xstrdup(AGENTFLOW_SHAREDIR);
}

char *
share_program(const char *name)
{
	char *own = own_dir(), *beside = own ? file_join(own, name) : NULL;

	free(own);
	if (beside && access(beside, X_OK) == 0)
		return beside;
	free(beside);
	return xstrdup(name);
}
