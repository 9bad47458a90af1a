#include <fcntl.h>
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

#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/engine.h"
#include "daemon/handle.h"
#include "daemon/queue.h"
#include "daemon/request.h"
#include "daemon/store/blobfile.h"

static void
a_queue_keeps_order_and_ceiling(void **state)
{
	struct request rq[4] = { { .now_ms = 0 } };
	struct queue q;
	struct request *got;

	(void)state;
	queue_init(&q, 3);
	assert_null(queue_take(&q, 1, 0));
	assert_true(queue_push(&q, &rq[0]));
	assert_true(queue_push(&q, &rq[1]));
	assert_true(queue_push(&q, &rq[2]));
	assert_false(queue_push(&q, &rq[3]));
	got = queue_take(&q, 2, 0);
	assert_ptr_equal(got, &rq[0]);
	assert_ptr_equal(got->next, &rq[1]);
	assert_null(got->next->next);
	assert_true(queue_push(&q, &rq[3]));
	queue_close(&q);
	assert_false(queue_push(&q, &rq[0]));
	got = queue_take(&q, 9, -1);
	assert_ptr_equal(got, &rq[2]);
	assert_ptr_equal(got->next, &rq[3]);
	assert_null(queue_take(&q, 9, -1));
	queue_release(&q);
}

/* Push requests of a lane: which is told by now_ms. */
static void
push_lane(struct queue *q, struct lane *l, struct request *rq, int n,
	  int64_t name)
{
	for (int i = 0; i < n; i++) {
		rq[i] = (struct request){ .now_ms = name + i };
		assert_true(queue_push_lane(q, l, &rq[i]));
	}
}

static void
taken(struct queue *q, size_t max, const int64_t *names, size_t n)
{
	struct request *got = queue_take(q, max, 0);
	size_t i;

	for (i = 0; i < n; i++, got = got->next) {
		assert_non_null(got);
		assert_int_equal(got->now_ms, names[i]);
	}
	assert_null(got);
}

static void
lanes_take_turns(void **state)
{
	static const int64_t all[] = { 100, 200, 300, 101, 301, 102, 103 };
	struct lane a = { NULL };
	struct lane b = { NULL };
	struct lane c = { NULL };
	struct request ra[4];
	struct request rb[1];
	struct request rc[2];
	struct queue q;

	(void)state;
	queue_init(&q, 7);
	push_lane(&q, &a, ra, 4, 100);
	push_lane(&q, &b, rb, 1, 200);
	push_lane(&q, &c, rc, 2, 300);
	assert_false(queue_push_lane(&q, &b, &(struct request){ .id = NULL }));
	taken(&q, 9, all, 7);
	taken(&q, 9, all, 0);
	/* one at a time is the same order */
	push_lane(&q, &a, ra, 4, 100);
	push_lane(&q, &b, rb, 1, 200);
	push_lane(&q, &c, rc, 2, 300);
	for (size_t i = 0; i < 7; i++)
		taken(&q, 1, &all[i], 1);
	queue_release(&q);
}

/* Whoever comes to a long line is served after one request of it. */
static void
a_lone_request_does_not_wait_for_a_full_window(void **state)
{
	static const int64_t first[] = { 1000, 1001, 1002 };
	static const int64_t then[] = { 1003, 5, 1004 };
	struct lane many = { NULL };
	struct lane one = { NULL };
	struct request *window = mem_new(256, sizeof *window);
	struct request lone[1];
	struct queue q;

	(void)state;
	queue_init(&q, 1000);
	push_lane(&q, &many, window, 256, 1000);
	taken(&q, 3, first, 3);
	push_lane(&q, &one, lone, 1, 5);
	taken(&q, 3, then, 3);
	/* its lane comes again, and again after one */
	push_lane(&q, &one, lone, 1, 5);
	taken(&q, 2, (const int64_t[]){ 1005, 5 }, 2);
	queue_close(&q);
	while (queue_take(&q, 64, 0) != NULL)
		;
	queue_release(&q);
	mem_free(window);
}

/* Each lane has as much time, not as many requests. */
static void
large_requests_do_not_keep_small_ones_waiting(void **state)
{
	struct lane large = { NULL };
	struct lane small = { NULL };
	struct request rl[3];
	struct request rs[9];
	struct queue q;

	(void)state;
	queue_init(&q, 20);
	push_lane(&q, &large, rl, 3, 100);
	push_lane(&q, &small, rs, 9, 1);
	taken(&q, 1, (const int64_t[]){ 100 }, 1);
	queue_spent(&q, &large, 40000);
	for (int64_t i = 1; i <= 4; i++) {
		taken(&q, 1, &i, 1);
		queue_spent(&q, &small, 10001);
	}
	taken(&q, 1, (const int64_t[]){ 101 }, 1);
	queue_spent(&q, &large, 40000);
	taken(&q, 5, (const int64_t[]){ 5, 6, 7, 8, 9 }, 5);
	/* what was not asked for is not saved up: it is here anew */
	taken(&q, 1, (const int64_t[]){ 102 }, 1);
	push_lane(&q, &small, rs, 9, 1);
	push_lane(&q, &large, rl, 3, 100);
	taken(&q, 2, (const int64_t[]){ 1, 100 }, 2);
	queue_close(&q);
	while (queue_take(&q, 20, 0) != NULL)
		;
	queue_release(&q);
}

