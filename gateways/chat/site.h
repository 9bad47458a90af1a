#ifndef POSTIGO_CHAT_SITE_H
#define POSTIGO_CHAT_SITE_H

/*
 * site: the active connections of kind chat, as chat.site gives them, asked
 * for when the daemon comes, when it says that connections changed, and each
 * minute, for the opening hours.
 *
 * Invariants: at most SITES_MAX are known; a struct site lives as long as
 * the program; while the daemon is away they stay as they were last.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define SITES_MAX 256
#define SITE_ORIGINS_MAX 32
#define SITE_ORIGINS_BYTES 3000 /* all of them, as written in a header */
#define SITE_REFRESH_MS 60000

struct chat;
struct site;
struct sites;

struct sites *sites_new(struct chat *c);
/* No timers any more: the server is about to close. */
void sites_stop(struct chat *c);
void sites_free(struct sites **s);

/* Ask for all of them anew. */
void sites_refresh(struct chat *c);

/* Have they been asked for once? */
bool sites_known(const struct chat *c);

/* An active one; NULL: none. name may be NULL. */
struct site *site_find(const struct chat *c, const char *name);

const char *site_name(const struct site *s);
bool site_active(const struct site *s);

/* As visitors get it: without origins. Borrowed. */
json_t *site_json(const struct site *s);

/* "es", "en" or NULL: none is set. */
const char *site_language(const struct site *s);
const char *site_title(const struct site *s);

/* Is it exactly one of the site's origins? May be NULL: false. */
bool site_has_origin(const struct site *s, const char *origin);

/* The i-th origin; NULL: no more. */
const char *site_origin(const struct site *s, size_t i);

#endif
