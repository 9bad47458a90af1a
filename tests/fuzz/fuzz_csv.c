/*
 * Octets as a file of orders: what comes out of the decoder is text, rows are
 * the same whatever the parts, lines never go back, money is what money.h
 * reads, and an order is made or refused with a line of its own.
 * The first octet chooses delimiter, preset, decimal mark and dates.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/base/money.h"
#include "daemon/base/utf8.h"
#include "daemon/ctl/import_csv.h"
#include "daemon/ctl/import_order.h"
#include "daemon/ctl/import_text.h"

#define INPUT_MAX ((size_t)64 * 1024)
#define PART 13

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

struct run {
	struct import_form form;
	struct import_map map;
	struct import_order *order;
	bool names;
	long long last;
	struct buf rows; /* all of them, to compare */
};

static void
must(bool right)
{
	if (!right)
		abort();
}

static void
end_order(struct run *r)
{
	struct import_taken t;

	if (!import_order_any(r->order))
		return;
	import_order_take(r->order, &t);
	must(t.line >= 1 && t.line <= t.last);
	must(t.order != NULL ? t.bad[0] == '\0' : t.bad[0] != '\0');
	must(utf8_valid(t.bad, strlen(t.bad)));
	json_decref(t.order);
}

static void
cells(const struct csv_row *row)
{
	char money[CELL_MONEY_MAX];
	int64_t minor;

	for (size_t i = 0; i < row->count; i++) {
		enum cell_mark m = cell_mark(row->cell[i]);

		must(utf8_valid(row->cell[i], strlen(row->cell[i])));
		if (cell_money(row->cell[i], MARK_POINT, money))
			must(money_parse(money, strlen(money), "JPY", &minor));
		if (m == MARK_POINT || m == MARK_COMMA)
			must(cell_money(row->cell[i], m, money));
	}
}

static bool
take(void *ctx, const struct csv_row *row)
{
	struct run *r = ctx;

	must(row->line > r->last && row->last >= row->line);
	must(row->wrong == NULL || row->count == 0);
	r->last = row->last;
	(void)buf_printf(&r->rows, "%lld %zu\n", row->line, row->count);
	cells(row);
	if (row->wrong != NULL)
		return true;
	if (!r->names) {
		r->names = true;
		import_map_read(&r->map, r->form.preset, row->cell, row->count);
		return true;
	}
	if (!import_order_is(r->order, row))
		end_order(r);
	import_order_add(r->order, row);
	return true;
}

static void
run(struct run *r, char delimiter, const char *p, size_t n, size_t part)
{
	struct csv_reader *reader = csv_reader_new(delimiter, take, r);

	buf_init(&r->rows, INPUT_MAX * 32);
	r->order = import_order_new(&r->form, &r->map);
	for (size_t i = 0; i < n; i += part)
		(void)csv_reader_add(reader, p + i,
				     n - i < part ? n - i : part);
	(void)csv_reader_end(reader);
	end_order(r);
	csv_reader_free(&reader);
	import_order_free(&r->order);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char delimiters[] = ",;\t|";
	struct text_guess guess = { .waits = 0 };
	struct text_decode d = { .holds = 0 };
	struct import_form form;
	struct run whole;
	struct run parts;
	struct buf text;
	uint8_t how;

	if (n == 0 || n > INPUT_MAX)
		return 0;
	how = *p++;
	n--;
	form = (struct import_form){
		.preset = (enum preset)(how >> 2 & 3),
		.mark = how & 16 ? MARK_COMMA : MARK_POINT,
		.dates = how & 32 ? ORDER_DAY : ORDER_MONTH,
	};
	text_guess_add(&guess, (const char *)p, n);
	d.code = text_guess_end(&guess);
	buf_init(&text, INPUT_MAX * TEXT_GROWTH + 16);
	text_decode_add(&d, (const char *)p, n, &text);
	text_decode_end(&d, &text);
	must(!text.full);
	whole = (struct run){ .form = form };
	parts = (struct run){ .form = form };
	run(&whole, delimiters[how & 3], buf_str(&text), text.len, INPUT_MAX);
	run(&parts, delimiters[how & 3], buf_str(&text), text.len, PART);
	must(strcmp(buf_str(&whole.rows), buf_str(&parts.rows)) == 0);
	buf_release(&whole.rows);
	buf_release(&parts.rows);
	buf_release(&text);
	return 0;
}
