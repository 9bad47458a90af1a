#ifndef POSTIGO_INTAKE_H
#define POSTIGO_INTAKE_H

/*
 * intake: mails of the Maildirs into the store. A mail stays in new/ until
 * the daemon has committed it; only then is it moved to cur/. Whatever goes
 * wrong before leaves it there, and it is tried again.
 *
 * States of a mail: gateways/mail/README.md, "A mail's life".
 */

#include <stdbool.h>
#include <stdint.h>

struct boxes;
struct bus;
struct child;
struct intake;

#define INTAKE_FLYING_MAX 64 /* mails of one connection under way */
#define INTAKE_BYTES_MAX ((size_t)16 * 1024 * 1024) /* of all, while sent */

struct intake *intake_new(struct boxes *boxes, struct bus *bus,
			  struct child *parser);
void intake_free(struct intake **in);

/* Look for mails and start them; sync what was moved. */
void intake_step(struct intake *in);

/* Milliseconds until intake_step() has something to do. */
int intake_wait_ms(const struct intake *in);

/* Start nothing new; is nothing under way any more? */
bool intake_drain(struct intake *in);

#endif
