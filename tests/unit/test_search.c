/* Searching: what was typed, what a message says round a word, the index. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/store/hits.h"
#include "daemon/store/search.h"
#include "daemon/store/snippet.h"
#include "daemon/store/sql.h"
#include "daemon/store/terms.h"
#include "tests/unit/people_desk.h"

/* A reading handle and the index that is written beside it. */
static struct store *reader;
static struct search *ix;
static const atomic_bool go_on;

static void
open_index(void)
{
	struct err e;
	bool made;

	assert_int_equal(search_open(reader, &ix, &made, &e), OUT_OK);
}

static int
search_setup(void **state)
{
	struct err e;

	test_desk_setup(state);
	run_sql("INSERT INTO customer (id, name, created_ms)"
		" VALUES (1, 'Íñigo', 0);"
		"INSERT INTO incident (id, customer_id, channel, queue, state,"
		" priority, created_ms, updated_ms, active, messages,"
		" last_direction, last_ms)"
		" VALUES (1, 1, 'email', 'general', 'solved', 'normal', 1, 1,"
		" 0, 0, 'in', 1);");
	assert_int_equal(store_open(td.dir, STORE_READ, &reader, &e), OUT_OK);
	open_index();
	return 0;
}

static int
search_teardown(void **state)
{
	search_close(&ix);
	store_close(&reader);
	run_sql("DELETE FROM message; DELETE FROM incident;");
	return test_desk_teardown(state);
}

/* Messages of incident 1, as many as texts; NULL ends them. */
static void
say(const char *const *texts)
{
	for (; *texts != NULL; texts++) {
		char *sql = sqlite3_mprintf(
			"INSERT INTO message (incident_id, number, direction,"
			" author, received_ms, committed_ms, text)"
			" SELECT 1, messages + 1, 'in', 'customer', 1, 1, %Q"
			" FROM incident WHERE id = 1;"
			"UPDATE incident SET messages = messages + 1;",
			*texts);

		run_sql(sql);
		sqlite3_free(sql);
	}
}

/* Index until there is nothing more; how many messages. */
static int
catch_up(void)
{
	struct err e;
	int all = 0;
	int n = 1;

	while (n > 0) {
		assert_int_equal(search_step(ix, reader, &go_on, &n, &e),
				 OUT_OK);
		all += n;
	}
	return all;
}

static struct terms *
read_terms(const char *text)
{
	struct terms *t = NULL;
	struct err e;

	assert_int_equal(terms_read(search_words(ix), text, &t, &e), OUT_OK);
	return t;
}

/* What the index is asked. */
static void
asks(const char *text, const char *match)
{
	struct terms *t = read_terms(text);
	struct buf b;

	buf_init(&b, 8192);
	terms_match(t, false, &b);
	assert_string_equal(buf_str(&b), match);
	buf_release(&b);
	terms_free(&t);
}

static void
typed_text_becomes_quoted_words(void **state)
{
	(void)state;
	asks("Devolución ", "(\"devolucion\")");
	asks("uno dos ", "(\"uno\" AND \"dos\")");
	asks("uno dos", "(\"uno\" AND \"dos\" *)");
	asks("uno do", "(\"uno\" AND \"do\")");
	asks("\"uno dos\" tres", "(\"uno dos\" AND \"tres\" *)");
	asks("\"uno dos\"", "(\"uno dos\")");
	asks("\"uno dos", "(\"uno dos\" *)");
	asks("\"uno dos ", "(\"uno dos\")");
	asks("uno -dos -\"tres cuatro\" ",
	     "(\"uno\") NOT \"dos\" NOT \"tres cuatro\"");
	asks("uno -dos", "(\"uno\") NOT \"dos\"");
	asks("ped* uno ", "(\"ped\" * AND \"uno\")");
	asks("ana@tienda.example ", "(\"ana tienda example\")");
	asks("P-42 ", "(\"p 42\")");
	asks("NEAR(a b) OR c:d ",
	     "(\"near a\" AND \"b\" AND \"or\" AND \"c d\")");
	asks("¡! ?? -- uno ", "(\"uno\")");
	asks("a\"b\"c ", "(\"a\" AND \"b\" AND \"c\")");
	asks("\"\" \" uno ", "(\"uno\")");
}

/* The same, and what is asked first. */
static void
asks_wide(const char *text, const char *wide)
{
	struct terms *t = read_terms(text);
	struct buf b;

	assert_int_equal(terms_long(t), wide != NULL);
	buf_init(&b, 8192);
	terms_match(t, true, &b);
	if (wide != NULL)
		assert_string_equal(buf_str(&b), wide);
	buf_release(&b);
	terms_free(&t);
}

