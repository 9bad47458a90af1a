#include "daemon/ctl/import_look.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/import_csv.h"
#include "daemon/ctl/import_order.h"
#include "daemon/ctl/import_seen.h"

#define UNREAD_BYTES 1000 /* of a list of columns */
#define ORDERS_COUNT 6    /* of enum cell_order, and of enum cell_mark */

static const struct {
	char mark;
	const char *name;
} delimiters[] = {
	{ ';', "semicolon" },
	{ ',', "comma" },
	{ '\t', "tab" },
	{ '|', "pipe" },
};

#define DELIMITERS (sizeof(delimiters) / sizeof(delimiters[0]))

/* --- which format --------------------------------------------------------- */

static bool
first_mark(void *ctx, const char *p, size_t n)
{
	char *out = ctx;

	for (; n > 0 && *out == '\0'; p++, n--)
		if (strchr(" \t\r\n", *p) == NULL)
			*out = *p;
	return *out == '\0';
}

static int
find_format(const struct import_file *f, const char *asked, bool *csv)
{
	char mark = '\0';
	int code;

	if (asked != NULL) {
		*csv = strcmp(asked, "csv") == 0;
		if (!*csv && strcmp(asked, "ndjson") != 0)
			return ctl_fail(EXIT_USAGE,
					"no such format '%s': csv, ndjson",
					asked);
		return EXIT_FINE;
	}
	code = import_file_read(f, first_mark, &mark, NULL);
	*csv = mark != '{' && mark != '[';
	return code;
}

/* --- the columns ---------------------------------------------------------- */

/* The first row, by one delimiter. */
struct names {
	enum preset preset;
	struct csv_reader *reader;
	struct import_map map;
	struct buf unread;
	const char *wrong;
	bool found;
};

static bool
take_names(void *ctx, const struct csv_row *row)
{
	struct names *n = ctx;

	n->found = true;
	n->wrong = row->wrong;
	import_map_read(&n->map, n->preset, row->cell, row->count);
	for (size_t i = 0; i < row->count; i++)
		if (!import_map_reads(&n->map, i) && row->cell[i][0] != '\0')
			(void)buf_printf(&n->unread, "%s'%s'",
					 n->unread.len > 0 ? ", " : "",
					 row->cell[i]);
	return false;
}

static bool
names_part(void *ctx, const char *p, size_t n)
{
	struct names *names = ctx;

	return csv_reader_add(names->reader, p, n);
}

static int
read_names(const struct import_file *f, char delimiter, struct names *n)
{
	int code;

	buf_init(&n->unread, UNREAD_BYTES);
	n->reader = csv_reader_new(delimiter, take_names, n);
	code = import_file_read(f, names_part, n, NULL);
	if (!n->found)
		(void)csv_reader_end(n->reader);
	csv_reader_free(&n->reader);
	return code;
}

/* The delimiter that was said; '\0': none, or an exit code in *code. */
static char
said_delimiter(const char *asked, int *code)
{
	for (size_t i = 0; asked != NULL && i < DELIMITERS; i++)
		if (strcmp(asked, delimiters[i].name) == 0 ||
		    (asked[0] == delimiters[i].mark && asked[1] == '\0'))
			return delimiters[i].mark;
	if (asked != NULL)
		*code = ctl_fail(EXIT_USAGE,
				 "no such delimiter '%s': comma, semicolon, "
				 "tab, pipe",
				 asked);
	return '\0';
}

/* By which most columns are known ones. */
static int
find_columns(const struct ctl *c, const struct import_file *f,
	     const struct import_asked *asked, struct import_look *l)
{
	int code = EXIT_FINE;
	char said = said_delimiter(asked->delimiter, &code);
	const char *lacks;
	char *unread = NULL;

	for (size_t i = 0; code == EXIT_FINE && i < DELIMITERS; i++) {
		struct names n = { .preset = asked->preset };

		if (said != '\0' && delimiters[i].mark != said)
			continue;
		code = read_names(f, delimiters[i].mark, &n);
		if (n.wrong == NULL && n.found &&
		    (l->delimiter == '\0' || n.map.known > l->map.known)) {
			l->delimiter = delimiters[i].mark;
			l->map = n.map;
			mem_free(unread);
			unread = buf_take(&n.unread);
		}
		buf_release(&n.unread);
	}
	if (code == EXIT_FINE && l->delimiter == '\0')
		code = ctl_fail(EXIT_DATA, "'%s' has no row of names", f->path);
	lacks = code == EXIT_FINE ? import_map_lacks(&l->map) : NULL;
	if (lacks != NULL)
		code = ctl_fail(EXIT_DATA,
				"%s: no column says %s (preset %s); its "
				"columns that are not known: %s",
				f->path, lacks, preset_name(asked->preset),
				unread != NULL ? unread : "-");
	else if (code == EXIT_FINE && unread != NULL && *unread != '\0')
		ctl_say(c, "%s: not read: %s", f->path, unread);
	mem_free(unread);
	return code;
}

/* --- the cells ------------------------------------------------------------ */

/* Which kinds of cells there are, and the line of the first of each. */
struct survey {
	struct import_look *l;
	struct csv_reader *reader;
	long long mark[ORDERS_COUNT];
	long long order[ORDERS_COUNT];
	char *key; /* of the row before, NULL: none */
	bool names;
	bool full;
};

static void
see_cells(struct survey *s, const struct csv_row *row)
{
	for (int c = 0; c < COL_COUNT; c++) {
		const char *cell = import_map_cell(&s->l->map, (enum col)c,
						   row->cell, row->count);
		long long *first = NULL;

		if (cell[0] == '\0')
			continue;
		if (col_form((enum col)c) == COL_MONEY)
			first = &s->mark[cell_mark(cell)];
		else if (col_form((enum col)c) == COL_TIME)
			first = &s->order[cell_order(cell)];
		if (first != NULL && *first == 0)
			*first = row->line;
	}
}

