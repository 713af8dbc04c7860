/* SPDX-License-Identifier: MIT */
/* probe_write - what a probe found, as records and as a table. */
#include "call/probe_write.h"

#include "cli/table.h"
#include "json/jsonw.h"
#include "llm/dialect.h"
#include "net/http_url.h"
#include "net/secret.h"

#include <stdlib.h>

/* Whom a base URL names, and no more of it. */
static void
put_peer(struct buf *out, const struct provider *p)
{
	struct buf url = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	char *peer;

	if (provider_check(p, &err) < 0)
		return;
	provider_url(p, "/", &url);
	peer = http_url_peer(url.p);
	if (strcmp(peer, "?") != 0)
		buf_adds(out, peer);
	free(peer);
	buf_release(&url);
}

static void
put_where(struct buf *out, const struct probed *item)
{
	if (item->program)
		buf_adds(out, item->program);
	else if (item->provider)
		put_peer(out, item->provider);
}

static void
put_reason(struct buf *out, const struct probed *item)
{
	if (item->reason)
		secret_mask(str_of(item->reason), out);
}

static void
write_record(struct buf *out, const struct probed *item)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct jsonw w;

	jsonw_start(&w, out);
	jsonw_object(&w);
	jsonw_kstr(&w, "type", "probe");
	jsonw_kstr(&w, "provider", item->name);
	jsonw_kbool(&w, "usable", item->usable);
	if (item->provider)
		jsonw_kstr(&w, "dialect", item->provider->dialect->name);
	put_where(&text, item);
	if (text.len)
		jsonw_kstrn(&w, item->program ? "program" : "server", buf_str(&text));
	if (item->version)
		jsonw_kstr(&w, "version", item->version);
	if (item->reason) {
		buf_reset(&text);
		put_reason(&text, item);
		jsonw_kstrn(&w, "reason", buf_str(&text));
	}
	jsonw_key(&w, "ms");
	jsonw_double(&w, (double)(item->end_us - item->start_us) / 1000);
	jsonw_end(&w);
	buf_addc(out, '\n');
	buf_release(&text);
}

void
probe_write_records(struct buf *out, const struct probed *items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		write_record(out, &items[i]);
}

void
probe_write_table(struct buf *out, const struct probed *items, size_t count)
{
	static const char *const heads[] = { "PROVIDER", "USABLE", "WHERE", "VERSION OR REASON" };
	struct table t;

	table_init(&t, 4, 4);
	for (size_t i = 0; i < 4; i++)
		buf_adds(table_cell(&t), heads[i]);
	for (size_t i = 0; i < count; i++) {
		buf_adds(table_cell(&t), items[i].name);
		buf_adds(table_cell(&t), items[i].usable ? "yes" : "no");
		put_where(table_cell(&t), &items[i]);
		if (items[i].reason)
			put_reason(table_cell(&t), &items[i]);
		else
			buf_adds(table_cell(&t), items[i].version ? items[i].version : "");
	}
	table_print(&t, out);
	table_release(&t);
}
