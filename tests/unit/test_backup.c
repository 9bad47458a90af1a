/* Backups and their lists, a desk from one, files that nothing names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <sys/wait.h>

#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/store/backup.h"
#include "daemon/store/backup_file.h"
#include "daemon/store/backup_list.h"
#include "daemon/store/blob.h"
#include "daemon/store/blobfile.h"
#include "daemon/store/check.h"
#include "daemon/store/collect.h"
#include "daemon/store/restore.h"
#include "tests/unit/people_desk.h"

#define OCTETS 100000

static struct err e;

/* --- what a desk has ------------------------------------------------------- */

static void
name_file(const char *sha256)
{
	char *sql = mem_printf("INSERT INTO blob (sha256, bytes, created_ms,"
			       " staged_until_ms) VALUES ('%s', %d, 0,"
			       " 9000000000000)",
			       sha256, OCTETS);

	run_sql(sql);
	mem_free(sql);
}

/* A file of octets; no row names it. */
static void
put_file(const char *dir, char sha256[HASH_HEX])
{
	unsigned char *octets = mem_new(OCTETS, 1);
	struct blobfile_batch b = { .dir = dir };

	hash_random(octets, OCTETS);
	hash_hex(octets, OCTETS, sha256);
	assert_int_equal(blobfile_start(dir, &e), OUT_OK);
	assert_int_equal(blobfile_add(&b, octets, OCTETS, sha256, &e), OUT_OK);
	assert_int_equal(blobfile_sync(&b, &e), OUT_OK);
	mem_free(octets);
}

static void
add_connection(const char *name)
{
	done(&control, "connection.add",
	     json_pack("{s:s, s:s, s:{s:s, s:s, s:s}}", "name", name, "kind",
		       "pipe", "settings", "address", "ana@tienda.example",
		       "from_name", "Ana", "out", td.dir));
}

static bool
is_there(const char *dir, const char *name)
{
	char *path = mem_printf("%s/%s", dir, name);
	bool there = access(path, F_OK) == 0;

	mem_free(path);
	return there;
}

/* One octet of a file, changed. */
static void
spoil(const char *path, off_t at)
{
	unsigned char c;
	int fd;

	assert_int_equal(chmod(path, 0600), 0);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &c, 1, at), 1);
	c ^= 1;
	assert_int_equal(pwrite(fd, &c, 1, at), 1);
	assert_int_equal(close(fd), 0);
}

/* Where this test's desk is copied to, and made of that copy again. */
static char copy_dir[80];
static char again_dir[80];

static int
setup(void **state)
{
	int rc = test_desk_setup(state);

	(void)snprintf(copy_dir, sizeof copy_dir, "%s/copy", td.dir);
	(void)snprintf(again_dir, sizeof again_dir, "%s/again", td.dir);
	return rc;
}

static void
make_backup(struct backup_result *r)
{
	if (backup_run(NULL, td.dir, copy_dir, r, &e) != OUT_OK)
		fail_msg("%s", e.text);
}

static enum outcome
make_again(bool channels_on, struct restore_result *r)
{
	struct restore_how how = { .channels_on = channels_on };

	return restore_run(copy_dir, again_dir, how, r, &e);
}

/* It does not work, and leaves nothing. code: NULL is any */
static void
refuses(const char *code)
{
	struct restore_result r;
	enum outcome o = make_again(false, &r);

	restore_result_release(&r);
	assert_int_equal(o, OUT_PERM);
	if (code != NULL)
		assert_string_equal(e.code, code);
	assert_false(is_there(again_dir, "."));
}

/* --- backups --------------------------------------------------------------- */

