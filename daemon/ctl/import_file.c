#include "daemon/ctl/import_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/ctl/ctl.h"

#define PART_BYTES 65536
#define ROOM_BYTES (PART_BYTES * TEXT_GROWTH + 16)

/* n octets of the file from there, 0 at its end. -1 after a line. */
static ssize_t
read_at(const struct import_file *f, char *p, off_t at)
{
	ssize_t n;

	do
		n = pread(f->fd, p, PART_BYTES, at);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		(void)ctl_fail(EXIT_INPUT_OUTPUT, "could not read '%s': %s",
			       f->path, strerror(errno));
	return n;
}

/* Its digest, and what it seems to be written in. */
static int
look(struct import_file *f)
{
	struct text_guess guess = { .waits = 0 };
	struct hash_state *sha = hash_begin();
	char *part = mem_new(PART_BYTES, 1);
	off_t at = 0;
	ssize_t n;

	while ((n = read_at(f, part, at)) > 0) {
		hash_more(sha, part, (size_t)n);
		text_guess_add(&guess, part, (size_t)n);
		at += n;
	}
	hash_end(sha, f->sha256);
	hash_drop(&sha);
	mem_free(part);
	f->code = text_guess_end(&guess);
	return n < 0 ? EXIT_INPUT_OUTPUT : EXIT_FINE;
}

/* --- what can be read once ------------------------------------------------ */

/* A new file without a name. -1: after a line. */
static int
spool_new(void)
{
	const char *dir = getenv("TMPDIR");
	char *path = mem_printf("%s/postigo-import-XXXXXX",
				dir != NULL && *dir != '\0' ? dir : "/tmp");
	int fd = mkostemp(path, O_CLOEXEC);

	if (fd >= 0)
		(void)unlink(path);
	else
		(void)ctl_fail(EXIT_CREATE, "could not make '%s': %s", path,
			       strerror(errno));
	mem_free(path);
	return fd;
}

static bool
write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t w = write(fd, p, n);

		if (w < 0 && errno != EINTR)
			return false;
		p += w > 0 ? w : 0;
		n -= w > 0 ? (size_t)w : 0;
	}
	return true;
}

/* Copy it to the end, and take the copy in its place. */
static int
spool(struct import_file *f)
{
	int to = spool_new();
	char *part = mem_new(PART_BYTES, 1);
	int code = to >= 0 ? EXIT_FINE : EXIT_CREATE;
	ssize_t n = 1;

	while (code == EXIT_FINE && n != 0) {
		n = read(f->fd, part, PART_BYTES);
		if ((n < 0 && errno != EINTR) ||
		    (n > 0 && !write_all(to, part, (size_t)n)))
			code = ctl_fail(EXIT_INPUT_OUTPUT,
					"could not copy '%s': %s", f->path,
					strerror(errno));
	}
	mem_free(part);
	import_file_close(f);
	f->fd = to;
	return code;
}

/* --- the seam ------------------------------------------------------------- */

static int
look_at(struct import_file *f)
{
	if (fstat(f->fd, &f->was) == 0)
		return EXIT_FINE;
	return ctl_fail(EXIT_INPUT_OUTPUT, "could not look at '%s': %s",
			f->path, strerror(errno));
}

static int
open_it(struct import_file *f, const char *path)
{
	bool standard = strcmp(path, "-") == 0;
	int code;

	*f = (struct import_file){ .path = standard ? "standard input" : path };
	f->fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
			 : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (f->fd < 0)
		return ctl_fail(errno == EACCES ? EXIT_DENIED : EXIT_DATA,
				"could not open '%s': %s", f->path,
				strerror(errno));
	code = look_at(f);
	if (code == EXIT_FINE && S_ISDIR(f->was.st_mode))
		return ctl_fail(EXIT_DATA, "'%s' is a folder", f->path);
	if (code == EXIT_FINE && !S_ISREG(f->was.st_mode)) {
		code = spool(f);
		if (code == EXIT_FINE)
			code = look_at(f);
	}
	return code;
}

int
import_file_open(const char *path, const char *encoding, struct import_file *f)
{
	int code = open_it(f, path);

	if (code == EXIT_FINE)
		code = look(f);
	if (code == EXIT_FINE && encoding != NULL &&
	    !text_code_find(encoding, &f->code))
		code = ctl_fail(EXIT_USAGE,
				"no such encoding '%s': utf-8, windows-1252, "
				"utf-16le, utf-16be",
				encoding);
	if (code != EXIT_FINE)
		import_file_close(f);
	return code;
}

void
import_file_close(struct import_file *f)
{
	if (f->fd >= 0)
		(void)close(f->fd);
	f->fd = -1;
}

int
import_file_read(const struct import_file *f, import_part_fn *take, void *ctx,
		 uint64_t *replaced_out)
{
	struct text_decode d = { .code = f->code };
	char *part = mem_new(PART_BYTES, 1);
	struct buf text;
	off_t at = 0;
	ssize_t n = 0;
	bool more = true;

	buf_init(&text, ROOM_BYTES);
	while (more && (n = read_at(f, part, at)) > 0) {
		at += n;
		buf_clear(&text);
		text_decode_add(&d, part, (size_t)n, &text);
		more = take(ctx, buf_str(&text), text.len);
	}
	if (more && n == 0) {
		buf_clear(&text);
		text_decode_end(&d, &text);
		if (text.len > 0)
			(void)take(ctx, buf_str(&text), text.len);
	}
	buf_release(&text);
	mem_free(part);
	if (replaced_out != NULL)
		*replaced_out = d.replaced;
	return n < 0 ? EXIT_INPUT_OUTPUT : EXIT_FINE;
}

bool
import_file_changed(const struct import_file *f)
{
	struct stat now;

	return fstat(f->fd, &now) != 0 || now.st_size != f->was.st_size ||
	       now.st_mtim.tv_sec != f->was.st_mtim.tv_sec ||
	       now.st_mtim.tv_nsec != f->was.st_mtim.tv_nsec;
}
