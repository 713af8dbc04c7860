/* SPDX-License-Identifier: MIT */
/*
 * program - a command line program as a provider: what to run for a request, and how to read what
 * it prints. agentflow-programs(5) is the prose; share/models/programs.yaml has those we know.
 *
 * Pure: data is read, a request becomes a plan, output becomes an answer. Running is
 * call/call_program.c's (one process a request) and that of the warm transports (one process for
 * many).
 *
 * A template is text with names in braces, {model}, which stand for their values; a word with a
 * name that has none is left out, and so is the whole group that it stands in. {?name} and {!name}
 * are empty: what they stand in is left out where name has no value, or has one.
 */
#ifndef LLM_PROGRAM_H
#define LLM_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "json/jqprog.h"
#include "json/json.h"
#include "json/jsonw.h"
#include "json/pattern.h"
#include "json/yaml.h"
#include "llm/answer.h"
#include "llm/dialect.h"

/* What a template may name in braces. */
enum program_value {
	PROGRAM_MODEL,
	PROGRAM_PROMPT, /* the conversation as text, system turns aside where {system} is used */
	PROGRAM_SYSTEM,
	PROGRAM_MODE, /* the words of a mode; as a part of a word, the name of the mode */
	PROGRAM_REASONING, /* the program's own word */
	PROGRAM_MAX_TOKENS,
	PROGRAM_SCHEMA, /* options.responseSchema, JSON */
	PROGRAM_SESSION, /* providerOptions: a conversation of the program's own to go on with */
	PROGRAM_CWD,
	PROGRAM_SCRATCH, /* a directory of this run's own, removed after it */
	PROGRAM_HOME, /* the private HOME, where there is one */
	PROGRAM_BASE_URL, /* the provider's baseUrl: whom the program is to call */
	PROGRAM_KEY, /* the provider's key */
	PROGRAM_VALUES,
};
extern const char *const program_value_names[PROGRAM_VALUES + 1]; /* "model", ...; then NULL */

/* A group of words that come together or not at all. */
struct program_group {
	char **words;
	size_t count, cap;
};

struct program_args {
	struct program_group *groups;
	size_t count, cap;
};

/* Names and values in file order: environment, files, words for words. */
struct program_pair {
	char *name, *value;
	bool is_json; /* a file's content: what is put into it is escaped */
};

struct program_pairs {
	struct program_pair *items;
	size_t count, cap;
};

/* What a role may do, as words that stand in argv for a lone "{mode}". */
struct program_mode {
	char *name;
	struct program_group words;
};

struct program_modes {
	struct program_mode *items;
	size_t count, cap;
};

/* How one process serves many requests. */
enum program_protocol {
	PROGRAM_COLD, /* it does not */
	PROGRAM_ACP, /* Agent Client Protocol: JSON-RPC by lines */
	PROGRAM_STREAM_JSON, /* claude's --input-format stream-json */
};

/* Which way requests go where the program knows both. */
enum program_transport {
	PROGRAM_EITHER, /* warm where more than one request is expected */
	PROGRAM_ONCE,
	PROGRAM_WARM,
};

struct program_warm {
	enum program_protocol protocol;
	enum program_transport transport;
	struct program_args argv;
	char *model, *reasoning; /* templates: what each conversation is set to; NULL */
	struct program_pairs modes; /* mode -> what each conversation is set to */
	bool last_step_only; /* its usage is that of a turn's last model call */
	bool allow; /* it may do what it asks leave for */
};

enum program_format { PROGRAM_TEXT, PROGRAM_JSON, PROGRAM_JSONL };
enum program_home { PROGRAM_HOME_OWN, PROGRAM_HOME_KEYED, PROGRAM_HOME_PRIVATE };

struct program {
	struct program_args argv;
	char *stdin_text; /* template; NULL: nothing to read */
	struct program_pairs env; /* templates; one without a value does not set its variable */
	struct program_pairs files; /* path to content, both templates: written before the run */
	char **unset; /* variables that the program does not get, NULL-terminated; or NULL */
	char **probe; /* argv that prints a version, NULL-terminated; or NULL */
	enum program_home home;
	char *cwd; /* NULL: the scratch directory */

