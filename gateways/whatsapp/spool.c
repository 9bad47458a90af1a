#include "gateways/whatsapp/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/base/mem.h"

#define MODE 0600

/* Where the file system knows no nameless ones. */
static int
open_named(const char *dir)
{
	char *path = mem_printf("%s/postigo-XXXXXX", dir);
	int fd = mkostemp(path, O_CLOEXEC);

	if (fd >= 0)
		(void)unlink(path);
	mem_free(path);
	return fd;
}

enum outcome
spool_open(int *fd_out, struct err *e)
{
	const char *dir = getenv("TMPDIR");
	int fd;

	if (!dir || !*dir)
		dir = "/tmp";
	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, MODE);
	if (fd < 0)
		fd = open_named(dir);
	*fd_out = fd;
	return fd >= 0 ? OUT_OK
		       : err_sys(e, OUT_TEMP, errno,
				 "could not make a file in '%s'", dir);
}

void
spool_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}
