#include "daemon/fsck.h"

#include <errno.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/store/check.h"
#include "daemon/store/store.h"

#define EXIT_UNUSABLE 70
#define EXIT_AGAIN 75
#define TELL_MS 200 /* between two lines of progress */

/* Where the progress line is, on a terminal. */
struct teller {
	bool tty;
	int64_t told_ms;
	bool shown;
};

static void
tell(void *arg, const char *what, int64_t done, int64_t all)
{
	struct teller *t = arg;
	int64_t now = clock_tick_ms();

	if (!t->tty || now - t->told_ms < TELL_MS)
		return;
	t->told_ms = now;
	t->shown = true;
	if (all > 0)
		(void)fprintf(stderr, "\r\033[K%s: %lld of %lld (%d %%)", what,
			      (long long)done, (long long)all,
			      (int)(done * 100 / all));
	else
		(void)fprintf(stderr, "\r\033[K%s", what);
	(void)fflush(stderr);
}

static void
tell_end(struct teller *t)
{
	if (t->shown)
		(void)fprintf(stderr, "\r\033[K");
	t->shown = false;
}

static void
print_list(const json_t *list, const char *before)
{
	const json_t *x;
	size_t i;

	json_array_foreach(list, i, x)
	{
		const char *check =
			json_string_value(json_object_get(x, "check"));
		char *row = json_dumps(json_object_get(x, "row"),
				       JSON_COMPACT | JSON_ENCODE_ANY);

		(void)printf("%s%s: %s\n", before, check == NULL ? "?" : check,
			     row == NULL ? "" : row);
		mem_free(row);
	}
}

static void
print_counts(const json_t *counts)
{
	const char *name;
	json_t *n;
	bool first = true;

	json_object_foreach((json_t *)counts, name, n)
	{
		(void)printf("%s%s %lld", first ? "looked at: " : ", ", name,
			     (long long)json_integer_value(n));
		first = false;
	}
	if (!first)
		(void)printf("\n");
}

static void
print_report(const struct check_report *r)
{
	print_list(r->problems, "");
	if (r->found > (int64_t)json_array_size(r->problems))
		(void)printf("and %lld more\n",
			     (long long)r->found -
				     (long long)json_array_size(r->problems));
	print_list(r->notices, "note: ");
	print_counts(r->counts);
	(void)printf("store: %zu checks, %lld problems\n", r->checks,
		     (long long)r->found);
}

static void
print_json(const struct check_report *r)
{
	json_t *o = json_object();

	(void)json_object_set(o, "problems", r->problems);
	(void)json_object_set_new(o, "found", json_integer(r->found));
	(void)json_object_set(o, "notices", r->notices);
	(void)json_object_set(o, "counts", r->counts);
	(void)json_object_set_new(o, "checks",
				  json_integer((json_int_t)r->checks));
	(void)json_dumpf(o, stdout, JSON_COMPACT);
	(void)printf("\n");
	json_decref(o);
}

/* 0, or an exit code after a line on standard error. */
static int
run_checks(struct store *s, struct check_report *r)
{
	struct teller t = { .tty = isatty(STDERR_FILENO) == 1 };
	struct err e = { .text = "" };
	enum outcome o;

	r->alone = true;
	r->progress = tell;
	r->arg = &t;
	o = check_all(s, r, &e);
	tell_end(&t);
	if (o == OUT_OK)
		return FSCK_FINE;
	(void)fprintf(stderr, "postigod: the checks could not run: %s\n",
		      e.text);
	return EXIT_UNUSABLE;
}

static bool
desk_is_there(const char *dir)
{
	char *path = mem_printf("%s/postigo.db", dir);
	struct stat st;
	bool there = stat(path, &st) == 0;

	mem_free(path);
	return there;
}

static int
refused(enum outcome o, const struct err *e)
{
	(void)fprintf(stderr, "postigod: %s\n", e->text);
	if (o == OUT_TEMP || strcmp(e->code, "locked") == 0)
		return EXIT_AGAIN;
	return strcmp(e->code, "damaged") == 0 ? FSCK_FOUND : EXIT_UNUSABLE;
}

int
fsck_main(const struct fsck *f)
{
	struct check_report r;
	struct err e = { .text = "" };
	struct store *s = NULL;
	enum outcome o;
	int code;

	if (!desk_is_there(f->dir)) {
		(void)fprintf(stderr, "postigod: there is no desk in '%s'\n",
			      f->dir);
		return FSCK_ABSENT;
	}
	o = store_open(f->dir, STORE_ALONE, &s, &e);
	if (o != OUT_OK)
		return refused(o, &e);
	check_begin(&r);
	code = run_checks(s, &r);
	if (code == FSCK_FINE) {
		if (f->json)
			print_json(&r);
		else
			print_report(&r);
		code = r.found > 0 ? FSCK_FOUND : FSCK_FINE;
	}
	check_release(&r);
	store_close(&s);
	return code;
}
