#include "daemon/ctl/import_map.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/utf8.h"

#define KEY_MAX 64 /* of a column's name that is compared, with its end */

struct name {
	const char *key; /* letters and digits, lower case */
	enum col col;
};

static const struct {
	const char *name;
	enum col_form form;
} cols[COL_COUNT] = {
	[COL_ROWS] = { "order", COL_TEXT },
	[COL_ID] = { "external_id", COL_TEXT },
	[COL_NUMBER] = { "number", COL_TEXT },
	[COL_URL] = { "url", COL_TEXT },
	[COL_STATUS] = { "status", COL_TEXT },
	[COL_PAYMENT_STATUS] = { "payment_state", COL_TEXT },
	[COL_FULFILMENT_STATUS] = { "fulfilment_state", COL_TEXT },
	[COL_CURRENCY] = { "currency", COL_TEXT },
	[COL_TOTAL] = { "total", COL_MONEY },
	[COL_SUBTOTAL] = { "subtotal", COL_MONEY },
	[COL_SHIPPING_TOTAL] = { "shipping_total", COL_MONEY },
	[COL_TAX_TOTAL] = { "tax_total", COL_MONEY },
	[COL_DISCOUNT_TOTAL] = { "discount_total", COL_MONEY },
	[COL_REFUNDED_TOTAL] = { "refunded_total", COL_MONEY },
	[COL_PLACED] = { "placed_at", COL_TIME },
	[COL_UPDATED] = { "updated_at", COL_TIME },
	[COL_PAID] = { "paid_at", COL_TIME },
	[COL_CANCELLED] = { "cancelled_at", COL_TIME },
	[COL_CANCEL_REASON] = { "cancel_reason", COL_TEXT },
	[COL_NOTE] = { "note", COL_TEXT },
	[COL_TAGS] = { "tags", COL_TEXT },
	[COL_CUSTOMER_ID] = { "customer_id", COL_TEXT },
	[COL_EMAIL] = { "email", COL_TEXT },
	[COL_PHONE] = { "phone", COL_TEXT },
	[COL_NAME] = { "name", COL_TEXT },
	[COL_FIRST_NAME] = { "first_name", COL_TEXT },
	[COL_LAST_NAME] = { "last_name", COL_TEXT },
	[COL_LOCALE] = { "locale", COL_TEXT },
	[COL_COUNTRY] = { "country", COL_TEXT },
	[COL_SHIP_NAME] = { "ship_name", COL_TEXT },
	[COL_SHIP_ADDRESS] = { "ship_address", COL_TEXT },
	[COL_SHIP_CITY] = { "ship_city", COL_TEXT },
	[COL_SHIP_POSTCODE] = { "ship_postcode", COL_TEXT },
	[COL_SHIP_COUNTRY] = { "ship_country", COL_TEXT },
	[COL_PAYMENT_METHOD] = { "payment_method", COL_TEXT },
	[COL_TRANSACTION] = { "transaction_id", COL_TEXT },
	[COL_LINE_ID] = { "line_id", COL_TEXT },
	[COL_PRODUCT_ID] = { "product_id", COL_TEXT },
	[COL_VARIANT_ID] = { "variant_id", COL_TEXT },
	[COL_SKU] = { "item_sku", COL_TEXT },
	[COL_ITEM_NAME] = { "item_name", COL_TEXT },
	[COL_VARIANT] = { "variant", COL_TEXT },
	[COL_QUANTITY] = { "quantity", COL_NUMBER_OF },
	[COL_UNIT_PRICE] = { "unit_price", COL_MONEY },
	[COL_ITEM_TOTAL] = { "item_total", COL_MONEY },
	[COL_CARRIER] = { "carrier", COL_TEXT },
	[COL_TRACKING] = { "tracking_number", COL_TEXT },
	[COL_TRACKING_URL] = { "tracking_url", COL_TEXT },
	[COL_SHIPPED] = { "shipped_at", COL_TIME },
	[COL_PROMISED] = { "promised_at", COL_TIME },
	[COL_DELIVERED] = { "delivered_at", COL_TIME },
};

