#include "daemon/store/view_wa.h"

#include <string.h>

#include "daemon/store/media.h"
#include "daemon/store/reaction.h"
#include "daemon/store/row.h"
#include "daemon/store/sql.h"
#include "daemon/store/wamid.h"

#define QUOTE_CHARS 200
#define SECOND_CHARS 19 /* "2026-01-05T09:00:00": the channel has no more */

static const struct sql q_card = {
	"read a message's card",
	"SELECT whatsapp, connection_id FROM message WHERE id = $1 "
	"AND whatsapp IS NOT NULL"
};
static const struct sql q_quote = {
	"read the message that is quoted",
	"SELECT id, incident_id, number, author, substr(text, 1, $2) "
	"FROM message WHERE id = $1"
};

/* A row's card, and by which connection it came or goes. */
struct shown {
	json_t *card; /* NULL: it has none */
	int64_t connection_id;
};

static enum outcome
card_load(struct store *s, int64_t id, struct shown *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_card);
	bool row;
	enum outcome o;

	*out = (struct shown){ .card = NULL };
	sql_set_int(st, 1, id);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK || !row)
		return o;
	out->card = sql_json_doc(st, 0);
	out->connection_id = sql_get_int(st, 1);
	sql_reset(st);
	return OUT_OK;
}

static json_t *
quote_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "message", sql_json_int(st, 0));
	row_set(o, "incident", sql_json_int(st, 1));
	row_set(o, "number", sql_json_int(st, 2));
	row_set(o, "who", row_str(st, 3));
	row_set(o, "text", row_str(st, 4));
	return o;
}

/* What it quotes; an empty object where that is not here. */
static enum outcome
quote_set(struct store *s, const struct shown *w, json_t *message,
	  struct err *e)
{
	const char *wamid =
		json_string_value(json_object_get(w->card, "context_id"));
	struct message_place at = { .id = 0 };
	json_t *quote = NULL;
	sqlite3_stmt *st;
	enum outcome o;

	if (wamid == NULL) /* of one that we sent */
		wamid = json_string_value(json_object_get(w->card, "quotes"));
	if (wamid == NULL)
		return OUT_OK;
	o = wamid_find(s, w->connection_id, wamid, &at, e);
	if (o == OUT_OK && at.id != 0) {
		st = sql_stmt(s, &q_quote);
		sql_set_int(st, 1, at.id);
		sql_set_int(st, 2, QUOTE_CHARS);
		o = row_one(s, st, quote_of, &quote, e);
	}
	if (o == OUT_OK)
		row_set(message, "quotes",
			quote != NULL ? quote : json_object());
	return o;
}

static enum outcome
lists_set(struct store *s, int64_t id, json_t *message, struct err *e)
{
	json_t *list = NULL;
	enum outcome o = media_list(s, id, &list, e);

	if (o != OUT_OK)
		return o;
	row_set(message, "media", list);
	o = reaction_list(s, id, &list, e);
	if (o == OUT_OK)
		row_set(message, "reactions", list);
	return o;
}

enum outcome
view_wa_message(struct store *s, int64_t id, json_t *message, struct err *e)
{
	struct shown w;
	enum outcome o = card_load(s, id, &w, e);

	if (o != OUT_OK || w.card == NULL)
		return o;
	o = lists_set(s, id, message, e);
	if (o == OUT_OK)
		o = quote_set(s, &w, message, e);
	/* an address is the identity's */
	(void)json_object_del(w.card, "to");
	row_set(message, "whatsapp", w.card);
	return o;
}

static const char *
instant(const json_t *message)
{
	const char *at = json_string_value(json_object_get(message, "at"));

	return at != NULL ? at : "";
}

static bool
is_conversation(const json_t *messages)
{
	const json_t *m;
	size_t i;

	json_array_foreach(messages, i, m)
	{
		if (json_object_get(m, "whatsapp") != NULL)
			return true;
	}
	return false;
}

void
view_wa_order(json_t *messages)
{
	size_t n = json_array_size(messages);

	if (!is_conversation(messages))
		return;
	/* nearly in order already: each goes back as far as it must */
	for (size_t i = 1; i < n; i++) {
		json_t *m = json_array_get(messages, i);
		size_t to = i;

		while (to > 0 &&
		       strncmp(instant(json_array_get(messages, to - 1)),
			       instant(m), SECOND_CHARS) > 0)
			to--;
		if (to == i)
			continue;
		json_incref(m);
		(void)json_array_remove(messages, i);
		(void)json_array_insert_new(messages, to, m);
	}
}
