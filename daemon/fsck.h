#ifndef POSTIGO_FSCK_H
#define POSTIGO_FSCK_H

/*
 * fsck: is the desk in a folder sound? While no daemon runs: it takes the
 * lock. Source: schema/STORE.md, "What fsck looks at".
 */

#include <stdbool.h>

#define FSCK_FINE 0    /* nothing was found, or all of it was mended */
#define FSCK_FOUND 1   /* problems were found */
#define FSCK_ABSENT 66 /* there is no desk in that folder */

struct fsck {
	const char *dir; /* the desk's folder */
	bool repair;     /* make anew what is derived */
	bool json;       /* one object on standard output */
};

/*
 * Check, repair if asked, and print what was found: a line a problem on
 * standard output, how far it is on standard error if that is a terminal.
 *
 * Returns FSCK_..., or an exit code of postigod(8): the folder is another
 * daemon's, the store is of a newer version, the disk failed.
 */
int fsck_main(const struct fsck *f);

#endif