static void
long_beginnings_are_asked_for_by_three_letters(void **state)
{
	(void)state;
	asks_wide("devolu", "(\"dev\" *)");
	asks_wide("señal", "(\"sen\" *)");
	asks_wide("жалоба", "(\"жал\" *)");
	asks_wide("uno \"dos tresc", "(\"uno\" AND \"dos tre\" *)");
	asks_wide("dev", NULL);
	asks_wide("жал", NULL);
	asks_wide("devolu ", NULL);
	asks_wide("-devolu", NULL);
}

static void
without_a_word_there_is_nothing_to_find(void **state)
{
	static const char *const none[] = { "",   " ",  "*",          "\"\"",
					    "¡!", "-a", "-\"a b\" -c" };

	(void)state;
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
		struct terms *t = read_terms(none[i]);

		assert_false(terms_any(t));
		terms_free(&t);
	}
}

static void
too_many_words_are_refused(void **state)
{
	char text[400] = "";
	struct terms *t = NULL;
	struct err e;

	(void)state;
	for (int i = 0; i < TERMS_MAX; i++)
		memcpy(text + 2 * i, "a ", 3);
	t = read_terms(text);
	terms_free(&t);
	memcpy(text + 2 * (size_t)TERMS_MAX, "b", 2);
	assert_int_equal(terms_read(search_words(ix), text, &t, &e), OUT_PERM);
	assert_string_equal(e.code, "bad_params");
	assert_null(t);
	/* one phrase of more words than it may have */
	for (int i = 0; i <= TERMS_TOKENS_MAX; i++)
		memcpy(text + 2 * i, "a.", 3);
	assert_int_equal(terms_read(search_words(ix), text, &t, &e), OUT_PERM);
	assert_null(t);
}

/* The snippet of a text, its marks in brackets. Marks count UTF-16; the texts
 * of this test have one character above U+FFFF, of four bytes. */
static void
shows(const char *words, const char *text, const char *want)
{
	struct terms *t = read_terms(words);
	json_t *snippet = NULL;
	json_t *marks = NULL;
	const char *p;
	struct buf b;
	long long unit = 0;
	size_t next = 0;

	(void)snippet_make(t, search_words(ix), text, strlen(text), &snippet,
			   &marks);
	buf_init(&b, 4096);
	for (p = json_string_value(snippet);; p++) {
		const json_t *m = json_array_get(marks, next / 2);
		bool at = ((unsigned char)*p & 0xc0) != 0x80;

		if (at && m != NULL &&
		    json_integer_value(json_array_get(m, next % 2)) == unit) {
			(void)buf_putc(&b, next % 2 == 0 ? '[' : ']');
			next++;
		}
		if (*p == '\0')
			break;
		(void)buf_putc(&b, *p);
		if (at)
			unit += (unsigned char)*p >= 0xf0 ? 2 : 1;
	}
	assert_int_equal(next, 2 * json_array_size(marks));
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
	json_decref(snippet);
	json_decref(marks);
	terms_free(&t);
}

#define TEN "uno dos tres cuatro cinco seis siete ocho nueve diez "

static void
snippets_are_short_and_marked(void **state)
{
	(void)state;
	shows("dos ", "uno dos tres", "uno [dos] tres");
	shows("tres", "uno dos tres", "uno dos [tres]");
	shows("DÓS ", "uno dos\n\n\ttres", "uno [dos] tres");
	shows("dos ", "uno 🏺 dos", "uno 🏺 [dos]");
	shows("\"dos tres\" tres ", "uno dos tres", "uno [dos tres]");
	shows("dos uno ", "uno dos uno", "[uno] [dos] [uno]");
	shows("uno -dos ", "uno dos", "[uno] dos");
	shows("nada ", "uno dos", "uno dos");
	shows("nada ", "", "");
	shows("aguja ", TEN TEN "aguja " TEN TEN TEN,
	      "…cuatro cinco seis siete ocho nueve diez [aguja] " TEN
	      "uno dos tres cuatro…");
}

static void
a_long_line_is_cut_between_characters(void **state)
{
	char text[4 * 300 + 1];
	struct terms *t = read_terms("nada ");
	json_t *snippet = NULL;
	json_t *marks = NULL;

	(void)state;
	for (size_t i = 0; i < 300; i++)
		memcpy(text + 4 * i, "🏺", 5);
	(void)snippet_make(t, search_words(ix), text, strlen(text), &snippet,
			   &marks);
	assert_int_equal(json_string_length(snippet),
			 4 * SNIPPET_CHARACTERS + 3);
	json_decref(snippet);
	json_decref(marks);
	terms_free(&t);
}

