#ifndef POSTIGO_SPACE_H
#define POSTIGO_SPACE_H

/*
 * space: how much of the disk is left, and the reserve that what comes from
 * outside may not touch: below it contacts, chats, hooks and uploads are
 * refused with "full", while staff go on reading, answering and deleting until
 * the disk is full indeed.
 *
 * The file worker looks once a second; everybody else reads what it found.
 * Source: postigo.conf(5), "reserve".
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define SPACE_LOOK_MS 1000 /* between two looks */
#define SPACE_PERCENT 5    /* of the disk; the default reserve is no more */
#define SPACE_RESERVE ((int64_t)256 * 1024 * 1024) /* and no more than this */
#define SPACE_AUTO (-1) /* as a setting: the smaller of the two */

struct space {
	atomic_llong setting; /* SPACE_AUTO, or bytes; 0: none */
	atomic_llong left;    /* bytes; -1: not known */
	atomic_llong reserve; /* bytes */
	atomic_bool low;      /* what grows is refused */
	int64_t looked_ms;    /* the worker's own */
};

/* setting  SPACE_AUTO, or bytes */
void space_init(struct space *sp, int64_t setting);
/* At the next look. Thread safe. */
void space_set(struct space *sp, int64_t setting);

/*
 * Look at the disk that a folder is on, unless the last look is less than
 * SPACE_LOOK_MS old. One thread at a time.
 */
void space_look(struct space *sp, const char *dir, int64_t tick_ms);

/*
 * What follows from so much left: low is entered below the reserve and left
 * above it and a quarter.
 */
bool space_is_low(bool was, int64_t left, int64_t reserve);

/* The reserve on a disk of that size. */
int64_t space_reserve(int64_t setting, int64_t disk);

/* Is what grows refused now? Thread safe. */
bool space_low(const struct space *sp);

#endif