static void
a_backup_opens_and_passes_every_check(void **state)
{
	char sha256[HASH_HEX];
	struct store *copy = NULL;
	json_t *problems = NULL;
	size_t checks = 0;
	struct answer a;

	(void)state;
	(void)add_agent("ana@example.com", "admin", "la puerta verde");
	put_file(td.dir, sha256);
	name_file(sha256);
	a = ask(&control, "store.backup", json_pack("{s:s}", "dir", copy_dir));
	if (a.outcome != OUT_OK)
		fail_msg("%s", a.err.text);
	assert_int_equal(json_integer_value(json_object_get(a.result, "blobs")),
			 1);
	answer_release(&a);
	/* to look at it leaves nothing beside it */
	assert_int_equal(store_open(copy_dir, STORE_READ, &copy, &e), OUT_OK);
	assert_int_equal(store_number(copy), store_number(td.store));
	assert_int_equal(store_check(copy, &problems, &checks, &e), OUT_OK);
	assert_int_equal(json_array_size(problems), 0);
	json_decref(problems);
	store_close(&copy);
	assert_false(is_there(copy_dir, "postigo.db-wal"));
	assert_false(is_there(copy_dir, "postigo.db-shm"));
	refused(ask(&control, "store.backup",
		    json_pack("{s:s}", "dir", copy_dir)),
		"exists");
	refused(ask(&control, "store.backup",
		    json_pack("{s:s}", "dir", "copy")),
		"bad_params");
}

static void
a_backup_without_all_octets_leaves_nothing(void **state)
{
	char sha256[HASH_HEX];
	struct backup_result r;
	char *path;

	(void)state;
	put_file(td.dir, sha256);
	name_file(sha256);
	run_sql("UPDATE blob SET staged_until_ms = NULL");
	path = blobfile_path(td.dir, sha256);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(backup_run(NULL, td.dir, copy_dir, &r, &e), OUT_PERM);
	assert_string_equal(e.code, "blob_missing");
	assert_false(is_there(copy_dir, "."));
	/* a folder that was there stays, and is empty */
	assert_int_equal(mkdir(copy_dir, 0700), 0);
	assert_int_equal(backup_run(NULL, td.dir, copy_dir, &r, &e), OUT_PERM);
	assert_int_equal(rmdir(copy_dir), 0);
	run_sql("DELETE FROM blob");
	mem_free(path);
}

