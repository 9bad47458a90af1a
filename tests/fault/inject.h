#ifndef POSTIGO_TEST_INJECT_H
#define POSTIGO_TEST_INJECT_H

/*
 * inject: what can fail below a request, counted, and the n-th of it made to
 * fail. Beside it, what makes a run the same each time: the clock, random
 * octets, password hashes. The functions named __wrap_ take the place of
 * others when the program is linked (fault.am).
 */

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

enum fault {
	FAULT_SQLITE,  /* an allocation of SQLite */
	FAULT_JSON,    /* an allocation of jansson */
	FAULT_VFS,     /* an access of SQLite to its files */
	FAULT_CALL,    /* a system call of our own on a file */
	FAULT_LIBRARY, /* memory of PCRE2 and libsodium */
	FAULT_KINDS
};

extern const char *const fault_names[FAULT_KINDS];

/* Once, before SQLite and jansson are used. */
void inject_start(void);

/*
 * Count from now on what may fail of that kind.
 * n        the n-th fails, from 1; 0: none
 * forever  all after it as well
 * errnum   of FAULT_VFS and FAULT_CALL: EIO, ENOSPC
 */
void inject_arm(enum fault f, long n, bool forever, int errnum);

/* No more failures. How many there could have been, and were. */
long inject_disarm(long *failed_out);

/* May what fails now end the daemon in a worker? */
bool inject_may_end(void);

/* What failed last, in words. */
const char *inject_what(void);

/* The instant of everything; random octets begin anew. */
void inject_begin(int64_t now_ms);

/* Other random octets from here on. */
void inject_stir(uint64_t by);

/* Octets that SQLite has allocated and not freed. */
long inject_sqlite_live(void);

/* While a jump is set, the daemon's _exit(CODE) lands there with CODE. */
extern jmp_buf inject_exit;
extern bool inject_exit_set;

/* Lines of the log are shown. */
extern bool inject_log;

#endif
