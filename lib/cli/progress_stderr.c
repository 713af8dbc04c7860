/* SPDX-License-Identifier: MIT */
/* progress_stderr - how far a program is. */
#include "cli/progress_stderr.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/die.h"
#include "sys/clock.h"

static struct progress progress;

bool
progress_stderr_is_seen(void)
{
	struct stat st;

	if (!isatty(STDERR_FILENO) || fstat(STDOUT_FILENO, &st) < 0)
		return false;
	return S_ISREG(st.st_mode) || (S_ISCHR(st.st_mode) && !isatty(STDOUT_FILENO));
}

struct progress *
progress_stderr_start(const char *what, uint64_t total, const char *no_color)
{
	struct progress_config config = {
		.what = what,
		.total = total,
		.fd = STDERR_FILENO,
		.no_color = no_color,
	};

	progress_start(&progress, &config, clock_mono_us());
	return &progress;
}

void
progress_stderr_complain(const char *text)
{
	progress_clear(&progress);
	warn_line(text);
}

void
progress_stderr_end(void)
{
	progress_finish(&progress);
}
