#ifndef POSTIGO_ORDEROPEN_H
#define POSTIGO_ORDEROPEN_H

/*
 * orderopen: an incident of channel "order": one that nobody wrote into, about
 * something that happened to an order.
 *
 * Invariant: it begins with a note of Postigo's, which no customer sees; what
 * is sent from it goes to the address that the order names.
 */

#include <stdint.h>

#include "daemon/base/err.h"

struct decision;
struct incident;
struct order_fact;
struct store;

/*
 * Write the incident, do what the rules of dc propose, start its promises: the
 * first word about a new order is owed from its purchase on, about anything
 * else from the event on.
 * dc     was run
 * event  static: order.created, ..., as in rules/field.h
 * inc    zero; released by the caller whatever comes out
 */
enum outcome orderopen(struct decision *dc, const struct order_fact *f,
		       const char *event, struct incident *inc,
		       struct err *e) MUST_CHECK;

/*
 * Where what is sent from an incident goes whose customer wrote nothing into
 * it: the address that their order names, else their newest one that is proved
 * to be theirs. An address that somebody only gave is written to by nobody
 * unless a person says so.
 * address_out  NULL: there is none; free with mem_free
 * name_out     NULL or what the order calls them; free with mem_free
 */
enum outcome orderopen_address(struct store *s, const struct incident *inc,
			       char **address_out, char **name_out,
			       struct err *e) MUST_CHECK;

#endif
