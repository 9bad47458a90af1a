/*
 * Rows as orders: the columns of each preset, several rows of one order, what
 * contradicts itself, what is not known.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/ctl/import_csv.h"
#include "daemon/ctl/import_order.h"
#include "rules/zone.h"

/* The orders of a text, and what was wrong with others. */
struct rig {
	struct import_form form;
	struct import_map map;
	struct import_order *order;
	bool names;
	json_t *list; /* orders, or texts "line: why" */
};

static void
end_one(struct rig *r)
{
	struct import_taken t;

	if (!import_order_any(r->order))
		return;
	import_order_take(r->order, &t);
	(void)json_array_append_new(
		r->list, t.order != NULL
				 ? t.order
				 : json_sprintf("%lld: %s", t.line, t.bad));
}

static bool
row(void *ctx, const struct csv_row *row)
{
	struct rig *r = ctx;

	assert_null(row->wrong);
	if (!r->names) {
		r->names = true;
		import_map_read(&r->map, r->form.preset, row->cell, row->count);
		assert_null(import_map_lacks(&r->map));
		return true;
	}
	if (!import_order_is(r->order, row))
		end_one(r);
	import_order_add(r->order, row);
	return true;
}

static json_t *
read_text(struct rig *r, char delimiter, const char *text)
{
	struct csv_reader *reader = csv_reader_new(delimiter, row, r);

	r->names = false;
	r->list = json_array();
	r->order = import_order_new(&r->form, &r->map);
	assert_true(csv_reader_add(reader, text, strlen(text)));
	assert_true(csv_reader_end(reader));
	end_one(r);
	csv_reader_free(&reader);
	import_order_free(&r->order);
	return r->list;
}

/* Is it that JSON, whose quotes are '? */
static void
same(const json_t *got, const char *expected)
{
	char *text = mem_strdup(expected);
	json_error_t e;
	json_t *want;
	char *said;

	for (char *p = text; *p != '\0'; p++)
		if (*p == '\'')
			*p = '"';
	want = json_loads(text, 0, &e);
	if (want == NULL)
		fail_msg("%s", e.text);
	said = json_dumps(got, JSON_COMPACT | JSON_SORT_KEYS);
	if (!json_equal(got, want))
		fail_msg("%s", said);
	free(said);
	json_decref(want);
	mem_free(text);
}

static struct rig
rig(enum preset preset, enum cell_mark mark)
{
	struct rig r = {
		.form = { .preset = preset, .mark = mark, .dates = ORDER_ISO }
	};

	return r;
}

static void
test_plain(void **state)
{
	struct rig r = rig(PRESET_NONE, MARK_COMMA);
	json_t *list = read_text(
		&r, ';',
		"external_id;number;placed_at;email;phone;name;currency;total;"
		"item_name;item_sku;quantity;item_total;carrier;"
		"tracking_number\n"
		"C-1;C-1;2025-03-01 09:00;ana@example.com;600 111 222;\"L;A\";"
		"EUR;1.234,50;\"Mesa \"\"R\"\"\";MES;1;1.200,00;SEUR;S1\n"
		"C-1;C-1;2025-03-01 09:00;ana@example.com;600 111 222;\"L;A\";"
		"EUR;1.234,50;Tornillos;TOR;10;34,50;SEUR;S1\n");

	(void)state;
	same(list,
	     "[{'external_id':'C-1','number':'C-1',"
	     "'placed_at':'2025-03-01T09:00:00Z','currency':'EUR',"
	     "'total':'1234.50','customer':{'email':'ana@example.com',"
	     "'phone_raw':'600 111 222','name':'L;A'},"
	     "'lines':[{'external_id':'1','name':'Mesa \\\"R\\\"','sku':'MES',"
	     "'quantity':1,'total':'1200.00'},{'external_id':'2',"
	     "'name':'Tornillos','sku':'TOR','quantity':10,'total':'34.50'}],"
	     "'shipments':[{'carrier':'SEUR','tracking_number':'S1',"
	     "'status':'shipped'}]}]");
	json_decref(list);
}

