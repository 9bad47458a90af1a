#include "daemon/store/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/store/audit.h"
#include "daemon/store/backup_file.h"
#include "daemon/store/backup_list.h"
#include "daemon/store/event.h"
#include "daemon/store/migrate.h"
#include "daemon/store/row.h"
#include "daemon/store/store.h"

struct restore {
	const char *from;
	const char *dir;
	struct restore_how how;
	int lock_fd; /* until all is done, or all is cleared away */
	bool taken;  /* the folder is ours */
	bool copies; /* a link cannot be made */
	struct restore_result r;
};

static const struct sql q_on = {
	"list channels that are on",
	"SELECT id, name FROM connection WHERE active = 1 ORDER BY name"
};
static const struct sql q_off = {
	"switch channels off",
	"UPDATE connection SET active = 0, version = version + 1"
	" WHERE active = 1"
};
static const struct sql q_waiting = {
	"count answers that wait",
	"SELECT count(*) FROM delivery WHERE state IN ('queued', 'taken')"
};

void
restore_result_release(struct restore_result *r)
{
	json_decref(r->head);
	json_decref(r->off);
	*r = (struct restore_result){ .files = 0 };
}

/* --- is the backup whole ------------------------------------------------- */

static enum outcome
read_head(struct restore *x, const json_t *head, struct err *e)
{
	x->r.number = json_integer_value(json_object_get(head, "number"));
	if (json_integer_value(json_object_get(head, "schema")) >
	    (json_int_t)migration_count)
		return err_code(e, OUT_PERM, "newer",
				"cannot restore '%s': a newer version made it",
				x->from);
	return OUT_OK;
}

/* Is a file what the list says? */
static enum outcome
check_file(struct restore *x, const struct list_file *f, struct err *e)
{
	char *path = mem_printf("%s/%s", x->from, f->path);
	char sha256[HASH_HEX];
	int64_t bytes = 0;
	enum outcome o = backup_hash(NULL, path, &bytes, sha256, e);

	if (o == OUT_OK &&
	    (bytes != f->bytes || strcmp(sha256, f->sha256) != 0))
		o = err_code(e, OUT_PERM, "damaged",
			     "'%s' is damaged: it is not what was written",
			     path);
	mem_free(path);
	return o;
}

typedef enum outcome file_fn(struct restore *x, const struct list_file *f,
			     struct err *e);

/* Each file of the backup, to the list's right end. */
static enum outcome
each_file(struct restore *x, file_fn *fn, struct err *e)
{
	struct list_in *l = NULL;
	struct list_file f;
	json_t *head = NULL;
	bool more = false;
	enum outcome o = list_open(x->from, &l, &head, e);

	if (o == OUT_OK)
		o = read_head(x, head, e);
	x->r.files = 0;
	x->r.bytes = 0;
	while (o == OUT_OK && (o = list_next(l, &f, &more, e)) == OUT_OK &&
	       more) {
		o = fn(x, &f, e);
		if (o != OUT_OK)
			break; /* its size is what anybody wrote */
		x->r.files++;
		x->r.bytes += f.bytes;
	}
	list_close(&l);
	json_decref(x->r.head);
	x->r.head = head;
	return o;
}

/* --- the folder ---------------------------------------------------------- */

#define LOCK_FILE "postigo.lock"

/* Nothing is in the folder, or the beginning of a restore, which may be the
 * lock alone. */
static enum outcome
find_free(struct restore *x, struct err *e)
{
	char *path = mem_printf("%s/" STORE_RESTORING, x->dir);
	bool begun = access(path, F_OK) == 0;
	bool made;

	mem_free(path);
	if (begun)
		return OUT_OK;
	return backup_take_folder(x->dir, LOCK_FILE, &made, e);
}

/* Nobody else restores into it, and no daemon runs there. */
static enum outcome
lock_folder(struct restore *x, struct err *e)
{
	char *path = mem_printf("%s/" LOCK_FILE, x->dir);
	enum outcome o = OUT_OK;

	x->lock_fd =
		open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (x->lock_fd < 0)
		o = backup_fail(e, errno, "make", path);
	else if (flock(x->lock_fd, LOCK_EX | LOCK_NB) != 0)
		o = err_code(e, OUT_PERM, "locked",
			     "cannot restore into '%s': it is in use", x->dir);
	mem_free(path);
	return o;
}

static enum outcome
put_mark(const struct restore *x, struct err *e)
{
	char *path = mem_printf("%s/" STORE_RESTORING, x->dir);
	char *above = mem_printf("%s/..", x->dir);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	enum outcome o = OUT_OK;

	if (fd < 0)
		o = backup_fail(e, errno, "make", path);
	else
		(void)close(fd);
	if (o == OUT_OK)
		o = backup_sync_folder(x->dir, e);
	if (o == OUT_OK)
		o = backup_sync_folder(above, e);
	mem_free(above);
	mem_free(path);
	return o;
}

static enum outcome
take_mark(const struct restore *x, struct err *e)
{
	char *path = mem_printf("%s/" STORE_RESTORING, x->dir);
	enum outcome o = backup_sync_folder(x->dir, e);

	if (o == OUT_OK && unlink(path) != 0)
		o = backup_fail(e, errno, "remove", path);
	mem_free(path);
	return o == OUT_OK ? backup_sync_folder(x->dir, e) : o;
}

/* A folder of our own: fresh, empty, or with the beginning of a restore, of
 * which nothing is kept. */
static enum outcome
take_folder(struct restore *x, struct err *e)
{
	enum outcome o = find_free(x, e);

	if (o == OUT_OK)
		o = lock_folder(x, e);
	if (o == OUT_OK) /* still, now that nobody else comes */
		o = find_free(x, e);
	x->taken = o == OUT_OK;
	if (o == OUT_OK)
		o = put_mark(x, e);
	if (o == OUT_OK)
		backup_clear_files(x->dir);
	return o;
}