static void
octets_that_come_again_leave_a_backup_as_it_is(void **state)
{
	struct blobfile_batch b = { .dir = td.dir };
	unsigned char *octets = mem_new(OCTETS, 1);
	char sha256[HASH_HEX];
	struct backup_result r;
	struct stat before;
	struct stat after;
	char *from;
	char *to;

	(void)state;
	hash_hex(octets, OCTETS, sha256);
	assert_int_equal(blobfile_start(td.dir, &e), OUT_OK);
	assert_int_equal(blobfile_add(&b, octets, OCTETS, sha256, &e), OUT_OK);
	name_file(sha256);
	make_backup(&r);
	assert_int_equal(r.linked, 1);
	from = blobfile_path(td.dir, sha256);
	to = blobfile_path(copy_dir, sha256);
	assert_int_equal(stat(from, &before), 0);
	assert_int_equal(before.st_nlink, 2);
	assert_int_equal(before.st_mode & 0222, 0);
	assert_int_equal(blobfile_add(&b, octets, OCTETS, sha256, &e), OUT_OK);
	assert_int_equal(stat(to, &after), 0);
	assert_int_equal(after.st_ino, before.st_ino);
	assert_int_equal(after.st_nlink, 1);
	assert_int_equal(after.st_mtim.tv_sec, before.st_mtim.tv_sec);
	assert_int_equal(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
	assert_int_equal(stat(from, &after), 0);
	assert_int_not_equal(after.st_ino, before.st_ino);
	mem_free(from);
	mem_free(to);
	mem_free(octets);
}

/* --- restored -------------------------------------------------------------- */

static void
a_restored_desk_has_its_channels_off(void **state)
{
	char sha256[HASH_HEX];
	struct backup_result b;
	struct restore_result r;
	struct store *again = NULL;
	json_t *problems = NULL;
	size_t checks = 0;

	(void)state;
	add_connection("uno");
	add_connection("dos");
	add_connection("tres");
	run_sql("UPDATE connection SET active = 0 WHERE name = 'tres'");
	put_file(td.dir, sha256);
	name_file(sha256);
	make_backup(&b);
	assert_int_equal(make_again(false, &r), OUT_OK);
	assert_int_equal(r.files, 3);
	assert_int_equal(r.bytes, b.bytes);
	assert_int_equal(r.number, b.number);
	assert_int_equal(json_array_size(r.off), 2);
	assert_string_equal(json_string_value(json_array_get(r.off, 0)), "dos");
	restore_result_release(&r);
	assert_false(is_there(again_dir, STORE_RESTORING));
	assert_int_equal(store_open(again_dir, STORE_WRITE, &again, &e),
			 OUT_OK);
	assert_int_equal(store_number(again), b.number + 2);
	assert_int_equal(store_check(again, &problems, &checks, &e), OUT_OK);
	assert_int_equal(json_array_size(problems), 0);
	json_decref(problems);
	store_close(&again);
	/* not over a desk */
	assert_int_equal(make_again(false, &r), OUT_PERM);
	assert_string_equal(e.code, "exists");
	restore_result_release(&r);
	assert_true(is_there(again_dir, "postigo.db"));
}

static void
channels_stay_on_if_that_is_wanted(void **state)
{
	struct backup_result b;
	struct restore_result r;
	struct store *again = NULL;

	(void)state;
	add_connection("uno");
	make_backup(&b);
	assert_int_equal(make_again(true, &r), OUT_OK);
	assert_int_equal(json_array_size(r.off), 0);
	restore_result_release(&r);
	assert_int_equal(store_open(again_dir, STORE_READ, &again, &e), OUT_OK);
	assert_int_equal(store_number(again), b.number);
	store_close(&again);
}

static void
damage_of_each_file_is_found(void **state)
{
	char sha256[HASH_HEX];
	char *paths[4];
	struct backup_result b;
	struct restore_result r;

	(void)state;
	put_file(td.dir, sha256);
	name_file(sha256);
	make_backup(&b);
	paths[0] = mem_printf("%s/postigo.db", copy_dir);
	paths[1] = mem_printf("%s/desk.key", copy_dir);
	paths[2] = blobfile_path(copy_dir, sha256);
	paths[3] = mem_printf("%s/" BACKUP_LIST, copy_dir);
	for (size_t i = 0; i < 4; i++) {
		char *away = mem_printf("%s.away", paths[i]);

		spoil(paths[i], 20);
		refuses("damaged");
		spoil(paths[i], 20);
		assert_int_equal(rename(paths[i], away), 0);
		refuses(i == 3 ? "no_backup" : "missing");
		assert_int_equal(symlink(away, paths[i]), 0);
		assert_int_equal(make_again(false, &r),
				 i < 3 ? OUT_PERM : OUT_TEMP);
		restore_result_release(&r);
		assert_int_equal(unlink(paths[i]), 0);
		/* a pipe to which nobody writes */
		assert_int_equal(mkfifo(paths[i], 0600), 0);
		refuses(i == 3 ? "damaged" : "missing");
		assert_int_equal(unlink(paths[i]), 0);
		assert_int_equal(rename(away, paths[i]), 0);
		mem_free(away);
		mem_free(paths[i]);
	}
	assert_int_equal(make_again(false, &r), OUT_OK);
	restore_result_release(&r);
}

/* Any octet of the list, changed or cut off, is noticed. */
static void
every_octet_of_the_list_counts(void **state)
{
	struct backup_result b;
	struct stat st;
	char *path = mem_printf("%s/" BACKUP_LIST, copy_dir);

	(void)state;
	make_backup(&b);
	assert_int_equal(stat(path, &st), 0);
	for (off_t at = 0; at < st.st_size; at++) {
		spoil(path, at);
		refuses(NULL);
		spoil(path, at);
	}
	for (off_t n = st.st_size - 1; n > 0; n -= 7) {
		assert_int_equal(truncate(path, n), 0);
		refuses("damaged");
	}
	mem_free(path);
}

static void
a_list_names_files_of_a_desk_alone(void **state)
{
	static const char *const bad[] = { "../postigo.db", "/etc/passwd",
					   "postigo.lock",  "blobs/ab/cd",
					   "blobs/tmp/x",   "" };
	struct list_file f = { .bytes = 1 };

	(void)state;
	(void)memset(f.sha256, 'a', HASH_HEX - 1);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		(void)snprintf(f.path, sizeof f.path, "%s", bad[i]);
		assert_false(list_path_good(&f));
	}
	(void)snprintf(f.path, sizeof f.path, "blobs/aa/%s", f.sha256 + 2);
	assert_true(list_path_good(&f));
	f.path[20] = 'b';
	assert_false(list_path_good(&f));
	(void)snprintf(f.path, sizeof f.path, "postigo.db");
	assert_true(list_path_good(&f));
	f.bytes = -1;
	assert_false(list_path_good(&f));
}

