/* SPDX-License-Identifier: MIT */
/* cards - agent cards from files. */
#include "failover/cards.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include "sys/file.h"

enum { CARD_MAX = 1 << 20 };

/* It may be a link, as all files of a mounted ConfigMap are; what it leads to must be a file. */
static int
add_card(struct agents *agents, const char *path, struct err *err)
{
	struct buf text = BUF_INIT(CARD_MAX);
	char *file = realpath(path, NULL);
	int r;

	if (!file)
		return err_sys(err, errno, "cannot open %s", path);
	r = file_read_regular(file, &text, err);
	if (r == 0)
		r = agents_add(agents, path, buf_str(&text), err);
	free(file);
	buf_release(&text);
	return r;
}

static int
is_card(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && str_ends(str_of(entry->d_name), ".json");
}

static int
add_cards(struct agents *agents, const char *path, struct err *err)
{
	struct dirent **entries;
	int i, r = 0, n = scandir(path, &entries, is_card, alphasort);

	if (n < 0 && errno == ENOTDIR)
		return add_card(agents, path, err);
	if (n < 0)
		return err_sys(err, errno, "cannot read %s", path);
	for (i = 0; i < n; i++) {
		char *file = file_join(path, entries[i]->d_name);

		if (r == 0)
			r = add_card(agents, file, err);
		free(file);
		free(entries[i]);
	}
	free(entries);
	return r;
}

int64_t
cards_offer(struct targets *targets, const char *capability, const char *const *paths, bool text,
    struct buf *out, struct err *err)
{
	static const char *const usual[] = { "agents", NULL };
	struct agents *agents = agents_new(targets, str_of(capability));
	int64_t n = 0;

	for (paths = paths ? paths : usual; n == 0 && *paths; paths++)
		n = add_cards(agents, *paths, err);
	if (n == 0)
		n = (int64_t)agents_write(agents, text, out);
	agents_free(agents);
	return n;
}
