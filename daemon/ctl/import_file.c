#include "daemon/ctl/import_file.h"

#include <errno.h>
#include <fcntl.h>
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

int
import_file_open(const char *path, const char *encoding, struct import_file *f)
{
	int code = EXIT_FINE;

	*f = (struct import_file){ .path = path, .fd = -1 };
	if (strcmp(path, "-") == 0)
		return ctl_fail(EXIT_USAGE, "standard input is not taken: the "
					    "file is read more than once");
	f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (f->fd < 0)
		return ctl_fail(errno == EACCES ? EXIT_DENIED : EXIT_DATA,
				"could not open '%s': %s", path,
				strerror(errno));
	if (fstat(f->fd, &f->was) != 0)
		code = ctl_fail(EXIT_INPUT_OUTPUT, "could not look at '%s': %s",
				path, strerror(errno));
	else if (!S_ISREG(f->was.st_mode))
		code = ctl_fail(EXIT_DATA, "'%s' is not a file", path);
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
