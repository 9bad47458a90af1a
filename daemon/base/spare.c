#include "daemon/base/spare.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdlib.h>

#include "daemon/base/mem.h"

#define ALIGN (alignof(max_align_t))

static alignas(max_align_t) unsigned char reserve[SPARE_BYTES];
static pthread_mutex_t reserve_lock = PTHREAD_MUTEX_INITIALIZER;
static size_t reserve_used;   /* from the front; 0 again when none is out */
static size_t reserve_blocks; /* that are out */

static void *
reserve_take(size_t n)
{
	void *p = NULL;

	mem_short_note();
	(void)pthread_mutex_lock(&reserve_lock);
	if (n <= SPARE_BYTES - ALIGN) {
		n = (n + ALIGN - 1) / ALIGN * ALIGN;
		if (n <= SPARE_BYTES - reserve_used) {
			p = reserve + reserve_used;
			reserve_used += n;
			reserve_blocks++;
		}
	}
	(void)pthread_mutex_unlock(&reserve_lock);
	return p;
}

void *
spare_get(size_t n)
{
	void *p;

	n = n != 0 ? n : 1;
	p = malloc(n);
	if (p == NULL)
		p = reserve_take(n);
	if (p == NULL)
		mem_out();
	return p;
}

bool
spare_took_back(void *p)
{
	unsigned char *at = p;

	if (at < reserve || at >= reserve + SPARE_BYTES)
		return false;
	(void)pthread_mutex_lock(&reserve_lock);
	if (--reserve_blocks == 0)
		reserve_used = 0;
	(void)pthread_mutex_unlock(&reserve_lock);
	return true;
}

void
spare_put(void *p)
{
	mem_free(p);
}
