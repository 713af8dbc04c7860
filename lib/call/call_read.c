/* SPDX-License-Identifier: MIT */
/* call_read - a line of input as a call. */
#include "base/die.h"
#include "base/mem.h"
#include "call/call_state.h"
#include "json/edit.h"

static void
take_id(struct call *c, struct json id)
{
	request_take_id(id, &c->caller->made_ids, &c->id);
}

/* Options that nobody knows are not carried, and that is said. */
static void
warn_unknown_options(struct call *c)
{
	const char *const *names = request_option_names(), *near;
	struct json_iter it = json_each(json_get(c->request.record, "options"));
	struct buf option = BUF_INIT(BUF_UNLIMITED);

	while (json_next(&it)) {
		size_t i = 0;

		while (names[i] && !json_eq(it.key, names[i]))
			i++;
		if (names[i])
			continue;
		buf_reset(&option);
		buf_adds(&option, "options.");
		json_text(it.key, &option);
		near = str_nearest(str_of(option.p + strlen("options.")), names);
		if (near)
			answer_warn(&c->answer, option.p,
			    "not known, and not carried (did you mean \"%s\"?)", near);
		else
			answer_warn(&c->answer, option.p, "not known, and not carried");
	}
	buf_release(&option);
}

/* The record as the first candidate of its route has it: there is one try here, and it is theirs.
 */
static struct json
follow_route(struct call *c, struct json record)
{
	struct json first = json_find(record, "route.candidates.0");
	struct json own, over = json_get(first, "options");
	struct buf options = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct json_edit e;

	if (!json_is(json_get(first, "model"), JSON_STRING))
		return record;
	json_edit_start(&e, record);
	json_edit_set(&e, "model", json_raw(json_get(first, "model")));
	if (json_is(over, JSON_OBJECT)) {
		own = json_get(record, "options");
		json_merge_patch(
		    json_is(own, JSON_OBJECT) ? own : json_literal("{}"), over, &options);
		json_edit_set(&e, "options", buf_str(&options));
	}
	if (json_is(json_get(first, "profile"), JSON_STRING))
		json_edit_set(&e, "profile", json_raw(json_get(first, "profile")));
	json_edit_write(&e, &c->filled);
	buf_release(&options);
	if (json_parse(c->filled.p, c->filled.len, &record, &err) < 0)
		BUG("follow_route: %s", err.text);
	return record;
}

static void
read_record(struct call *c, size_t len)
{
	struct err err = ERR_INIT;
	struct json record, id;

	if (json_parse(c->line, len, &record, &err) < 0) {
		answer_fail(&c->answer, ERROR_INVALID_INPUT, "%s", err.text);
	} else if (!json_is(record, JSON_OBJECT)) {
		answer_fail(&c->answer, ERROR_INVALID_INPUT, "not a JSON object");
	} else if (request_is_cancel(record, &id)) {
		c->cancels = id;
	} else if (!request_is(record)) {
		take_id(c, id);
		answer_fail(&c->answer, ERROR_INVALID_INPUT,
		    "not a request: it has neither messages nor prompt");
	} else {
		record = follow_route(c, record);
		c->is_request = request_read(
				    &c->request, record, &c->caller->config->defaults, &err) == 0;
		take_id(c, c->request.id);
		if (c->is_request)
			warn_unknown_options(c);
		else
			answer_fail(&c->answer, ERROR_INVALID_INPUT, "%s", err.text);
	}
}

bool
call_is_cancel(const struct call *c)
{
	return json_exists(c->cancels);
}

bool
call_is_meant(const struct call *c, const struct call *cancel)
{
	struct err err = ERR_INIT;
	struct json id;

	return json_parse(c->id.p, c->id.len, &id, &err) == 0 && json_equal(id, cancel->cancels);
}

void
call_resolve(struct call *c)
{
	struct providers *set = c->caller->config->providers;
	struct str spec = c->request.model;
	struct err err = ERR_INIT;

	if (!spec.len) {
		spec = str_of(providers_default_model(set));
		c->request.model = spec;
	}
	if (providers_resolve(set, spec, &c->provider, &c->model, &err) < 0) {
		c->provider = NULL;
		answer_fail(
		    &c->answer, spec.len ? ERROR_NOT_FOUND : ERROR_INVALID_REQUEST, "%s", err.text);
		return;
	}
	c->model_text = xmemdup(c->model.p, c->model.len);
}

void
call_read(struct call *c, size_t len)
{
	read_record(c, len);
	if (c->is_request)
		call_resolve(c);
}

int
call_read_again(
    struct call *c, struct buf *text, const struct request_defaults *defaults, struct err *err)
{
	struct request again;
	struct json record;

	if (json_parse(text->p, text->len, &record, err) < 0 ||
	    request_read(&again, record, defaults, err) < 0)
		return -1;
	again.model = c->request.model;
	buf_release(&again.model_text);
	again.model_text = c->request.model_text;
	c->request = again;
	buf_release(&c->filled);
	c->filled = *text; /* whose bytes the request borrows: they stay where they are */
	buf_init(text, BUF_UNLIMITED);
	return 0;
}
