#ifndef POSTIGO_MAIL_FOLDER_H
#define POSTIGO_MAIL_FOLDER_H

/* folder: names of IMAP folders, UTF-8 to modified UTF-7 and back (RFC 3501,
 * 5.1.3). */

#include <stdbool.h>

struct buf;

/* Append name's octets on the wire. false: not UTF-8, empty, with control
 * characters, or over the buffer's ceiling. */
bool folder_encode(struct buf *out, const char *name);

/* Append a name from the wire as UTF-8; octets that are not modified UTF-7
 * are taken as they are (cleaned). */
void folder_decode(struct buf *out, const char *wire);

#endif
