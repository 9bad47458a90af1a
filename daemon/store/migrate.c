#include "daemon/store/migrate.h"

#include <stdio.h>

#include "daemon/base/log.h"
#include "daemon/store/row.h"
#include "daemon/store/sql.h"
#include "daemon/store/store.h"

#define PRAGMA_TEXT_MAX 64
#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
#define APPLICATION_TEXT TEXT(MIGRATE_APPLICATION)

static const struct sql q_application = { "read whose store it is",
					  "PRAGMA application_id" };
static const struct sql q_tables = { "count what a schema holds",
				     "SELECT count(*) FROM sqlite_schema" };
static const struct sql q_version = { "read the schema's version",
				      "PRAGMA user_version" };

static enum outcome
migrate_version(struct store *s, int64_t *version_out, struct err *e)
{
	return row_number(s, sql_stmt(s, &q_version), version_out, e);
}

static enum outcome
migrate_newer(int64_t version, struct err *e)
{
	return err_code(e, OUT_PERM, "newer",
			"cannot use the store: its schema is %lld, this "
			"program knows %zu",
			(long long)version, migration_count);
}

/* One migration and its number, or neither. */
static enum outcome
migrate_one(struct store *s, size_t i, struct err *e)
{
	char pragma[PRAGMA_TEXT_MAX];
	enum outcome o;

	o = sql_script(s, "BEGIN IMMEDIATE", "begin a migration", e);
	if (o != OUT_OK)
		return o;
	o = sql_script(s, migrations[i].text, migrations[i].file, e);
	if (o == OUT_OK) {
		(void)snprintf(pragma, sizeof pragma,
			       "PRAGMA user_version = %zu", i + 1);
		o = sql_script(s, pragma, "note the migration", e);
	}
	if (o == OUT_OK)
		o = sql_script(s, "COMMIT", "commit a migration", e);
	if (o != OUT_OK && !sqlite3_get_autocommit(sql_db(s)))
		(void)sqlite3_exec(sql_db(s), "ROLLBACK", NULL, NULL, NULL);
	return o;
}

/* Is it ours, or nobody's yet? */
static enum outcome
migrate_owner(struct store *s, int64_t version, int64_t *owner_out,
	      struct err *e)
{
	int64_t tables = 0;
	enum outcome o =
		row_number(s, sql_stmt(s, &q_application), owner_out, e);

	if (o == OUT_OK && version == 0)
		o = row_number(s, sql_stmt(s, &q_tables), &tables, e);
	if (o != OUT_OK)
		return o;
	if ((*owner_out != 0 && *owner_out != MIGRATE_APPLICATION) ||
	    tables > 0)
		return err_code(e, OUT_PERM, "foreign",
				"cannot use the store: postigo.db is a "
				"database of another program");
	return OUT_OK;
}

enum outcome
migrate_run(struct store *s, struct err *e)
{
	int64_t version;
	int64_t owner = 0;
	enum outcome o = migrate_version(s, &version, e);
	size_t i;

	if (o != OUT_OK)
		return o;
	if (version < 0 || (uint64_t)version > migration_count)
		return migrate_newer(version, e);
	o = migrate_owner(s, version, &owner, e);
	for (i = (size_t)version; i < migration_count && o == OUT_OK; i++) {
		/* those of a large desk take minutes; of a new one nothing */
		if (version > 0)
			log_info("store.migrate", "%s begins",
				 migrations[i].file);
		o = migrate_one(s, i, e);
	}
	if (o == OUT_OK && owner == 0)
		o = sql_script(s, "PRAGMA application_id = " APPLICATION_TEXT,
			       "note whose store it is", e);
	return o;
}

enum outcome
migrate_check(struct store *s, struct err *e)
{
	int64_t version;
	enum outcome o = migrate_version(s, &version, e);

	if (o != OUT_OK || version == (int64_t)migration_count)
		return o;
	if (version > (int64_t)migration_count)
		return migrate_newer(version, e);
	return err_code(e, OUT_PERM, "older",
			"cannot read the store: its schema is %lld, this "
			"program needs %zu",
			(long long)version, migration_count);
}
