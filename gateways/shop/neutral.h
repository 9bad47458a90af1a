#ifndef POSTIGO_SHOP_NEUTRAL_H
#define POSTIGO_SHOP_NEUTRAL_H

/*
 * neutral: members of the neutral order, made of what shops write. What a shop
 * does not say, or says in a way that is none, is absent.
 *
 * Source: schema/ORDERS.md.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NEUTRAL_QUANTITY_MAX 1000000 /* pieces of a line */

/* Add a fact of a kind to a list. v (taken) is its member `name`; both may be
 * NULL. Returns the fact, borrowed. */
json_t *neutral_fact(json_t *facts, const char *kind, const char *name,
		     json_t *v);

/*
 * Set a quantity, 0 to NEUTRAL_QUANTITY_MAX. What is negative or no whole
 * number of pieces is set as 1: there is a line, and its price is what counts.
 */
void neutral_quantity(json_t *to, const char *name, const json_t *from,
		      const char *member);

/* A first and a last name in one; a new string, or NULL. */
json_t *neutral_name(const json_t *from, const char *first, const char *last);

/* Set a member to a name in which character references are characters. */
void neutral_page_text(json_t *to, const char *name, const json_t *from,
		       const char *member);

/*
 * Set phone_raw of a person to what is written, and phone_e164 if it is a
 * number of the country, or has its country's code.
 */
void neutral_phone(json_t *person, const json_t *from, const char *member,
		   const char *country);

/* Set a member to v (taken), unless the object has it. */
void neutral_default(json_t *to, const char *name, json_t *v);

#endif