static void
a_restore_that_was_cut_off_is_done_again(void **state)
{
	struct backup_result b;
	struct restore_result r;
	struct store *s = NULL;
	char *mark = mem_printf("%s/" STORE_RESTORING, again_dir);
	char *half = mem_printf("%s/postigo.db", again_dir);
	FILE *f;

	(void)state;
	make_backup(&b);
	assert_int_equal(mkdir(again_dir, 0700), 0);
	for (int i = 0; i < 2; i++) {
		f = fopen(i == 0 ? mark : half, "we");
		assert_non_null(f);
		(void)fputs("half", f);
		assert_int_equal(fclose(f), 0);
	}
	assert_int_equal(store_open(again_dir, STORE_WRITE, &s, &e), OUT_PERM);
	assert_string_equal(e.code, "restoring");
	assert_int_equal(make_again(false, &r), OUT_OK);
	restore_result_release(&r);
	assert_int_equal(store_open(again_dir, STORE_WRITE, &s, &e), OUT_OK);
	/* in use */
	assert_int_equal(unlink(half), 0);
	f = fopen(mark, "we");
	assert_non_null(f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(make_again(false, &r), OUT_PERM);
	assert_string_equal(e.code, "locked");
	restore_result_release(&r);
	store_close(&s);
	mem_free(mark);
	mem_free(half);
}

/* --- collection ------------------------------------------------------------ */

static void
make_old(const char *path)
{
	struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };

	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
}

static void
sweep(struct collect *c, int64_t files_expected)
{
	int64_t files;
	int64_t bytes;
	int steps = 0;

	while (collect_step(c))
		assert_true(++steps < 1000);
	collect_count(c, &files, &bytes);
	assert_int_equal(files, files_expected);
	assert_int_equal(bytes, files_expected * OCTETS);
}

static void
a_file_goes_when_nothing_wants_it(void **state)
{
	struct collect *c = collect_new(td.dir);
	char sha256[HASH_HEX];
	char *path;

	(void)state;
	put_file(td.dir, sha256);
	path = blobfile_path(td.dir, sha256);
	sweep(c, 0); /* young */
	make_old(path);
	name_file(sha256);
	sweep(c, 0); /* named */
	run_sql("DELETE FROM blob");
	blobfile_pin(sha256);
	blobfile_pin(sha256);
	sweep(c, 0); /* two requests are under way */
	blobfile_unpin(sha256);
	sweep(c, 0);
	blobfile_unpin(sha256);
	blobfile_hold();
	sweep(c, 0); /* a backup runs */
	collect_file(c, sha256);
	blobfile_unhold();
	assert_int_equal(access(path, F_OK), 0);
	sweep(c, 1);
	assert_int_not_equal(access(path, F_OK), 0);
	mem_free(path);
	collect_free(&c);
}

