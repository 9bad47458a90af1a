#include "rules/include.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "rules/complain.h"
#include "rules/include_p.h"

#define NAME_BYTES_MAX 1024 /* of a name in an include */

/* A file on its way into the whole, and who asked for it. */
struct reader {
	const struct reader *above; /* NULL: the book itself */
	int file;
	int depth;
	const char *text;
	size_t n;
	size_t at;   /* the next byte to look at */
	size_t done; /* bytes before it are in the whole */
	int line;
	int braces;
	int brace_line; /* of the first that is open */
	int include_line;
};

/* --- the whole ---------------------------------------------------------- */

static void
part_add(struct include *f, int file, int file_line)
{
	struct part *p;

	if (f->part_count == f->part_cap) {
		f->part_cap = f->part_cap != 0 ? f->part_cap * 2 : 16;
		f->parts = mem_resize(f->parts, f->part_cap, sizeof *f->parts);
	}
	p = &f->parts[f->part_count++];
	p->line = f->line;
	p->file = file;
	p->file_line = file_line;
}

static bool
whole_add(struct include *f, const char *s, size_t n)
{
	size_t i;

	if (!buf_add(&f->whole, s, n))
		return false;
	for (i = 0; i < n; i++)
		f->line += s[i] == '\n';
	return true;
}

static void
line_end(struct include *f)
{
	if (f->whole.len != 0 && f->whole.data[f->whole.len - 1] != '\n')
		(void)whole_add(f, "\n", 1);
}

static void
too_large(struct include *f, struct loc at)
{
	if (!f->full)
		complain(f->errs, at, "leave out what nobody needs",
			 "a book over %d KiB with all its files",
			 BOOK_BYTES_MAX / 1024);
	f->full = true;
}

/* --- one file from the disk --------------------------------------------- */

/* Everything of fd, up to one byte more than a book may have. */
static bool
read_all(int fd, struct buf *b)
{
	buf_init(b, BOOK_BYTES_MAX + 1);
	while (b->len <= BOOK_BYTES_MAX) {
		char part[16384];
		size_t room = BOOK_BYTES_MAX + 1 - b->len;
		ssize_t got =
			read(fd, part, room < sizeof part ? room : sizeof part);

		if (got == 0)
			return true;
		if (got < 0 && errno != EINTR)
			return false;
		if (got > 0)
			(void)buf_add(b, part, (size_t)got);
	}
	return true;
}

/* Take the octets of b as the file's text: no byte order mark, and what is
 * not UTF-8 replaced, after a complaint in the file's own line. */
static void
file_text(struct include *f, struct file *to, int index, struct buf *b)
{
	const char *s = buf_str(b);
	size_t n = b->len;
	struct buf clean;
	struct loc at;

	if (n >= 3 && memcmp(s, "\xEF\xBB\xBF", 3) == 0) {
		s += 3;
		n -= 3;
	}
	buf_init(&clean, 3 * (BOOK_BYTES_MAX + 1));
	if (utf8_valid(s, n)) {
		(void)buf_add(&clean, s, n);
	} else {
		(void)utf8_clean(&clean, s, n);
		at = complain_bad_byte(s, n);
		part_add(f, index, at.line);
		at.line = f->line;
		complain(f->errs, at, "save the file as UTF-8",
			 "a byte that is not UTF-8 text");
		(void)whole_add(f, "\n", 1);
		n = 0; /* nothing of it is looked at */
	}
	to->text = mem_strndup(buf_str(&clean), clean.len);
	to->n = n != 0 ? clean.len : 0;
	buf_release(&clean);
}

/* Read an open file as the next one. false: not to be read; *e says why. */
static bool
file_read(struct include *f, int fd, const char *name, const char *real,
	  struct err *e)
{
	struct file *to = &f->files[f->file_count];
	struct stat st;
	struct buf b;
	bool fine;

