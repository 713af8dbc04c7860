/* SPDX-License-Identifier: MIT */
/* call_raw - what was sent and what came, as it was: --raw. */
#include "call/call_state.h"

#include "json/jsonw.h"
#include "llm/media.h"

void
call_raw_head(struct call *c, int status, const struct http_headers *headers)
{
	if (!c->caller->config->keep_raw)
		return;
	c->raw_status = status;
	http_headers_release(&c->raw_headers);
	for (size_t i = 0; i < headers->count; i++)
		http_headers_add(&c->raw_headers, headers->items[i].name, headers->items[i].value);
}

/* JSON as it is; a stream as the text that it is; what is no text in base64. */
static void
put_body(struct jsonw *w, const char *key, struct str body)
{
	struct buf base64 = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct json v;

	if (!body.len)
		return;
	if (json_parse(body.p, body.len, &v, &err) == 0) {
		jsonw_kjson(w, key, v);
	} else if (str_is_utf8(body)) {
		jsonw_kstrn(w, key, body);
	} else {
		media_base64(&base64, body);
		jsonw_key(w, key);
		jsonw_object(w);
		jsonw_kstrn(w, "base64", buf_str(&base64));
		jsonw_end(w);
		buf_release(&base64);
	}
}

static void
put_headers(struct jsonw *w, const struct http_headers *headers)
{
	struct buf name = BUF_INIT(BUF_UNLIMITED);

	if (!headers->count)
		return;
	jsonw_key(w, "headers");
	jsonw_object(w);
	for (size_t i = 0; i < headers->count; i++) {
		const struct http_field *f = &headers->items[i];

		if (http_headers_get(headers, f->name) != f->value)
			continue; /* a repeated field stands once */
		buf_reset(&name);
		for (const char *p = f->name; *p; p++)
			buf_addc(&name, (char)(*p >= 'A' && *p <= 'Z' ? *p | 0x20 : *p));
		jsonw_kstr(w, name.p, str_is(buf_str(&name), "set-cookie") ? "***" : f->value);
	}
	jsonw_end(w);
	buf_release(&name);
}

bool
call_raw_write(const struct call *c, struct buf *out)
{
	struct jsonw w;

	if (!c->caller->config->keep_raw || (!c->reader && !c->raw.len))
		return false;
	jsonw_start(&w, out);
	jsonw_object(&w);
	put_body(&w, "request", buf_str(&c->wire.body));
	if (c->raw_status)
		jsonw_ki64(&w, "status", c->raw_status);
	put_headers(&w, &c->raw_headers);
	put_body(&w, "body", buf_str(&c->raw));
	jsonw_end(&w);
	return true;
}
