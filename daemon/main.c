/*
 * postigod: the daemon that owns the desk's store. This file reads its
 * arguments and settings, opens what the desk needs and hands over to the
 * engine.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/answer_time.h"
#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/clocks.h"
#include "daemon/config.h"
#include "daemon/desk.h"
#include "daemon/engine.h"
#include "daemon/fsck.h"
#include "daemon/looked.h"
#include "daemon/people.h"
#include "daemon/restore_cmd.h"
#include "daemon/settings.h"
#include "daemon/store/book.h"
#include "daemon/store/pool.h"
#include "daemon/store/store.h"
#include "daemon/store/vet.h"
#include "daemon/wire/json_mem.h"
#include "rules/book.h"
#include "rules/zone.h"

/* Source: postigod(8), "Exit status"; sysexits.h. */
enum {
	EXIT_FINE = 0,
	EXIT_USE = 64,
	EXIT_INTERNAL = 70,
	EXIT_CREATE = 73,
	EXIT_AGAIN = 75,
	EXIT_SETTINGS = 78
};

struct arguments {
	const char *config;
	const char *dir;
	const char *restore; /* a backup's folder */
	const char *verify;  /* the same */
	bool channels_on;
	bool check;
	bool fsck;
	bool repair;
	bool json;
};

static void
print_help(void)
{
	(void)printf(
		"usage: postigod [--config FILE] [--dir DIR]\n"
		"       postigod --check [--config FILE] [--dir DIR]\n"
		"       postigod --fsck [--repair] [--json] [--config FILE] "
		"[--dir DIR]\n"
		"       postigod --restore BACKUP [--config FILE] [--dir DIR] "
		"[--channels-on] [--json]\n"
		"       postigod --verify BACKUP [--json]\n"
		"\n"
		"  --config FILE  settings (default: embedded ones)\n"
		"  --dir DIR      the desk's data folder, whatever the settings "
		"say\n"
		"  --check        read the settings, say what is wrong, end\n"
		"  --fsck         check the desk while no daemon runs, end\n"
		"  --repair       with --fsck: make anew what is derived\n"
		"  --restore BACKUP  make a desk of a backup, in a folder that "
		"holds none, end\n"
		"  --channels-on  leave the channels of a restored desk as "
		"they were\n"
		"  --verify BACKUP  restore a backup beside it, check that, "
		"remove it, end\n"
		"  --json         say what was done, or found, as JSON\n"
		"  --version      print the version, end\n"
		"  --help         print this, end\n"
		"\n"
		"example: postigod --dir /var/lib/postigo\n");
}

/* -1: go on; else the exit code. */
static int
read_arguments(int argc, char **argv, struct arguments *a)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "dir", required_argument, NULL, 'd' },
		{ "check", no_argument, NULL, 'k' },
		{ "fsck", no_argument, NULL, 'f' },
		{ "repair", no_argument, NULL, 'm' },
		{ "restore", required_argument, NULL, 'r' },
		{ "verify", required_argument, NULL, 'y' },
		{ "channels-on", no_argument, NULL, 'o' },
		{ "json", no_argument, NULL, 'j' },
		{ "version", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			a->config = optarg;
			break;
		case 'd':
			a->dir = optarg;
			break;
		case 'k':
			a->check = true;
			break;
		case 'f':
			a->fsck = true;
			break;
		case 'r':
			a->restore = optarg;
			break;
		case 'y':
			a->verify = optarg;
			break;
		case 'o':
			a->channels_on = true;
			break;
		case 'm':
			a->repair = true;
			break;
		case 'j':
			a->json = true;
			break;
		case 'v':
			(void)printf("postigod %s\n", PACKAGE_VERSION);
			return EXIT_FINE;
		case 'h':
			print_help();
			return EXIT_FINE;
		default:
			return EXIT_USE;
		}
	}
	if (optind != argc) {
		(void)fprintf(stderr, "postigod: what is '%s'?\n",
			      argv[optind]);
		return EXIT_USE;
	}
	if (a->repair && !a->fsck) {
		(void)fprintf(stderr, "postigod: --repair goes with --fsck\n");
		return EXIT_USE;
	}
	if (a->json && !a->fsck && a->restore == NULL && a->verify == NULL) {
		(void)fprintf(
			stderr,
			"postigod: --json goes with --fsck, --restore or --verify\n");
		return EXIT_USE;
	}
	return -1;
}

