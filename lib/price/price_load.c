/* SPDX-License-Identifier: MIT */
/* price_load - price rows from files: the only place of this room that reads any. */
#include "price/price_load.h"

#include <dirent.h>
#include <errno.h>

#include "base/buf.h"
#include "base/mem.h"
#include "json/json.h"
#include "price/price_import.h"
#include "sys/file.h"

#define PRICE_FILE_MAX ((size_t)16 << 20)

static int
is_price_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && str_ends(str_of(entry->d_name), ".ndjson");
}

/* The bytes without the byte order mark that editors of some systems leave. */
static struct str
text_of(const struct buf *file)
{
	struct str s = buf_str(file);

	if (!str_starts(s, "\xEF\xBB\xBF"))
		return s;
	return (struct str){ s.p + 3, s.len - 3 };
}

static int
load_one(struct prices *prices, const char *path, struct err *err)
{
	struct buf text = BUF_INIT(PRICE_FILE_MAX);
	int rc = file_read(path, &text, err);

	if (rc == 0)
		rc = prices_add(prices, path, text_of(&text), 0, err);
	buf_release(&text);
	return rc;
}

static int
load_dir(struct prices *prices, const char *dir, struct err *err)
{
	struct dirent **entries;
	int i, rc = 0, n = scandir(dir, &entries, is_price_file, alphasort);

	if (n < 0) {
		bool is_absent = errno == ENOENT || errno == ENOTDIR;

		(void)err_sys(err, errno, "cannot read the price rows in %s", dir);
		if (is_absent)
			err->code = EXIT_CONFIG;
		return -1;
	}
	if (n == 0)
		rc = err_set(err, EXIT_CONFIG, "%s: no price rows (*.ndjson) there", dir);
	for (i = 0; i < n; i++) {
		char *path = file_join(dir, entries[i]->d_name);

		if (rc == 0)
			rc = load_one(prices, path, err);
		free(path);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

static int
load_file(struct prices *prices, const char *path, int layer, struct err *err)
{
	struct buf text = BUF_INIT(PRICE_FILE_MAX);
	struct err not_one_value = ERR_INIT; /* what it means is known: rows */
	struct str s;
	struct json v;
	int rc;

	if (file_read(path, &text, err) < 0) {
		buf_release(&text);
		return -1;
	}
	s = text_of(&text);
	if (json_parse(s.p, s.len, &v, &not_one_value) == 0 && price_import_fits(v))
		rc = price_import(prices, path, v, layer, err);
	else
		rc = prices_add(prices, path, s, layer, err);
	buf_release(&text);
	return rc;
}

struct prices *
price_load(const char *share, const char *const *files, struct err *err)
{
	struct prices *prices = prices_new();
	char *dir = file_join(share, "pricing");
	int rc = load_dir(prices, dir, err), layer = 0;

	for (; rc == 0 && files && *files; files++)
		rc = load_file(prices, *files, ++layer, err);
	free(dir);
	if (rc == 0)
		return prices;
	prices_free(prices);
	return NULL;
}
