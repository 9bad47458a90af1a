#ifndef POSTIGO_WHATSAPP_CHECK_H
#define POSTIGO_WHATSAPP_CHECK_H

/*
 * check: does a number work? Jobs "connection.test": Graph is asked about the
 * number, the account's webhook and its templates, also while the connection
 * is stopped. The result is {detail, checks: [{check, ok, detail}]}; the job
 * is done if each is ok, and failed else.
 *
 *   token      is it good
 *   number     is it there, as the connection says, and connected
 *   webhook    does Meta deliver what comes in, and to us
 *   templates  how many may go, and which Meta stopped
 *
 * Source: Meta, "Phone numbers", "Subscribed apps", "Message templates".
 */

#include <jansson.h>
#include <stdbool.h>

struct account;
struct check;
struct graph;
struct graph_answer;
struct jobs;
struct lines;

/* Everything is borrowed; it takes the jobs of its kind. */
struct check *check_new(struct graph *graph, struct lines *lines,
			struct jobs *jobs);
void check_free(struct check **c);

/* What an answer about each says, as lines {check, ok, detail} added to list.
 * Pure. check_number says whether it is worth to ask on. */
bool check_number(const struct account *k, const struct graph_answer *a,
		  json_t *list);
void check_webhook(const struct graph_answer *a, json_t *list);
void check_templates(const struct graph_answer *a, json_t *list);

#endif
