#ifndef POSTIGO_EXPECT_H
#define POSTIGO_EXPECT_H

/*
 * expect: by when a customer may count on an answer, in words that people
 * use. Pure.
 *
 * The time that answers took (business seconds) is walked through the
 * calendar from now and rounded up to a friendly step. Never later than the
 * deadline, never at a time at which the team is not there.
 */

#include <stdbool.h>
#include <stdint.h>

struct calendar;

enum expect_code {
	EXPECT_1M, /* where 15 minutes are later than the deadline */
	EXPECT_2M,
	EXPECT_5M,
	EXPECT_10M,
	EXPECT_15M, /* within 15 minutes, and so on */
	EXPECT_30M,
	EXPECT_1H,
	EXPECT_2H,
	EXPECT_4H,
	EXPECT_TODAY,        /* until the day's closing */
	EXPECT_TODAY_BEFORE, /* with an hour, as all that follow */
	EXPECT_TOMORROW,
	EXPECT_WEEKDAY, /* within 7 days */
	EXPECT_DATE,
	EXPECT_CODES
};

/* "1m", ..., "15m", ..., "today", "today_before", "tomorrow", "weekday", "date". */
const char *expect_code_name(enum expect_code c);

/* As expect_code_name() gave it. false: it is none. */
bool expect_code_parse(const char *name, enum expect_code *out);

/* Do the words name no hour and no day, only a length? */
bool expect_code_span(enum expect_code c);

struct expect_ask {
	const struct calendar *calendar; /* of the policy */
	const struct calendar *team;     /* when the team works, or NULL */
	int64_t now_s;
	int64_t takes_s; /* business seconds that an answer takes */
	int64_t due_s;   /* the deadline; DEADLINE_NEVER: none */
};

struct expect {
	enum expect_code code;
	int64_t by_s; /* the latest instant that the words allow */
};

/* false: nothing can be told, since the deadline has passed or nobody is ever
 * there. */
bool expect_when(const struct expect_ask *q, struct expect *out);

#define EXPECT_TEXT_MAX 96

/*
 * The words, as they stand in a sentence: "within 30 minutes", "mañana antes
 * de las 11:00".
 * c         its zone says what the day and hour are
 * now_s     when they are read
 * language  "es"; anything else is English
 */
void expect_print(const struct expect *x, const struct calendar *c,
		  int64_t now_s, const char *language,
		  char out[EXPECT_TEXT_MAX]);

/* What stands there if nothing can be told: "as soon as we can". */
const char *expect_nothing(const char *language);

/*
 * The 80th percentile by nearest rank; sorts v.
 * n  at least 1
 */
int64_t expect_p80(int64_t *v, int n);

#endif
