/* Mails in folders: order, moves, names made from keys, nothing twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "gateways/mail/maildir.h"

static bool folders_fail;

/* In place of the C library's: a disk that cannot write folders down. */
int
fsync(int fd)
{
	struct stat st;

	if (folders_fail && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		errno = EIO;
		return -1;
	}
	return fdatasync(fd);
}

static int
drop(const char *path, const struct stat *st, int kind, struct FTW *f)
{
	(void)st;
	(void)kind;
	(void)f;
	return remove(path);
}

static int
set_up(void **state)
{
	static const char *const subs[] = { "tmp", "new", "cur" };
	char *dir = mem_strdup("/tmp/postigo-maildir-XXXXXX");

	if (!mkdtemp(dir))
		return -1;
	for (size_t i = 0; i < 3; i++) {
		char *p = mem_printf("%s/%s", dir, subs[i]);

		if (mkdir(p, 0700) < 0)
			return -1;
		mem_free(p);
	}
	*state = dir;
	return 0;
}

static int
tear_down(void **state)
{
	(void)nftw(*state, drop, 8, FTW_DEPTH | FTW_PHYS);
	mem_free(*state);
	return 0;
}

static void
put(const char *dir, const char *name, const char *text, time_t mtime)
{
	char *p = mem_printf("%s/new/%s", dir, name);
	struct timespec t[2] = { { mtime, 0 }, { mtime, 0 } };
	int fd = open(p, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
	assert_int_equal(utimensat(AT_FDCWD, p, t, 0), 0);
	mem_free(p);
}

static bool
exists(const char *dir, const char *rest)
{
	char *p = mem_printf("%s/%s", dir, rest);
	bool is = access(p, F_OK) == 0;

	mem_free(p);
	return is;
}

static void
the_oldest_comes_first(void **state)
{
	struct maildir_names n;
	struct err e;

	put(*state, "b", "x", 300);
	put(*state, "a", "x", 300);
	put(*state, "z", "x", 100);
	put(*state, ".hidden", "x", 1);
	assert_int_equal(maildir_scan(*state, &n, &e), OUT_OK);
	assert_int_equal(n.count, 3);
	assert_string_equal(n.list[0], "z");
	assert_string_equal(n.list[1], "a");
	assert_string_equal(n.list[2], "b");
	maildir_names_release(&n);
}

static void
a_mail_is_read_with_its_instant(void **state)
{
	int64_t received = 0;
	char *raw = NULL;
	size_t n = 0;
	struct err e;

	put(*state, "a", "Hola", 1767603600);
	assert_int_equal(
		maildir_read(*state, "a", 100, &raw, &n, &received, &e),
		OUT_OK);
	assert_int_equal(n, 4);
	assert_memory_equal(raw, "Hola", 4);
	assert_int_equal(received, INT64_C(1767603600000));
	mem_free(raw);
	assert_int_equal(maildir_read(*state, "a", 3, &raw, &n, &received, &e),
			 OUT_PERM);
	assert_int_equal(maildir_read(*state, "no", 3, &raw, &n, &received, &e),
			 OUT_TEMP);
}

static void
links_are_not_followed(void **state)
{
	struct maildir_names n;
	char *p = mem_printf("%s/new/l", (char *)*state), *raw = NULL;
	int64_t received;
	size_t len;
	struct err e;

	assert_int_equal(symlink("/etc/passwd", p), 0);
	assert_int_equal(maildir_scan(*state, &n, &e), OUT_OK);
	assert_int_equal(n.count, 0);
	maildir_names_release(&n);
	assert_int_not_equal(
		maildir_read(*state, "l", 10000, &raw, &len, &received, &e),
		OUT_OK);
	mem_free(p);
}

static void
taking_marks_as_seen_and_overwrites_nothing(void **state)
{
	struct err e;

	put(*state, "a", "1", 1);
	assert_int_equal(maildir_take(*state, "a", &e), OUT_OK);
	assert_true(exists(*state, "cur/a:2,S"));
	assert_false(exists(*state, "new/a"));
	put(*state, "a", "2", 1);
	assert_int_equal(maildir_take(*state, "a", &e), OUT_OK);
	assert_true(exists(*state, "cur/a:2,S"));
	assert_true(exists(*state, "cur/a.1:2,S"));
	put(*state, "c:2,F", "3", 1);
	assert_int_equal(maildir_take(*state, "c:2,F", &e), OUT_OK);
	assert_true(exists(*state, "cur/c:2,S"));
}

static void
a_key_gives_one_name_for_ever(void **state)
{
	char a[96], b[96], c[96];

	(void)state;
	maildir_name("<p1.2.x@a.es>", 1767603600, a);
	maildir_name("<p1.2.x@a.es>", 1767603600, b);
	maildir_name("<p1.3.x@a.es>", 1767603600, c);
	assert_string_equal(a, b);
	assert_string_not_equal(a, c);
	assert_memory_equal(a, "1767603600.K", 12);
	assert_null(strchr(a, '/'));
	assert_null(strchr(a, ':'));
}

static void
a_delivery_is_given_once(void **state)
{
	char name[96], *from, *to;
	bool there = true;
	struct err e;

	assert_int_equal(maildir_give(*state, "<k@a>", 5, "x", 1, &there, &e),
			 OUT_OK);
	assert_false(there);
	maildir_name("<k@a>", 5, name);
	from = mem_printf("%s/new/%s", (char *)*state, name);
	to = mem_printf("%s/cur/%s:2,RS", (char *)*state, name);
	assert_int_equal(access(from, F_OK), 0);
	assert_int_equal(maildir_give(*state, "<k@a>", 5, "y", 1, &there, &e),
			 OUT_OK);
	assert_true(there);
	/* also when somebody has read it meanwhile */
	assert_int_equal(rename(from, to), 0);
	there = false;
	assert_int_equal(maildir_give(*state, "<k@a>", 5, "y", 1, &there, &e),
			 OUT_OK);
	assert_true(there);
	assert_int_equal(access(from, F_OK), -1);
	mem_free(from);
	mem_free(to);
}

static void
what_a_crash_left_in_tmp_is_written_over(void **state)
{
	char name[96], *p;
	bool there = true;
	struct stat st;
	struct err e;
	int fd;

	maildir_name("<k@a>", 5, name);
	p = mem_printf("%s/tmp/%s", (char *)*state, name);
	fd = open(p, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "half of it", 10), 10);
	assert_int_equal(close(fd), 0);
	mem_free(p);
	assert_int_equal(maildir_give(*state, "<k@a>", 5, "all", 3, &there, &e),
			 OUT_OK);
	p = mem_printf("%s/new/%s", (char *)*state, name);
	assert_int_equal(stat(p, &st), 0);
	assert_int_equal(st.st_size, 3);
	mem_free(p);
}