static void
what_is_no_blob_is_left_alone(void **state)
{
	struct collect *c = collect_new(td.dir);
	char sha256[HASH_HEX];
	char *note;
	char *path;
	FILE *f;

	(void)state;
	put_file(td.dir, sha256);
	path = blobfile_path(td.dir, sha256);
	make_old(path);
	note = mem_printf("%s/blobs/%.2s/README", td.dir, sha256);
	f = fopen(note, "we");
	assert_non_null(f);
	assert_int_equal(fclose(f), 0);
	make_old(note);
	sweep(c, 1);
	assert_int_equal(access(note, F_OK), 0);
	mem_free(note);
	mem_free(path);
	collect_free(&c);
}

static void
a_sweep_goes_through_many_in_steps(void **state)
{
	struct collect *c = collect_new(td.dir);
	char sha256[HASH_HEX];
	int n = 0;

	(void)state;
	for (int i = 0; i < 3 * COLLECT_STEP; i++) {
		char *path;

		put_file(td.dir, sha256);
		path = blobfile_path(td.dir, sha256);
		make_old(path);
		mem_free(path);
	}
	while (collect_step(c))
		n++;
	assert_true(n >= 3);
	sweep(c, 3 * COLLECT_STEP);
	collect_free(&c);
}

/*
 * The race: one thread writes files and collects, as the worker does, another
 * commits their rows and answers, as the turn does. Every file is old at once.
 * What is written, committed and collected is the same few octets.
 */
#define RACES 150
#define SAME 4

struct race {
	pthread_mutex_t lock;
	pthread_cond_t some;
	char line[RACES][HASH_HEX]; /* on their way to the turn */
	int written;
	int answered;
	unsigned refused;
};

/* Commit it, or every third time refuse it; then answer. */
static void
answer_one(struct race *r, struct store *s, int i)
{
	if (i % 3 == 2) {
		r->refused++;
	} else {
		assert_int_equal(store_begin(s, &e), OUT_OK);
		assert_int_equal(blob_keep(s, r->line[i], OCTETS, NULL, 1, &e),
				 OUT_OK);
		assert_int_equal(store_commit(s, &e), OUT_OK);
	}
	blobfile_unpin(r->line[i]);
}

/* Rows go too, as those of staged octets whose day is over. */
static void
forget_rows(struct store *s)
{
	assert_int_equal(store_begin(s, &e), OUT_OK);
	run_sql("DELETE FROM blob");
	assert_int_equal(store_commit(s, &e), OUT_OK);
}

static void
all_named_are_there(void)
{
	for (int i = 0; i < SAME; i++) {
		char octets[OCTETS];
		char sha256[HASH_HEX];
		char *path;
		char *sql;

		(void)memset(octets, i, sizeof octets);
		hash_hex(octets, sizeof octets, sha256);
		sql = mem_printf("SELECT count(*) FROM blob WHERE sha256 ="
				 " '%s'",
				 sha256);
		path = blobfile_path(td.dir, sha256);
		if (number_of(sql) > 0)
			assert_int_equal(access(path, F_OK), 0);
		mem_free(path);
		mem_free(sql);
	}
}

/* The turn: this test's own thread, which has the store. */
static void
commit_all(struct race *r)
{
	for (int i = 0; i < RACES; i++) {
		(void)pthread_mutex_lock(&r->lock);
		while (r->written == i)
			(void)pthread_cond_wait(&r->some, &r->lock);
		(void)pthread_mutex_unlock(&r->lock);
		answer_one(r, td.store, i);
		all_named_are_there();
		if (i % 7 == 6)
			forget_rows(td.store);
	}
}

static void *
write_and_collect(void *arg)
{
	struct race *r = arg;
	struct collect *c = collect_new(td.dir);
	struct blobfile_batch b = { .dir = td.dir };
	struct err err;
	char octets[OCTETS];

	for (int i = 0; i < RACES; i++) {
		char *path;

		(void)memset(octets, i % SAME, sizeof octets);
		hash_hex(octets, sizeof octets, r->line[i]);
		blobfile_pin(r->line[i]);
		if (blobfile_add(&b, octets, sizeof octets, r->line[i], &err) !=
		    OUT_OK)
			abort();
		path = blobfile_path(td.dir, r->line[i]);
		make_old(path);
		mem_free(path);
		(void)pthread_mutex_lock(&r->lock);
		r->written++;
		(void)pthread_cond_signal(&r->some);
		(void)pthread_mutex_unlock(&r->lock);
		while (collect_step(c))
			;
	}
	collect_free(&c);
	return NULL;
}

