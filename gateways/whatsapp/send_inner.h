#ifndef POSTIGO_WHATSAPP_SEND_INNER_H
#define POSTIGO_WHATSAPP_SEND_INNER_H

/*
 * send_inner: what the parts of send share: send.c has the outbox, the order
 * and the reports, attempt.c one try and what its answer means.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateways/whatsapp/send.h"
#include "gateways/whatsapp/upload.h"

#define SEND_ROOM_MS 100  /* before what had no room is tried again */
#define SEND_AGAIN_MS 500 /* before the bus is asked again */

struct pairs;

enum out_state {
	OUT_WAITS,   /* for its turn, its file, the end of a rest */
	OUT_BEGINS,  /* the daemon is told that it may go */
	OUT_FLIES,   /* asked for; no answer yet */
	OUT_DOUBTS,  /* nobody knows */
	OUT_SETTLES, /* Graph has it; the next waits a little */
	OUT_ENDED
};

/* A delivery in hand. */
struct out {
	struct out *next; /* in the order in which they were taken */
	struct send *send;
	json_t *row;               /* OutDelivery */
	struct account *account;   /* held; NULL: it is not known */
	const char *person;        /* within row */
	char media[UPLOAD_ID_MAX]; /* of its file, once uploaded; or "" */
	struct kind kind;
	enum out_state state;
	int64_t taken_ms;
	int64_t begun_ms; /* its lease counts from there; 0: not begun */
	int64_t next_ms;  /* OUT_WAITS: not before; others: until */
	int64_t pass_ms;  /* OUT_DOUBTS: the next of the person may go */
	unsigned tries;   /* refused for the moment */
	bool as_document;
	json_t *report;
	bool reporting;
};

struct send {
	struct bus *bus;
	const struct accounts *accounts;
	struct graph *graph;
	struct lines *lines;
	struct uploads *uploads;
	struct pairs *pairs;
	struct out *list;
	size_t count;
	size_t flying;
	bool wake;
	bool asking;
	bool leaving;
	int64_t asked_ms; /* when the outbox was */
	int64_t look_ms;
	int64_t again_ms; /* no report before */
	int doubt_ms;
};

/* What became of it, to be reported until the daemon has heard it. Gives the
 * report, for more members; NULL: there is none. */
json_t *out_end(struct out *x, const char *result, bool retry,
		const char *detail);
void out_fail(struct out *x, const char *why);
/* The daemon keeps it, and gives it again; and those that go to the same
 * person after it, which must not pass it. */
void out_give_back_all(struct out *x, const char *why);
bool out_same_person(const struct out *a, const struct out *b);

/* Until when another try of it may begin. */
int64_t out_last_ms(const struct out *x);

/* Ask Graph for it, if its file is there. */
void out_try(struct out *x);
/* Graph has it. to: as its answer names the person; may be NULL. */
void out_accepted(struct out *x, const char *external_id, const json_t *to);

#endif