/* Without a preset: the names above, and these. */
static const struct name plain_names[] = {
	{ "orderid", COL_ID },
	{ "id", COL_ID },
	{ "ordernumber", COL_NUMBER },
	{ "state", COL_STATUS },
	{ "rawstatus", COL_STATUS },
	{ "paymentstatus", COL_PAYMENT_STATUS },
	{ "fulfillmentstate", COL_FULFILMENT_STATUS },
	{ "fulfillmentstatus", COL_FULFILMENT_STATUS },
	{ "createdat", COL_PLACED },
	{ "date", COL_PLACED },
	{ "customeremail", COL_EMAIL },
	{ "customerphone", COL_PHONE },
	{ "customername", COL_NAME },
	{ "lineexternalid", COL_LINE_ID },
	{ "sku", COL_SKU },
	{ "product", COL_ITEM_NAME },
	{ "qty", COL_QUANTITY },
	{ "itemprice", COL_UNIT_PRICE },
	{ "linetotal", COL_ITEM_TOTAL },
	{ "estimatedat", COL_PROMISED },
	{ "shipaddress", COL_SHIP_ADDRESS },
	{ NULL, COL_COUNT },
};

/* WooCommerce has no export of orders of its own: the two most used plugins,
 * "Advanced Order Export" and "Customer/Order CSV Export". */
static const struct name woo_names[] = {
	{ "orderid", COL_ID },
	{ "ordernumberformatted", COL_NUMBER },
	{ "ordernumber", COL_NUMBER },
	{ "orderstatus", COL_STATUS },
	{ "status", COL_STATUS },
	{ "orderdate", COL_PLACED },
	{ "date", COL_PLACED },
	{ "datemodified", COL_UPDATED },
	{ "modifieddate", COL_UPDATED },
	{ "datepaid", COL_PAID },
	{ "paiddate", COL_PAID },
	{ "currency", COL_CURRENCY },
	{ "ordercurrency", COL_CURRENCY },
	{ "ordertotal", COL_TOTAL },
	{ "ordertotalamount", COL_TOTAL },
	{ "ordersubtotal", COL_SUBTOTAL },
	{ "ordersubtotalamount", COL_SUBTOTAL },
	{ "shippingtotal", COL_SHIPPING_TOTAL },
	{ "ordershippingamount", COL_SHIPPING_TOTAL },
	{ "taxtotal", COL_TAX_TOTAL },
	{ "ordertotaltaxamount", COL_TAX_TOTAL },
	{ "discounttotal", COL_DISCOUNT_TOTAL },
	{ "cartdiscountamount", COL_DISCOUNT_TOTAL },
	{ "refundedtotal", COL_REFUNDED_TOTAL },
	{ "orderrefundamount", COL_REFUNDED_TOTAL },
	{ "customernote", COL_NOTE },
	{ "customerid", COL_CUSTOMER_ID },
	{ "customeruserid", COL_CUSTOMER_ID },
	{ "billingemail", COL_EMAIL },
	{ "emailbilling", COL_EMAIL },
	{ "billingphone", COL_PHONE },
	{ "phonebilling", COL_PHONE },
	{ "billingfirstname", COL_FIRST_NAME },
	{ "firstnamebilling", COL_FIRST_NAME },
	{ "billinglastname", COL_LAST_NAME },
	{ "lastnamebilling", COL_LAST_NAME },
	{ "billingcountry", COL_COUNTRY },
	{ "countrycodebilling", COL_COUNTRY },
	{ "shippingaddress1", COL_SHIP_ADDRESS },
	{ "address12shipping", COL_SHIP_ADDRESS },
	{ "shippingcity", COL_SHIP_CITY },
	{ "cityshipping", COL_SHIP_CITY },
	{ "shippingpostcode", COL_SHIP_POSTCODE },
	{ "postcodeshipping", COL_SHIP_POSTCODE },
	{ "shippingcountry", COL_SHIP_COUNTRY },
	{ "countrycodeshipping", COL_SHIP_COUNTRY },
	{ "paymentmethod", COL_PAYMENT_METHOD },
	{ "paymentmethodtitle", COL_PAYMENT_METHOD },
	{ "transactionid", COL_TRANSACTION },
	{ "lineid", COL_LINE_ID },
	{ "itemid", COL_LINE_ID },
	{ "productid", COL_PRODUCT_ID },
	{ "itemproductid", COL_PRODUCT_ID },
	{ "variationid", COL_VARIANT_ID },
	{ "itemvariationid", COL_VARIANT_ID },
	{ "sku", COL_SKU },
	{ "itemsku", COL_SKU },
	{ "itemname", COL_ITEM_NAME },
	{ "productvariation", COL_VARIANT },
	{ "quantity", COL_QUANTITY },
	{ "itemquantity", COL_QUANTITY },
	{ "quantityrefund", COL_QUANTITY },
	{ "itemcost", COL_UNIT_PRICE },
	{ "itemtotal", COL_ITEM_TOTAL },
	{ "orderlinetotal", COL_ITEM_TOTAL },
	{ "trackingprovider", COL_CARRIER },
	{ "trackingnumber", COL_TRACKING },
	{ "trackinglink", COL_TRACKING_URL },
	{ "dateshipped", COL_SHIPPED },
	{ NULL, COL_COUNT },
};

