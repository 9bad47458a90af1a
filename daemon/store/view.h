#ifndef POSTIGO_VIEW_H
#define POSTIGO_VIEW_H

/*
 * view: rows as the objects of schema/wire/methods.tbl: Incident, Message,
 * Clock, Customer (Event: event.h). Reads only; on a writing or a reading handle.
 *
 * Instants are ISO strings with milliseconds; an absent optional member is
 * null.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct book;
struct store;

#define VIEW_MESSAGES_BYTES (400 * 1024) /* of messages in one response */
#define VIEW_MESSAGES_MAX 500            /* how many, in one response */
#define VIEW_EARLIER_MAX 20

/*
 * An Incident.
 * b        for the queue's title; may be NULL (then the title is the name)
 * out      new reference on OUT_OK
 *
 * OUT_PERM  code "not_found"
 */
enum outcome view_incident(struct store *s, const struct book *b, int64_t id,
			   json_t **out, struct err *e) MUST_CHECK;

/*
 * A Message.
 * html  with the cleaned HTML; else the member is null
 * out   new reference on OUT_OK
 *
 * OUT_PERM  code "not_found"
 */
enum outcome view_message(struct store *s, int64_t id, bool html, json_t **out,
			  struct err *e) MUST_CHECK;

/*
 * The newest messages of an incident, oldest first, without HTML: as many as
 * fit VIEW_MESSAGES_BYTES, at least one. Those by WhatsApp: view_wa_order().
 *
 * before    number: only older ones than this; 0: the newest
 * out       new reference: a list
 * more_out  number of the oldest one given if there are older ones; else 0
 */
enum outcome view_messages(struct store *s, int64_t incident_id, int64_t before,
			   json_t **out, int64_t *more_out,
			   struct err *e) MUST_CHECK;

/* A Clock. OUT_PERM: code "not_found". */
enum outcome view_clock(struct store *s, int64_t id, json_t **out,
			struct err *e) MUST_CHECK;

/*
 * Name of the rule that chose an incident's policy, as its first decision
 * noted it; "" if the channel did. For clocks that do not name it themselves.
 * out  new JSON text
 */
enum outcome view_clock_rule(struct store *s, int64_t incident_id,
			     const char *policy, json_t **out,
			     struct err *e) MUST_CHECK;

/* Warnings and escalations of a clock as ClockStep objects, by instant, at
 * most 200. */
enum outcome view_clock_steps(struct store *s, int64_t id, json_t **out,
			      struct err *e) MUST_CHECK;

/* Every Clock of an incident, oldest first, as a list. */
enum outcome view_clocks(struct store *s, int64_t incident_id, json_t **out,
			 struct err *e) MUST_CHECK;

/* An Identity. OUT_PERM: code "not_found". */
enum outcome view_identity(struct store *s, int64_t id, json_t **out,
			   struct err *e) MUST_CHECK;

/* A Customer with every identity. OUT_PERM: code "not_found". */
enum outcome view_customer(struct store *s, int64_t id, json_t **out,
			   struct err *e) MUST_CHECK;

/*
 * Incidents of a customer, newest first, at most limit.
 * except  an incident to leave out, or 0
 */
enum outcome view_customer_incidents(struct store *s, const struct book *b,
				     int64_t customer_id, int64_t except,
				     int limit, json_t **out,
				     struct err *e) MUST_CHECK;

/* An IncidentDetail. OUT_PERM: code "not_found". */
enum outcome view_detail(struct store *s, const struct book *b, int64_t id,
			 json_t **out, struct err *e) MUST_CHECK;

#endif