/* How many messages the index says; each of them also by itself. */
static int
found(const char *words)
{
	struct terms *t = read_terms(words);
	sqlite3_stmt *st = NULL;
	struct buf b;
	int n = 0;

	buf_init(&b, 8192);
	terms_match(t, false, &b);
	assert_int_equal(
		sqlite3_prepare_v2(search_db(ix),
				   "SELECT count(*) FROM words WHERE words"
				   " MATCH ?1",
				   -1, &st, NULL),
		SQLITE_OK);
	(void)sqlite3_bind_text(st, 1, buf_str(&b), -1, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	n = sqlite3_column_int(st, 0);
	(void)sqlite3_finalize(st);
	buf_release(&b);
	terms_free(&t);
	return n;
}

/* How many hold by our own reading of their texts. */
static int
holding(const char *words)
{
	struct terms *t = read_terms(words);
	sqlite3_stmt *st = search_docs(reader, 0, INT64_MAX, 1000);
	struct err e;
	bool row = false;
	int n = 0;

	while (sql_row(reader, st, &row, &e) == OUT_OK && row) {
		struct search_doc d;

		search_doc_read(st, &d);
		n += terms_hold(t, search_words(ix), &d);
	}
	terms_free(&t);
	return n;
}

static void
texts_hold_what_the_index_finds(void **state)
{
	static const char *const texts[] = { "La mesa azul",
					     "la silla azul",
					     "azul la mesa",
					     "mesas azules",
					     "Mésa, a zul",
					     "mesa-azul",
					     "la la la mesa",
					     "mesa\nazul y silla",
					     "",
					     "MESA AZUL MESA AZUL",
					     NULL };
	static const char *const words[] = { "mesa ",
					     "mes",
					     "mesa azul ",
					     "\"mesa azul\"",
					     "\"la mesa\" ",
					     "mesa -silla ",
					     "azul -\"la mesa\" ",
					     "\"la la mesa\"",
					     "mes* azu",
					     "-mesa azul ",
					     "inigo ",
					     "\"mesa azul mesa\" ",
					     "\"la me",
					     "nada " };

	(void)state;
	say(texts);
	assert_int_equal(catch_up(), 10);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		int n = found(words[i]);

		if (n != holding(words[i]))
			print_message("%s\n", words[i]);
		assert_int_equal(n, holding(words[i]));
	}
	assert_int_equal(found("mesa "), 7);
	assert_int_equal(found("nada "), 0);
	assert_int_equal(found("inigo "), 10);
}

static void
progress(int64_t cursor, int64_t count)
{
	struct search_state state;
	struct err e;

	assert_int_equal(search_state(ix, &state, &e), OUT_OK);
	assert_int_equal(state.cursor, cursor);
	assert_int_equal(state.count, count);
}

static void
the_cursor_goes_with_its_rows(void **state)
{
	static const char *const some[] = { "uno", "dos", NULL };
	static const char *const more[] = { "tres", NULL };
	static const atomic_bool stop = true;
	struct err e;
	int n;

	(void)state;
	progress(0, 0);
	say(some);
	assert_int_equal(search_step(ix, reader, &stop, &n, &e), OUT_TEMP);
	assert_string_equal(e.code, "stopped");
	progress(0, 0);
	assert_int_equal(found("uno "), 0);
	assert_int_equal(catch_up(), 2);
	progress(2, 2);
	say(more);
	search_close(&ix);
	open_index();
	progress(2, 2);
	assert_int_equal(catch_up(), 1);
	progress(3, 3);
	assert_int_equal(found("uno "), 1);
}

/* Open again; was it made anew? */
static bool
made_anew(void)
{
	struct err e;
	bool made = false;

	search_close(&ix);
	assert_int_equal(search_open(reader, &ix, &made, &e), OUT_OK);
	return made;
}

static void
an_index_of_another_store_is_made_anew(void **state)
{
	static const char *const texts[] = { "uno", "dos", NULL };

	(void)state;
	say(texts);
	(void)catch_up();
	assert_false(made_anew());
	/* the same rows, another history */
	run_sql("UPDATE message SET committed_ms = 2 WHERE id = 2");
	assert_true(made_anew());
	assert_int_equal(catch_up(), 2);
	/* an older store */
	run_sql("DELETE FROM message WHERE id = 2");
	assert_true(made_anew());
	assert_int_equal(catch_up(), 1);
	run_sql("UPDATE desk SET created_ms = created_ms + 1");
	assert_true(made_anew());
	assert_false(made_anew());
	search_remove(td.dir);
	assert_false(search_current(ix));
	assert_true(made_anew());
	assert_true(search_current(ix));
}

