#include "daemon/store/deskrow.h"

#include "daemon/store/event.h"
#include "daemon/store/row.h"

static const struct sql q_ensure = {
	"make the desk's row",
	"INSERT INTO desk (id, name, language, created_ms)"
	" VALUES (1, 'Postigo', 'es', $1) ON CONFLICT (id) DO NOTHING"
};

static const struct sql q_get = {
	"read the desk's row",
	"SELECT name, language, tzdata FROM desk WHERE id = 1"
};

static const struct sql q_set = {
	"change the desk's row",
	"UPDATE desk SET name = coalesce($1, name),"
	" language = coalesce($2, language) WHERE id = 1"
};

enum outcome
deskrow_ensure(struct store *s, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_ensure);

	sql_set_int(st, 1, now_ms);
	return sql_done(s, st, e);
}

static json_t *
desk_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "name", row_str(st, 0));
	row_set(o, "language", row_str(st, 1));
	row_set(o, "tzdata", row_str(st, 2));
	return o;
}

enum outcome
deskrow_get(struct store *s, json_t **out, struct err *e)
{
	enum outcome o = row_one(s, sql_stmt(s, &q_get), desk_of, out, e);

	if (o == OUT_OK && *out == NULL)
		return err_code(e, OUT_TEMP, "busy",
				"could not read the desk's row: it is not yet "
				"made");
	return o;
}

enum outcome
deskrow_set(struct store *s, const char *name, const char *language,
	    struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_set);

	sql_set_str(st, 1, name);
	sql_set_str(st, 2, language);
	return sql_done(s, st, e);
}

static const struct sql q_zone_known = {
	"read the zone data's edition",
	"SELECT tzdata <> '' FROM desk WHERE id = 1"
};
static const struct sql q_zone_data = {
	"note the zone data",
	"UPDATE desk SET tzdata = $1 WHERE id = 1 AND tzdata <> $1"
	" RETURNING id"
};

enum outcome
deskrow_zone_data(struct store *s, const char *edition, int64_t now_ms,
		  bool *changed_out, struct err *e)
{
	sqlite3_stmt *st;
	int64_t known = 0;
	enum outcome o = row_number(s, sql_stmt(s, &q_zone_known), &known, e);

	*changed_out = false;
	if (o != OUT_OK)
		return o;
	st = sql_stmt(s, &q_zone_data);
	sql_set_str(st, 1, edition);
	o = row_exists(s, st, changed_out, e);
	/* the first edition is that of every deadline so far */
	*changed_out = *changed_out && known != 0;
	if (o == OUT_OK && *changed_out)
		o = event_add(s, now_ms, "zone.changed", 0, 0,
			      json_pack("{s:s}", "edition", edition), e);
	return o;
}

static const struct sql q_floor = { "read the events' floor",
				    "SELECT event_floor FROM desk"
				    " WHERE id = 1" };

enum outcome
deskrow_floor(struct store *s, int64_t *out, struct err *e)
{
	return row_number(s, sql_stmt(s, &q_floor), out, e);
}
