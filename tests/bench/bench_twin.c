/*
 * bench_twin: SQLite's own group commit of the rows that contacts leave.
 * Reads the rows of a store that bench_contacts filled, keeps them in
 * memory, and inserts exactly them into a fresh store with the same schema,
 * pragmas and GROUP contacts a commit, in plain C with prepared statements.
 *
 *   bench_twin SOURCE.db NEW.db GROUP [TIMES]
 *
 * Prints one JSON line: contacts, rows, seconds, per_second, rows_per_second.
 * TIMES is a file: a line for each commit, when it began and ended, in
 * microseconds of the monotonic clock.
 */

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "tests/bench/bench.h"

#define COLUMNS_MAX 40

/* A table, and how its rows belong to incident number $1. */
struct table {
	const char *name;
	const char *where;
	sqlite3_stmt *insert;
	int columns;
};

static struct table tables[] = {
	{ "blob",
	  "sha256 IN (SELECT raw_sha256 FROM message WHERE incident_id = $1 "
	  "UNION SELECT a.sha256 FROM attachment a JOIN message m ON m.id = "
	  "a.message_id WHERE m.incident_id = $1)",
	  NULL, 0 },
	{ "customer", "id = (SELECT customer_id FROM incident WHERE id = $1)",
	  NULL, 0 },
	{ "identity",
	  "customer_id = (SELECT customer_id FROM incident WHERE id = $1)",
	  NULL, 0 },
	{ "incident", "id = $1", NULL, 0 },
	{ "incident_tag", "incident_id = $1", NULL, 0 },
	{ "message", "incident_id = $1", NULL, 0 },
	{ "attachment",
	  "message_id IN (SELECT id FROM message WHERE incident_id = $1)", NULL,
	  0 },
	{ "event", "incident_id = $1", NULL, 0 },
	{ "clock", "incident_id = $1", NULL, 0 },
};

#define TABLES (sizeof tables / sizeof tables[0])

struct row {
	const struct table *table;
	sqlite3_value *values[COLUMNS_MAX];
	struct row *next; /* of the same contact */
};

static void
check(int rc, sqlite3 *db, const char *what)
{
	if (rc != SQLITE_OK && rc != SQLITE_DONE && rc != SQLITE_ROW)
		bench_die("%s: %s", what, sqlite3_errmsg(db));
}

static void
run_sql(sqlite3 *db, const char *sql)
{
	check(sqlite3_exec(db, sql, NULL, NULL, NULL), db, sql);
}

/* The schema of the source, as it is there. */
static void
copy_schema(sqlite3 *from, sqlite3 *to)
{
	sqlite3_stmt *q;

	check(sqlite3_prepare_v2(from,
				 "SELECT sql FROM sqlite_schema WHERE sql IS "
				 "NOT NULL AND name NOT LIKE 'sqlite_%' "
				 "ORDER BY type DESC",
				 -1, &q, NULL),
	      from, "read the schema");
	while (sqlite3_step(q) == SQLITE_ROW)
		run_sql(to, (const char *)sqlite3_column_text(q, 0));
	(void)sqlite3_finalize(q);
}

/* Everything that contacts refer to and that is not theirs. */
static void
copy_rest(sqlite3 *to, const char *source)
{
	static const char *const names[] = { "desk", "agent", "connection",
					     "book" };
	size_t i;
	char *sql = sqlite3_mprintf("ATTACH %Q AS source", source);

	run_sql(to, sql);
	sqlite3_free(sql);
	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		sql = sqlite3_mprintf("INSERT INTO main.%s SELECT * FROM "
				      "source.%s",
				      names[i], names[i]);
		run_sql(to, sql);
		sqlite3_free(sql);
	}
	run_sql(to, "DETACH source");
}

static void
prepare_insert(sqlite3 *to, struct table *t, int columns)
{
	char sql[400];
	int at;
	int i;

	t->columns = columns;
	at = snprintf(sql, sizeof sql, "INSERT INTO %s VALUES (", t->name);
	for (i = 0; i < columns; i++)
		at += snprintf(sql + at, sizeof sql - (size_t)at, "%s?",
			       i != 0 ? "," : "");
	(void)snprintf(sql + at, sizeof sql - (size_t)at, ")");
	check(sqlite3_prepare_v2(to, sql, -1, &t->insert, NULL), to, sql);
}

static long
load_contact(sqlite3 *to, sqlite3_stmt **reads, sqlite3_int64 id,
	     struct row **first)
{
	struct row **at = first;
	long rows = 0;
	size_t i;
	int c;