/* The settings, or NULL after all errors were printed. */
static struct settings *
read_settings(const struct arguments *a)
{
	struct settings_errors errs = { .n = 0 };
	struct settings *s = NULL;
	size_t i;

	if (settings_read(a->config, a->dir, &s, &errs) != OUT_OK) {
		for (i = 0; i < errs.n; i++)
			(void)fprintf(stderr, "%s\n", errs.list[i]);
		(void)fprintf(stderr, "postigod: %zu error%s, not started\n",
			      errs.n, errs.n == 1 ? "" : "s");
	}
	settings_errors_release(&errs);
	return s;
}

static enum outcome
sync_folder(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum outcome o = OUT_OK;

	if (fd < 0)
		return err_sys(e, OUT_PERM, errno, "cannot open folder '%s'",
			       path);
	/* EINVAL: a file system that does not sync folders */
	if (fsync(fd) != 0 && errno != EINVAL)
		o = err_sys(e, OUT_UNSURE, errno, "cannot sync folder '%s'",
			    path);
	(void)close(fd);
	return o;
}

/* The folder that path is in; free with mem_free. */
static char *
parent_of(const char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	while (n > 0 && path[n - 1] != '/')
		n--;
	while (n > 1 && path[n - 1] == '/')
		n--;
	return n == 0 ? mem_strdup(".") : mem_printf("%.*s", (int)n, path);
}

/*
 * The data folder, durable under its name: a desk in a folder that is gone
 * after a power loss is gone as well. Not only after it was made: an earlier
 * start may have made it and been killed. A parent that may not be read cannot
 * be synced; that of a folder that was there before is the operator's.
 */
static enum outcome
make_data_dir(const char *dir, struct err *e)
{
	bool made = mkdir(dir, 0700) == 0;
	char *parent;
	enum outcome o;

	if (!made && errno != EEXIST)
		return err_sys(e, OUT_PERM, errno, "cannot make folder '%s'",
			       dir);
	parent = parent_of(dir);
	o = sync_folder(parent, e);
	mem_free(parent);
	return o == OUT_PERM && !made ? OUT_OK : o;
}

/* A new key: whole under its name and durable, or not there. */
static enum outcome
make_key(const char *dir, const char *path, unsigned char key[HASH_BYTES],
	 struct err *e)
{
	char *tmp = mem_printf("%s.new", path);
	enum outcome o = OUT_OK;
	int fd;

	(void)unlink(tmp);
	hash_random(key, HASH_BYTES);
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, key, HASH_BYTES) != HASH_BYTES)
		o = err_sys(e, OUT_PERM, errno, "cannot make key '%s'", path);
	else if (fsync(fd) != 0)
		o = err_sys(e, OUT_UNSURE, errno, "cannot sync key '%s'", path);
	else if (link(tmp, path) != 0)
		o = err_sys(e, OUT_PERM, errno, "cannot make key '%s'", path);
	else
		o = sync_folder(dir, e);
	if (fd >= 0)
		(void)close(fd);
	(void)unlink(tmp);
	mem_free(tmp);
	return o;
}

/* DIR/desk.key, made on the first start. The store's lock is held. */
static enum outcome
load_key(const char *dir, unsigned char key[HASH_BYTES], struct err *e)
{
	char *path = mem_printf("%s/desk.key", dir);
	unsigned char more[HASH_BYTES + 1];
	enum outcome o = OUT_OK;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		ssize_t n = read(fd, more, sizeof more);

		if (n == HASH_BYTES)
			(void)memcpy(key, more, HASH_BYTES);
		else
			o = err_set(e, OUT_PERM,
				    "key '%s' does not hold 32 octets", path);
		(void)close(fd);
	} else if (errno == ENOENT) {
		o = make_key(dir, path, key, e);
	} else {
		o = err_sys(e, OUT_PERM, errno, "cannot read key '%s'", path);
	}
	mem_free(path);
	return o;
}

static int
exit_code(enum outcome o, const struct err *e)
{
	if (o == OUT_OK)
		return EXIT_FINE;
	if (strcmp(e->code, "create") == 0)
		return EXIT_CREATE;
	if (o == OUT_UNSURE)
		return EXIT_STORE;
	if (o == OUT_TEMP || strcmp(e->code, "locked") == 0)
		return EXIT_AGAIN;
	return EXIT_INTERNAL;
}

static int
fail(enum outcome o, const struct err *e)
{
	log_error("daemon.failed", "%s", e->text);
	return exit_code(o, e);
}