/* Octets of every page but the first ones, which have the schema. */
static void
damage_pages(void)
{
	char *path = mem_printf("%s/search.db", td.dir);
	FILE *f = fopen(path, "r+be");
	long end;

	assert_non_null(f);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	end = ftell(f);
	assert_true(end > 20000);
	for (long at = 5 * 4096; at < end; at++) {
		assert_int_equal(fseek(f, at, SEEK_SET), 0);
		assert_int_not_equal(fputc(0xa5, f), EOF);
	}
	assert_int_equal(fclose(f), 0);
	mem_free(path);
}

static void
a_damaged_index_is_an_error_not_an_end(void **state)
{
	struct hits_query q = { .text = "palabra",
				.limit = 10,
				.deadline_ms = 60000 };
	struct hits_page p;
	struct err e = { .text = "" };

	(void)state;
	run_sql("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1"
		" FROM n WHERE i < 3000) INSERT INTO message (incident_id,"
		" number, direction, author, received_ms, committed_ms, text)"
		" SELECT 1, i, 'in', 'customer', 1, 1, 'palabra otra' || i"
		" || ' y' || (i * 7919) FROM n;");
	assert_int_equal(catch_up(), 3000);
	assert_int_equal(sqlite3_wal_checkpoint_v2(search_db(ix), NULL,
						   SQLITE_CHECKPOINT_TRUNCATE,
						   NULL, NULL),
			 SQLITE_OK);
	search_close(&ix);
	damage_pages();
	assert_int_equal(hits_page(reader, td.desk.book, &q, &p, &e), OUT_PERM);
	assert_string_equal(e.code, "index");
	open_index();
}

/* Nor is one whose first page is gone none at all: nobody would make it anew,
 * because its writer does not read that page again. */
static void
a_damaged_header_is_told(void **state)
{
	struct hits_query q = { .text = "palabra",
				.limit = 10,
				.deadline_ms = 60000 };
	struct hits_page p;
	struct err e = { .text = "" };
	char *path = mem_printf("%s/search.db", td.dir);
	int fd;

	(void)state;
	search_close(&ix);
	search_remove(td.dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	/* so it is for a moment while it is made */
	assert_int_equal(hits_page(reader, td.desk.book, &q, &p, &e), OUT_OK);
	assert_int_equal(json_array_size(p.hits), 0);
	assert_false(p.broken);
	json_decref(p.hits);
	for (int i = 0; i < 500; i++)
		assert_int_equal(write(fd, "no database", 11), 11);
	assert_int_equal(close(fd), 0);
	assert_int_equal(hits_page(reader, td.desk.book, &q, &p, &e), OUT_OK);
	assert_int_equal(json_array_size(p.hits), 0);
	assert_true(p.broken);
	json_decref(p.hits);
	mem_free(path);
	open_index();
}

/* More rows begin alike than are looked at one by one: what holds is found
 * all the same, once. */
/* A journal beside a file, as a loss of power in the middle of a change leaves
 * them. */
static void
leave_half_written(const char *path, const char *journal)
{
	static char octets[65536];
	sqlite3 *db = NULL;
	ssize_t n;
	int fd;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
				      "PRAGMA synchronous = OFF;"
				      "CREATE TABLE x (a);"
				      "BEGIN IMMEDIATE; INSERT INTO x "
				      "VALUES (1);",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	fd = open(journal, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	n = read(fd, octets, sizeof octets);
	assert_true(n > 0);
	(void)close(fd);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	fd = open(journal, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, octets, (size_t)n), n);
	(void)close(fd);
}

static void
a_half_written_index_is_none(void **state)
{
	char path[128];
	char journal[140];
	struct search *x = NULL;
	struct err e;

	(void)state;
	search_close(&ix);
	search_remove(td.dir);
	(void)snprintf(path, sizeof path, "%s/search.db", td.dir);
	(void)snprintf(journal, sizeof journal, "%s-journal", path);
	leave_half_written(path, journal);
	assert_int_equal(search_open_read(td.dir, &x, &e), OUT_TEMP);
	assert_string_equal(e.code, "absent");
	open_index();
	assert_int_equal(catch_up(), 0);
	assert_int_equal(search_open_read(td.dir, &x, &e), OUT_OK);
	search_close(&x);
}

static void
a_rare_beginning_among_many_is_found(void **state)
{
	struct hits_query q = { .text = "palisandro",
				.limit = 10,
				.deadline_ms = 60000 };
	static const char *const texts[] = { "palpar", "palo", "palisa",
					     "palisan", "paliza" };
	struct hits_page p;
	struct err e = { .text = "" };

	(void)state;
	run_sql("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1"
		" FROM n WHERE i < 5000) INSERT INTO message (incident_id,"
		" number, direction, author, received_ms, committed_ms, text)"
		" SELECT 1, i, 'in', 'customer', 1, 1, iif(i = 7,"
		" 'mesa de palisandro', iif(i = 4990, 'paliza',"
		" 'palabra')) FROM n;");
	assert_int_equal(catch_up(), 5000);
	assert_int_equal(hits_page(reader, td.desk.book, &q, &p, &e), OUT_OK);
	assert_int_equal(json_array_size(p.hits), 1);
	assert_int_equal(json_integer_value(json_object_get(
				 json_array_get(p.hits, 0), "number")),
			 7);
	assert_string_equal(p.next, "");
	json_decref(p.hits);
	q.text = "mesa palisan";
	assert_int_equal(hits_page(reader, td.desk.book, &q, &p, &e), OUT_OK);
	assert_int_equal(json_integer_value(json_object_get(
				 json_array_get(p.hits, 0), "number")),
			 7);
	json_decref(p.hits);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		bool some = texts[i][3] == 'i';

		q.text = texts[i];
		assert_int_equal(hits_page(reader, td.desk.book, &q, &p, &e),
				 OUT_OK);
		assert_int_equal(json_array_size(p.hits), some ? 1 : 0);
		json_decref(p.hits);
	}
}