static void
test_zone(void **state)
{
	struct rig r = rig(PRESET_NONE, MARK_POINT);
	struct zone *zone = NULL;
	struct err e;
	json_t *list;

	(void)state;
	assert_int_equal(zone_open("Europe/Madrid", &zone, &e), OUT_OK);
	r.form.zone = zone;
	r.form.country = "ES";
	list = read_text(&r, ',',
			 "order_id,created_at,customer_name,promised_at\n"
			 "1,2025-07-01 09:00,A,2025-07-09\n"
			 "2,2025-03-30 02:30,B,\n" /* skipped */
			 "3,2025-10-26 02:30,C,\n" /* lived twice */
			 "4,2025-07-01T09:00:00Z,D,\n");
	same(list, "[{'external_id':'1','placed_at':'2025-07-01T07:00:00Z',"
		   "'promised_at':'2025-07-08T22:00:00Z',"
		   "'customer':{'name':'A','country':'ES'}},"
		   "{'external_id':'2','placed_at':'2025-03-30T01:00:00Z',"
		   "'customer':{'name':'B','country':'ES'}},"
		   "{'external_id':'3','placed_at':'2025-10-26T00:30:00Z',"
		   "'customer':{'name':'C','country':'ES'}},"
		   "{'external_id':'4','placed_at':'2025-07-01T09:00:00Z',"
		   "'customer':{'name':'D','country':'ES'}}]");
	json_decref(list);
	zone_free(&zone);
}

static void
test_wrong(void **state)
{
	struct rig r = rig(PRESET_NONE, MARK_POINT);
	json_t *list = read_text(&r, ',',
				 "id,placed_at,currency,total,qty,sku\n"
				 "1,2025-07-01,EUR,x,1,A\n"
				 "2,2025-07-01,EUR,5,1,A\n"
				 "2,2025-07-01,EUR,6,1,B\n"
				 "3,01/07/2025,EUR,5,1,A\n"
				 "4,2025-07-01,EUR,5,1.5,A\n"
				 "5,2025-07-01,EUR,5,1,A\n");

	(void)state;
	assert_int_equal(json_array_size(list), 5);
	assert_string_equal(json_string_value(json_array_get(list, 0)),
			    "2: column 4 'total' is not money: 'x'");
	assert_string_equal(json_string_value(json_array_get(list, 1)),
			    "4: column 4 'total' is not what it was on line "
			    "3: '6', '5'");
	assert_string_equal(json_string_value(json_array_get(list, 2)),
			    "5: column 2 'placed_at' is no date: '01/07/2025'");
	assert_string_equal(json_string_value(json_array_get(list, 3)),
			    "6: column 5 'qty' is not a whole number: '1.5'");
	assert_true(json_is_object(json_array_get(list, 4)));
	json_decref(list);
}

static void
test_spoilt(void **state)
{
	static const char *const cells[] = { "1", "2025-07-01" };
	struct csv_row one = {
		.line = 4, .last = 4, .cell = cells, .count = 2
	};
	struct rig r = rig(PRESET_NONE, MARK_POINT);
	struct import_taken t;
	const char *const names[] = { "id", "date" };

	(void)state;
	import_map_read(&r.map, PRESET_NONE, names, 2);
	r.order = import_order_new(&r.form, &r.map);
	assert_false(import_order_any(r.order));
	import_order_add(r.order, &one);
	assert_true(import_order_is(r.order, &one));
	import_order_spoil(r.order, 5);
	import_order_take(r.order, &t);
	assert_null(t.order);
	assert_int_equal(t.line, 5);
	assert_string_equal(t.id, "1");
	assert_false(import_order_any(r.order));
	import_order_free(&r.order);
}