static void
handles_are_found_by_their_own_name_alone(void **state)
{
	struct handles hs = { .n = 0 };
	char a[HANDLE_NAME];
	char b[HANDLE_NAME];
	char again[HANDLE_NAME];
	struct handle *h;

	(void)state;
	h = handle_new(&hs, a);
	h->agent_id = 7;
	h = handle_new(&hs, b);
	h->agent_id = 8;
	assert_string_not_equal(a, b);
	assert_int_equal(handle_find(&hs, a)->agent_id, 7);
	assert_int_equal(handle_find(&hs, b)->agent_id, 8);
	handle_drop(&hs, handle_find(&hs, a));
	assert_null(handle_find(&hs, a));
	h = handle_new(&hs, again);
	assert_string_not_equal(a, again);
	assert_null(handle_find(&hs, a));
	assert_int_equal(handle_find(&hs, again)->agent_id, 0);
	assert_null(handle_find(&hs, ""));
	assert_null(handle_find(&hs, "h"));
	assert_null(handle_find(&hs, "h0"));
	assert_null(handle_find(&hs, "h0."));
	assert_null(handle_find(&hs, "h-1.1"));
	assert_null(handle_find(&hs, "h4096.1"));
	assert_null(handle_find(&hs, "h18446744073709551616.1"));
	handles_release(&hs);
}

static void
handles_have_a_ceiling(void **state)
{
	struct handles hs = { .n = 0 };
	char name[HANDLE_NAME];
	int i;

	(void)state;
	for (i = 0; i < HANDLES_MAX; i++)
		assert_non_null(handle_new(&hs, name));
	assert_null(handle_new(&hs, name));
	handle_drop(&hs, &hs.list[100]);
	assert_ptr_equal(handle_new(&hs, name), &hs.list[100]);
	assert_null(handle_new(&hs, name));
	handles_release(&hs);
}

/* How many handles the chain of a visitor or an incident has. */
static size_t
found(struct handles *hs, enum handle_key by, int64_t id)
{
	const struct handle *h;
	size_t n = 0;

	for (h = handle_first(hs, by, id); h != NULL;
	     h = handle_next(hs, h, by)) {
		assert_int_equal(h->key[by], id);
		assert_true(h->used);
		n++;
	}
	return n;
}

/* Each of n visitors has a window, every third one two; incident 1000 + v. */
static void
open_windows(struct handles *hs, int n)
{
	char name[HANDLE_NAME];
	int v;

	for (v = 1; v <= n; v++) {
		handle_bind(hs, handle_new(hs, name), v, 0);
		if (v % 3 == 0)
			handle_bind(hs, handle_new(hs, name), v, 1000 + v);
	}
}

static void
visitors_are_found_by_themselves_and_their_incident(void **state)
{
	struct handles hs = { .max = HANDLES_VISITORS_MAX };
	struct handle *h;
	int v;

	(void)state;
	assert_null(handle_first(&hs, HANDLE_BY_VISITOR, 1));
	open_windows(&hs, 300);
	assert_int_equal(hs.visitors, 400);
	for (v = 1; v <= 300; v++) {
		assert_int_equal(found(&hs, HANDLE_BY_VISITOR, v),
				 v % 3 == 0 ? 2 : 1);
		assert_int_equal(found(&hs, HANDLE_BY_INCIDENT, 1000 + v),
				 v % 3 == 0 ? 1 : 0);
	}
	/* another incident, as when a first line is written */
	h = handle_first(&hs, HANDLE_BY_VISITOR, 7);
	handle_bind(&hs, h, 7, 5000);
	assert_ptr_equal(handle_first(&hs, HANDLE_BY_INCIDENT, 5000), h);
	handle_bind(&hs, h, 7, 5001);
	assert_null(handle_first(&hs, HANDLE_BY_INCIDENT, 5000));
	assert_ptr_equal(handle_first(&hs, HANDLE_BY_INCIDENT, 5001), h);
	/* one of two windows closes */
	handle_drop(&hs, handle_first(&hs, HANDLE_BY_INCIDENT, 1009));
	assert_int_equal(found(&hs, HANDLE_BY_VISITOR, 9), 1);
	for (v = 1; v <= 300; v++)
		while ((h = handle_first(&hs, HANDLE_BY_VISITOR, v)) != NULL)
			handle_drop(&hs, h);
	assert_int_equal(hs.n, 0);
	assert_int_equal(hs.visitors, 0);
	handles_release(&hs);
}

