/* SPDX-License-Identifier: MIT */
/* json-validate - hold each line of JSON against a JSON Schema. */
#include "base/die.h"
#include "cli/opt.h"
#include "json/ndjson.h"
#include "json/schema_file.h"
#include "json/schema_report.h"
#include "sys/file.h"

enum { BATCH = 256 * 1024 };

static bool filter, text, quiet;
static const char *schema_file, *base, *out_file;

static const struct opt opts[] = {
	{ 0, "schema", "FILE", OPT_STR, &schema_file,
	    "the JSON Schema (JSON, or YAML by its name)" },
	{ 0, "base", "DIR", OPT_STR, &base, "let it refer to files below DIR" },
	{ 0, "filter", NULL, OPT_FLAG, &filter,
	    "pass the valid lines on; exit status 3 where any was not" },
	{ 't', "text", NULL, OPT_FLAG, &text, "a line for people for each failure, no records" },
	{ 'o', "output", "FILE", OPT_STR, &out_file, "write to FILE" },
	{ 'q', "quiet", NULL, OPT_FLAG, &quiet, "no messages about lines that --filter drops" },
	{ 0 },
};

static const struct opt_spec spec = {
	.synopsis = "--schema FILE [options] [file ...]",
	.purpose = "hold each line of JSON against a JSON Schema",
	.opts = opts,
};

struct run {
	struct schema *schema;
	struct ndjson_reader *in;
	struct ndjson_writer out;
	enum exit_code worst;
};

static void
worsen(struct run *run, enum exit_code code)
{
	if (code > run->worst)
		run->worst = code;
}

static struct schema_origin
origin_of(const struct ndjson_line *line)
{
	return (
	    struct schema_origin){ strcmp(line->file, "-") == 0 ? NULL : line->file, line->number };
}

/* What a line that is not passed on is to people. */
static void
complain(const struct run *run, const struct ndjson_line *line)
{
	struct schema_origin from = origin_of(line);
	struct buf why = BUF_INIT(BUF_UNLIMITED);

	if (!quiet) {
		(void)schema_report_text(run->schema, line->text, &from, 1, &why); /* it is not */
		warn("%s", why.p);
	}
	buf_release(&why);
}

static bool
is_valid(const struct run *run, struct str line)
{
	struct err err = ERR_INIT;
	struct json v;

	return json_parse(line.p, line.len, &v, &err) == 0 && schema_valid(run->schema, v, NULL);
}

/* Whether the line is valid. */
static bool
validate(struct run *run, const struct ndjson_line *line)
{
	struct schema_origin from = origin_of(line);
	struct buf *out = ndjson_put_begin(&run->out);
	bool valid;

	if (filter) {
		valid = is_valid(run, line->text);
		if (valid)
			buf_addstr(out, line->text);
		else
			complain(run, line);
	} else if (text) {
		valid = schema_report_text(run->schema, line->text, &from, SCHEMA_REPORT_MAX, out);
	} else {
		valid = schema_report_record(run->schema, line->text, &from, out);
	}
	if (valid ? !text : !filter)
		ndjson_put_end(&run->out);
	return valid;
}

/* An overlong line keeps its place among the records. */
static void
lose(struct run *run, const struct ndjson_line *line, const struct err *err)
{
	struct schema_origin from = origin_of(line);

	worsen(run, filter ? EXIT_GATE : EXIT_NO);
	if (filter || text) {
		if (text || !quiet)
			warn("%s", err->text);
	} else {
		schema_report_lost(err->text, &from, ndjson_put_begin(&run->out));
		ndjson_put_end(&run->out);
	}
}

static void
validate_all(struct run *run)
{
	struct ndjson_line line;
	struct err err = ERR_INIT;
	int rc;

	while (!run->out.broken && (rc = ndjson_next(run->in, &line, &err)) != 0) {
		if (rc > 0) {
			if (!validate(run, &line))
				worsen(run, filter ? EXIT_GATE : EXIT_NO);
		} else if (err.code == EXIT_NO) {
			lose(run, &line, &err);
		} else {
			warn("%s", err.text);
			worsen(run, err.code);
		}
	}
}

int
main(int argc, char **argv)
{
	struct run run = { .worst = EXIT_OK };
	struct err err = ERR_INIT;
	int fd;

	argv += opt_parse(&spec, argc, argv);
	if (!schema_file)
		opt_misuse("--schema FILE is missing");
	if (filter && text)
		opt_misuse("--filter and --text exclude each other");
	if (strcmp(schema_file, "-") == 0 && !*argv)
		opt_misuse("standard input cannot be both the schema and what it is to check");
	run.schema = schema_file_compile(schema_file, base, &err);
	if (!run.schema)
		err_die(&err);
	fd = file_create(out_file, argv, &err);
	if (fd < 0)
		err_die(&err);
	ndjson_writer_init(&run.out, fd, BATCH);
	run.in = ndjson_open(argv, NDJSON_LINE_MAX);
	ndjson_tie(run.in, &run.out);
	validate_all(&run);
	ndjson_close(run.in);
	run.worst = ndjson_finish(&run.out, run.worst, &err);
	if (err.text[0])
		warn("%s", err.text);
	schema_free(run.schema);
	return (int)run.worst;
}