static bool
see_row(void *ctx, const struct csv_row *row)
{
	struct survey *s = ctx;
	const char *key;

	if (!s->names) {
		s->names = true;
		return true;
	}
	s->l->rows++;
	if (row->wrong != NULL)
		return true;
	see_cells(s, row);
	key = import_order_key(&s->l->map, row);
	if (s->key == NULL || strcmp(s->key, key) != 0) {
		s->full = !import_seen_add(s->l->seen, key);
		mem_free(s->key);
		s->key = mem_strdup(key);
	}
	return !s->full;
}

static bool
see_part(void *ctx, const char *p, size_t n)
{
	struct survey *s = ctx;

	return csv_reader_add(s->reader, p, n);
}

static int
said_or_found(const char *option, const char *asked, const char *const *words,
	      int count, const long long *first, const char *what, int *out)
{
	int found = -1;

	for (int i = 0; i < count; i++) {
		if (asked != NULL && strcmp(asked, words[i]) == 0) {
			*out = i;
			return EXIT_FINE;
		}
		if (first[i] == 0)
			continue;
		if (found >= 0 && asked == NULL)
			return ctl_fail(EXIT_DATA,
					"%s are %s on line %lld and %s on line "
					"%lld: say %s",
					what, words[found], first[found],
					words[i], first[i], option);
		found = i;
	}
	if (asked != NULL)
		return ctl_fail(EXIT_USAGE, "no such %s '%s'", option, asked);
	if (found < 0 && first[count] > 0)
		return ctl_fail(EXIT_DATA,
				"line %lld does not say how %s are written, "
				"nor does any other: say %s",
				first[count], what, option);
	*out = found >= 0 ? found : 0;
	return EXIT_FINE;
}

/* What all of its cells say of how they are written. */
static int
settle(const struct survey *s, const struct import_asked *asked,
       struct import_look *l)
{
	static const char *const marks[] = { "point", "comma" };
	static const char *const orders[] = { "dmy", "mdy" };
	long long mark[] = { s->mark[MARK_POINT], s->mark[MARK_COMMA],
			     s->mark[MARK_EITHER] };
	long long order[] = { s->order[ORDER_DAY], s->order[ORDER_MONTH],
			      s->order[ORDER_EITHER] };
	bool iso = asked->dates != NULL && strcmp(asked->dates, "iso") == 0;
	int which = 0;
	int code = said_or_found("--decimal", asked->decimal, marks, 2, mark,
				 "amounts", &which);

	l->mark = which == 0 ? MARK_POINT : MARK_COMMA;
	if (code == EXIT_FINE && iso) {
		l->dates = ORDER_ISO;
		return EXIT_FINE;
	}
	if (code == EXIT_FINE)
		code = said_or_found("--dates", asked->dates, orders, 2, order,
				     "days", &which);
	l->dates = which == 0 ? ORDER_DAY : ORDER_MONTH;
	if (asked->dates == NULL && order[which] == 0)
		l->dates = ORDER_ISO;
	return code;
}

static int
see_all(const struct ctl *c, const struct import_file *f,
	const struct import_asked *asked, struct import_look *l)
{
	struct survey s = { .l = l };
	uint64_t replaced = 0;
	int code;

	s.reader = csv_reader_new(l->delimiter, see_row, &s);
	code = import_file_read(f, see_part, &s, &replaced);
	if (code == EXIT_FINE && !s.full)
		(void)csv_reader_end(s.reader);
	csv_reader_free(&s.reader);
	mem_free(s.key);
	if (code == EXIT_FINE && s.full)
		code = ctl_fail(EXIT_DATA, "'%s' has over %zu orders", f->path,
				SEEN_MAX);
	if (code == EXIT_FINE && replaced > 0)
		ctl_say(c,
			"%s: %" PRIu64 " characters are none in %s: is it "
			"another --encoding?",
			f->path, replaced, text_code_name(f->code));
	if (code == EXIT_FINE)
		code = settle(&s, asked, l);
	return code;
}

static const char *
delimiter_name(char mark)
{
	for (size_t i = 0; i < DELIMITERS; i++)
		if (delimiters[i].mark == mark)
			return delimiters[i].name;
	return "?";
}

int
import_look(const struct ctl *c, const struct import_file *f,
	    const struct import_asked *asked, struct import_look *out)
{
	int code;

	*out = (struct import_look){ .seen = import_seen_new() };
	code = find_format(f, asked->format, &out->csv);
	if (code != EXIT_FINE)
		return code;
	if (!out->csv) {
		ctl_say(c, "%s: NDJSON in %s", f->path,
			text_code_name(f->code));
		return EXIT_FINE;
	}
	code = find_columns(c, f, asked, out);
	if (code == EXIT_FINE)
		code = see_all(c, f, asked, out);
	if (code == EXIT_FINE)
		ctl_say(c,
			"%s: CSV in %s, delimiter %s, decimal %s, dates %s; "
			"rows: %lld, orders: %zu",
			f->path, text_code_name(f->code),
			delimiter_name(out->delimiter),
			out->mark == MARK_COMMA ? "comma" : "point",
			out->dates == ORDER_ISO   ? "iso"
			: out->dates == ORDER_DAY ? "dmy"
						  : "mdy",
			out->rows, import_seen_count(out->seen));
	return code;
}

void
import_look_end(struct import_look *l)
{
	import_seen_free(&l->seen);
}
