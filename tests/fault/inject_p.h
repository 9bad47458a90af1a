#ifndef POSTIGO_TEST_INJECT_P_H
#define POSTIGO_TEST_INJECT_P_H

/* inject_p: for the parts of inject alone. */

#include <stdbool.h>

#include "tests/fault/inject.h"

/* One more that may fail: does it? */
bool inject_fails(enum fault f, const char *what);
int inject_errnum(void);
/* Is it the disk's end that is told? */
bool inject_full(void);

/* Register the VFS whose accesses fail, as the default one. */
void inject_vfs_start(void);

#endif
