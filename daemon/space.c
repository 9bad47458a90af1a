#include "daemon/space.h"

#include <inttypes.h>
#include <sys/statvfs.h>

#include "daemon/base/log.h"

#define MIB ((int64_t)1024 * 1024)

void
space_init(struct space *sp, int64_t setting)
{
	atomic_init(&sp->setting, setting);
	atomic_init(&sp->left, -1);
	atomic_init(&sp->reserve, 0);
	atomic_init(&sp->low, false);
	sp->looked_ms = 0;
}

void
space_set(struct space *sp, int64_t setting)
{
	atomic_store(&sp->setting, setting);
}

int64_t
space_reserve(int64_t setting, int64_t disk)
{
	int64_t share = disk / 100 * SPACE_PERCENT;

	if (setting != SPACE_AUTO)
		return setting;
	return share < SPACE_RESERVE ? share : SPACE_RESERVE;
}

bool
space_is_low(bool was, int64_t left, int64_t reserve)
{
	return left < (was ? reserve + reserve / 4 : reserve);
}

/* Once for each change. */
static void
say(bool low, int64_t left, int64_t reserve)
{
	if (low)
		log_error("disk.low",
			  "%" PRId64 " MiB are left, less than the reserve of "
			  "%" PRId64 " MiB: contacts, chats and uploads stay "
			  "with their senders until there is space",
			  left / MIB, reserve / MIB);
	else
		log_info("disk.enough",
			 "%" PRId64 " MiB are left, enough above the reserve "
			 "of %" PRId64 " MiB: everything is taken again",
			 left / MIB, reserve / MIB);
}

void
space_look(struct space *sp, const char *dir, int64_t tick_ms)
{
	bool was = atomic_load(&sp->low);
	struct statvfs v;
	int64_t left;
	int64_t reserve;
	bool low;

	if (sp->looked_ms != 0 && tick_ms - sp->looked_ms < SPACE_LOOK_MS)
		return;
	sp->looked_ms = tick_ms;
	if (statvfs(dir, &v) != 0)
		return; /* as it was: a write finds out */
	left = (int64_t)((uint64_t)v.f_bavail * v.f_frsize);
	reserve = space_reserve(atomic_load(&sp->setting),
				(int64_t)((uint64_t)v.f_blocks * v.f_frsize));
	low = space_is_low(was, left, reserve);
	atomic_store(&sp->left, left);
	atomic_store(&sp->reserve, reserve);
	atomic_store(&sp->low, low);
	if (low != was)
		say(low, left, reserve);
}

bool
space_low(const struct space *sp)
{
	return atomic_load_explicit(&sp->low, memory_order_relaxed);
}