static void
pages_end_at_their_deadline(void **state)
{
	struct hits_query q = { .text = "palabra", .limit = 10 };
	struct hits_page p;
	struct err e = { .text = "" };

	(void)state;
	run_sql("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1"
		" FROM n WHERE i < 50) INSERT INTO message (incident_id,"
		" number, direction, author, received_ms, committed_ms, text)"
		" SELECT 1, i, 'in', 'customer', 1, 1, 'palabra' FROM n;");
	assert_int_equal(catch_up(), 50);
	assert_int_equal(hits_page(reader, td.desk.book, &q, &p, &e), OUT_OK);
	assert_true(p.cut);
	assert_string_not_equal(p.next, "");
	json_decref(p.hits);
	q.deadline_ms = 60000;
	assert_int_equal(hits_page(reader, td.desk.book, &q, &p, &e), OUT_OK);
	assert_false(p.cut);
	assert_string_equal(p.next, "");
	assert_int_equal(json_array_size(p.hits), 1);
	assert_int_equal(json_integer_value(json_object_get(
				 json_array_get(p.hits, 0), "number")),
			 50);
	json_decref(p.hits);
}

static void *
open_again_and_again(void *arg)
{
	struct search *one = NULL;
	struct err e = { .text = "" };
	enum outcome o = OUT_OK;
	atomic_bool *over = arg;
	long n = 0;

	while (!atomic_load(over)) {
		o = search_open_read(td.dir, &one, &e);
		n += o == OUT_OK;
		if (o != OUT_OK && strcmp(e.code, "absent") != 0)
			break;
		search_close(&one);
	}
	if (!atomic_load(over))
		print_error("%ld opened, then: %s\n", n, e.text);
	return (void *)(intptr_t)atomic_load(over);
}

static void
a_reader_meets_a_whole_index_or_none(void **state)
{
	atomic_bool over = false;
	pthread_t thread;
	void *well = NULL;

	(void)state;
	assert_int_equal(
		pthread_create(&thread, NULL, open_again_and_again, &over), 0);
	for (int i = 0; i < 300; i++) {
		search_close(&ix);
		run_sql("UPDATE desk SET created_ms = created_ms + 1;");
		open_index();
	}
	atomic_store(&over, true);
	assert_int_equal(pthread_join(thread, &well), 0);
	assert_non_null(well);
}

#define TEST(f)                                                                \
	cmocka_unit_test_setup_teardown(f, search_setup, search_teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(typed_text_becomes_quoted_words),
		TEST(long_beginnings_are_asked_for_by_three_letters),
		TEST(without_a_word_there_is_nothing_to_find),
		TEST(too_many_words_are_refused),
		TEST(snippets_are_short_and_marked),
		TEST(a_long_line_is_cut_between_characters),
		TEST(texts_hold_what_the_index_finds),
		TEST(the_cursor_goes_with_its_rows),
		TEST(an_index_of_another_store_is_made_anew),
		TEST(a_damaged_index_is_an_error_not_an_end),
		TEST(a_damaged_header_is_told),
		TEST(a_half_written_index_is_none),
		TEST(a_reader_meets_a_whole_index_or_none),
		TEST(a_rare_beginning_among_many_is_found),
		TEST(pages_end_at_their_deadline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
