#ifndef POSTIGO_PUT_H
#define POSTIGO_PUT_H

/*
 * put: one contact's requests to the daemon, one after the other.
 */

struct bus;
struct bus_reply;
struct contact;

typedef void put_fn(void *arg, const struct bus_reply *r);

/*
 * Send them. fn runs exactly once: with the answer of contact.add, or with
 * the first one that is not good. If nothing can be sent now it runs before
 * put_contact() returns.
 * c  taken
 */
void put_contact(struct bus *bus, struct contact *c, put_fn *fn, void *arg);

#endif
