#ifndef POSTIGO_WHATSAPP_READ_H
#define POSTIGO_WHATSAPP_READ_H

/*
 * read: the body of one POST of WhatsApp's Cloud API to the facts in it. Pure:
 * no clock, no files, no network; what it makes of a body depends on the body
 * alone.
 *
 * Nothing in a body is believed: wrong types, missing members, numbers where
 * strings belong, lone surrogates, NUL, depth and size are all met here, so
 * that whoever uses the facts has text in UTF-8 within the ceilings below.
 *
 * Facts are an object of arrays, each in the order of the body:
 *
 *   messages  {id, type, supported, phone_number_id, timestamp?, from?, wa_id?,
 *             user_id?, parent_user_id?, username?, profile_name?, group_id?,
 *             text?, context_id?, context_from?, forwarded?, media?, ...}
 *   own       messages whose sender is our number itself: never answered
 *   statuses  {id, status, phone_number_id, timestamp?, recipient_id?, ...}
 *   echoes    as messages, with to? and to_user_id?: sent from the phone
 *   events    {field, waba_id?, phone_number_id?, timestamp?, ...}: the rest
 *   errors    {code, phone_number_id?, title?, detail?}: of an account
 *   refused   {where, why}: what was understood as far as its place alone
 *
 * A message and an echo have "raw" too: the object as it stood in the body.
 *
 * timestamp is in seconds; without one, the time of arrival counts. A message
 * that occurs twice in a body is one. supported is false for types that this
 * program does not know (they are kept) and for request_welcome.
 */

#include <jansson.h>
#include <stddef.h>

#include "daemon/base/err.h"

#define WA_DEPTH_MAX 64
#define WA_FACTS_MAX 10000               /* of a body; Meta sends 1,000 */
#define WA_TEXT_MAX ((size_t)128 * 1024) /* bytes of a text; cut beyond */
#define WA_SHORT_MAX 4000                /* of captions; cut */
#define WA_LINE_MAX 1000 /* of titles, addresses, file names; cut */
#define WA_NAME_MAX 500  /* of names of people; cut */
#define WA_TYPE_MAX 100  /* of a message; refused beyond */
#define WA_EMOJI_MAX 64  /* of a reaction; refused beyond */
#define WA_URL_MAX 2048  /* left out beyond */
#define WA_ID_MAX 200    /* of ids; never cut: refused */

/*
 * Read a body.
 *
 * body       n octets as they came; not changed
 * facts_out  a new reference on OUT_OK
 *
 * OUT_OK    facts; they may be empty, and "refused" may name parts
 * OUT_PERM  no part of it can be understood: *e says why and where
 */
enum outcome wa_read(const char *body, size_t n, json_t **facts_out,
		     struct err *e) MUST_CHECK;

#endif
