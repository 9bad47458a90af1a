#include "daemon/store/pool.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define POOL_OFF 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define POOL_OFF 1
#endif

#ifdef POOL_OFF

void
pool_start(void)
{
}

#else

#define STEP 64 /* sizes are multiples of it */
#define CLASSES (POOL_PIECE / STEP)

/* Before the octets that SQLite sees, which are aligned to 8. */
struct piece {
	uint64_t bytes;
	/* while nobody has it */
	struct piece *next;
};

#define HEAD offsetof(struct piece, next)

struct pool {
	struct piece *free[CLASSES];
	size_t kept;
	bool ended; /* the thread is about to end: nothing is kept */
	bool noted; /* its end will be heard of */
};

static _Thread_local struct pool pool;
static pthread_key_t pool_key;

static void
pool_end(void *arg)
{
	struct pool *p = arg;

	p->ended = true;
	for (size_t i = 0; i < CLASSES; i++)
		while (p->free[i] != NULL) {
			struct piece *one = p->free[i];

			p->free[i] = one->next;
			free(one);
		}
	p->kept = 0;
}

static struct piece *
piece_of(void *p)
{
	return (struct piece *)(void *)((char *)p - HEAD);
}

static void *
octets_of(struct piece *one)
{
	return (char *)one + HEAD;
}

static size_t
rounded(int n)
{
	return ((size_t)n + STEP - 1) / STEP * STEP;
}

static void *
pool_malloc(int n)
{
	size_t bytes = rounded(n);
	struct piece *one;

	if (bytes <= POOL_PIECE && pool.free[bytes / STEP - 1] != NULL) {
		one = pool.free[bytes / STEP - 1];
		pool.free[bytes / STEP - 1] = one->next;
		pool.kept -= bytes;
		return octets_of(one);
	}
	one = malloc(HEAD + bytes);
	if (one == NULL)
		return NULL;
	one->bytes = bytes;
	return octets_of(one);
}

static void
pool_free(void *p)
{
	struct piece *one = piece_of(p);
	struct piece **list;

	if (one->bytes > POOL_PIECE || pool.ended ||
	    pool.kept + one->bytes > POOL_KEPT) {
		free(one);
		return;
	}
	if (!pool.noted)
		pool.noted = pthread_setspecific(pool_key, &pool) == 0;
	list = &pool.free[one->bytes / STEP - 1];
	one->next = *list;
	*list = one;
	pool.kept += one->bytes;
}

static int
pool_size(void *p)
{
	return p != NULL ? (int)piece_of(p)->bytes : 0;
}

static void *
pool_realloc(void *p, int n)
{
	struct piece *one = piece_of(p);
	size_t bytes = rounded(n);
	void *more;

	if (bytes == one->bytes)
		return p;
	if (bytes > POOL_PIECE && one->bytes > POOL_PIECE) {
		one = realloc(one, HEAD + bytes);
		if (one == NULL)
			return NULL;
		one->bytes = bytes;
		return octets_of(one);
	}
	more = pool_malloc(n);
	if (more == NULL)
		return NULL;
	memcpy(more, p, bytes < one->bytes ? bytes : one->bytes);
	pool_free(p);
	return more;
}

static int
pool_roundup(int n)
{
	return (int)rounded(n);
}

static int
pool_init(void *arg)
{
	(void)arg;
	return SQLITE_OK;
}

static void
pool_shutdown(void *arg)
{
	(void)arg;
}

void
pool_start(void)
{
	static const struct sqlite3_mem_methods methods = {
		.xMalloc = pool_malloc,
		.xFree = pool_free,
		.xRealloc = pool_realloc,
		.xSize = pool_size,
		.xRoundup = pool_roundup,
		.xInit = pool_init,
		.xShutdown = pool_shutdown,
	};

	if (pthread_key_create(&pool_key, pool_end) == 0)
		(void)sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
}

#endif