	struct program_modes modes;
	char *mode; /* the one where none is asked for; NULL */
	struct program_pairs efforts; /* options.reasoning -> the program's word */
	struct program_pairs exits; /* exit status -> error kind */
	int64_t grace_ms; /* from SIGTERM to SIGKILL */

	struct program_output *output; /* program_reader.c's */
	struct program_warm warm;
	char *cost; /* "env:NAME" or "cmd:COMMAND": who says what a run costs; NULL: the program */
};

/*
 * Read a program's members from a provider's map over what *p has: members that are told replace.
 * *p is NULL at first. -1 and err (EXIT_CONFIG) with line and column. A member that is no program's
 * is the caller's to know (program_members).
 */
int program_read(struct program **p, const struct yaml_doc *doc, const struct yaml *map,
    struct err *err) __attribute__((warn_unused_result));
/* What was read is whole: it has an argv, and the prompt goes somewhere. */
int program_check(const struct program *p, const struct yaml_doc *doc, const struct yaml *map,
    struct err *err) __attribute__((warn_unused_result));
/* Whether one of its templates names that value. */
bool program_uses(const struct program *p, enum program_value value);
bool program_warm_uses(const struct program *p, enum program_value value);
void program_free(struct program *p); /* NULL is allowed */
extern const char *const program_members[]; /* NULL-terminated */

/*
 * The plan of a run, as JSON, is what a program gets in place of an HTTP body; providerOptions are
 * merged into it, and --dry-run shows it:
 *	{"argv":[...],"env":{NAME:value or null},"cwd":"...","files":{PATH:text},"report":PATH,
 *	"stdin":"...","tokensIn":N}
 * A null unsets a variable; tokensIn is an estimate. One for a warm process (b->warm) has
 * "warm":"acp", "settings" (what its conversations are set to), "permissions", and "content"
 * (text and images) in place of "stdin", and nothing of this one request elsewhere: what else it
 * says is the same for all requests that one process can serve, and is the key to find it by
 * (program_plan_key).
 *
 * dialect_cli's build calls this; b->scratch names the directory, which need not exist yet.
 */
int program_plan(const struct build *b, struct buf *plan, struct err *err)
    __attribute__((warn_unused_result));
/* Whether a request with those options of the provider's own goes warm; many: it is one of several.
 */
bool program_goes_warm(const struct program *p, struct json own, bool many);
/* The plan without what is this one prompt's. */
void program_plan_key(struct json plan, struct buf *key);

/*
 * The conversation as one text, and its system turns as another (both appended). A single user turn
 * is its text alone; otherwise each turn stands under its role's name. system NULL: the system
 * turns stand in front of the text.
 */
void program_render(const struct build *b, struct buf *text, struct buf *system);
/* The images that the user's turns hold, for a warm process: {type:"image",mimeType,data} each. */
void program_render_images(const struct build *b, struct jsonw *w);

/* How many tokens a text has, by the rule of four characters to one. */
int64_t program_tokens(struct str text);

/*
 * What a program prints becomes an answer: feed its output as it comes, keep the end of its
 * complaints, then say how it ended.
 */
struct program_reader;
struct program_reader *program_reader_new(const struct program *p, struct answer *a);
/* false: enough, end it (a ceiling was passed). */
bool program_reader_feed(struct program_reader *r, const char *out, size_t n);
void program_reader_complain(struct program_reader *r, const char *err, size_t n);
/* One JSON value of its output, for those who have cut it themselves. */
void program_reader_event(struct program_reader *r, struct json event);

struct program_end {
	bool warm; /* the answer came by a protocol, which told its end and its usage */
	int status, signal; /* as struct proc_exit has them */
	enum error_kind kind; /* why we ended it: ERROR_TIMEOUT, ERROR_CANCELLED; else ERROR_NONE */
	const char *message; /* for kind */
	struct str report; /* what the file that the program was told to write holds */
	int64_t prompt_tokens; /* the plan's estimate */
};
/* Settles the answer (answer_finish): it is one only where the exit status, the terminal event, the
 * text, and the usage all say so. */
void program_reader_end(struct program_reader *r, const struct program_end *end);
void program_reader_free(struct program_reader *r); /* NULL is allowed */

#endif
