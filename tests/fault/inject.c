#include "tests/fault/inject.h"

#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/log.h"
#include "daemon/wire/json_mem.h"
#include "tests/fault/inject_p.h"

#define PASSWORD_MARK "$argon2id$test$"

const char *const fault_names[FAULT_KINDS] = { "sqlite", "json", "vfs", "call",
					       "library" };

jmp_buf inject_exit;
bool inject_exit_set;
bool inject_log;

static struct {
	bool armed;
	enum fault kind;
	long n;
	bool forever;
	int errnum;
	long seen;
	long failed;
	const char *what;
} now_armed;

static int64_t now_ms;
static uint64_t random_state;
static sqlite3_mem_methods sqlite_mem;
static long sqlite_live;

bool
inject_fails(enum fault f, const char *what)
{
	if (!now_armed.armed || now_armed.kind != f)
		return false;
	now_armed.seen++;
	if (now_armed.n == 0 || now_armed.seen < now_armed.n ||
	    (now_armed.seen > now_armed.n && !now_armed.forever))
		return false;
	now_armed.failed++;
	now_armed.what = what;
	return true;
}

int
inject_errnum(void)
{
	return now_armed.errnum;
}

bool
inject_full(void)
{
	return now_armed.errnum == ENOSPC;
}

void
inject_arm(enum fault f, long n, bool forever, int errnum)
{
	now_armed.kind = f;
	now_armed.n = n;
	now_armed.forever = forever;
	now_armed.errnum = errnum;
	now_armed.seen = 0;
	now_armed.failed = 0;
	now_armed.what = "nothing";
	now_armed.armed = true;
}

long
inject_disarm(long *failed_out)
{
	now_armed.armed = false;
	*failed_out = now_armed.failed;
	return now_armed.seen;
}

bool
inject_may_end(void)
{
	return now_armed.armed && now_armed.kind == FAULT_CALL;
}

const char *
inject_what(void)
{
	return now_armed.what;
}

void
inject_begin(int64_t at_ms)
{
	now_ms = at_ms;
	random_state = UINT64_C(0x9e3779b97f4a7c15);
}

void
inject_stir(uint64_t by)
{
	random_state += by * UINT64_C(0x2545f4914f6cdd1d);
}

/* --- memory ---------------------------------------------------------------- */

static void *
sqlite_malloc(int n)
{
	void *p;

	if (inject_fails(FAULT_SQLITE, "malloc"))
		return NULL;
	p = sqlite_mem.xMalloc(n);
	if (p != NULL)
		sqlite_live += sqlite_mem.xSize(p);
	return p;
}

static void
sqlite_free(void *p)
{
	if (p != NULL)
		sqlite_live -= sqlite_mem.xSize(p);
	sqlite_mem.xFree(p);
}

static void *
sqlite_realloc(void *p, int n)
{
	long before = p != NULL ? sqlite_mem.xSize(p) : 0;
	void *q;

	if (inject_fails(FAULT_SQLITE, "realloc"))
		return NULL;
	q = sqlite_mem.xRealloc(p, n);
	if (q != NULL)
		sqlite_live += sqlite_mem.xSize(q) - before;
	return q;
}

long
inject_sqlite_live(void)
{
	return sqlite_live;
}

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);

/* The daemon's own memory is mem_new's; what asks malloc is jansson. */
void *
__wrap_malloc(size_t n)
{
	return inject_fails(FAULT_JSON, "malloc") ? NULL : __real_malloc(n);
}

void
inject_start(void)
{
	sqlite3_mem_methods mine;

	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_mem) != SQLITE_OK)
		abort();
	mine = sqlite_mem;
	mine.xMalloc = sqlite_malloc;
	mine.xRealloc = sqlite_realloc;
	mine.xFree = sqlite_free;
	if (sqlite3_config(SQLITE_CONFIG_MALLOC, &mine) != SQLITE_OK)
		abort();
	json_mem_start();
	json_object_seed(1);
	inject_vfs_start();
}

/* --- what is the same each time ---------------------------------------------- */

int64_t __wrap_clock_now_ms(void);
int64_t __wrap_clock_tick_ms(void);
int __wrap_clock_gettime(clockid_t id, struct timespec *out);
void __wrap_randombytes_buf(void *p, size_t n);
int __wrap_crypto_pwhash_str(char *out, const char *password,
			     unsigned long long n, unsigned long long ops,
			     size_t mem);
int __wrap_crypto_pwhash_str_verify(const char *hash, const char *password,
				    unsigned long long n);
void __wrap_log_write(enum log_level level, const char *event, const char *fmt,
		      ...);
_Noreturn void __wrap__exit(int code);
_Noreturn void __real__exit(int code);

int64_t
__wrap_clock_now_ms(void)
{
	return now_ms;
}

int64_t
__wrap_clock_tick_ms(void)
{
	return now_ms;
}

/* A busy machine makes no rule undecided. */
int
__wrap_clock_gettime(clockid_t id, struct timespec *out)
{
	(void)id;
	out->tv_sec = (time_t)(now_ms / 1000);
	out->tv_nsec = (long)(now_ms % 1000) * 1000000;
	return 0;
}

void
__wrap_randombytes_buf(void *p, size_t n)
{
	unsigned char *at = p;

	for (; n > 0; n--) { /* xorshift64 */
		random_state ^= random_state << 13;
		random_state ^= random_state >> 7;
		random_state ^= random_state << 17;
		*at++ = (unsigned char)(random_state >> 32);
	}
}

/* A second and 19 MiB are not what is looked for here. */
int
__wrap_crypto_pwhash_str(char *out, const char *password, unsigned long long n,
			 unsigned long long ops, size_t mem)
{
	(void)n;
	(void)ops;
	(void)mem;
	if (inject_fails(FAULT_LIBRARY, "pwhash")) {
		errno = ENOMEM;
		return -1;
	}
	memset(out, 0, crypto_pwhash_STRBYTES);
	(void)snprintf(out, crypto_pwhash_STRBYTES, PASSWORD_MARK "%.60s",
		       password);
	return 0;
}

int
__wrap_crypto_pwhash_str_verify(const char *hash, const char *password,
				unsigned long long n)
{
	size_t mark = sizeof PASSWORD_MARK - 1;

	(void)n;
	if (inject_fails(FAULT_LIBRARY, "pwhash")) {
		errno = ENOMEM;
		return -1;
	}
	return strncmp(hash, PASSWORD_MARK, mark) == 0 &&
			       strncmp(hash + mark, password, 60) == 0
		       ? 0
		       : -1;
}

void
__wrap_log_write(enum log_level level, const char *event, const char *fmt, ...)
{
	va_list ap;

	if (!inject_log || level > LOG_LVL_WARN)
		return;
	(void)fprintf(stderr, "# log: %s: ", event);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fprintf(stderr, "\n");
}

_Noreturn void
__wrap__exit(int code)
{
	if (inject_exit_set) {
		inject_exit_set = false;
		longjmp(inject_exit, code);
	}
	__real__exit(code);
}
