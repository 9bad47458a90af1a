#ifndef POSTIGO_SHOP_WHEN_H
#define POSTIGO_SHOP_WHEN_H

/*
 * when: times as shops write them, to UTC and back.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct zone;

#define WHEN_LABEL 20 /* "2026-06-06 10:00:00" and NUL */

/*
 * Read "2026-06-06 10:00:00", with a T instead of the blank, with a fraction,
 * with Z or an offset; a date alone is its midnight. Without an offset it is
 * what a clock in the zone shows (NULL: UTC): of an hour that is lived twice
 * the first one, of one that is skipped the instant as far after the skip.
 *
 * false: no time, which "0000-00-00 00:00:00" says too, or beyond 1970 to 9999
 */
bool when_read(const char *s, const struct zone *zone, int64_t *t_s_out);

/* The member as "2026-06-06T08:00:00Z": a new string; NULL: it is no time. */
json_t *when_take(const json_t *o, const char *name, const struct zone *zone);

/* What a clock in the zone (NULL: UTC) shows at an instant. */
void when_label(int64_t t_s, const struct zone *zone, char out[WHEN_LABEL]);

/*
 * The label to ask a shop with for all that it changed since an instant: no
 * later than any label from then on, though clocks are put back meanwhile.
 */
void when_since(int64_t from_s, const struct zone *zone, char out[WHEN_LABEL]);

/* The zone of a name; NULL: UTC, which "" and a name of no zone are too. To
 * be let go by zone_free(). */
struct zone *when_zone(const char *name);

#endif