/* --- the files ----------------------------------------------------------- */

static enum outcome
make_folder(const char *dir, const char *name, int n, struct err *e)
{
	char *path = mem_printf("%s/%.*s", dir, n, name);
	enum outcome o = OUT_OK;

	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		o = backup_fail(e, errno, "make", path);
	mem_free(path);
	return o;
}

/* A second name for a blob's file. false: it is to be copied. */
static bool
link_file(struct restore *x, const char *from, const char *to)
{
	if (!x->how.link || x->copies)
		return false;
	if (link(from, to) == 0)
		return true;
	x->copies = true;
	return false;
}

static enum outcome
put_file(struct restore *x, const struct list_file *f, struct err *e)
{
	char *from = mem_printf("%s/%s", x->from, f->path);
	char *to = mem_printf("%s/%s", x->dir, f->path);
	bool blob = strchr(f->path, '/') != NULL;
	char sha256[HASH_HEX];
	int64_t bytes = 0;
	enum outcome o = OUT_OK;

	if (blob) /* blobs/ab/... */
		o = make_folder(x->dir, f->path, 8, e);
	if (o == OUT_OK && !(blob && link_file(x, from, to))) {
		o = backup_copy(NULL, from, to, !blob, &bytes, sha256, e);
		if (o == OUT_OK &&
		    (bytes != f->bytes || strcmp(sha256, f->sha256) != 0))
			o = err_code(e, OUT_PERM, "damaged",
				     "'%s' changed while it was copied", from);
	}
	mem_free(from);
	mem_free(to);
	return o;
}

static enum outcome
sync_folders(const struct restore *x, struct err *e)
{
	char *top = mem_printf("%s/blobs", x->dir);
	enum outcome o = OUT_OK;

	for (unsigned i = 0; o == OUT_OK && i < 256; i++) {
		char *path = mem_printf("%s/%02x", top, i);

		if (access(path, F_OK) == 0)
			o = backup_sync_folder(path, e);
		mem_free(path);
	}
	if (o == OUT_OK)
		o = backup_sync_folder(top, e);
	mem_free(top);
	return o;
}

/* --- the desk ------------------------------------------------------------ */

static enum outcome
count_waiting(struct restore *x, struct store *s, struct err *e)
{
	return row_number(s, sql_stmt(s, &q_waiting), &x->r.waiting, e);
}

static json_t *
id_and_name(sqlite3_stmt *st)
{
	return json_pack("{s:I, s:s}", "id", (json_int_t)sql_get_int(st, 0),
			 "name", sql_get_text(st, 1));
}

static enum outcome
switch_off(struct restore *x, struct store *s, int64_t now_ms, struct err *e)
{
	json_t *on = NULL;
	const json_t *c;
	size_t i;
	enum outcome o = row_list(s, sql_stmt(s, &q_on), id_and_name, &on, e);

	if (o == OUT_OK)
		o = sql_done(s, sql_stmt(s, &q_off), e);
	json_array_foreach(on, i, c)
	{
		json_t *id = json_object_get(c, "id");

		if (o != OUT_OK)
			break;
		o = event_add(s, now_ms, "connection.changed", 0, 0,
			      json_pack("{s:O}", "connection", id), e);
		(void)json_array_append(x->r.off, json_object_get(c, "name"));
	}
	json_decref(on);
	return o;
}

static enum outcome
change_desk(struct restore *x, struct store *s, struct err *e)
{
	struct audit_entry a = { .at_ms = clock_now_ms(),
				 .role = "control",
				 .action = "store.restore",
				 .outcome = "ok" };
	enum outcome o = count_waiting(x, s, e);

	if (o == OUT_OK && !x->how.channels_on)
		o = switch_off(x, s, a.at_ms, e);
	return o == OUT_OK ? audit_add(s, &a, e) : o;
}

/* Open it as a daemon would, and say in it what happened. */
static enum outcome
settle(struct restore *x, struct err *e)
{
	struct store *s = NULL;
	enum outcome o = store_open_restored(x->dir, &s, e);

	if (o != OUT_OK)
		return o;
	if (store_number(s) != x->r.number)
		o = err_code(e, OUT_PERM, "damaged",
			     "the store in '%s' is not that of its list",
			     x->from);
	if (o == OUT_OK)
		o = store_begin(s, e);
	if (o == OUT_OK)
		o = change_desk(x, s, e);
	if (o == OUT_OK)
		o = store_commit(s, e);
	else
		store_rollback(s);
	event_batch_drop(s);
	if (o == OUT_OK)
		o = take_mark(x, e);
	store_close(&s);
	return o;
}

enum outcome
restore_run(const char *from, const char *dir, struct restore_how how,
	    struct restore_result *out, struct err *e)
{
	struct restore x = {
		.from = from, .dir = dir, .how = how, .lock_fd = -1
	};
	enum outcome o;

	x.r.off = json_array();
	o = each_file(&x, check_file, e);
	if (o == OUT_OK)
		o = take_folder(&x, e);
	if (o == OUT_OK)
		o = make_folder(dir, "blobs", 5, e);
	if (o == OUT_OK)
		o = each_file(&x, put_file, e);
	if (o == OUT_OK)
		o = sync_folders(&x, e);
	if (o == OUT_OK)
		o = settle(&x, e);
	if (o != OUT_OK && x.taken)
		backup_clear_desk(dir);
	if (x.lock_fd >= 0)
		(void)close(x.lock_fd);
	*out = x.r;
	return o;
}
