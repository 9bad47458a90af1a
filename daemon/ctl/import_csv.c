#include "daemon/ctl/import_csv.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"

enum at {
	AT_START,  /* of a cell */
	AT_PLAIN,  /* in a cell without quotes */
	AT_QUOTED, /* between quotes */
	AT_QUOTE,  /* after a quote between quotes: its end, or one of two */
	AT_LOST    /* the row is wrong: to the end of its line */
};

struct csv_reader {
	csv_row_fn *take;
	void *ctx;
	char delimiter;
	enum at at;
	bool after_cr; /* an LF now belongs to the CR before it */
	const char *wrong;
	long long line; /* where we are */
	struct csv_row row;
	struct buf text; /* cells, each with its NUL */
	size_t start[CSV_CELLS_MAX];
	const char *cell[CSV_CELLS_MAX];
};

struct csv_reader *
csv_reader_new(char delimiter, csv_row_fn *take, void *ctx)
{
	struct csv_reader *r = mem_new(1, sizeof *r);

	r->take = take;
	r->ctx = ctx;
	r->delimiter = delimiter;
	r->line = 1;
	r->row.line = 1;
	buf_init(&r->text, CSV_ROW_BYTES);
	return r;
}

void
csv_reader_free(struct csv_reader **r)
{
	if (*r == NULL)
		return;
	buf_release(&(*r)->text);
	MEM_CLEAR(r);
}

static const char row_too_large[] =
	"a row over 256 KiB: is a quote not closed?";

static void
lose(struct csv_reader *r, const char *why)
{
	r->wrong = why;
	r->at = AT_LOST;
}

static void
put(struct csv_reader *r, char c)
{
	if (!buf_putc(&r->text, c))
		lose(r, row_too_large);
}

/* The cell is whole. */
static void
end_cell(struct csv_reader *r)
{
	if (r->row.count == CSV_CELLS_MAX) {
		lose(r, "over 512 cells");
		return;
	}
	r->at = AT_START;
	put(r, '\0');
	if (r->at == AT_LOST)
		return;
	r->row.count++;
	if (r->row.count < CSV_CELLS_MAX)
		r->start[r->row.count] = r->text.len;
}

static bool
end_row(struct csv_reader *r, long long last)
{
	bool nothing =
		r->row.count == 0 && r->text.len == 0 && r->at == AT_START;
	bool more = true;

	if (r->at != AT_LOST && !nothing)
		end_cell(r);
	if (!nothing) {
		for (size_t i = 0; i < r->row.count; i++)
			r->cell[i] = buf_str(&r->text) + r->start[i];
		r->row.last = last;
		r->row.wrong = r->wrong;
		r->row.cell = r->cell;
		if (r->wrong != NULL)
			r->row.count = 0;
		more = r->take(r->ctx, &r->row);
	}
	buf_clear(&r->text);
	r->row.count = 0;
	r->wrong = NULL;
	r->at = AT_START;
	return more;
}

/* One octet that ends no line here. */
static void
one(struct csv_reader *r, char c)
{
	switch (r->at) {
	case AT_START:
		r->at = AT_PLAIN;
		if (c == '"')
			r->at = AT_QUOTED;
		else if (c == r->delimiter)
			end_cell(r);
		else
			put(r, c);
		break;
	case AT_PLAIN:
		if (c == r->delimiter)
			end_cell(r);
		else
			put(r, c);
		break;
	case AT_QUOTED:
		if (c == '"')
			r->at = AT_QUOTE;
		else
			put(r, c);
		break;
	case AT_QUOTE:
		r->at = AT_QUOTED;
		if (c == '"')
			put(r, c);
		else if (c == r->delimiter)
			end_cell(r);
		else
			lose(r, "text after a closing quote");
		break;
	case AT_LOST:
		break;
	}
}

/* How many octets from p on are text of the cell that we are in? */
static size_t
text_run(const struct csv_reader *r, const char *p, size_t n)
{
	size_t i = 0;

	if (r->at == AT_PLAIN)
		while (i < n && p[i] != r->delimiter && p[i] != '\n' &&
		       p[i] != '\r' && p[i] != '\0')
			i++;
	else if (r->at == AT_QUOTED)
		while (i < n && p[i] != '"' && p[i] != '\n' && p[i] != '\r' &&
		       p[i] != '\0')
			i++;
	return i;
}

/* A line ends: within quotes that is text. false: no more. */
static bool
line_end(struct csv_reader *r, char c)
{
	long long ended = r->line++;
	bool more;

	if (r->at == AT_QUOTED) {
		put(r, c);
		if (r->at != AT_LOST)
			return true;
	}
	more = end_row(r, ended);
	r->row.line = r->line;
	return more;
}

bool
csv_reader_add(struct csv_reader *r, const char *p, size_t n)
{
	for (; n > 0; p++, n--) {
		size_t run = text_run(r, p, n);
		bool second;

		if (run > 0) {
			if (!buf_add(&r->text, p, run))
				lose(r, row_too_large);
			r->after_cr = false;
			p += run;
			n -= run;
			if (n == 0)
				break;
		}
		second = r->after_cr && *p == '\n';
		r->after_cr = *p == '\r';
		if (second) {
			if (r->at == AT_QUOTED)
				put(r, '\n');
		} else if (*p == '\n' || *p == '\r') {
			if (!line_end(r, *p))
				return false;
		} else if (*p == '\0') {
			lose(r, "a NUL octet");
		} else {
			one(r, *p);
		}
	}
	return true;
}

bool
csv_reader_end(struct csv_reader *r)
{
	if (r->at == AT_QUOTED)
		lose(r, "a quote is not closed");
	return end_row(r, r->line);
}
