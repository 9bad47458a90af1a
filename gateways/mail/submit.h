#ifndef POSTIGO_SUBMIT_H
#define POSTIGO_SUBMIT_H

/*
 * submit: one mail from a pipe into the store, for aliases of a mail system.
 * Exit codes are those that mail systems understand.
 */

#include <stdint.h>

struct child;

/*
 * Read a mail from fd and put it into the store.
 * Returns GW_OK only when it is committed; GW_DATA for no input at all;
 * GW_TEMP otherwise. What went wrong is said on standard error.
 */
int submit_mail(int fd, const char *socket, const char *connection,
		int64_t received_ms, struct child *parser);

#endif
