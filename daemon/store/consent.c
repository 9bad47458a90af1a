#include "daemon/store/consent.h"

#include <string.h>

#include "daemon/store/sql.h"

static const struct sql q_row = {
	"read what was said of an address",
	"SELECT customer_id, consent FROM identity WHERE id = $1"
};
static const struct sql q_last = {
	"read what was said last",
	"SELECT consent FROM identity WHERE customer_id = $1 "
	"AND consent <> '' AND (kind = $2 OR ($2 = 'whatsapp' "
	"AND kind IN ('bsuid', 'parent_bsuid'))) "
	"ORDER BY consent_ms DESC, id DESC LIMIT 1"
};
static const struct sql q_channel = {
	"find the channel of an address",
	"SELECT customer_id, CASE WHEN kind IN ('bsuid', 'parent_bsuid') "
	"THEN 'whatsapp' ELSE kind END FROM identity WHERE id = $1"
};
static const struct sql q_put = {
	"keep what was said of an address",
	"UPDATE identity SET consent = $2, consent_how = $3, consent_ms = $4 "
	"WHERE id = $1"
};

enum outcome
consent_row(struct store *s, int64_t identity_id, struct consent_row *out,
	    struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_row);
	bool row = false;
	enum outcome o;

	memset(out, 0, sizeof *out);
	sql_set_int(st, 1, identity_id);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row) {
		out->customer_id = sql_get_int(st, 0);
		out->is_out = strcmp(sql_get_text(st, 1), "out") == 0;
	}
	sql_reset(st);
	return o;
}

static enum outcome
last(struct store *s, int64_t customer_id, const char *channel,
     const char *value, bool *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_last);
	bool row = false;
	enum outcome o;

	sql_set_int(st, 1, customer_id);
	sql_set_str(st, 2, channel);
	o = sql_row(s, st, &row, e);
	*out = o == OUT_OK && row && strcmp(sql_get_text(st, 0), value) == 0;
	sql_reset(st);
	return o;
}

enum outcome
consent_is(struct store *s, int64_t identity_id, const char *value, bool *out,
	   struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_channel);
	char channel[32] = "";
	int64_t customer = 0;
	bool row = false;
	enum outcome o;

	*out = false;
	sql_set_int(st, 1, identity_id);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row) {
		size_t n = strlen(sql_get_text(st, 1));

		customer = sql_get_int(st, 0);
		if (n < sizeof channel)
			memcpy(channel, sql_get_text(st, 1), n + 1);
	}
	sql_reset(st);
	return o == OUT_OK ? last(s, customer, channel, value, out, e) : o;
}

enum outcome
consent_is_out(struct store *s, int64_t customer_id, const char *channel,
	       bool *out, struct err *e)
{
	return last(s, customer_id, channel, "out", out, e);
}

enum outcome
consent_put(struct store *s, int64_t identity_id, const char *value,
	    const char *how, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_put);

	sql_set_int(st, 1, identity_id);
	sql_set_str(st, 2, value);
	sql_set_str(st, 3, how);
	sql_set_int(st, 4, now_ms);
	return sql_done(s, st, e);
}
