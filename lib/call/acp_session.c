/* SPDX-License-Identifier: MIT */
/* acp_session - what is asked of an agent's session: parameters, settings, permissions. */
#include "call/acp_session.h"

#include "json/jsonw.h"

enum { NAMES_MAX = 300 };

/*
 * Agents offer settings in two ways: as configuration options, found by their category, and by a
 * list and a method for each kind, which came first and which some still have alone.
 */
static const struct {
	const char *name, *category, *list, *current, *id, *method;
	enum error_kind kind; /* where what is wanted is not offered */
} settings[ACP_SETTINGS] = {
	[ACP_MODEL] = { "model", "model", "models.availableModels", "models.currentModelId",
	    "modelId", "session/set_model", ERROR_NOT_FOUND },
	[ACP_MODE] = { "mode", "mode", "modes.availableModes", "modes.currentModeId", "id",
	    "session/set_mode", ERROR_UNSUPPORTED },
	[ACP_REASONING] = { "reasoning", "thought_level", "", "", "", "", ERROR_UNSUPPORTED },
};

struct json
acp_kept(const struct buf *b)
{
	return b->len ? json_literal(b->p) : JSON_ABSENT;
}

struct str
acp_params(struct buf *out, const struct buf *session, const char *name, const struct buf *value)
{
	struct jsonw w;

	buf_reset(out);
	jsonw_start(&w, out);
	jsonw_object(&w);
	jsonw_key(&w, "sessionId");
	jsonw_raw(&w, buf_str(session));
	if (name) {
		jsonw_key(&w, name);
		jsonw_raw(&w, buf_str(value));
	}
	jsonw_end(&w);
	return buf_str(out);
}

/* --- settings --- */

struct json
acp_wanted(struct json wanted, enum acp_setting which)
{
	return json_get(wanted, settings[which].name);
}

/* Whether the id is an address that ends in "#wanted". */
static bool
has_fragment(struct json id, struct json wanted)
{
	struct str rest, word;

	if (!json_plain(id, &rest) || !json_plain(wanted, &word) || rest.len <= word.len)
		return false;
	rest.p += rest.len - word.len - 1;
	return *rest.p == '#' && str_eq((struct str){ rest.p + 1, word.len }, word);
}

/* Ids may be addresses ("https://...#plan"), and names are for people ("Plan"). */
static bool
is_called(struct json item, const char *id_member, struct json wanted)
{
	struct json id = json_get(item, id_member);

	return json_equal(id, wanted) || has_fragment(id, wanted) ||
	       json_equal(json_get(item, "name"), wanted);
}

/* The id of what is wanted in a list, whose items may be groups of "options"; or JSON_NONE. */
static struct json
find_in(struct json list, const char *id_member, struct json wanted)
{
	struct json_iter it = json_each(list), inner;

	while (json_next(&it)) {
		if (is_called(it.value, id_member, wanted))
			return json_get(it.value, id_member);
		inner = json_each(json_get(it.value, "options"));
		while (json_next(&inner))
			if (is_called(inner.value, id_member, wanted))
				return json_get(inner.value, id_member);
	}
	return JSON_ABSENT;
}

static struct json
option_of(struct json offer, const char *category)
{
	struct json_iter it = json_each(json_get(offer, "configOptions"));

	while (json_next(&it))
		if (json_eq(json_get(it.value, "category"), category))
			return it.value;
	return JSON_ABSENT;
}

static struct acp_choice
choice_of(struct json value, struct json current)
{
	struct acp_choice choice = { .how = ACP_SET_ASK, .value = value };

	if (value.kind != JSON_STRING)
		choice.how = ACP_SET_UNKNOWN;
	else if (json_equal(value, current))
		choice.how = ACP_SET_NOT;
	return choice;
}

struct acp_choice
acp_choose(enum acp_setting which, struct json wanted, struct json offer)
{
	struct json option = option_of(offer, settings[which].category);
	struct json current = json_find(offer, settings[which].current);
	struct acp_choice choice = { .how = ACP_SET_NOT };

	if (wanted.kind != JSON_STRING)
		return choice;
	if (option.kind == JSON_OBJECT) {
		choice = choice_of(find_in(json_get(option, "options"), "value", wanted),
		    json_get(option, "currentValue"));
		choice.method = "session/set_config_option";
		choice.member = "value";
		choice.option = json_get(option, "id");
		return choice;
	}
	choice = choice_of(
	    find_in(json_find(offer, settings[which].list), settings[which].id, wanted), current);
	choice.method = settings[which].method;
	choice.member = which == ACP_MODE ? "modeId" : settings[which].id;
	if (choice.how == ACP_SET_UNKNOWN && json_equal(current, wanted)) /* not in its own list */
		choice.how = ACP_SET_NOT;
	return choice;
}

struct str
acp_choice_params(struct buf *out, const struct buf *session, const struct acp_choice *choice)
{
	struct jsonw w;

	buf_reset(out);
	jsonw_start(&w, out);
	jsonw_object(&w);
	jsonw_key(&w, "sessionId");
	jsonw_raw(&w, buf_str(session));
	jsonw_kjson_opt(&w, "configId", choice->option);
	jsonw_kjson(&w, choice->member, choice->value);
	jsonw_end(&w);
	return buf_str(out);
}

void
acp_refuse_setting(struct answer *a, enum acp_setting which, struct json wanted, struct json offer)
{
	struct json option = option_of(offer, settings[which].category);
	bool by_option = option.kind == JSON_OBJECT;
	struct json_iter it = json_each(
	    by_option ? json_get(option, "options") : json_find(offer, settings[which].list));
	struct buf names = BUF_INIT(NAMES_MAX), word = BUF_INIT(NAMES_MAX);

	json_text(wanted, &word);
	for (const char *sep = ": it offers "; json_next(&it); sep = ", ") {
		buf_adds(&names, sep);
		json_text(json_get(it.value, by_option ? "value" : settings[which].id), &names);
	}
	answer_fail(a, settings[which].kind, "there is no %s \"%s\"%s", settings[which].name,
	    word.p, names.p);
	buf_release(&names);
	buf_release(&word);
}

/* --- permissions --- */

static struct json
option_of_kind(struct json options, const char *kind)
{
	struct json_iter it = json_each(options);

	while (json_next(&it))
		if (json_eq(json_get(it.value, "kind"), kind))
			return json_get(it.value, "optionId");
	return JSON_ABSENT;
}

void
acp_permission(struct buf *out, struct json options, bool allow, bool cancelled)
{
	struct json id = option_of_kind(options, allow ? "allow_once" : "reject_once");
	struct jsonw w;

	if (id.kind != JSON_STRING)
		id = option_of_kind(options, allow ? "allow_always" : "reject_always");
	jsonw_start(&w, out);
	jsonw_object(&w);
	jsonw_key(&w, "outcome");
	jsonw_object(&w);
	if (cancelled || id.kind != JSON_STRING) {
		jsonw_kstr(&w, "outcome", "cancelled");
	} else {
		jsonw_kstr(&w, "outcome", "selected");
		jsonw_kjson(&w, "optionId", id);
	}
	jsonw_end(&w);
	jsonw_end(&w);
}
