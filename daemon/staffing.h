#ifndef POSTIGO_STAFFING_H
#define POSTIGO_STAFFING_H

/*
 * staffing: how many agents keep the promises of a day. What will come is
 * forecast.h, how long chats wait erlang.h, which mails are late mailsim.h;
 * here they meet the desk's own figures and its calendar.
 *
 * Chats go first: who is at work and not in a chat works on mail.
 * Source: schema/STAFFING.md, which says how each figure is measured.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/forecast.h"
#include "daemon/mailsim.h"

struct book;
struct calendar;
struct store;

#define STAFFING_AHEAD_DAYS 7  /* how far ahead a day may be */
#define STAFFING_HALVES 50     /* of a day on which clocks go back */
#define STAFFING_AGENTS_MAX 40 /* tried; more are not looked for */
#define STAFFING_PAST_DAYS 28  /* what chats and answers took is measured in */
#define STAFFING_FEW 20        /* fewer samples are not used */

/* Where there are fewer. */
#define STAFFING_CHAT_S 480
#define STAFFING_MAIL_S 300

/* What is asked. */
struct staffing_ask {
	const struct book *book;
	const char *queue; /* "": all */
	bool chats;        /* of chats, of mails, or both */
	bool mails;
	int64_t day; /* local date, in days since 1970-01-01 */
	int64_t now_s;
	double target;    /* share of the answers in time, 0 to 1 */
	double within_s;  /* of a chat */
	double shrinkage; /* share of paid time that nobody answers in */
	/* how many are planned, by half hour of the day; one number: all day;
	 * none: not said */
	int agents[STAFFING_HALVES];
	int agent_count;
};

/* A figure from the past, and how many it is the mean of. */
struct staffing_figure {
	double value;
	int samples; /* below STAFFING_FEW: value is the usual one */
};

/* What the desk's past says. */
struct staffing_past {
	struct forecast chats;
	struct forecast mails;
	struct forecast_error error; /* of last week, both together */
	struct staffing_figure chat_s;
	struct staffing_figure parallel; /* chats of one agent at a time */
	struct staffing_figure mail_s;
	double patience_s; /* 0: too few left to say */
	int left;          /* chats that were left */
};

struct staffing_half {
	int64_t from_s;
	int64_t wall_s; /* second of the local day */
	double open;    /* share of it in which the team works */
	struct forecast_half chats;
	struct forecast_half mails;
	int needed;
	int rostered;                       /* to have so many at work */
	int given;                          /* -1: not said */
	double within[STAFFING_AGENTS_MAX]; /* with 1, 2, ... agents */
	double given_within;
};

/* A day with so many agents all the time, or with those that are given. */
struct staffing_with {
	int agents; /* 0: as given */
	double within;
	double left;
	struct mailsim_result mail;
};

struct staffing {
	const char *zone; /* the book's */
	struct staffing_past past;
	size_t waiting; /* mails that wait now */
	size_t overdue; /* of those */
	struct staffing_half halves[STAFFING_HALVES];
	int half_count;
	struct staffing_with with[STAFFING_AGENTS_MAX];
	int with_count;
	bool has_given;
	struct staffing_with given;
	int needed; /* agents all day; with_count + 1: not even so many do */
};

/*
 * Plan a day.
 * OUT_PERM  code "conflict": the desk book has no calendar
 *           code "bad_params": the day is past, or too far ahead
 */
enum outcome staffing_make(struct store *s, const struct staffing_ask *q,
			   struct staffing *out, struct err *e) MUST_CHECK;

/* Its first part: what the past says. For staffing_make(). */
enum outcome staffing_past_read(struct store *s, const struct staffing_ask *q,
				const struct calendar *c,
				struct staffing_past *out,
				struct err *e) MUST_CHECK;

/* When somebody works: the team's calendar, else that of the promise. NULL:
 * the book has none. */
const struct calendar *staffing_calendar(const struct staffing_ask *q);

/* Local date of now. */
int64_t staffing_today(const struct staffing_ask *q, const struct calendar *c);

#endif
