#include "daemon/store/fallback.h"

#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/store/row.h"
#include "daemon/store/sql.h"

static const struct sql q_row = {
	"read a delivery that did not arrive",
	"SELECT m.id, m.incident_id, d.connection_id, i.customer_id, "
	"m.agent_id, m.author = 'bot', "
	"coalesce(json_extract(m.whatsapp, '$.kind') = 'reaction' "
	"OR (json_extract(m.whatsapp, '$.kind') = 'interactive' "
	"AND m.author = 'bot'), 0), "
	"m.fallback_of IS NOT NULL, EXISTS (SELECT 1 FROM message f "
	"WHERE f.fallback_of = m.id), d.state = 'failed', "
	"d.state = 'unknown', c.role = 'mail', m.text "
	"FROM delivery d JOIN message m ON m.id = d.message_id "
	"JOIN incident i ON i.id = m.incident_id "
	"JOIN connection c ON c.id = d.connection_id WHERE d.id = $1"
};
static const struct sql q_email = {
	"find another address of a customer",
	"SELECT value FROM identity WHERE customer_id = $1 "
	"AND kind = 'email' AND failed_ms IS NULL "
	"ORDER BY verified DESC, id DESC LIMIT 1"
};
/* json_extract gives NULL where a number names no mailbox */
static const struct sql q_number = {
	"find a number for a customer",
	"SELECT c.id FROM connection c LEFT JOIN contact_window w "
	"ON w.connection_id = c.id AND w.customer_id = $1 "
	"WHERE c.kind = 'whatsapp' AND c.active = 1 "
	"AND EXISTS (SELECT 1 FROM identity d WHERE d.customer_id = $1 "
	"AND d.failed_ms IS NULL AND ((d.kind = 'whatsapp' AND d.scope = '') "
	"OR (d.kind = 'bsuid' AND d.scope = "
	"coalesce(nullif(json_extract(c.settings, '$.portfolio'), ''), "
	"json_extract(c.settings, '$.waba_id'))))) "
	"ORDER BY w.until_ms DESC, json_extract(c.settings, '$.mail') = "
	"(SELECT name FROM connection WHERE id = $2) DESC, c.id LIMIT 1"
};
static const struct sql q_files = {
	"list the files of a message",
	"SELECT t.filename, t.content_type, t.sha256, b.bytes "
	"FROM attachment t JOIN blob b ON b.sha256 = t.sha256 "
	"WHERE t.message_id = $1 ORDER BY t.position LIMIT $2"
};
static const struct sql q_put = {
	"note that a message goes another way",
	"UPDATE message SET fallback_of = $2 WHERE id = $1"
};
static const struct sql q_mailbox = {
	"does a number name a mailbox",
	"SELECT count(*) FROM connection c JOIN connection m "
	"ON m.name = json_extract(c.settings, '$.mail') AND m.role = 'mail' "
	"AND m.active = 1 WHERE c.id = $1"
};

void
fallback_row_release(struct fallback_row *f)
{
	MEM_CLEAR(&f->text);
}

enum outcome
fallback_row(struct store *s, int64_t delivery_id, struct fallback_row *out,
	     struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_row);
	bool row = false;
	enum outcome o;

	memset(out, 0, sizeof *out);
	sql_set_int(st, 1, delivery_id);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row) {
		out->message_id = sql_get_int(st, 0);
		out->incident_id = sql_get_int(st, 1);
		out->connection_id = sql_get_int(st, 2);
		out->customer_id = sql_get_int(st, 3);
		out->agent_id = sql_get_int(st, 4);
		out->bot = sql_get_int(st, 5) != 0;
		out->tied = sql_get_int(st, 6) != 0;
		out->is_one = sql_get_int(st, 7) != 0;
		out->has_one = sql_get_int(st, 8) != 0;
		out->failed = sql_get_int(st, 9) != 0;
		out->unknown = sql_get_int(st, 10) != 0;
		out->to_whatsapp = sql_get_int(st, 11) != 0;
		out->text = mem_strdup(sql_get_text(st, 12));
	}
	sql_reset(st);
	return o;
}

enum outcome
fallback_email(struct store *s, int64_t customer_id, char **address_out,
	       struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_email);

	sql_set_int(st, 1, customer_id);
	return row_text(s, st, address_out, e);
}

enum outcome
fallback_number(struct store *s, int64_t customer_id, int64_t mail_id,
		int64_t *id_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_number);

	sql_set_int(st, 1, customer_id);
	sql_set_int(st, 2, mail_id);
	return row_number(s, st, id_out, e);
}

static json_t *
file_of(sqlite3_stmt *st)
{
	json_t *f = json_object();

	row_set(f, "filename", row_str(st, 0));
	row_set(f, "content_type", row_str(st, 1));
	row_set(f, "sha256", row_str(st, 2));
	row_set(f, "size", sql_json_int(st, 3));
	return f;
}

enum outcome
fallback_files(struct store *s, int64_t message_id, json_t **out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_files);

	sql_set_int(st, 1, message_id);
	sql_set_int(st, 2, FALLBACK_FILES_MAX);
	return row_list(s, st, file_of, out, e);
}

enum outcome
fallback_put(struct store *s, int64_t message_id, int64_t of_id, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_put);

	sql_set_int(st, 1, message_id);
	sql_set_int(st, 2, of_id);
	return sql_done(s, st, e);
}

/* The number that it went by names a mailbox, and the customer has a mail
 * address. */
static enum outcome
offers_mail(struct store *s, const struct fallback_row *f, bool *out,
	    struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_mailbox);
	char *address = NULL;
	int64_t n = 0;
	enum outcome o;

	sql_set_int(st, 1, f->connection_id);
	o = row_number(s, st, &n, e);
	if (o == OUT_OK && n > 0)
		o = fallback_email(s, f->customer_id, &address, e);
	*out = address != NULL;
	mem_free(address);
	return o;
}

enum outcome
fallback_offer(struct store *s, int64_t delivery_id, const char **out,
	       struct err *e)
{
	struct fallback_row f;
	int64_t number = 0;
	bool mail = false;
	enum outcome o = fallback_row(s, delivery_id, &f, e);

	*out = NULL;
	if (o == OUT_OK && (f.failed || f.unknown) && !f.is_one && !f.has_one &&
	    !f.tied) {
		if (f.to_whatsapp)
			o = fallback_number(s, f.customer_id, f.connection_id,
					    &number, e);
		else
			o = offers_mail(s, &f, &mail, e);
	}
	if (number != 0)
		*out = "whatsapp";
	else if (mail)
		*out = "email";
	fallback_row_release(&f);
	return o;
}
