/* The thread that copies the log: when it does, and what it does after a
 * failure. Failed syncs: tests/bus/failsync.plain.mjs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/checkpointer.h"
#include "daemon/store/sql.h"
#include "daemon/turn.h"
#include "tests/unit/fixture.h"

#define WAIT_MS 30000
/* Which octet of the log's index SQLite locks to checkpoint: 120 and its
 * number, "WAL_CKPT_LOCK" (https://www.sqlite.org/walformat.html, 2.3.1). */
#define CHECKPOINT_LOCK 121

static struct err e;
static struct checkpointer c;

/* The daemon's own ends the process. */
_Noreturn void
turn_die(const struct err *why)
{
	(void)fprintf(stderr, "%s\n", why->text);
	abort();
}

/* Commit until the log holds so many pages. Once all of it is copied the first
 * commit begins it anew. */
static void
write_log(int pages)
{
	static const struct sql q = {
		"fill the log", "UPDATE desk SET name = hex(randomblob(200000))"
	};

	do {
		assert_int_equal(store_begin(fx.store, &e), OUT_OK);
		assert_int_equal(sql_done(fx.store, sql_stmt(fx.store, &q), &e),
				 OUT_OK);
		assert_int_equal(store_commit(fx.store, &e), OUT_OK);
	} while (store_log_pages(fx.store) < pages);
}

/* The thread has copied so many pages, or has failed where none are asked. */
static void
wait_copied(int pages)
{
	int64_t end = clock_tick_ms() + WAIT_MS;

	while (pages != 0 ? atomic_load(&c.copied) != pages
			  : atomic_load(&c.retry_ms) == 0) {
		assert_true(clock_tick_ms() < end);
		(void)poll(NULL, 0, 5);
	}
}

static void
begin(void)
{
	(void)memset(&c, 0, sizeof c);
	assert_int_equal(checkpointer_start(&c, fx.dir, &e), OUT_OK);
}

static void
copies_from_the_ceiling_on(void **state)
{
	int pages;

	(void)state;
	begin();
	checkpointer_told(&c, CHECKPOINTER_PAGES - 1);
	assert_false(atomic_load(&c.woken));
	write_log(CHECKPOINTER_PAGES);
	pages = store_log_pages(fx.store);
	checkpointer_told(&c, pages);
	wait_copied(pages);
	/* what is copied does not count */
	checkpointer_told(&c, pages + CHECKPOINTER_PAGES - 1);
	assert_false(atomic_load(&c.woken));
	checkpointer_stop(&c);
}

static void
counts_anew_when_the_log_begins_anew(void **state)
{
	int pages;

	(void)state;
	begin();
	write_log(CHECKPOINTER_PAGES);
	pages = store_log_pages(fx.store);
	checkpointer_told(&c, pages);
	wait_copied(pages);
	write_log(1);
	assert_true(store_log_pages(fx.store) < pages);
	checkpointer_told(&c, store_log_pages(fx.store));
	assert_int_equal(atomic_load(&c.copied), 0);
	assert_false(atomic_load(&c.woken));
	/* if those of the log before counted, this would not be enough */
	write_log(CHECKPOINTER_PAGES);
	pages = store_log_pages(fx.store);
	checkpointer_told(&c, pages);
	wait_copied(pages);
	checkpointer_stop(&c);
}

/* Another process that checkpoints, until the pipe is closed. */
static pid_t
hold_lock(int *release_out)
{
	struct flock lock = { .l_type = F_WRLCK,
			      .l_start = CHECKPOINT_LOCK,
			      .l_len = 1 };
	char path[128];
	int held[2];
	int release[2];
	char ok = '\0';
	pid_t pid;

	(void)snprintf(path, sizeof path, "%s/postigo.db-shm", fx.dir);
	assert_int_equal(pipe(held), 0);
	assert_int_equal(pipe(release), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int fd = open(path, O_RDWR | O_CLOEXEC);

		(void)close(release[1]);
		if (fd < 0 || fcntl(fd, F_SETLK, &lock) != 0 ||
		    write(held[1], "y", 1) != 1)
			_exit(1);
		while (read(release[0], &ok, 1) < 0 && errno == EINTR)
			;
		_exit(0);
	}
	(void)close(release[0]);
	(void)close(held[1]);
	assert_int_equal(read(held[0], &ok, 1), 1);
	(void)close(held[0]);
	*release_out = release[1];
	return pid;
}

static void
tries_again_later(void **state)
{
	int64_t retry_ms;
	int release = -1;
	int status = 0;
	pid_t pid;
	int pages;

	(void)state;
	begin();
	write_log(CHECKPOINTER_PAGES);
	pages = store_log_pages(fx.store);
	pid = hold_lock(&release);
	checkpointer_told(&c, pages);
	wait_copied(0);
	assert_int_equal(atomic_load(&c.copied), 0);
	/* not at each commit: one more failure would set the time anew */
	retry_ms = atomic_load(&c.retry_ms);
	checkpointer_told(&c, pages);
	(void)poll(NULL, 0, 50);
	assert_int_equal(atomic_load(&c.retry_ms), retry_ms);
	(void)close(release);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	atomic_store(&c.retry_ms, clock_tick_ms());
	checkpointer_told(&c, pages);
	wait_copied(pages);
	checkpointer_stop(&c);
}

static void
stops_without_a_start(void **state)
{
	struct checkpointer none = { .runs = false };

	(void)state;
	checkpointer_stop(&none);
	assert_int_not_equal(checkpointer_start(&none, "/nowhere", &e), OUT_OK);
	checkpointer_stop(&none);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(copies_from_the_ceiling_on,
						fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(
			counts_anew_when_the_log_begins_anew, fixture_setup,
			fixture_teardown),
		cmocka_unit_test_setup_teardown(
			tries_again_later, fixture_setup, fixture_teardown),
		cmocka_unit_test(stops_without_a_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