/* "Orders", "Export": rows of an order repeat its name alone. */
static const struct name shopify_names[] = {
	{ "name", COL_ROWS },
	{ "id", COL_ID },
	{ "financialstatus", COL_PAYMENT_STATUS },
	{ "fulfillmentstatus", COL_FULFILMENT_STATUS },
	{ "currency", COL_CURRENCY },
	{ "total", COL_TOTAL },
	{ "subtotal", COL_SUBTOTAL },
	{ "shipping", COL_SHIPPING_TOTAL },
	{ "taxes", COL_TAX_TOTAL },
	{ "discountamount", COL_DISCOUNT_TOTAL },
	{ "refundedamount", COL_REFUNDED_TOTAL },
	{ "createdat", COL_PLACED },
	{ "paidat", COL_PAID },
	{ "cancelledat", COL_CANCELLED },
	{ "notes", COL_NOTE },
	{ "tags", COL_TAGS },
	{ "email", COL_EMAIL },
	{ "phone", COL_PHONE },
	{ "billingname", COL_NAME },
	{ "billingcountry", COL_COUNTRY },
	{ "shippingname", COL_SHIP_NAME },
	{ "shippingstreet", COL_SHIP_ADDRESS },
	{ "shippingcity", COL_SHIP_CITY },
	{ "shippingzip", COL_SHIP_POSTCODE },
	{ "shippingcountry", COL_SHIP_COUNTRY },
	{ "paymentmethod", COL_PAYMENT_METHOD },
	{ "paymentreference", COL_TRANSACTION },
	{ "lineitemname", COL_ITEM_NAME },
	{ "lineitemsku", COL_SKU },
	{ "lineitemquantity", COL_QUANTITY },
	{ "lineitemprice", COL_UNIT_PRICE },
	{ NULL, COL_COUNT },
};

/* "Orders", "Export" in English and Spanish, and the tables' own names, which
 * the SQL manager gives. */
static const struct name prestashop_names[] = {
	{ "id", COL_ID },
	{ "idorder", COL_ID },
	{ "reference", COL_NUMBER },
	{ "referencia", COL_NUMBER },
	{ "status", COL_STATUS },
	{ "estado", COL_STATUS },
	{ "orderstate", COL_STATUS },
	{ "isocode", COL_CURRENCY },
	{ "currency", COL_CURRENCY },
	{ "total", COL_TOTAL },
	{ "totalpaid", COL_TOTAL },
	{ "totalpaidtaxincl", COL_TOTAL },
	{ "totalproductswt", COL_SUBTOTAL },
	{ "totalshipping", COL_SHIPPING_TOTAL },
	{ "totalshippingtaxincl", COL_SHIPPING_TOTAL },
	{ "totaldiscountstaxincl", COL_DISCOUNT_TOTAL },
	{ "date", COL_PLACED },
	{ "fecha", COL_PLACED },
	{ "dateadd", COL_PLACED },
	{ "dateupd", COL_UPDATED },
	{ "idcustomer", COL_CUSTOMER_ID },
	{ "customer", COL_NAME },
	{ "cliente", COL_NAME },
	{ "email", COL_EMAIL },
	{ "firstname", COL_FIRST_NAME },
	{ "lastname", COL_LAST_NAME },
	{ "phone", COL_PHONE },
	{ "phonemobile", COL_PHONE },
	{ "payment", COL_PAYMENT_METHOD },
	{ "pago", COL_PAYMENT_METHOD },
	{ "idorderdetail", COL_LINE_ID },
	{ "productid", COL_PRODUCT_ID },
	{ "productattributeid", COL_VARIANT_ID },
	{ "productreference", COL_SKU },
	{ "productname", COL_ITEM_NAME },
	{ "productquantity", COL_QUANTITY },
	{ "unitpricetaxincl", COL_UNIT_PRICE },
	{ "totalpricetaxincl", COL_ITEM_TOTAL },
	{ "carrier", COL_CARRIER },
	{ "trackingnumber", COL_TRACKING },
	{ "shippingnumber", COL_TRACKING },
	{ NULL, COL_COUNT },
};