static void
a_put_of_the_same_octets_wins(void **state)
{
	struct race *r = mem_new(1, sizeof *r);
	struct collect *c = collect_new(td.dir);
	pthread_t worker;

	(void)state;
	assert_int_equal(blobfile_start(td.dir, &e), OUT_OK);
	(void)pthread_mutex_init(&r->lock, NULL);
	(void)pthread_cond_init(&r->some, NULL);
	assert_int_equal(pthread_create(&worker, NULL, write_and_collect, r),
			 0);
	commit_all(r);
	assert_int_equal(pthread_join(worker, NULL), 0);
	assert_true(r->refused > 0);
	forget_rows(td.store);
	while (collect_step(c))
		;
	all_named_are_there();
	collect_free(&c);
	(void)pthread_mutex_destroy(&r->lock);
	(void)pthread_cond_destroy(&r->some);
	mem_free(r);
}

/* A backup that is killed at each place where it asks whether to end. */
struct fuse {
	int left;
};

static bool
burn(void *arg)
{
	struct fuse *f = arg;

	if (--f->left == 0)
		_exit(9);
	return false;
}

static void
a_backup_killed_anywhere_is_none(void **state)
{
	char sha256[HASH_HEX];
	struct restore_result x;
	int ended = 9;
	int n = 0;

	(void)state;
	for (int i = 0; i < 3; i++) {
		put_file(td.dir, sha256);
		name_file(sha256);
	}
	while (ended == 9) {
		pid_t pid;

		assert_true(++n < 1000);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			struct fuse f = { .left = n };
			struct backup_watch w = { .stop = burn, .arg = &f };
			struct backup_result r;

			_exit(backup_run(&w, td.dir, copy_dir, &r, &e) == OUT_OK
				      ? 0
				      : 1);
		}
		assert_int_equal(waitpid(pid, &ended, 0), pid);
		ended = WEXITSTATUS(ended);
		if (ended == 9) {
			refuses("no_backup");
			backup_clear_desk(copy_dir);
			assert_false(is_there(copy_dir, "."));
		}
	}
	assert_int_equal(ended, 0);
	assert_true(n > 5);
	assert_int_equal(make_again(false, &x), OUT_OK);
	restore_result_release(&x);
}

/* One that is told to end says so, and leaves nothing. */
static bool
at_once(void *arg)
{
	(void)arg;
	return true;
}

static void
a_backup_that_is_told_to_end_leaves_nothing(void **state)
{
	struct backup_watch w = { .stop = at_once, .arg = NULL };
	struct backup_result r;

	(void)state;
	assert_int_equal(backup_run(&w, td.dir, copy_dir, &r, &e), OUT_TEMP);
	assert_false(is_there(copy_dir, "."));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, test_desk_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_backup_opens_and_passes_every_check),
		TEST(a_backup_without_all_octets_leaves_nothing),
		TEST(octets_that_come_again_leave_a_backup_as_it_is),
		TEST(a_restored_desk_has_its_channels_off),
		TEST(channels_stay_on_if_that_is_wanted),
		TEST(damage_of_each_file_is_found),
		TEST(every_octet_of_the_list_counts),
		TEST(a_list_names_files_of_a_desk_alone),
		TEST(a_restore_that_was_cut_off_is_done_again),
		TEST(a_file_goes_when_nothing_wants_it),
		TEST(what_is_no_blob_is_left_alone),
		TEST(a_sweep_goes_through_many_in_steps),
		TEST(a_put_of_the_same_octets_wins),
		TEST(a_backup_killed_anywhere_is_none),
		TEST(a_backup_that_is_told_to_end_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
