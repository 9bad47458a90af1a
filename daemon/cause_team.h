#ifndef POSTIGO_CAUSE_TEAM_H
#define POSTIGO_CAUSE_TEAM_H

/*
 * cause_team: was anybody of the team there, while a promise ran?
 */

#include "daemon/base/err.h"

struct cause;
struct cause_case;
struct desk;
struct store;

#define CAUSE_MEMBERS_MAX 64 /* of a team whose absences are looked at */

/*
 * Find the team of an incident at the deadline and how long nobody of it was
 * scheduled: its calendar was closed, or each of its members was away. By the
 * version of the desk book that was applied at the deadline.
 *
 * c    sets unstaffed_s; 0 where there is no team, or nothing is said of it
 * out  its queue and team, as the events told them; team becomes the queue's
 *      where no rule gave one
 */
enum outcome cause_team(struct desk *d, struct store *s, struct cause_case *c,
			struct cause *out, struct err *e) MUST_CHECK;

#endif