static void
test_shopify(void **state)
{
	struct rig r = rig(PRESET_SHOPIFY, MARK_POINT);
	json_t *list = read_text(
		&r, ',',
		"Name,Email,Financial Status,Paid at,Fulfillment Status,"
		"Currency,Subtotal,Shipping,Taxes,Total,Created at,"
		"Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,"
		"Billing Name,Billing Country,Cancelled at,Payment Method,"
		"Refunded Amount,Id,Tags,Vendor\n"
		"#1001,a@example.com,paid,2024-01-05 10:00:10 +0100,fulfilled,"
		"EUR,20.00,4.90,0.00,24.90,2024-01-05 10:00:00 +0100,1,Taza,"
		"12.00,T,Ana,ES,,card,0.00,5432109876543210,\"vip, b2b\",X\n"
		"#1001,a@example.com,,,,,,,,,2024-01-05 10:00:00 +0100,2,Vaso,"
		"4.00,V,,,,,,,,X\n"
		"#1002,b@example.com,voided,,unfulfilled,EUR,1,0,0,1,"
		"2024-01-06 10:00:00 +0100,1,Taza,1,T,Bea,ES,"
		"2024-01-07 10:00:00 +0100,,,5432109876543211,,X\n");
	const json_t *one = json_array_get(list, 0);
	const json_t *two = json_array_get(list, 1);

	(void)state;
	assert_int_equal(json_array_size(list), 2);
	same(one,
	     "{'external_id':'5432109876543210','number':'#1001',"
	     "'state':'completed','payment_state':'paid',"
	     "'fulfilment_state':'fulfilled','raw_status':'paid, fulfilled',"
	     "'currency':'EUR','total':'24.90','subtotal':'20.00',"
	     "'shipping_total':'4.90','tax_total':'0.00',"
	     "'refunded_total':'0.00','placed_at':'2024-01-05T09:00:00Z',"
	     "'tags':['vip','b2b'],"
	     "'customer':{'email':'a@example.com','name':'Ana',"
	     "'country':'ES'},"
	     "'payments':[{'method':'card','at':'2024-01-05T09:00:10Z'}],"
	     "'lines':[{'external_id':'1','name':'Taza','sku':'T',"
	     "'unit_price':'12.00','quantity':1},{'external_id':'2',"
	     "'name':'Vaso','sku':'V','unit_price':'4.00','quantity':2}]}");
	assert_string_equal(json_string_value(json_object_get(two, "state")),
			    "cancelled");
	assert_string_equal(json_string_value(json_object_get(two, "number")),
			    "#1002");
	json_decref(list);
}

static void
state_of(enum preset preset, const char *status, const char *method,
	 const char *state, const char *payment)
{
	char *text = mem_printf("%s\n1,2025-07-01,%s,%s\n",
				preset == PRESET_WOO
					? "Order ID,Order Date,Order Status,"
					  "Payment Method Title"
				: preset == PRESET_PRESTASHOP
					? "id_order,date_add,status,payment"
					: "id,date,status,payment_method",
				status, method);
	struct rig r = rig(preset, MARK_POINT);
	json_t *list = read_text(&r, ',', text);
	const json_t *o = json_array_get(list, 0);
	const char *s = json_string_value(json_object_get(o, "state"));
	const char *p = json_string_value(json_object_get(o, "payment_state"));

	if (strcmp(s != NULL ? s : "", state) != 0 ||
	    strcmp(p != NULL ? p : "", payment) != 0)
		fail_msg("'%s': '%s', '%s'", status, s != NULL ? s : "",
			 p != NULL ? p : "");
	assert_string_equal(json_string_value(json_object_get(o, "raw_status")),
			    status);
	json_decref(list);
	mem_free(text);
}

static void
test_states(void **state)
{
	(void)state;
	state_of(PRESET_WOO, "wc-processing", "redsys", "open", "paid");
	state_of(PRESET_WOO, "Processing", "cod", "open", "pending");
	state_of(PRESET_WOO, "On hold", "", "open", "pending");
	state_of(PRESET_WOO, "Completado", "cod", "completed", "paid");
	state_of(PRESET_WOO, "failed", "", "open", "failed");
	state_of(PRESET_WOO, "wc-nuestro-estado", "", "", "");
	state_of(PRESET_PRESTASHOP, "Pago aceptado", "", "", "");
	state_of(PRESET_NONE, "paid", "", "open", "paid");
	state_of(PRESET_NONE, "CANCELLED", "", "cancelled", "");
}

static void
test_columns(void **state)
{
	static const char *const twice[] = { "Order ID", "order_id", "Date",
					     "???", "" };
	static const char *const none[] = { "a", "b" };
	static const char *const undated[] = { "id", "total" };
	struct import_map m;

	(void)state;
	import_map_read(&m, PRESET_NONE, twice, 5);
	assert_int_equal(m.at[COL_ID], 0);
	assert_int_equal(m.at[COL_PLACED], 2);
	assert_int_equal(m.known, 2);
	assert_true(import_map_reads(&m, 0));
	assert_false(import_map_reads(&m, 1));
	assert_null(import_map_lacks(&m));
	assert_string_equal(import_map_cell(&m, COL_PLACED, twice, 2), "");
	import_map_read(&m, PRESET_NONE, none, 2);
	assert_non_null(import_map_lacks(&m));
	import_map_read(&m, PRESET_NONE, undated, 2);
	assert_non_null(import_map_lacks(&m));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),   cmocka_unit_test(test_zone),
		cmocka_unit_test(test_wrong),   cmocka_unit_test(test_spoilt),
		cmocka_unit_test(test_shopify), cmocka_unit_test(test_states),
		cmocka_unit_test(test_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
