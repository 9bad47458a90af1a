#ifndef POSTIGO_WHATSAPP_GRAPH_ERROR_H
#define POSTIGO_WHATSAPP_GRAPH_ERROR_H

/*
 * graph_error: what Graph's codes of errors mean for whoever sends: one row a
 * code, and a rule for those that nobody knows. Pure.
 *
 * What a person reads of a code is the console's; here are no words.
 *
 * Source: Meta, "Cloud API error codes"; Graph API, "Handling errors".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define GRAPH_TITLE_MAX 200
#define GRAPH_DETAILS_MAX 300
#define GRAPH_TRACE_MAX 64
#define GRAPH_NO_CODE (-1) /* refused, but not in Graph's words */

/* What becomes of what was asked. */
enum graph_end {
	GRAPH_FAILED, /* never as it is */
	GRAPH_LATER,  /* again, after a while */
	GRAPH_STOP    /* again, when somebody has put the connection right */
};

/* Who has to wait. */
enum graph_scope {
	GRAPH_MESSAGE,
	GRAPH_PERSON,    /* this number to this person */
	GRAPH_NUMBER,    /* this number of ours */
	GRAPH_CONNECTION /* all that is asked for it, media and lists too */
};

/* How the wait grows while the same is said again. */
enum graph_growth {
	GRAPH_STEADY,
	GRAPH_DOUBLING, /* up to GRAPH_WAIT_S_MAX, and a part by chance */
	GRAPH_FOURFOLD  /* 1, 4, 16, ... times */
};

#define GRAPH_WAIT_S_MAX 3600

struct graph_rule {
	int code;
	enum graph_end end;
	enum graph_scope scope;
	enum graph_growth growth;
	int seconds; /* the first wait of GRAPH_LATER; of others: how long
			the scope rests all the same, 0: not at all */
	int tries;   /* after the first; 0: as long as the daemon wants */
	bool alert;  /* whoever runs the desk is told */
};

/* Texts are UTF-8, of one line, cut. */
struct graph_error {
	int code; /* GRAPH_NO_CODE: only the status is known */
	int subcode;
	long status; /* of HTTP */
	bool transient;
	bool proof; /* the appsecret_proof is wrong or missing */
	char title[GRAPH_TITLE_MAX];
	char details[GRAPH_DETAILS_MAX];
	char trace[GRAPH_TRACE_MAX]; /* to be given to Meta's support */
};

/*
 * Take the error out of an answer.
 * body    the answer, or NULL
 * status  of HTTP
 * false: there is none in Graph's words; *out has GRAPH_NO_CODE
 */
bool graph_error_read(const json_t *body, long status, struct graph_error *out);

/* What to do about it. Static; never NULL. */
const struct graph_rule *graph_error_rule(const struct graph_error *x);

/* The i-th row of the table; NULL: no more. For tests and documents. */
const struct graph_rule *graph_error_row(size_t i);

/*
 * Seconds to wait after so many of the same kind in a row.
 * times   1: the first
 * chance  anything; spreads what doubles over its last quarter
 */
int graph_error_wait_s(const struct graph_rule *r, unsigned times,
		       unsigned chance);

#endif
