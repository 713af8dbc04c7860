/* SPDX-License-Identifier: MIT */
/* call_id - the ids by which tools' results name the calls that they answer. */
#include "llm/call_id.h"

#include <stdint.h>

#include "base/fnv.h"

enum { HASH_DIGITS = 9 };

static bool
is_allowed(const struct call_id_form *form, char c)
{
	static const char alphabet[] =
	    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	return !form->others || (c && (strchr(alphabet, c) || strchr(form->others, c)));
}

static bool
fits(const struct call_id_form *form, struct str id)
{
	for (size_t i = 0; i < id.len; i++)
		if (!is_allowed(form, id.p[i]))
			return false;
	if (!id.len || (form->is_exact && id.len < form->max))
		return false;
	return !form->max || id.len <= form->max;
}

/* In letters and digits. */
static void
add_hash(struct buf *out, struct str id)
{
	uint64_t hash = fnv_add(FNV_BASIS, id);

	for (int i = 0; i < HASH_DIGITS; i++) {
		buf_addc(out, "0123456789abcdefghijklmnopqrstuvwxyz"[hash % 36]);
		hash /= 36;
	}
}

/* What there is room for, so that people know it again, and what tells it from all others. */
static void
make(const struct call_id_form *form, struct str id, struct buf *out)
{
	size_t room = form->max ? form->max - HASH_DIGITS : id.len + 1, len;

	len = str_cut_utf8(id, room > 1 ? room - 1 : 0);
	for (size_t i = 0; i < len; i++)
		buf_addc(out, is_allowed(form, id.p[i]) ? id.p[i] : '_');
	if (len)
		buf_addc(out, '_');
	add_hash(out, id);
}

void
call_id_write(struct jsonw *w, const char *key, struct json id, const struct call_id_form *form)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED), made = BUF_INIT(BUF_UNLIMITED);

	json_text(id, &text); /* it may be spelled otherwise in its result */
	if (fits(form, buf_str(&text))) {
		jsonw_kjson(w, key, id);
	} else {
		make(form, buf_str(&text), &made);
		jsonw_kstrn(w, key, buf_str(&made));
	}
	buf_release(&text);
	buf_release(&made);
}