static void
a_chat_connection_holds_ten_thousand(void **state)
{
	struct handles hs = { .max = HANDLES_VISITORS_MAX };
	char name[HANDLE_NAME];
	int v;

	(void)state;
	for (v = 1; v <= HANDLES_VISITORS_MAX; v++)
		handle_bind(&hs, handle_new(&hs, name), v, v);
	assert_null(handle_new(&hs, name));
	assert_int_equal(found(&hs, HANDLE_BY_INCIDENT, 9999), 1);
	handles_release(&hs);
}

static void
typing_is_told_once_a_second(void **state)
{
	struct handle h = { .used = true };

	(void)state;
	assert_false(handle_types(&h, 1, false, 100000));
	assert_true(handle_types(&h, 1, true, 100000));
	assert_false(handle_types(&h, 1, true, 100000 + TYPING_MS - 1));
	assert_true(handle_types(&h, 1, true, 100000 + TYPING_MS));
	assert_false(handle_types(&h, 2, false, 102000)); /* not there */
	assert_true(handle_types(&h, 1, false, 102000));
	assert_false(handle_types(&h, 1, false, 102000));
	/* a clock that was put back silences nobody */
	assert_true(handle_types(&h, 1, true, 5000));
}

static void
handles_end_with_time(void **state)
{
	struct handle h = { .used = true,
			    .fades = true,
			    .used_ms = 1000,
			    .expires_ms = 10000000 };

	(void)state;
	assert_false(handle_over(&h, 1000));
	assert_false(handle_over(&h, 1000 + ENGINE_IDLE_MS - 1));
	assert_true(handle_over(&h, 1000 + ENGINE_IDLE_MS));
	h.fades = false;
	assert_false(handle_over(&h, 9999999));
	assert_true(handle_over(&h, 10000000));
	h.expires_ms = 0;
	assert_false(handle_over(&h, INT64_MAX));
	/* a visitor's own time */
	h.idle_ms = 5000;
	h.used_ms = 1000;
	assert_false(handle_over(&h, 5999));
	assert_true(handle_over(&h, 6000));
}

static void
octets_become_a_file_under_their_digest(void **state)
{
	char dir[] = "/tmp/postigo-blob-XXXXXX";
	char sha[HASH_HEX];
	struct blobfile_batch b = { .dir = dir };
	struct err e;
	struct stat st;
	char *path;
	char *command;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(blobfile_start(dir, &e), OUT_OK);
	assert_int_equal(blobfile_start(dir, &e), OUT_OK);
	hash_hex("hola", 4, sha);
	assert_int_equal(blobfile_add(&b, "hola", 4, sha, &e), OUT_OK);
	assert_true(b.top);
	assert_int_equal(blobfile_sync(&b, &e), OUT_OK);
	assert_false(b.top);
	path = blobfile_path(dir, sha);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 4);
	assert_int_equal(st.st_mode & 077, 0);
	/* again: harmless */
	assert_int_equal(blobfile_add(&b, "hola", 4, sha, &e), OUT_OK);
	assert_false(b.top);
	assert_int_equal(blobfile_sync(&b, &e), OUT_OK);
	/* a file of its own each time, and nobody writes it: backups link it */
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0222, 0);
	assert_int_equal(st.st_nlink, 1);
	assert_int_equal(unlink(path), 0);
	mem_free(path);
	path = mem_printf("%s/blobs/%.2s", dir, sha);
	assert_int_equal(rmdir(path), 0);
	mem_free(path);
	path = mem_printf("%s/blobs/tmp", dir);
	assert_int_equal(rmdir(path), 0);
	mem_free(path);
	command = mem_printf("%s/blobs", dir);
	assert_int_equal(rmdir(command), 0);
	mem_free(command);
	assert_int_equal(rmdir(dir), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_queue_keeps_order_and_ceiling),
		cmocka_unit_test(lanes_take_turns),
		cmocka_unit_test(
			a_lone_request_does_not_wait_for_a_full_window),
		cmocka_unit_test(large_requests_do_not_keep_small_ones_waiting),
		cmocka_unit_test(handles_are_found_by_their_own_name_alone),
		cmocka_unit_test(handles_have_a_ceiling),
		cmocka_unit_test(handles_end_with_time),
		cmocka_unit_test(
			visitors_are_found_by_themselves_and_their_incident),
		cmocka_unit_test(a_chat_connection_holds_ten_thousand),
		cmocka_unit_test(typing_is_told_once_a_second),
		cmocka_unit_test(octets_become_a_file_under_their_digest),
	};

	(void)umask(0077);
	hash_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