	if (real != NULL && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))) {
		(void)err_set(e, OUT_PERM, "'%s' is no file and no folder",
			      name);
		return false;
	}
	fine = read_all(fd, &b);
	if (fine) {
		to->name = mem_strdup(name);
		to->real = mem_strdup(real);
		file_text(f, to, f->file_count, &b);
		f->file_count++;
	} else {
		(void)err_sys(e, OUT_PERM, errno, "could not read '%s'", name);
	}
	buf_release(&b);
	return fine;
}

/* Its number, or -1 with *e. */
static int
file_open(struct include *f, const char *name, const char *real, struct err *e)
{
	/* a FIFO must not make anybody wait */
	int fd = open(real, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool fine;

	if (fd < 0) {
		(void)err_sys(e, OUT_PERM, errno, "could not read '%s'", name);
		return -1;
	}
	fine = file_read(f, fd, name, real, e);
	(void)close(fd);
	return fine ? f->file_count - 1 : -1;
}

static int
file_known(const struct include *f, const char *real)
{
	int i;

	for (i = 0; i < f->file_count; i++)
		if (f->files[i].real != NULL &&
		    strcmp(f->files[i].real, real) == 0)
			return i;
	return -1;
}

/* --- folders ------------------------------------------------------------ */

static int
is_book(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 5 && d->d_name[0] != '.' &&
	       strcmp(d->d_name + n - 5, ".book") == 0;
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void
names_free(struct dirent ***list, int n)
{
	int i;

	for (i = 0; i < n; i++)
		free((*list)[i]);
	free(*list);
	*list = NULL;
}

/* "did you mean" over the files beside the one that was meant. */
static const char *
near_name(const char *path, char out[160])
{
	const char *slash = strrchr(path, '/');
	char *dir = slash != NULL
			    ? mem_strndup(path, (size_t)(slash - path) + 1)
			    : mem_strdup(".");
	struct dirent **list = NULL;
	struct guess g;
	const char *hint;
	int n = scandir(dir, &list, is_book, by_name);
	int i;

	guess_start(&g, slash != NULL ? slash + 1 : path);
	for (i = 0; i < n; i++)
		guess_offer(&g, list[i]->d_name);
	hint = guess_hint(
		&g, "names are looked for beside the file that includes", out);
	names_free(&list, n);
	mem_free(dir);
	return hint;
}

/* --- includes ----------------------------------------------------------- */

static void take_file(struct include *f, const struct reader *by,
		      const char *name, const char *real, struct loc at);
static void read_file(struct include *f, struct reader *r);

/* The files from the one that is read again to the one that asks for it. */
static void
tell_loop(struct include *f, const struct reader *by, const char *name,
	  int known, struct loc at)
{
	const struct reader *chain[INCLUDE_DEPTH_MAX + 1];
	const struct reader *r;
	struct buf b;
	size_t n = 0;

	for (r = by; r != NULL && n <= INCLUDE_DEPTH_MAX; r = r->above) {
		chain[n++] = r;
		if (r->file == known)
			break;
	}
	buf_init(&b, 4096);
	while (n-- > 0)
		(void)buf_printf(&b, "%s:%d -> ", f->files[chain[n]->file].name,
				 chain[n]->include_line);
	complain(f->errs, at, "take one of these includes away",
		 "an include loop: %s%s", buf_str(&b), name);
	buf_release(&b);
}

static void
take_file(struct include *f, const struct reader *by, const char *name,
	  const char *real, struct loc at)
{
	struct reader r = { .above = by, .line = 1 };
	const struct reader *up;
	struct err e;
	int known = file_known(f, real);

	for (up = by; up != NULL; up = up->above)
		if (up->file == known) {
			tell_loop(f, by, name, known, at);
			return;
		}
	if (known >= 0 || f->full)
		return;
	if (f->file_count == INCLUDE_FILES_MAX) {
		f->full = true;
		complain(f->errs, at, "put some of them together",
			 "more than %d files in a book", INCLUDE_FILES_MAX);
		return;
	}
	r.depth = by != NULL ? by->depth + 1 : 0;
	if (r.depth > INCLUDE_DEPTH_MAX) {
		complain(f->errs, at, "include from the first file instead",
			 "includes more than %d deep", INCLUDE_DEPTH_MAX);
		return;
	}
	line_end(f);
	r.file = file_open(f, name, real, &e);
	if (r.file < 0)
		complain(f->errs, at, NULL, "%s", e.text);
	else if (f->whole.len + f->files[r.file].n > BOOK_BYTES_MAX)
		too_large(f, at);
	else
		read_file(f, &r);
}

/* Is real the book's folder, or in it? */
static bool
stays_inside(const struct include *f, const char *real)
{
	size_t n = strlen(f->root);

	if (strcmp(f->root, "/") == 0)
		return true;
	return strncmp(real, f->root, n) == 0 &&
	       (real[n] == '/' || real[n] == '\0');
}

static void take_path(struct include *f, const struct reader *by,
		      const char *name, struct loc at);

static void
take_folder(struct include *f, const struct reader *by, const char *name,
	    struct loc at)
{
	struct dirent **list = NULL;
	int n = scandir(name, &list, is_book, by_name);
	int i;

	if (n < 0)
		complain(f->errs, at, NULL, "could not read '%s': %s", name,
			 strerror(errno));
	if (n == 0)
		complain(f->errs, at, "its files are named like shop.book",
			 "no book in folder '%s'", name);
	for (i = 0; i < n && !f->full; i++) {
		size_t len = strlen(name);
		bool slash = len != 0 && name[len - 1] == '/';
		char *path = mem_printf("%s%s%s", name, slash ? "" : "/",
					list[i]->d_name);

		take_path(f, by, path, at);
		mem_free(path);
	}
	names_free(&list, n);
}

/* A file or folder, by the name that people know it by. */
static void
take_path(struct include *f, const struct reader *by, const char *name,
	  struct loc at)
{
	char *real = realpath(name, NULL);
	struct stat st;
	char hint[160];

	if (real == NULL && errno == ENOENT)
		complain(f->errs, at, near_name(name, hint), "no file '%s'",
			 name);
	else if (real == NULL)
		complain(f->errs, at, NULL, "could not read '%s': %s", name,
			 strerror(errno));
	else if (!stays_inside(f, real))
		complain(f->errs, at, "move it into the folder or below",
			 "'%s' is outside of the book's folder", name);
	else if (stat(real, &st) == 0 && S_ISDIR(st.st_mode))
		take_folder(f, by, name, at);
	else
		take_file(f, by, name, real, at);
	free(real);
}

/* What an include names, from the folder of the file that says so. */
static void
take_include(struct include *f, const struct reader *by, const char *s,
	     size_t n, struct loc at)
{
	const char *from = f->files[by->file].name;
	const char *slash = strrchr(from, '/');
	char *name;

	if (n == 0 || n > NAME_BYTES_MAX || memchr(s, '\\', n) != NULL) {
		complain(f->errs, at, "include \"other.book\"",
			 "an include that names no file");
		return;
	}
	if (s[0] == '/') {
		complain(f->errs, at, "name it from the folder of this file",
			 "an include with a whole path");
		return;
	}
	name = mem_printf("%.*s%.*s",
			  slash != NULL ? (int)(slash - from) + 1 : 0, from,
			  (int)n, s);
	take_path(f, by, name, at);
	mem_free(name);
}

/* --- the words of a file, as far as includes need them ------------------ */

static bool
name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '.' ||
	       (unsigned char)c >= 0x80;
}

static size_t
skip_blanks(const struct reader *r, size_t i)
{
	while (i < r->n && (r->text[i] == ' ' || r->text[i] == '\t'))
		i++;
	return i;
}

/* After a string or pattern that begins at i and ends with its first byte, or
 * with the line. */
static size_t
skip_quoted(const struct reader *r, size_t i)
{
	char end = r->text[i++];

	while (i < r->n && r->text[i] != '\n') {
		if (r->text[i] == end)
			return i + 1;
		if (r->text[i] == '\\' && i + 1 < r->n &&
		    r->text[i + 1] != '\n')
			i++;
		i++;
	}
	return i;
}

static size_t
skip_string(const struct reader *r, size_t i)
{
	const char *end;

	if (r->n - i < 3 || memcmp(r->text + i, "\"\"\"", 3) != 0)
		return skip_quoted(r, i);
	end = memmem(r->text + i + 3, r->n - i - 3, "\"\"\"", 3);
	return end != NULL ? (size_t)(end - r->text) + 3 : i + 3;
}

static size_t
skip_line(const struct reader *r, size_t i)
{
	const char *end = memchr(r->text + i, '\n', r->n - i);

	return end != NULL ? (size_t)(end - r->text) : r->n;
}

/* Where the line of a byte begins. */
static size_t
line_start(const struct reader *r, size_t i)
{
	while (i > 0 && r->text[i - 1] != '\n')
		i--;
	return i;
}

static int
column(const struct reader *r, size_t from, size_t to)
{
	int n = 1;

	for (; from < to; from++)
		n += ((unsigned char)r->text[from] & 0xC0) != 0x80;
	return n;
}

/* The text up to a byte that begins a line goes into the whole. */
static void
flush(struct include *f, struct reader *r, size_t to)
{
	struct loc at = { .line = f->line, .column = 1 };

	if (!whole_add(f, r->text + r->done, to - r->done))
		too_large(f, at);
	r->done = to;
}

/* The include at r->at, whose line is [start, end): as a comment, and then
 * what it stands for. false: it is none, which was complained about. */
static bool
put_include(struct include *f, struct reader *r, size_t start, size_t end)
{
	size_t name = skip_blanks(r, r->at + strlen("include"));
	size_t after = name < end && r->text[name] == '"' ? skip_quoted(r, name)
							  : name;
	size_t rest = skip_blanks(r, after);
	struct loc at = { .column = column(r, start, name) };

	flush(f, r, start);
	at.line = f->line;
	if (rest < end && r->text[rest] == '\r')
		rest++;
	if (after < name + 2 || r->text[after - 1] != '"') {
		complain(f->errs, at, "include \"other.book\"",
			 "an include that names no file");
		return false;
	}
	if (rest < end && r->text[rest] != '#') {
		at.column = column(r, start, rest);
		complain(f->errs, at, "begin a new line after the name",
			 "an include is alone on its line");
		return false;
	}
	r->include_line = r->line;
	if (!whole_add(f, "# ", 2)) {
		too_large(f, at);
		return false;
	}
	flush(f, r, end < r->n ? end + 1 : end);
	line_end(f);
	take_include(f, r, r->text + name + 1, after - name - 2, at);
	line_end(f);
	r->at = r->done;
	r->line++;
	part_add(f, r->file, r->line);
	return true;
}

static void
misplaced(struct include *f, const struct reader *r, size_t start)
{
	struct loc at = { f->line, column(r, start, r->at) };
	char hint[80];
	size_t i;

	for (i = r->done; i < start; i++)
		at.line += r->text[i] == '\n';
	(void)snprintf(hint, sizeof hint, "close the '{' of line %d before it",
		       r->brace_line);
	if (r->braces != 0)
		complain(f->errs, at, hint, "an include inside of braces");
	else
		complain(f->errs, at, "begin a new line before it",
			 "an include is alone on its line");
}

/* A word of the book. true: it was an include, and r->at is after it. */
static bool
take_word(struct include *f, struct reader *r, size_t end_of_word)
{
	static const char word[] = "include";
	size_t start = line_start(r, r->at);

	if (end_of_word - r->at != sizeof word - 1 ||
	    memcmp(r->text + r->at, word, sizeof word - 1) != 0)
		return false;
	if (r->braces == 0 && skip_blanks(r, start) == r->at)
		return put_include(f, r, start, skip_line(r, r->at));
	misplaced(f, r, start);
	return false;
}

static void
take_brace(struct reader *r, char c)
{
	if (c == '{' && r->braces++ == 0)
		r->brace_line = r->line;
	if (c == '}' && r->braces > 0)
		r->braces--;
}

static void
read_file(struct include *f, struct reader *r)
{
	r->text = f->files[r->file].text;
	r->n = f->files[r->file].n;
	part_add(f, r->file, 1);
	while (r->at < r->n && !f->full) {
		size_t i = r->at;
		char c = r->text[i];

		if (c == '#') {
			i = skip_line(r, i);
		} else if (c == '"') {
			i = skip_string(r, i);
		} else if (c == '/') {
			i = skip_quoted(r, i);
		} else if (name_char(c)) {
			while (i < r->n && name_char(r->text[i]))
				i++;
			if (take_word(f, r, i))
				continue;
		} else {
			take_brace(r, c);
			i++;
		}
		for (; r->at < i; r->at++)
			r->line += r->text[r->at] == '\n';
	}
	if (!f->full)
		flush(f, r, r->n);
}

/* --- the book ----------------------------------------------------------- */

/* The folder that includes may not leave. */
static char *
root_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash == NULL   ? mem_strdup(".")
		    : slash == path ? mem_strdup("/")
				    : mem_strndup(path, (size_t)(slash - path));
	char *real = realpath(dir, NULL);

	mem_free(dir);
	return real;
}

