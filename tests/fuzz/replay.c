/* SPDX-License-Identifier: MIT */
/* replay - run a fuzz target over its corpus, and over every prefix of short entries: make check's
 * share of fuzzing. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/die.h"
#include "fuzz/fuzz.h"
#include "sys/file.h"

enum { PREFIX_MAX = 512 };

/* A copy of exactly n bytes on the heap, so that a sanitizer sees a read past the end. */
static void
replay_bytes(const char *p, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	if (!copy)
		die(EXIT_SYSTEM, "out of memory");
	if (n)
		memcpy(copy, p, n);
	(void)LLVMFuzzerTestOneInput(copy, n); /* always 0 by convention; failures abort */
	free(copy);
}

static void
replay_file(const char *path)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	size_t i;

	if (file_read(path, &text, &err) < 0)
		err_die(&err);
	replay_bytes(text.p, text.len);
	for (i = 0; i < text.len && i < PREFIX_MAX; i++)
		replay_bytes(text.p, i);
	buf_release(&text);
}

int
main(int argc, char **argv)
{
	const char *top = getenv("top");
	const char *name = strstr(argv[0], "replay_fuzz_");
	struct dirent *entry;
	char *dir, *all, *path;
	int n = 0;
	DIR *d;

	(void)argc;
	die_init(argv[0]);
	if (!name)
		die(EXIT_USAGE, "must be called replay_fuzz_NAME");
	all = file_join(top ? top : ".", "tests/fuzz/corpus");
	dir = file_join(all, name + strlen("replay_fuzz_"));
	d = opendir(dir);
	if (!d)
		die(EXIT_IO, "cannot open %s", dir);
	while ((entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		path = file_join(dir, entry->d_name);
		replay_file(path);
		printf("ok %d - %s\n", ++n, entry->d_name);
		free(path);
	}
	(void)closedir(d); /* read only */
	printf("1..%d\n", n);
	free(dir);
	free(all);
	return n ? 0 : 1;
}
