#include "gateways/whatsapp/card.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "gateways/whatsapp/read.h"

#define RAW_MAX ((size_t)128 * 1024) /* octets of a message in a request */
#define NUMBER_MAX 32

static const char *
str(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

/* Add s after a separator, unless it is the first. */
static void
join(struct buf *b, const char *separator, const char *s)
{
	if (s == NULL || s[0] == '\0')
		return;
	if (b->len != 0)
		(void)buf_puts(b, separator);
	(void)buf_puts(b, s);
}

/* "Name, address (lat, lon)", what there is of it. */
static void
put_location(struct buf *b, const json_t *location)
{
	char place[2 * NUMBER_MAX];

	join(b, ", ", str(location, "name"));
	join(b, ", ", str(location, "address"));
	(void)snprintf(
		place, sizeof place,
		b->len != 0 ? "(%.6f, %.6f)" : "%.6f, %.6f",
		json_number_value(json_object_get(location, "latitude")),
		json_number_value(json_object_get(location, "longitude")));
	join(b, " ", place);
}

/* A line for each: "Name: phone, phone, mail". */
static void
put_contacts(struct buf *b, const json_t *contacts)
{
	const json_t *c;
	const json_t *o;
	size_t i;
	size_t k;

	json_array_foreach(contacts, i, c)
	{
		const char *name = str(c, "name");
		bool first = true;

		join(b, "\n", name != NULL ? name : "?");
		json_array_foreach(json_object_get(c, "phones"), k, o)
		{
			join(b, first ? ": " : ", ", str(o, "phone"));
			first = false;
		}
		json_array_foreach(json_object_get(c, "emails"), k, o)
		{
			join(b, first ? ": " : ", ", json_string_value(o));
			first = false;
		}
	}
}

/* What was said with it, then a line for each: "2 x SHOE-42: 30 EUR". */
static void
put_order(struct buf *b, const json_t *order)
{
	const json_t *o;
	size_t i;

	json_array_foreach(json_object_get(order, "items"), i, o)
	{
		const char *what = str(o, "product_retailer_id");
		const char *currency = str(o, "currency");
		const json_t *price = json_object_get(o, "item_price");
		char line[NUMBER_MAX];

		(void)snprintf(
			line, sizeof line, "%g x ",
			json_number_value(json_object_get(o, "quantity")));
		join(b, "\n", line);
		(void)buf_puts(b, what != NULL ? what : "?");
		if (price == NULL)
			continue;
		(void)snprintf(line, sizeof line, ": %.12g",
			       json_number_value(price));
		(void)buf_puts(b, line);
		join(b, " ", currency);
	}
}

/* What a form was filled with, a line for each answer. */
static void
put_form(struct buf *b, const json_t *form)
{
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)form, name, v)
	{
		char *text = json_is_string(v)
				     ? mem_strdup(json_string_value(v))
				     : json_dumps(v, JSON_ENCODE_ANY);

		/* a token is no answer */
		if (text != NULL && strcmp(name, "flow_token") != 0) {
			join(b, "\n", name);
			(void)buf_puts(b, ": ");
			(void)buf_puts(b, text);
		}
		mem_free(text);
	}
}

char *
card_text(const json_t *message)
{
	const json_t *interactive = json_object_get(message, "interactive");
	struct buf b;

	buf_init(&b, WA_TEXT_MAX);
	join(&b, "\n", str(message, "text"));
	if (json_object_get(message, "location") != NULL)
		put_location(&b, json_object_get(message, "location"));
	put_contacts(&b, json_object_get(message, "contacts"));
	put_order(&b, json_object_get(message, "order"));
	put_form(&b, json_object_get(interactive, "response"));
	join(&b, "\n", str(json_object_get(message, "reaction"), "emoji"));
	join(&b, "\n", str(json_object_get(message, "edit"), "text"));
	return buf_take(&b);
}

/* Facts that are no members of a WaContact. */
static const char *const not_of_card[] = {
	"raw",
	"text",
	"timestamp",
	"phone_number_id",
	"identity_key_hash",
	"to_parent_user_id",
};

json_t *
card_contact(const json_t *message)
{
	json_t *card = json_copy((json_t *)message);
	const char *name = str(message, "username");

	for (size_t i = 0; i < sizeof not_of_card / sizeof not_of_card[0]; i++)
		(void)json_object_del(card, not_of_card[i]);
	if (name != NULL && name[0] == '@')
		(void)json_object_set_new(card, "username",
					  json_string(name + 1));
	return card;
}

json_t *
card_raw(const json_t *message)
{
	char *text = json_dumps(json_object_get(message, "raw"), JSON_COMPACT);
	json_t *card;
	json_t *raw;
	struct buf data;
	char sha[HASH_HEX];

	if (text == NULL || strlen(text) > RAW_MAX) {
		mem_free(text);
		card = card_contact(message);
		text = json_dumps(card, JSON_COMPACT);
		json_decref(card);
	}
	if (text == NULL)
		return NULL;
	buf_init(&data, 2 * RAW_MAX);
	(void)hash_b64(&data, text, strlen(text));
	hash_hex(text, strlen(text), sha);
	raw = json_pack("{s:s, s:I, s:s}", "sha256", sha, "bytes",
			(json_int_t)strlen(text), "data", buf_str(&data));
	buf_release(&data);
	mem_free(text);
	return raw;
}
