/* SPDX-License-Identifier: MIT */
/* cost-calc - price the usage of each response; totals; a budget as a gate. */
#include <inttypes.h>

#include "base/die.h"
#include "base/money.h"
#include "cli/opt.h"
#include "json/ndjson.h"
#include "price/cost.h"
#include "price/cost_total.h"
#include "price/price_list.h"
#include "price/price_load.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/share.h"

enum { BATCH = 256 * 1024, STALE_DAYS = 90 };
#define DAY_US (INT64_C(86400) * 1000000)

static bool totals, text, strict, quiet, list;
static const char *budget, *date, *explain, *out_file;
static struct opt_list price_files;

static const struct opt opts[] = {
	{ 't', "text", NULL, OPT_FLAG, &text, "write the totals as a table, and no records" },
	{ 0, "total", NULL, OPT_FLAG, &totals,
	    "end with a record of totals, per model and overall" },
	{ 0, "budget-usd", "N", OPT_STR, &budget,
	    "stop with exit status 3 once the costs add up to more" },
	{ 0, "strict", NULL, OPT_FLAG, &strict, "exit status 1 where any cost is unknown" },
	{ 0, "prices", "FILE", OPT_LIST, &price_files,
	    "price rows that go before the built-in ones; may be repeated" },
	{ 0, "date", "DATE", OPT_STR, &date, "charge the prices of that day, not today's" },
	{ 0, "list", NULL, OPT_FLAG, &list, "print the price rows, and read no records" },
	{ 0, "explain", "MODEL", OPT_STR, &explain,
	    "print the row that provider:model is charged by" },
	{ 'o', "output", "FILE", OPT_STR, &out_file, "write to FILE" },
	{ 'q', "quiet", NULL, OPT_FLAG, &quiet, "no warnings" },
	{ 0 },
};

static const struct opt_spec spec = {
	.synopsis = "[options] [file ...]",
	.purpose = "price the usage of each response",
	.opts = opts,
};

/* What one run is made of. */
struct run {
	int64_t day;
	int64_t budget_pusd; /* -1: no budget */
	struct prices *prices;
	struct cost cost;
	struct ndjson_reader *in;
	struct ndjson_writer out;
	enum exit_code worst;
	bool warned; /* of old prices */
	struct buf unwanted; /* records, where only the table is wanted */
};

static void
read_options(struct run *run)
{
	run->budget_pusd = -1;
	if (budget && (!money_parse(str_of(budget), &run->budget_pusd) || run->budget_pusd < 0))
		opt_misuse("--budget-usd %s: must be an amount of dollars", budget);
	run->day = date ? clock_date_days(date) : clock_wall_us() / DAY_US;
	if (run->day < 0)
		opt_misuse("--date %s: must be a date like 2026-08-05", date);
}

static void
worsen(struct run *run, enum exit_code code)
{
	if (code > run->worst)
		run->worst = code;
}

/* Once: whoever relies on the sums should know that prices may have moved since. */
static void
warn_of_age(struct run *run, const struct price_row *row)
{
	struct buf name = BUF_INIT(BUF_UNLIMITED);
	size_t stale, all;

	if (run->warned || quiet || !row || row->as_of < 0 || row->basis.p ||
	    run->day - row->as_of <= STALE_DAYS)
		return;
	run->warned = true;
	stale = prices_stale(run->prices, run->day, STALE_DAYS, &all);
	price_row_name(row, &name);
	warn("the price of %s is %" PRId64
	     " days old (%.*s), and %zu of %zu rows are older than %d days",
	    name.p, run->day - row->as_of, (int)row->as_of_text.len, row->as_of_text.p, stale, all,
	    STALE_DAYS);
	buf_release(&name);
}

static const char *
name_of(const char *file)
{
	return strcmp(file, "-") == 0 ? "standard input" : file;
}

