#include "daemon/store/backup_list.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/mem.h"
#include "daemon/store/backup_file.h"

struct list_out {
	char *dir;
	char *tmp;
	FILE *file;
	struct hash_state *hash;
	int64_t files;
};

struct list_in {
	char *path;
	FILE *file;
	struct hash_state *hash;
	int64_t files;
	bool store; /* postigo.db was in it */
	bool key;
	char line[BACKUP_LINE_MAX + 1];
};

static bool
blob_path_good(const struct list_file *f)
{
	return strncmp(f->path, "blobs/", 6) == 0 && strlen(f->path) == 71 &&
	       f->path[8] == '/' && memcmp(f->path + 6, f->sha256, 2) == 0 &&
	       strcmp(f->path + 9, f->sha256 + 2) == 0;
}

bool
list_path_good(const struct list_file *f)
{
	return hash_is_hex(f->sha256) && f->bytes >= 0 &&
	       (strcmp(f->path, "postigo.db") == 0 ||
		strcmp(f->path, "desk.key") == 0 || blob_path_good(f));
}

static enum outcome
put_line(struct list_out *l, const json_t *o, struct err *e)
{
	char *text = json_dumps(o, JSON_COMPACT);
	enum outcome out = OUT_OK;
	size_t n = text != NULL ? strlen(text) : 0;

	if (text == NULL || n >= BACKUP_LINE_MAX) {
		out = err_set(e, OUT_PERM, "cannot write a line of '%s'",
			      l->tmp);
	} else {
		text[n] = '\n'; /* in place of NUL: n + 1 octets are ours */
		hash_more(l->hash, text, n + 1);
		if (fwrite(text, 1, n + 1, l->file) != n + 1)
			out = backup_fail(e, errno, "write", l->tmp);
	}
	mem_free(text);
	return out;
}

enum outcome
list_begin(const char *dir, const json_t *head, struct list_out **out,
	   struct err *e)
{
	struct list_out *l = mem_new(1, sizeof *l);
	int fd;

	l->dir = mem_strdup(dir);
	l->tmp = mem_printf("%s/" BACKUP_LIST_NEW, dir);
	l->hash = hash_begin();
	*out = l;
	fd = open(l->tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0)
		l->file = fdopen(fd, "w");
	if (l->file == NULL) {
		enum outcome o = backup_fail(e, errno, "make", l->tmp);

		if (fd >= 0)
			(void)close(fd);
		return o;
	}
	return put_line(l, head, e);
}

enum outcome
list_add(struct list_out *l, const struct list_file *f, struct err *e)
{
	json_t *o = json_pack("{s:s, s:I, s:s}", "path", f->path, "bytes",
			      (json_int_t)f->bytes, "sha256", f->sha256);
	enum outcome out;

	assert(list_path_good(f));
	out = put_line(l, o, e);
	json_decref(o);
	l->files++;
	return out;
}

enum outcome
list_end(struct list_out *l, struct err *e)
{
	char *path = mem_printf("%s/" BACKUP_LIST, l->dir);
	char sha256[HASH_HEX];
	json_t *o;
	enum outcome out;

	hash_end(l->hash, sha256);
	hash_drop(&l->hash);
	l->hash = hash_begin(); /* of what nobody asks for */
	o = json_pack("{s:I, s:s}", "files", (json_int_t)l->files, "sha256",
		      sha256);
	out = put_line(l, o, e);
	json_decref(o);
	if (out == OUT_OK &&
	    (fflush(l->file) != 0 || fsync(fileno(l->file)) != 0 ||
	     rename(l->tmp, path) != 0))
		out = backup_fail(e, errno, "write", path);
	mem_free(path);
	return out == OUT_OK ? backup_sync_folder(l->dir, e) : out;
}

void
list_drop(struct list_out **lp)
{
	struct list_out *l = *lp;

	if (l == NULL)
		return;
	if (l->file != NULL)
		(void)fclose(l->file);
	hash_drop(&l->hash);
	mem_free(l->dir);
	mem_free(l->tmp);
	MEM_CLEAR(lp);
}

static enum outcome
damaged(const struct list_in *l, const char *why, struct err *e)
{
	return err_code(e, OUT_PERM, "damaged", "'%s' is damaged: %s", l->path,
			why);
}