	for (i = 0; i < TABLES; i++) {
		sqlite3_stmt *q = reads[i];

		(void)sqlite3_bind_int64(q, 1, id);
		while (sqlite3_step(q) == SQLITE_ROW) {
			struct row *r = mem_new(1, sizeof *r);

			if (tables[i].insert == NULL)
				prepare_insert(to, &tables[i],
					       sqlite3_column_count(q));
			r->table = &tables[i];
			for (c = 0; c < tables[i].columns; c++)
				r->values[c] = sqlite3_value_dup(
					sqlite3_column_value(q, c));
			*at = r;
			at = &r->next;
			rows++;
		}
		(void)sqlite3_reset(q);
	}
	return rows;
}

static struct row **
load(sqlite3 *from, sqlite3 *to, long *contacts, long *rows)
{
	sqlite3_stmt *reads[TABLES];
	sqlite3_stmt *ids;
	struct row **all;
	char sql[300];
	size_t i;
	long n = 0;

	for (i = 0; i < TABLES; i++) {
		(void)snprintf(sql, sizeof sql, "SELECT * FROM %s WHERE %s",
			       tables[i].name, tables[i].where);
		check(sqlite3_prepare_v2(from, sql, -1, &reads[i], NULL), from,
		      sql);
	}
	check(sqlite3_prepare_v2(from,
				 "SELECT id, count(*) OVER () FROM incident "
				 "ORDER BY id",
				 -1, &ids, NULL),
	      from, "read incidents");
	all = NULL;
	*rows = 0;
	while (sqlite3_step(ids) == SQLITE_ROW) {
		if (all == NULL)
			all = mem_new((size_t)sqlite3_column_int64(ids, 1),
				      sizeof(struct row *));
		*rows += load_contact(to, reads, sqlite3_column_int64(ids, 0),
				      &all[n++]);
	}
	(void)sqlite3_finalize(ids);
	for (i = 0; i < TABLES; i++)
		(void)sqlite3_finalize(reads[i]);
	*contacts = n;
	if (n == 0)
		bench_die("the source has no incident");
	return all;
}

static void
insert(sqlite3 *to, const struct row *r)
{
	sqlite3_stmt *q = r->table->insert;
	int c;

	for (c = 0; c < r->table->columns; c++)
		(void)sqlite3_bind_value(q, c + 1, r->values[c]);
	check(sqlite3_step(q), to, r->table->name);
	(void)sqlite3_reset(q);
}

/* The next n contacts in one transaction. */
static void
commit(sqlite3 *to, struct row *const *contacts, long n)
{
	const struct row *r;
	long i;

	run_sql(to, "BEGIN IMMEDIATE");
	for (i = 0; i < n; i++)
		for (r = contacts[i]; r != NULL; r = r->next)
			insert(to, r);
	run_sql(to, "COMMIT");
}

/* All of them. times: NULL, or where each commit's line goes. */
static void
commit_all(sqlite3 *to, struct row *const *all, long contacts, long group,
	   FILE *times)
{
	long i;

	for (i = 0; i < contacts; i += group) {
		double begun = bench_us();

		commit(to, all + i,
		       contacts - i < group ? contacts - i : group);
		if (times != NULL)
			(void)fprintf(times, "%.0f %.0f\n", begun, bench_us());
	}
}

int
main(int argc, char **argv)
{
	sqlite3 *from;
	sqlite3 *to;
	struct row **all;
	FILE *times = NULL;
	long contacts;
	long rows;
	long group;
	double start;
	double spent;

	if (argc != 4 && argc != 5)
		bench_die("usage: bench_twin SOURCE.db NEW.db GROUP [TIMES]");
	group = bench_number("GROUP", argv[3], 1, 100000);
	check(sqlite3_open_v2(argv[1], &from, SQLITE_OPEN_READONLY, NULL), from,
	      argv[1]);
	check(sqlite3_open(argv[2], &to), to, argv[2]);
	copy_schema(from, to);
	copy_rest(to, argv[1]);
	run_sql(to, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
		    "PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; "
		    "PRAGMA temp_store = MEMORY");
	all = load(from, to, &contacts, &rows);
	if (argc == 5 && (times = fopen(argv[4], "w")) == NULL)
		bench_die("cannot write %s", argv[4]);
	start = bench_us();
	commit_all(to, all, contacts, group, times);
	spent = (bench_us() - start) / 1e6;
	printf("{\"contacts\":%ld,\"rows\":%ld,\"seconds\":%.3f,"
	       "\"per_second\":%.0f,\"rows_per_second\":%.0f}\n",
	       contacts, rows, spent, (double)contacts / spent,
	       (double)rows / spent);
	if (times != NULL)
		(void)fclose(times);
	return 0;
}
