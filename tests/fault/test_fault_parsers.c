/* Frames and the settings file while there is no memory, and the reserve that
 * jansson is served from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <confuse.h>
#include <jansson.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/base/spare.h"
#include "daemon/settings.h"
#include "daemon/wire/frame.h"
#include "daemon/wire/json_mem.h"

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
cfg_t *__real_cfg_init(cfg_opt_t *opts, cfg_flag_t flags);
cfg_t *__wrap_cfg_init(cfg_opt_t *opts, cfg_flag_t flags);
int __real_cfg_parse_buf(cfg_t *cfg, const char *text);
int __wrap_cfg_parse_buf(cfg_t *cfg, const char *text);

static long fail_at; /* 0: none */
static bool fail_on; /* and all after it */
static long asked;
static bool no_init;
static bool no_parse;

void *
__wrap_malloc(size_t n)
{
	asked++;
	if (fail_at != 0 && (asked == fail_at || (fail_on && asked > fail_at)))
		return NULL;
	return __real_malloc(n);
}

cfg_t *
__wrap_cfg_init(cfg_opt_t *opts, cfg_flag_t flags)
{
	return no_init ? NULL : __real_cfg_init(opts, flags);
}

/* Without memory libconfuse says nothing. */
int
__wrap_cfg_parse_buf(cfg_t *cfg, const char *text)
{
	return no_parse ? CFG_PARSE_ERROR : __real_cfg_parse_buf(cfg, text);
}

static void
arm(long at, bool on)
{
	asked = 0;
	fail_at = at;
	fail_on = on;
	(void)mem_short_take();
}

/* How many could have failed. */
static long
disarm(void)
{
	fail_at = 0;
	return asked;
}

/* --- the reserve -------------------------------------------------------------- */

static void
the_reserve_is_given_back(void **state)
{
	size_t most = SPARE_BYTES - 64;
	void *a;
	void *b;

	(void)state;
	arm(1, true);
	a = spare_get(most / 2);
	b = spare_get(most / 2);
	assert_true(mem_short_take());
	memset(a, 1, most / 2);
	memset(b, 2, most / 2);
	assert_int_equal(((unsigned char *)a)[most / 2 - 1], 1);
	spare_put(a);
	mem_free(b);
	a = spare_get(most); /* all of it is there again */
	spare_put(a);
	(void)disarm();
	(void)mem_short_take();
	a = spare_get(most);
	assert_false(mem_short_take());
	spare_put(a);
	spare_put(NULL);
}

/* --- frames -------------------------------------------------------------------- */

static const char line[] =
	"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"contact.add\",\"params\":{"
	"\"text\":\"una \\u00e1 y una \\\"comilla\\\" en un texto que no cabe "
	"en el primer trozo de memoria de nadie, por largo que sea\",\"list\":["
	"1,2,3,4,5,6,7,8,9,10,{\"a\":null,\"b\":true,\"c\":1.5}],"
	"\"deep\":{\"b\":{\"c\":{\"d\":\"e\"}}}}}";

/* Parse and write: the same whatever fails, and it is noted. */
static long
round_trip(long at, bool on, struct buf *out)
{
	json_t *o = NULL;
	struct err e;
	long n;

	arm(at, on);
	assert_int_equal(frame_parse(line, sizeof line - 1, &o, &e), OUT_OK);
	buf_clear(out);
	assert_int_equal(frame_put(out, o, &e), OUT_OK);
	json_decref(o);
	n = disarm();
	return n;
}

static void
frames_are_whole(void **state)
{
	struct buf want;
	struct buf got;
	long all;
	long n;

	(void)state;
	buf_init(&want, FRAME_BYTES);
	buf_init(&got, FRAME_BYTES);
	all = round_trip(0, false, &want);
	assert_false(mem_short_take());
	assert_true(all > 50);
	for (n = 1; n <= all; n++) {
		(void)round_trip(n, false, &got);
		assert_true(mem_short_take());
		assert_string_equal(buf_str(&got), buf_str(&want));
		(void)round_trip(n, true, &got);
		assert_true(mem_short_take());
		assert_string_equal(buf_str(&got), buf_str(&want));
	}
	buf_release(&want);
	buf_release(&got);
}

/* --- settings ------------------------------------------------------------------- */

/* A file that cannot be read is never the defaults. */
static void
settings_are_read_or_refused(void **state)
{
	static const char text[] = "data = \"/srv/desk\"\n";
	char path[] = "/tmp/postigo-fault-XXXXXX";
	int fd = mkstemp(path);
	int i;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
	(void)close(fd);
	for (i = 0; i < 3; i++) {
		struct settings_errors errs = { .n = 0 };
		struct settings *s = NULL;
		enum outcome o;

		no_init = i == 1;
		no_parse = i == 2;
		o = settings_read(path, NULL, &s, &errs);
		if (i == 0) {
			assert_int_equal(o, OUT_OK);
			assert_string_equal(s->data_dir, "/srv/desk");
		} else {
			assert_int_equal(o, OUT_PERM);
			assert_null(s);
			assert_int_equal(errs.n, 1);
		}
		settings_free(&s);
		settings_errors_release(&errs);
	}
	no_init = no_parse = false;
	(void)unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_reserve_is_given_back),
		cmocka_unit_test(frames_are_whole),
		cmocka_unit_test(settings_are_read_or_refused),
	};

	json_mem_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