/* Deadlines are made with the system's zone data: say when that changed. */
static enum outcome
note_zone_data(struct store *s, struct err *e)
{
	char edition[ZONE_EDITION_MAX];
	bool changed = false;
	enum outcome o;

	if (!zone_edition(edition))
		log_warn("zone.edition", "the system's zone data does not say "
					 "its edition (package tzdata)");
	o = store_begin(s, e);
	if (o == OUT_OK)
		o = clocks_zone(s, edition, clock_now_ms(), &changed, e);
	if (o != OUT_OK) {
		store_rollback(s);
		return o;
	}
	o = store_commit(s, e);
	if (o == OUT_OK && changed)
		log_info("zone.edition", "zone data is now '%s'", edition);
	return o;
}

/* Serve the desk whose store is open. */
static int
with_store(const struct arguments *a, struct settings *settings,
	   struct store *s)
{
	struct desk d = { .settings = settings, .started_ms = clock_now_ms() };
	struct err e = { .text = "" };
	enum outcome o;

	(void)pthread_mutex_init(&d.book_lock, NULL);
	d.times = answer_times_new();
	d.looked = looked_new();
	o = load_key(settings->data_dir, d.key, &e);
	if (o == OUT_OK)
		o = book_load(s, &d.book, &d.book_version, &e);
	desk_teams(&d, s);
	if (o == OUT_OK)
		o = people_load(&d, s, &e);
	if (o == OUT_OK)
		o = note_zone_data(s, &e);
	if (o == OUT_OK)
		o = engine_run(&d, s, a->config, &e);
	people_free(&d.people);
	answer_times_free(&d.times);
	looked_free(&d.looked);
	desk_leave_book(&d);
	desk_forget_old(&d);
	if (d.book != NULL)
		book_unref(&d.book);
	(void)pthread_mutex_destroy(&d.book_lock);
	return o == OUT_OK ? EXIT_FINE : fail(o, &e);
}

static int
run(const struct arguments *a, struct settings *settings)
{
	struct store *s = NULL;
	struct err e = { .text = "" };
	enum outcome o = make_data_dir(settings->data_dir, &e);
	bool made;
	int code;

	if (o != OUT_OK) {
		log_error("daemon.failed", "%s", e.text);
		return o == OUT_UNSURE ? EXIT_STORE : EXIT_CREATE;
	}
	o = vet_files(settings->data_dir, &made, &e);
	if (o == OUT_OK)
		o = store_open(settings->data_dir, STORE_WRITE, &s, &e);
	if (o == OUT_OK)
		o = vet_schema(s, &e);
	if (o != OUT_OK) {
		store_close(&s);
		return fail(o, &e);
	}
	code = with_store(a, settings, s);
	store_close(&s);
	log_info("daemon.ended", "exit %d", code);
	return code;
}

/* Restore a backup beside itself, check the desk that it makes, and take that
 * away again. */
static int
verify(const struct arguments *a)
{
	struct fsck f = { .json = a->json };
	char *beside = NULL;
	int code = restore_beside(a->verify, &beside, a->json);

	if (code != EXIT_FINE)
		return code;
	f.dir = beside;
	code = fsck_main(&f);
	restore_remove(beside);
	mem_free(beside);
	return code;
}

static int
work(const struct arguments *a, struct settings *settings)
{
	struct fsck f = { .dir = settings->data_dir,
			  .repair = a->repair,
			  .json = a->json };

	log_open("postigod", settings->log_kind, settings->log_level);
	if (a->restore != NULL)
		return restore_command(a->restore, settings->data_dir,
				       a->channels_on, a->json);
	if (a->verify != NULL)
		return verify(a);
	return a->fsck ? fsck_main(&f) : run(a, settings);
}

int
main(int argc, char **argv)
{
	struct arguments a = { .config = NULL };
	struct settings *settings;
	int code = read_arguments(argc, argv, &a);

	if (code >= 0)
		return code;
	(void)umask(0077);
	hash_start();
	pool_start();
	json_mem_start();
	settings = read_settings(&a);
	if (settings == NULL)
		return EXIT_SETTINGS;
	if (a.check) {
		(void)printf("postigod: the settings are right\n");
		code = EXIT_FINE;
	} else {
		log_open("postigod", settings->log_kind, settings->log_level);
		code = work(&a, settings);
	}
	settings_free(&settings);
	return code;
}