/* The next line as an object; l->line keeps its octets. */
static enum outcome
get_line(struct list_in *l, json_t **out, struct err *e)
{
	size_t n;

	*out = NULL;
	if (fgets(l->line, sizeof l->line, l->file) == NULL) {
		if (ferror(l->file) != 0)
			return backup_fail(e, errno, "read", l->path);
		return damaged(l, "it has no end", e);
	}
	n = strlen(l->line);
	if (n == 0 || l->line[n - 1] != '\n')
		return damaged(l, "a line has no end", e);
	*out = json_loadb(l->line, n, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(*out)) {
		json_decref(*out);
		*out = NULL;
		return damaged(l, "a line is no object", e);
	}
	return OUT_OK;
}

static enum outcome
open_file(struct list_in *l, const char *dir, struct err *e)
{
	int fd = open(l->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return err_code(e, OUT_PERM, "no_backup",
				"'%s' is no whole backup: it has no file "
				"'" BACKUP_LIST "', which is written last",
				dir);
	if (fd >= 0)
		l->file = fdopen(fd, "r");
	if (l->file != NULL)
		return OUT_OK;
	(void)backup_fail(e, errno, "read", l->path);
	if (fd >= 0)
		(void)close(fd);
	return OUT_TEMP;
}

enum outcome
list_open(const char *dir, struct list_in **out, json_t **head_out,
	  struct err *e)
{
	struct list_in *l = mem_new(1, sizeof *l);
	enum outcome o;
	json_int_t format;

	*out = l;
	*head_out = NULL;
	l->path = mem_printf("%s/" BACKUP_LIST, dir);
	l->hash = hash_begin();
	o = open_file(l, dir, e);
	if (o == OUT_OK)
		o = get_line(l, head_out, e);
	if (o != OUT_OK)
		return o;
	hash_more(l->hash, l->line, strlen(l->line));
	format = json_integer_value(json_object_get(*head_out, "backup"));
	if (format > BACKUP_FORMAT)
		o = err_code(e, OUT_PERM, "newer",
			     "cannot read '%s': a newer version made it",
			     l->path);
	else if (format != BACKUP_FORMAT)
		o = damaged(l, "its first line is another's", e);
	if (o != OUT_OK) {
		json_decref(*head_out);
		*head_out = NULL;
	}
	return o;
}

/* The last line: is all of it as it was written? */
static enum outcome
check_end(struct list_in *l, const json_t *last, struct err *e)
{
	const char *said = json_string_value(json_object_get(last, "sha256"));
	char sha256[HASH_HEX];

	hash_end(l->hash, sha256);
	if (said == NULL || strcmp(said, sha256) != 0 ||
	    json_integer_value(json_object_get(last, "files")) != l->files)
		return damaged(l, "its lines are not those that were written",
			       e);
	if (fgetc(l->file) != EOF)
		return damaged(l, "there is more after its end", e);
	if (!l->store || !l->key)
		return damaged(l, "the store or its key is not in it", e);
	return OUT_OK;
}

static enum outcome
take_file(struct list_in *l, const json_t *o, struct list_file *f,
	  struct err *e)
{
	const char *path = json_string_value(json_object_get(o, "path"));
	const char *sha256 = json_string_value(json_object_get(o, "sha256"));

	*f = (struct list_file){ .bytes = json_integer_value(
					 json_object_get(o, "bytes")) };
	if (path == NULL || sha256 == NULL || strlen(path) >= sizeof f->path ||
	    strlen(sha256) >= sizeof f->sha256)
		return damaged(l, "a line is not that of a file", e);
	(void)memcpy(f->path, path, strlen(path) + 1);
	(void)memcpy(f->sha256, sha256, strlen(sha256) + 1);
	if (!list_path_good(f))
		return damaged(l, "a file is none of a desk", e);
	l->store = l->store || strcmp(path, "postigo.db") == 0;
	l->key = l->key || strcmp(path, "desk.key") == 0;
	l->files++;
	hash_more(l->hash, l->line, strlen(l->line));
	return OUT_OK;
}

enum outcome
list_next(struct list_in *l, struct list_file *f, bool *more, struct err *e)
{
	json_t *o;
	enum outcome out = get_line(l, &o, e);

	*more = false;
	if (out != OUT_OK)
		return out;
	if (json_object_get(o, "path") == NULL) {
		out = check_end(l, o, e);
	} else {
		out = take_file(l, o, f, e);
		*more = out == OUT_OK;
	}
	json_decref(o);
	return out;
}

void
list_close(struct list_in **lp)
{
	struct list_in *l = *lp;

	if (l == NULL)
		return;
	if (l->file != NULL)
		(void)fclose(l->file);
	hash_drop(&l->hash);
	mem_free(l->path);
	MEM_CLEAR(lp);
}