static void
a_delivery_is_given_when_its_folder_is_durable(void **state)
{
	enum outcome first, second;
	bool there = false;
	struct err e;

	folders_fail = true;
	first = maildir_give(*state, "<k@a>", 5, "all", 3, &there, &e);
	second = maildir_give(*state, "<k@a>", 5, "all", 3, &there, &e);
	folders_fail = false;
	assert_int_equal(first, OUT_TEMP);
	assert_int_equal(second, OUT_TEMP);
	assert_int_equal(maildir_give(*state, "<k@a>", 5, "all", 3, &there, &e),
			 OUT_OK);
	assert_true(there);
}

static void
a_missing_folder_is_named(void **state)
{
	char *p = mem_printf("%s/cur", (char *)*state);
	struct err e;

	assert_int_equal(maildir_check(*state, &e), OUT_OK);
	assert_int_equal(rmdir(p), 0);
	assert_int_equal(maildir_check(*state, &e), OUT_TEMP);
	assert_non_null(strstr(e.text, p));
	assert_non_null(strstr(e.text, "No such file"));
	mem_free(p);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(the_oldest_comes_first),
		T(a_mail_is_read_with_its_instant),
		T(links_are_not_followed),
		T(taking_marks_as_seen_and_overwrites_nothing),
		T(a_key_gives_one_name_for_ever),
		T(a_delivery_is_given_once),
		T(what_a_crash_left_in_tmp_is_written_over),
		T(a_delivery_is_given_when_its_folder_is_durable),
		T(a_missing_folder_is_named),
	};

	hash_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
