#ifndef POSTIGO_CONTACT_H
#define POSTIGO_CONTACT_H

/*
 * contact: a raw mail made into the requests that put it into the store:
 * blob.put for octets that do not fit a frame, then one contact.add.
 *
 * What the parser cannot read becomes a contact all the same, with the
 * warning "unparsed".
 *
 * Source: schema/PROTOCOL.md, "Contacts", "Octets".
 */

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct child;
struct contact;

#define CONTACT_RAW_MAX ((size_t)50 * 1024 * 1024)

/*
 * raw          taken (memory of mem_new), n <= CONTACT_RAW_MAX
 * received_ms  when the channel received it
 * *out         new, on OUT_OK only
 *
 * OUT_OK    made, parsed or not
 * OUT_TEMP  the parser could not be started; raw is freed all the same
 */
enum outcome contact_make(struct child *parser, const char *connection,
			  char *raw, size_t n, int64_t received_ms,
			  struct contact **out, struct err *e) MUST_CHECK;
void contact_free(struct contact **c);

/* It came from a mailbox by network: the mail's place there, which is written
 * down with it. Before the first contact_next(). */
void contact_place(struct contact *c, const char *folder, uint32_t uid_validity,
		   uint32_t uid);

/* Its octets are the beginning of a mail that stays on the server: warning
 * "left_on_server", and no files, which would be broken ones. Before the first
 * contact_next(). */
void contact_beginning(struct contact *c);

/*
 * The next request: its method (static) and parameters (a new reference).
 * After its good answer call contact_done(); NULL when all are done.
 */
const char *contact_next(struct contact *c, json_t **params_out);
void contact_done(struct contact *c);

/* Parameters of its contact.add. Borrowed. */
const json_t *contact_params(const struct contact *c);

/* Has it more than the one request that small mails have? */
int contact_is_large(const struct contact *c);

#endif
