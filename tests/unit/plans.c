#include "tests/unit/plans.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <sqlite3.h>

#include "daemon/store/sql.h"

static const char *const growing[] = {
	"attachment",     "blob",           "breach",        "clock",
	"command_key",    "customer",       "delivery",      "event",
	"identity",       "incident",       "incident_tag",  "job",
	"ledger",         "message",        "participant",   "visitor",
	"shop_order",     "shipment",       "order_link",    "order_line",
	"checkpoint",     "suggestion",     "order_payment", "order_refund",
	"status",         "contact_window", "fact",          "order_return",
	"customer_merge",
};

/* An index on these alone names a great part of the rows: all orders of a
 * shop, all addresses of mail. */
static const char *const broad[] = {
	"(connection_id=?)",
	"(kind=?)",
	"(kind=? AND scope=?)",
};

static bool
searches_all(const char *plan)
{
	if (strncmp(plan, "SEARCH ", 7) != 0)
		return false;
	for (size_t i = 0; i < sizeof broad / sizeof broad[0]; i++)
		if (strstr(plan, broad[i]) != NULL)
			return true;
	return false;
}

/* They walk, and may: none runs in the turn, or only its first row is read. */
static const char *const allowed[] = {
	/* up to a ceiling */
	"SELECT count(*) FROM (SELECT 1 FROM incident LIMIT ",
	/* as many as a site's visitors, and only at the ceiling */
	"SELECT CASE WHEN (SELECT max(id) FROM visitor)",
	"SELECT expires_ms FROM visitor WHERE mail_due_ms IS NULL",
	/* each slice takes away what it finds: only the first are read */
	"SELECT id FROM shop_order WHERE connection_id = (SELECT ",
	"SELECT d.id FROM privacy_request r JOIN identity d ON d.kind = ",
	/* whether there is one */
	"SELECT EXISTS (SELECT 1 FROM incident WHERE connection_id = ",
	/* of a shop with orders it is refused: an administrator asks once */
	"DELETE FROM connection WHERE id = ",
	/* a repair of fsck; the keys of others are asked only if one is open */
	"INSERT INTO delivery (message_id, state, attempts, created_ms, ended_",
};

/* Is it, or does it stand for, a table that grows? */
static bool
grows(const char *sql, const char *name, size_t n)
{
	for (size_t i = 0; i < sizeof growing / sizeof growing[0]; i++) {
		const char *table = growing[i];
		size_t len = strlen(table);

		if (len == n && strncmp(table, name, n) == 0)
			return true;
		for (const char *at = sql; (at = strstr(at, table)) != NULL;
		     at += len)
			if (at[len] == ' ' &&
			    strncmp(at + len + 1, name, n) == 0 &&
			    strchr(" ,)", at[len + 1 + n]) != NULL)
				return true;
	}
	return false;
}

/* Is the plan's index one of a few rows of its table? Nearly all rows have a
 * connection. */
static bool
partial(sqlite3 *db, const char *plan)
{
	const char *name = strstr(plan, " INDEX ");
	sqlite3_stmt *st = NULL;
	bool is = false;

	if (name == NULL)
		return false;
	if (sqlite3_prepare_v2(db,
			       "SELECT 1 FROM sqlite_schema WHERE name = ?1 "
			       "AND sql LIKE '% WHERE %' AND sql NOT LIKE "
			       "'% WHERE connection_id IS NOT NULL'",
			       -1, &st, NULL) == SQLITE_OK) {
		name += strlen(" INDEX ");
		(void)sqlite3_bind_text(st, 1, name, (int)strcspn(name, " "),
					SQLITE_STATIC);
		is = sqlite3_step(st) == SQLITE_ROW;
	}
	(void)sqlite3_finalize(st);
	return is;
}

/* What was of a connection goes with it: an administrator asks once. */
static bool
goes_with_connection(const char *sql)
{
	static const char end[] = " WHERE connection_id = ?1";
	size_t n = strlen(sql);

	return strncmp(sql, "DELETE FROM ", 12) == 0 && n >= sizeof end &&
	       strcmp(sql + n - (sizeof end - 1), end) == 0;
}

static bool
may_walk(const char *sql)
{
	if (goes_with_connection(sql))
		return true;
	for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
		if (strncmp(sql, allowed[i], strlen(allowed[i])) == 0)
			return true;
	return false;
}

static void
look_at(sqlite3 *db, const char *sql)
{
	char *ask = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sql);
	sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(db, ask, -1, &st, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	while (sqlite3_step(st) == SQLITE_ROW) {
		const char *plan = (const char *)sqlite3_column_text(st, 3);
		const char *name = strchr(plan, ' ');

		if (name == NULL ||
		    (strncmp(plan, "SCAN ", 5) != 0 && !searches_all(plan)))
			continue;
		name++;
		if (!partial(db, plan) && grows(sql, name, strcspn(name, " ")))
			fail_msg("%s\n%s", sql, plan);
	}
	(void)sqlite3_finalize(st);
	sqlite3_free(ask);
}

void
plans_are_bounded(struct store *s)
{
	sqlite3 *db = sql_db(s);
	const char *all[SQL_CACHE_MAX];
	sqlite3_stmt *st = NULL;
	size_t n = 0;

	while ((st = sqlite3_next_stmt(db, st)) != NULL) {
		const char *sql = sqlite3_sql(st);

		if (n < SQL_CACHE_MAX && sql != NULL && !may_walk(sql))
			all[n++] = sql;
	}
	for (size_t i = 0; i < n; i++)
		look_at(db, all[i]);
}
