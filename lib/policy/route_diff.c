/* SPDX-License-Identifier: MIT */
/* route_diff - what another policy would change. */
#include "policy/route_diff.h"

#include "json/jsonw.h"

void
route_diff_init(struct route_diff *d, struct router *before, struct router *after, int64_t now_us)
{
	*d = (struct route_diff){ .requests = 0 };
	route_init(&d->before, before, now_us);
	route_init(&d->after, after, now_us);
}

void
route_diff_release(struct route_diff *d)
{
	route_release(&d->before);
	route_release(&d->after);
}

static bool
is_same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static const char *
rule_name(const struct decision *d)
{
	return d->rule ? d->rule->name : NULL;
}

static bool
is_same(const struct decision *a, const struct decision *b)
{
	if (a->count != b->count || a->refused != b->refused ||
	    !is_same_text(rule_name(a), rule_name(b)))
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct choice *x = &a->items[i], *y = &b->items[i];

		if (!is_same_text(x->target->spec, y->target->spec) ||
		    !str_eq(x->options, y->options) || !is_same_text(x->profile, y->profile))
			return false;
	}
	return true;
}

static void
write_side(const struct route_filter *f, const char *key, struct jsonw *w)
{
	const struct decision *d = &f->decision;

	jsonw_key(w, key);
	if (!d->refused) {
		decision_write(f->router, d, w);
		return;
	}
	jsonw_object(w);
	jsonw_kstr(w, "error", error_kind_name(d->refused));
	jsonw_kstrn(w, "message", buf_str(&d->reasons));
	jsonw_end(w);
}

static void
write_record(const struct route_diff *d, struct buf *out)
{
	struct jsonw w;

	jsonw_start(&w, out);
	jsonw_object(&w);
	jsonw_kstr(&w, "type", "routeChange");
	jsonw_kjson_opt(&w, "id", d->before.request.id);
	write_side(&d->before, "before", &w);
	write_side(&d->after, "after", &w);
	jsonw_end(&w);
}

static void
write_side_text(const struct decision *d, struct buf *out)
{
	if (d->refused) {
		buf_adds(out, error_kind_name(d->refused));
		return;
	}
	if (d->rule)
		buf_addf(out, "%s: ", d->rule->name);
	for (size_t i = 0; i < d->count; i++)
		buf_addf(out, "%s%s", i ? ", " : "", d->items[i].target->spec);
}

static void
write_text(const struct route_diff *d, struct buf *out)
{
	route_text_name(&d->before, out);
	buf_adds(out, "\n  - ");
	write_side_text(&d->before.decision, out);
	buf_adds(out, "\n  + ");
	write_side_text(&d->after.decision, out);
}

enum route_outcome
route_diff_line(struct route_diff *d, struct str line, bool text, struct buf *out, struct err *err)
{
	enum route_outcome outcome = route_decide(&d->before, line, err);

	if (outcome != ROUTE_ROUTED && outcome != ROUTE_REFUSED)
		return outcome;
	(void)route_decide(&d->after, line, err); /* a request is one under any policy */
	d->requests++;
	if (is_same(&d->before.decision, &d->after.decision))
		return ROUTE_OTHER;
	d->changed++;
	if (text)
		write_text(d, out);
	else
		write_record(d, out);
	return ROUTE_ROUTED;
}

void
route_diff_end(const struct route_diff *d, bool text, struct buf *out)
{
	struct jsonw w;

	if (text) {
		buf_addf(out, "%llu of %llu requests change", (unsigned long long)d->changed,
		    (unsigned long long)d->requests);
		return;
	}
	jsonw_start(&w, out);
	jsonw_object(&w);
	jsonw_kstr(&w, "type", "routeChanges");
	jsonw_ki64(&w, "requests", (int64_t)d->requests);
	jsonw_ki64(&w, "changed", (int64_t)d->changed);
	jsonw_end(&w);
}
