/* The VFS that stands between SQLite and its files. */
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "tests/fault/inject_p.h"

struct shim_file {
	sqlite3_file base;
	sqlite3_file *real;
};

static sqlite3_vfs *under;
static sqlite3_vfs shim;
static sqlite3_io_methods shim_methods;
static int last_errnum;

static sqlite3_file *
real_of(sqlite3_file *f)
{
	return ((struct shim_file *)f)->real;
}

/* The code that fits what was to be done; a full disk has one of its own. */
static bool
fails(const char *what)
{
	if (!inject_fails(FAULT_VFS, what))
		return false;
	last_errnum = inject_errnum();
	return true;
}

static int
shim_close(sqlite3_file *f)
{
	struct shim_file *s = (struct shim_file *)f;
	int rc = s->real->pMethods->xClose(s->real);

	sqlite3_free(s->real);
	return rc;
}

static int
shim_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	if (fails("xRead"))
		return SQLITE_IOERR_READ;
	return real_of(f)->pMethods->xRead(real_of(f), p, n, at);
}

/* Half of it is written, as a disk does. */
static int
shim_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	sqlite3_file *r = real_of(f);

	if (!fails("xWrite"))
		return r->pMethods->xWrite(r, p, n, at);
	(void)r->pMethods->xWrite(r, p, n / 2, at);
	return inject_full() ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static int
shim_truncate(sqlite3_file *f, sqlite3_int64 n)
{
	if (fails("xTruncate"))
		return SQLITE_IOERR_TRUNCATE;
	return real_of(f)->pMethods->xTruncate(real_of(f), n);
}

static int
shim_sync(sqlite3_file *f, int flags)
{
	if (fails("xSync"))
		return SQLITE_IOERR_FSYNC;
	(void)f;
	(void)flags; /* the machine does not fail here */
	return SQLITE_OK;
}

static int
shim_size(sqlite3_file *f, sqlite3_int64 *n)
{
	if (fails("xFileSize"))
		return SQLITE_IOERR_FSTAT;
	return real_of(f)->pMethods->xFileSize(real_of(f), n);
}

static int
shim_lock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xLock(real_of(f), level);
}

static int
shim_unlock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xUnlock(real_of(f), level);
}

static int
shim_reserved(sqlite3_file *f, int *out)
{
	return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}

static int
shim_control(sqlite3_file *f, int op, void *arg)
{
	return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

static int
shim_sector(sqlite3_file *f)
{
	return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int
shim_device(sqlite3_file *f)
{
	return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static int
shim_shm_map(sqlite3_file *f, int page, int size, int extend,
	     void volatile **out)
{
	if (fails("xShmMap"))
		return SQLITE_IOERR_SHMMAP;
	return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend,
					     out);
}

static int
shim_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
	return real_of(f)->pMethods->xShmLock(real_of(f), at, n, flags);
}

static void
shim_shm_barrier(sqlite3_file *f)
{
	real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int
shim_shm_unmap(sqlite3_file *f, int del)
{
	return real_of(f)->pMethods->xShmUnmap(real_of(f), del);
}

static int
shim_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags,
	  int *out)
{
	struct shim_file *s = (struct shim_file *)f;
	int rc;

	(void)v;
	f->pMethods = NULL;
	if (fails("xOpen"))
		return SQLITE_CANTOPEN;
	s->real = sqlite3_malloc(under->szOsFile);
	if (s->real == NULL)
		return SQLITE_NOMEM;
	memset(s->real, 0, (size_t)under->szOsFile);
	rc = under->xOpen(under, name, s->real, flags, out);
	if (rc != SQLITE_OK) {
		if (s->real->pMethods != NULL)
			(void)s->real->pMethods->xClose(s->real);
		sqlite3_free(s->real);
		return rc;
	}
	f->pMethods = &shim_methods;
	return SQLITE_OK;
}

static int
shim_delete(sqlite3_vfs *v, const char *name, int sync)
{
	(void)v;
	if (fails("xDelete"))
		return SQLITE_IOERR_DELETE;
	return under->xDelete(under, name, sync);
}

static int
shim_access(sqlite3_vfs *v, const char *name, int flags, int *out)
{
	(void)v;
	if (fails("xAccess"))
		return SQLITE_IOERR_ACCESS;
	return under->xAccess(under, name, flags, out);
}

static int
shim_last(sqlite3_vfs *v, int n, char *text)
{
	int errnum = last_errnum;

	(void)v;
	last_errnum = 0;
	return errnum != 0 ? errnum : under->xGetLastError(under, n, text);
}

void
inject_vfs_start(void)
{
	under = sqlite3_vfs_find(NULL);
	if (under == NULL)
		abort();
	shim = *under;
	shim.zName = "postigo-fault";
	shim.szOsFile = (int)sizeof(struct shim_file);
	shim.xOpen = shim_open;
	shim.xDelete = shim_delete;
	shim.xAccess = shim_access;
	shim.xGetLastError = shim_last;
	shim_methods = (sqlite3_io_methods){
		.iVersion = 2,
		.xClose = shim_close,
		.xRead = shim_read,
		.xWrite = shim_write,
		.xTruncate = shim_truncate,
		.xSync = shim_sync,
		.xFileSize = shim_size,
		.xLock = shim_lock,
		.xUnlock = shim_unlock,
		.xCheckReservedLock = shim_reserved,
		.xFileControl = shim_control,
		.xSectorSize = shim_sector,
		.xDeviceCharacteristics = shim_device,
		.xShmMap = shim_shm_map,
		.xShmLock = shim_shm_lock,
		.xShmBarrier = shim_shm_barrier,
		.xShmUnmap = shim_shm_unmap,
	};
	if (sqlite3_vfs_register(&shim, 1) != SQLITE_OK)
		abort();
}
