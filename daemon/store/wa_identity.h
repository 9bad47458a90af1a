#ifndef POSTIGO_WA_IDENTITY_H
#define POSTIGO_WA_IDENTITY_H

/*
 * wa_identity: rows of the addresses by which WhatsApp knows a person. What
 * they say about who somebody is is decided by daemon/person.h.
 *
 * kind          scope             value
 * whatsapp      ""                the number, digits, as it came
 * phone_match   ""                match_key() of a number
 * bsuid         portfolio         the id that the person has there
 * parent_bsuid  portfolio         the same for linked portfolios
 *
 * One that its person gave up has the scope "gone:" and its row: it stays
 * with what was written by it, and somebody else may have its value.
 * Source: schema/STORE.md, "customer, identity".
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define WA_VALUE_MAX 192 /* octets of an address, with NUL */
#define WA_ROWS_MAX 64   /* addresses of one person that are looked at */

struct wa_row {
	int64_t id; /* 0: nobody has it */
	int64_t customer_id;
	char value[WA_VALUE_MAX];
};

/* A customer who has no name yet gets one; nothing for NULL or "". */
enum outcome wa_customer_name(struct store *s, int64_t customer_id,
			      const char *name, struct err *e) MUST_CHECK;

/* Make a customer. name: NULL is "". */
enum outcome wa_customer_add(struct store *s, const char *name, int64_t now_ms,
			     int64_t *id_out, struct err *e) MUST_CHECK;

/* Who has an address that is in force; value NULL or "": nobody. */
enum outcome wa_row_find(struct store *s, const char *kind, const char *scope,
			 const char *value, struct wa_row *out,
			 struct err *e) MUST_CHECK;

/* Give an address that nobody has to a customer. */
enum outcome wa_row_add(struct store *s, int64_t customer_id, const char *kind,
			const char *scope, const char *value, int64_t now_ms,
			struct wa_row *out, struct err *e) MUST_CHECK;

/*
 * The addresses of a kind that a customer has, those in force.
 * scope  NULL: of every one
 * out    room for WA_ROWS_MAX; the one last heard from is the first
 */
enum outcome wa_row_list(struct store *s, int64_t customer_id, const char *kind,
			 const char *scope, struct wa_row *out, int *n_out,
			 struct err *e) MUST_CHECK;

/* An address is its person's no more. */
enum outcome wa_row_retire(struct store *s, int64_t id,
			   struct err *e) MUST_CHECK;

/* A contact came from it, under that username (NULL: none was told). */
enum outcome wa_row_heard(struct store *s, int64_t id, const char *username,
			  int64_t now_ms, struct err *e) MUST_CHECK;

/* Does some customer have this number on the phone channel? */
enum outcome wa_phone_known(struct store *s, const char *digits, bool *out,
			    struct err *e) MUST_CHECK;

#endif