static enum outcome
read_first(struct include *f, const char *path, struct err *e)
{
	struct loc top = { 1, 1 };
	struct reader r = { .line = 1 };
	struct stat st;
	bool standard = strcmp(path, "-") == 0;

	if (!standard && stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		f->root = realpath(path, NULL);
		if (f->root == NULL)
			return err_sys(e, OUT_PERM, errno,
				       "could not read '%s'", path);
		take_folder(f, NULL, path, top);
		if (f->file_count == 0)
			return err_set(e, OUT_PERM, "%s",
				       f->errs->n != 0 ? f->errs->list[0].text
						       : "no book");
		return OUT_OK;
	}
	if (standard) {
		f->root = realpath(".", NULL);
		r.file = file_read(f, STDIN_FILENO, path, NULL, e) ? 0 : -1;
	} else {
		char *real = realpath(path, NULL);

		f->root = root_of(path);
		if (real == NULL)
			(void)err_sys(e, OUT_PERM, errno, "could not read '%s'",
				      path);
		r.file = real != NULL ? file_open(f, path, real, e) : -1;
		free(real);
	}
	if (r.file < 0)
		return OUT_PERM;
	if (f->files[0].n > BOOK_BYTES_MAX) {
		part_add(f, 0, 1);
		too_large(f, top);
	} else {
		read_file(f, &r);
	}
	return OUT_OK;
}

enum outcome
include_read(const char *path, struct include **out, struct book_errors *errs,
	     struct err *e)
{
	struct include *f = mem_new(1, sizeof *f);

	*out = NULL;
	buf_init(&f->whole, BOOK_BYTES_MAX);
	f->line = 1;
	f->errs = errs;
	if (read_first(f, path, e) != OUT_OK) {
		include_free(&f);
		return OUT_PERM;
	}
	f->errs = NULL;
	complain_sort(errs);
	*out = f;
	return errs->n == 0 ? OUT_OK : OUT_PERM;
}

void
include_free(struct include **f)
{
	int i;

	if (*f == NULL)
		return;
	for (i = 0; i < (*f)->file_count; i++) {
		mem_free((*f)->files[i].name);
		mem_free((*f)->files[i].real);
		mem_free((*f)->files[i].text);
	}
	buf_release(&(*f)->whole);
	mem_free((*f)->parts);
	free((*f)->root);
	MEM_CLEAR(f);
}

const char *
include_text(const struct include *f, size_t *n_out)
{
	*n_out = f->whole.len;
	return buf_str(&f->whole);
}
