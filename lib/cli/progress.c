/* SPDX-License-Identifier: MIT */
/* progress - one status line on a terminal. */
#include "cli/progress.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	REDRAW_US = 100 * 1000,
	BAR_MAX = 30,
	BAR_WITH_NOTE = 12,
	BAR_MIN = 6, /* a shorter one says less than the percentage */
	COLUMNS = 80, /* where the terminal does not tell */
	ETA_MAX_S = 99 * 3600, /* a guess beyond that is none */
};

static const char green[] = "\x1b[32m", red[] = "\x1b[31m", plain[] = "\x1b[0m";
static const char erase[] = "\r\x1b[K";

void
progress_start(struct progress *p, const struct progress_config *config, int64_t now_us)
{
	*p = (struct progress){ .what = config->what,
		.total = config->total,
		.fd = config->fd,
		.is_terminal = isatty(config->fd),
		.has_color = !config->no_color || !*config->no_color,
		.start_us = now_us,
		.next_us = now_us };
}

static void
add_colored(const struct progress *p, struct buf *out, const char *color, const char *text)
{
	if (p->has_color)
		buf_adds(out, color);
	buf_adds(out, text);
	if (p->has_color)
		buf_adds(out, plain);
}

/* 0:07, 12:30, 1:02:03 */
static void
add_time(struct buf *out, int64_t s)
{
	if (s >= 3600)
		buf_addf(out, "%lld:%02d:%02d", (long long)(s / 3600), (int)(s / 60 % 60),
		    (int)(s % 60));
	else
		buf_addf(out, "%d:%02d", (int)(s / 60), (int)(s % 60));
}

static void
add_bar(const struct progress *p, struct buf *out, double part, unsigned width)
{
	struct buf bar = BUF_INIT(BUF_UNLIMITED);
	unsigned full = (unsigned)(part * width), i;

	for (i = 0; i < full; i++)
		buf_addc(&bar, '=');
	if (full < width)
		buf_addc(&bar, '>');
	buf_addc(out, '[');
	add_colored(p, out, green, bar.p);
	for (i = full + 1; i < width; i++)
		buf_addc(out, ' ');
	buf_adds(out, "] ");
	buf_release(&bar);
}

/* What stands behind the bar, failures apart. */
static void
add_figures(const struct progress *p, struct progress_count count, int64_t now_us, struct buf *out)
{
	double seconds = (double)(now_us - p->start_us) / 1e6;
	double rate = seconds > 0 ? (double)count.done / seconds : 0;
	double left = rate > 0 && p->total > count.done ? (double)(p->total - count.done) / rate
							: 0;

	if (p->total)
		buf_addf(out, "%llu/%llu %s", (unsigned long long)count.done,
		    (unsigned long long)p->total, p->what);
	else
		buf_addf(out, "%llu %s", (unsigned long long)count.done, p->what);
	if (rate > 0)
		buf_addf(out, rate < 10 ? "  %.1f/s" : "  %.0f/s", rate);
	if (p->total && left > 0 && left < ETA_MAX_S) {
		buf_adds(out, "  ETA ");
		add_time(out, (int64_t)(left + 0.999));
	} else {
		buf_adds(out, "  ");
		add_time(out, (int64_t)seconds);
	}
}

void
progress_line(const struct progress *p, struct progress_count count, int64_t now_us,
    unsigned columns, struct buf *out)
{
	struct buf figures = BUF_INIT(BUF_UNLIMITED), failed = BUF_INIT(BUF_UNLIMITED);
	double part = p->total ? (double)count.done / (double)p->total : 0;
	unsigned width, widest = p->note ? BAR_WITH_NOTE : BAR_MAX;
	size_t taken, noted;

	if (part > 1)
		part = 1;
	add_figures(p, count, now_us, &figures);
	if (count.failed)
		buf_addf(&failed, "  %llu failed", (unsigned long long)count.failed);
	noted = taken = strlen("100% ") + figures.len + failed.len + 1; /* a full line would wrap */
	if (p->total && columns >= taken + strlen("[] ") + BAR_MIN) {
		width = columns - (unsigned)(taken + strlen("[] "));
		if (width > widest)
			width = widest;
		add_bar(p, out, part, width);
		noted += width + strlen("[] ");
	}
	if (p->total)
		buf_addf(out, "%3d%% ", (int)(part * 100));
	if (columns < taken) /* the end of it goes, failures last */
		figures.len -= figures.len < taken - columns ? figures.len : taken - columns;
	buf_addstr(out, buf_str(&figures));
	if (count.failed)
		add_colored(p, out, red, failed.p);
	if (p->note && columns > noted + 2) {
		buf_adds(out, "  ");
		buf_add(out, p->note, str_cut_utf8(str_of(p->note), columns - noted - 2));
	}
	buf_release(&figures);
	buf_release(&failed);
}

static unsigned
terminal_columns(int fd)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return COLUMNS;
	return size.ws_col;
}

/* A status line that can't be shown is no error of the work that it tells of. */
static void
put(const struct progress *p, struct str text)
{
	ssize_t ignored = write(p->fd, text.p, text.len);

	(void)ignored;
}

void
progress_update(struct progress *p, struct progress_count count, int64_t now_us)
{
	struct buf line = BUF_INIT(BUF_UNLIMITED);

	if (!p->is_terminal || now_us < p->next_us)
		return;
	p->next_us = now_us + REDRAW_US;
	buf_adds(&line, erase);
	progress_line(p, count, now_us, terminal_columns(p->fd), &line);
	put(p, buf_str(&line));
	p->is_drawn = true;
	buf_release(&line);
}

void
progress_clear(struct progress *p)
{
	if (!p->is_drawn)
		return;
	put(p, (struct str){ erase, sizeof erase - 1 });
	p->is_drawn = false;
	p->next_us = p->start_us; /* the line is due at once */
}

void
progress_finish(struct progress *p)
{
	progress_clear(p);
	p->is_terminal = false;
}
