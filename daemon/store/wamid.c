#include "daemon/store/wamid.h"

#include "daemon/store/row.h"
#include "daemon/store/sql.h"

static const struct sql q_message = {
	"find the message of an id",
	/* the id is rare, the connection is not: by the index of the id */
	"SELECT id, incident_id, number FROM message WHERE external_id = $1 "
	"AND +connection_id = $2 AND digest IS NOT NULL ORDER BY id LIMIT 1"
};
static const struct sql q_delivery = {
	"find the answer of an id",
	"SELECT m.id, m.incident_id, m.number FROM delivery d "
	"JOIN message m ON m.id = d.message_id "
	"WHERE d.external_id = $1 AND d.external_id <> '' "
	"AND +d.connection_id = $2 LIMIT 1"
};
#define CONVERSATION                                                           \
	"SELECT i.id FROM incident i WHERE i.customer_id = $1 "                \
	"AND +i.connection_id = $2 AND i.channel = 'whatsapp' "                \
	"AND (SELECT json_extract(m.whatsapp, '$.group_id') FROM message m "   \
	"WHERE m.incident_id = i.id AND m.number = 1) IS $3 "
static const struct sql q_conversation = {
	"find a customer's conversation",
	CONVERSATION "AND i.state <> 'closed' AND i.state <> 'spam' "
		     "ORDER BY i.id DESC LIMIT 1"
};
static const struct sql q_closed = {
	"find a customer's last conversation",
	CONVERSATION "AND i.state = 'closed' ORDER BY i.id DESC LIMIT 1"
};

static enum outcome
place_of(struct store *s, const struct sql *q, int64_t connection_id,
	 const char *external_id, struct message_place *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, q);

	sql_set_str(st, 1, external_id);
	sql_set_int(st, 2, connection_id);
	return row_place(s, st, out, e);
}

enum outcome
wamid_find(struct store *s, int64_t connection_id, const char *external_id,
	   struct message_place *out, struct err *e)
{
	enum outcome o =
		place_of(s, &q_message, connection_id, external_id, out, e);

	if (o == OUT_OK && out->id == 0)
		o = place_of(s, &q_delivery, connection_id, external_id, out,
			     e);
	return o;
}

static enum outcome
conversation(struct store *s, const struct sql *q, int64_t customer_id,
	     int64_t connection_id, const char *group_id, int64_t *id_out,
	     struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, q);

	sql_set_int(st, 1, customer_id);
	sql_set_int(st, 2, connection_id);
	sql_set_str(st, 3, group_id);
	return row_number(s, st, id_out, e);
}

enum outcome
wamid_conversation(struct store *s, int64_t customer_id, int64_t connection_id,
		   const char *group_id, int64_t *id_out, struct err *e)
{
	return conversation(s, &q_conversation, customer_id, connection_id,
			    group_id, id_out, e);
}

enum outcome
wamid_closed(struct store *s, int64_t customer_id, int64_t connection_id,
	     const char *group_id, int64_t *id_out, struct err *e)
{
	return conversation(s, &q_closed, customer_id, connection_id, group_id,
			    id_out, e);
}
