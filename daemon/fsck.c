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
#include "daemon/store/repair.h"
#include "daemon/store/store.h"
#include "daemon/store/vet.h"

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
print_changes(const struct repair *p)
{
	const json_t *x;
	size_t i;

	json_array_foreach(p->changes, i, x)
	{
		char *row = json_dumps(json_object_get(x, "row"),
				       JSON_COMPACT | JSON_ENCODE_ANY);

		(void)printf("mended %s: %s\n",
			     json_string_value(json_object_get(x, "what")),
			     row == NULL ? "" : row);
		mem_free(row);
	}
	(void)printf("mended: %lld\n", (long long)p->changed);
}

static void
print_json(const struct check_report *r, const struct repair *p)
{
	json_t *o = json_object();

	(void)json_object_set(o, "problems", r->problems);
	(void)json_object_set_new(o, "found", json_integer(r->found));
	(void)json_object_set(o, "notices", r->notices);
	(void)json_object_set(o, "counts", r->counts);
	(void)json_object_set_new(o, "checks",
				  json_integer((json_int_t)r->checks));
	if (p != NULL) {
		(void)json_object_set(o, "changes", p->changes);
		(void)json_object_set_new(o, "changed",
					  json_integer(p->changed));
	}
	(void)json_dumpf(o, stdout, JSON_COMPACT);
	(void)printf("\n");
	json_decref(o);
}

/* Everything that is open while it runs. */
struct session {
	const struct fsck *f;
	struct store *w; /* writes, and has the lock; NULL without repair */
	struct store *s; /* reads */
	struct teller t;
	bool hurt; /* the heads of the files say so */
};

static void
begin_report(struct session *x, struct check_report *r)
{
	check_begin(r);
	r->alone = true;
	r->progress = tell;
	r->arg = &x->t;
}

static int
could_not(const struct err *e)
{
	(void)fprintf(stderr, "postigod: the checks could not run: %s\n",
		      e->text);
	return EXIT_UNUSABLE;
}

/* 0, or an exit code after a line on standard error. */
static int
run_checks(struct session *x, struct check_report *r)
{
	struct err e = { .text = "" };
	enum outcome o;

	begin_report(x, r);
	o = check_all(x->s, r, &e);
	tell_end(&x->t);
	return o == OUT_OK ? FSCK_FINE : could_not(&e);
}

/* Is the file itself damaged? Then rows that are mended may go elsewhere. */
static bool
is_damaged(const struct check_report *r)
{
	const json_t *x;
	size_t i;

	json_array_foreach(r->problems, i, x)
	{
		const char *check =
			json_string_value(json_object_get(x, "check"));

		if (strcmp(check, "integrity_check") == 0 ||
		    strcmp(check, "schema") == 0 ||
		    strcmp(check, "fold_unreadable") == 0)
			return true;
	}
	return false;
}

static int
run_repair(struct session *x, struct repair *p)
{
	struct check_report r;
	struct err e = { .text = "" };
	enum outcome o;

	begin_report(x, &r);
	o = repair_run(x->w, x->s, &r, p, &e);
	tell_end(&x->t);
	check_release(&r);
	return o == OUT_OK ? FSCK_FINE : could_not(&e);
}

/* Repair what the first look found, and look again. */
static int
mend(struct session *x, struct check_report *r, struct repair *p)
{
	int code;

	if (r->found == 0 && r->noticed == 0)
		return FSCK_FINE;
	if (is_damaged(r)) {
		(void)fprintf(stderr, "postigod: the file of the store is "
				      "damaged: nothing is mended in it; "
				      "restore a backup (postigo restore)\n");
		return FSCK_FINE;
	}
	code = run_repair(x, p);
	if (code != FSCK_FINE)
		return code;
	check_release(r);
	return run_checks(x, r);
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
absent(const char *dir)
{
	(void)fprintf(stderr, "postigod: there is no desk in '%s'\n", dir);
	return FSCK_ABSENT;
}

static int
refused(enum outcome o, const struct err *e)
{
	(void)fprintf(stderr, "postigod: %s\n", e->text);
	if (o == OUT_TEMP || strcmp(e->code, "locked") == 0)
		return EXIT_AGAIN;
	return strcmp(e->code, "damaged") == 0 ? FSCK_FOUND : EXIT_UNUSABLE;
}

static enum outcome
open_all(struct session *x, struct err *e)
{
	enum outcome o;

	if (!x->f->repair)
		return store_open(x->f->dir, STORE_ALONE, &x->s, e);
	o = store_open(x->f->dir, STORE_WRITE, &x->w, e);
	return o == OUT_OK ? store_open(x->f->dir, STORE_READ, &x->s, e) : o;
}

/* Look, mend, print. */
static int
look(struct session *x)
{
	struct repair p = { .changes = json_array() };
	struct check_report r;
	int code = run_checks(x, &r);

	if (code == FSCK_FINE && x->f->repair)
		code = mend(x, &r, &p);
	if (code == FSCK_FINE && x->f->json)
		print_json(&r, x->f->repair ? &p : NULL);
	if (code == FSCK_FINE && !x->f->json) {
		if (x->f->repair)
			print_changes(&p);
		print_report(&r);
	}
	if (code == FSCK_FINE && (r.found > 0 || x->hurt))
		code = FSCK_FOUND;
	check_release(&r);
	json_decref(p.changes);
	return code;
}

int
fsck_main(const struct fsck *f)
{
	struct session x = { .f = f,
			     .t = { .tty = isatty(STDERR_FILENO) == 1 } };
	struct err e = { .text = "" };
	enum outcome o;
	int code = FSCK_FINE;
	bool made;

	if (!desk_is_there(f->dir))
		return absent(f->dir);
	o = vet_files(f->dir, &made, &e);
	if (o == OUT_OK && !made)
		return absent(f->dir);
	if (o != OUT_OK)
		code = refused(o, &e);
	/* what can be read of a damaged one is looked at, not mended */
	if (o != OUT_OK && (code != FSCK_FOUND || f->repair))
		return code;
	x.hurt = o != OUT_OK;
	o = open_all(&x, &e);
	code = o == OUT_OK ? look(&x) : refused(o, &e);
	store_close(&x.s);
	store_close(&x.w);
	return code;
}