static const struct {
	const char *name;
	const struct name *names;
} presets[] = {
	[PRESET_NONE] = { "none", plain_names },
	[PRESET_WOO] = { "woocommerce", woo_names },
	[PRESET_SHOPIFY] = { "shopify", shopify_names },
	[PRESET_PRESTASHOP] = { "prestashop", prestashop_names },
};

enum col_form
col_form(enum col c)
{
	return cols[c].form;
}

bool
preset_find(const char *name, enum preset *out)
{
	for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++)
		if (strcmp(presets[i].name, name) == 0) {
			*out = (enum preset)i;
			return true;
		}
	return false;
}

const char *
preset_name(enum preset p)
{
	return presets[p].name;
}

/* Letters, digits and what is not ASCII; the rest of a long name is cut. */
static void
key_of(const char *s, char out[KEY_MAX])
{
	size_t n = 0;

	for (; *s != '\0' && n + 1 < KEY_MAX; s++) {
		if (*s >= 'A' && *s <= 'Z')
			out[n++] = (char)(*s - 'A' + 'a');
		else if ((*s >= 'a' && *s <= 'z') || (*s >= '0' && *s <= '9') ||
			 (unsigned char)*s >= 0x80)
			out[n++] = *s;
	}
	out[n] = '\0';
}

static enum col
find(enum preset p, const char *cell)
{
	char key[KEY_MAX];
	char own[KEY_MAX];

	key_of(cell, key);
	if (key[0] == '\0')
		return COL_COUNT;
	for (const struct name *n = presets[p].names; n->key != NULL; n++)
		if (strcmp(n->key, key) == 0)
			return n->col;
	if (p != PRESET_NONE)
		return COL_COUNT;
	for (int c = COL_ROWS + 1; c < COL_COUNT; c++) {
		key_of(cols[c].name, own);
		if (strcmp(own, key) == 0)
			return (enum col)c;
	}
	return COL_COUNT;
}

void
import_map_read(struct import_map *m, enum preset p, const char *const *cell,
		size_t count)
{
	m->known = 0;
	for (int c = 0; c < COL_COUNT; c++)
		m->at[c] = -1;
	for (size_t i = 0; i < count; i++) {
		enum col c = find(p, cell[i]);

		if (c == COL_COUNT || m->at[c] >= 0)
			continue;
		m->at[c] = (int)i;
		(void)snprintf(m->head[c], MAP_HEAD_MAX, "%.*s",
			       (int)utf8_cut(cell[i], strlen(cell[i]),
					     MAP_HEAD_MAX - 1),
			       cell[i]);
		m->known++;
	}
}

bool
import_map_reads(const struct import_map *m, size_t cell)
{
	for (int c = 0; c < COL_COUNT; c++)
		if (m->at[c] >= 0 && (size_t)m->at[c] == cell)
			return true;
	return false;
}

const char *
import_map_lacks(const struct import_map *m)
{
	if (m->at[COL_ID] < 0 && m->at[COL_NUMBER] < 0 && m->at[COL_ROWS] < 0)
		return "which order a row belongs to";
	if (m->at[COL_PLACED] < 0)
		return "when an order was placed";
	return NULL;
}

const char *
import_map_cell(const struct import_map *m, enum col c, const char *const *cell,
		size_t count)
{
	return m->at[c] >= 0 && (size_t)m->at[c] < count ? cell[m->at[c]] : "";
}
