#ifndef POSTIGO_EXPLAIN_H
#define POSTIGO_EXPLAIN_H

/*
 * explain: `postigo mail explain`: what the desk would make of mails that lie
 * in files. Nothing is taken in and nothing is written.
 */

#include <stdbool.h>

struct child;

/*
 * Ask about each file and print the answer: some lines for a person, or one
 * line of JSON with the member "file".
 *
 * connection  the mailbox that they came to; NULL: the desk's first
 *
 * Returns GW_OK; GW_DATA if a file could not be read or the desk refuses to
 * answer; GW_TEMP without a daemon.
 */
int explain_files(const char *socket, const char *connection, bool json,
		  struct child *parser, char *const *files, int count);

#endif