/* Whether the sum is past the budget; then it says so, and where. */
static bool
over_budget(struct run *run, const struct ndjson_line *line)
{
	const struct cost_sums *total = &run->cost.total;
	struct buf spent = BUF_INIT(BUF_UNLIMITED);
	struct str id = json_raw(run->cost.id);

	if (run->budget_pusd < 0 || (!total->overflow && total->pusd <= run->budget_pusd))
		return false;
	money_print(&spent, total->pusd);
	warn("the budget of %s USD is spent: %s USD after line %" PRIu64 " of %s%s%.*s%s", budget,
	    spent.p, line->number, name_of(line->file), id.len ? " (id " : "",
	    (int)str_cut_utf8(id, 80), id.len ? id.p : "", id.len ? ")" : "");
	buf_release(&spent);
	worsen(run, EXIT_GATE);
	return true;
}

static void
put_bad_line(struct run *run, const struct ndjson_line *line, const struct err *err)
{
	worsen(run, EXIT_NO);
	if (text)
		warn("line %" PRIu64 " of %s is no record: %s", line->number, name_of(line->file),
		    err->text);
	else
		ndjson_bad_line(ndjson_put_begin(&run->out), line->number, line->file, err->text);
}

/* Price one line; false where the run is to stop. */
static bool
price_line(struct run *run, const struct ndjson_line *line)
{
	struct buf *out = text ? &run->unwanted : ndjson_put_begin(&run->out);
	struct err err = ERR_INIT;

	switch (cost_record(&run->cost, line->text, out, &err)) {
	case COST_BAD:
		put_bad_line(run, line, &err);
		break;
	case COST_UNKNOWN:
		if (strict)
			worsen(run, EXIT_NO);
		break;
	case COST_PRICED:
		warn_of_age(run, run->cost.models.last->row);
		break;
	case COST_OTHER:
		break;
	}
	if (text)
		buf_reset(out);
	else
		ndjson_put_end(&run->out);
	return !over_budget(run, line);
}

static void
price_all(struct run *run)
{
	struct ndjson_line line;
	struct err err = ERR_INIT;
	bool going = true;
	int rc;

	while (going && !run->out.broken && (rc = ndjson_next(run->in, &line, &err)) != 0) {
		if (rc > 0) {
			going = price_line(run, &line);
		} else if (err.code == EXIT_NO) { /* an overlong line keeps its place */
			put_bad_line(run, &line, &err);
			if (!text)
				ndjson_put_end(&run->out);
		} else {
			warn("%s", err.text);
			worsen(run, err.code);
		}
	}
	if (text)
		cost_total_table(&run->cost, ndjson_put_begin(&run->out));
	else if (totals)
		cost_total_record(&run->cost, ndjson_put_begin(&run->out));
	if (totals && !text)
		ndjson_put_end(&run->out);
}

/* --list and --explain. */
static void
show_prices(struct run *run)
{
	struct buf *out = ndjson_put_begin(&run->out);
	struct err err = ERR_INIT;

	if (explain) {
		if (price_list_explain(run->prices, str_of(explain), run->day, out, &err) < 0)
			err_die(&err);
	} else if (text) {
		price_list_table(run->prices, run->day, out);
	} else {
		price_list_rows(run->prices, run->day, out);
	}
}

int
main(int argc, char **argv)
{
	struct run run = { .worst = EXIT_OK, .unwanted = BUF_INIT(BUF_UNLIMITED) };
	struct err err = ERR_INIT;
	char *share;
	int fd;

	argv += opt_parse(&spec, argc, argv);
	read_options(&run);
	share = share_dir(getenv("AGENTFLOW_SHARE"));
	run.prices = price_load(share, price_files.items, &err);
	free(share);
	if (!run.prices)
		err_die(&err);
	fd = file_create(out_file, list || explain ? NULL : argv, &err);
	if (fd < 0)
		err_die(&err);
	ndjson_writer_init(&run.out, fd, BATCH);
	if (list || explain) {
		show_prices(&run);
	} else {
		cost_init(&run.cost, run.prices, run.day);
		run.in = ndjson_open(argv, NDJSON_LINE_MAX);
		ndjson_tie(run.in, &run.out);
		price_all(&run);
		ndjson_close(run.in);
		cost_release(&run.cost);
	}
	run.worst = ndjson_finish(&run.out, run.worst, &err);
	if (err.text[0])
		warn("%s", err.text);
	buf_release(&run.unwanted);
	prices_free(run.prices);
	opt_list_release(&price_files);
	return (int)run.worst;
}
