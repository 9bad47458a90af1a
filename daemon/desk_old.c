/*
 * desk_old: versions of the desk book before the applied one, of which clocks
 * still run, and the zone data that books were read with.
 */

#include "daemon/base/log.h"
#include "daemon/clocks.h"
#include "daemon/desk.h"
#include "daemon/store/book.h"
#include "rules/book.h"
#include "rules/zone.h"

#define DAY_MS (INT64_C(86400) * 1000)

/* --- versions before the applied one ------------------------------------------ */

/* The one that is kept; NULL: it is not. Under the lock. */
static struct book *
old_find(struct desk *d, int64_t version)
{
	size_t i;

	for (i = 0; i < DESK_OLD_MAX; i++)
		if (d->old[i].version == version) {
			d->old[i].asked = ++d->old_asked;
			return book_ref(d->old[i].book);
		}
	return NULL;
}

/* Keep it in the place of the one that was not asked for longest, unless all
 * were forgotten since it was begun to be read: it may hold older zone data. */
static void
old_keep(struct desk *d, int64_t version, struct book *b, uint64_t forgotten)
{
	struct desk_old *place = &d->old[0];
	struct book *gone = NULL;
	size_t i;

	(void)pthread_mutex_lock(&d->book_lock);
	if (d->old_forgotten != forgotten) {
		(void)pthread_mutex_unlock(&d->book_lock);
		return;
	}
	for (i = 1; i < DESK_OLD_MAX; i++)
		if (d->old[i].asked < place->asked)
			place = &d->old[i];
	for (i = 0; i < DESK_OLD_MAX; i++)
		if (d->old[i].version == version)
			place = &d->old[i]; /* another thread was faster */
	gone = place->book;
	place->version = version;
	place->book = book_ref(b);
	place->asked = ++d->old_asked;
	(void)pthread_mutex_unlock(&d->book_lock);
	book_unref(&gone);
}

enum outcome
desk_book_of(struct desk *d, struct store *s, int64_t version,
	     struct book **out, struct err *e)
{
	uint64_t forgotten;
	int64_t applied;
	enum outcome o;

	*out = desk_book(d, &applied);
	if (applied == version)
		return OUT_OK;
	book_unref(out);
	(void)pthread_mutex_lock(&d->book_lock);
	*out = old_find(d, version);
	forgotten = d->old_forgotten;
	(void)pthread_mutex_unlock(&d->book_lock);
	if (*out != NULL)
		return OUT_OK;
	o = book_promises_at(s, version, out, e);
	if (o == OUT_OK)
		old_keep(d, version, *out, forgotten);
	return o;
}

void
desk_forget_old(struct desk *d)
{
	size_t i;

	(void)pthread_mutex_lock(&d->book_lock);
	for (i = 0; i < DESK_OLD_MAX; i++) {
		if (d->old[i].book != NULL)
			book_unref(&d->old[i].book);
		d->old[i].version = 0;
		d->old[i].asked = 0;
	}
	d->old_forgotten++;
	(void)pthread_mutex_unlock(&d->book_lock);
}

/* --- zone data ------------------------------------------------------------------ */

/* Books hold the zones that they were read with. */
static enum outcome
read_again(struct desk *d, struct store *s, struct err *e)
{
	struct book *b = NULL;
	int64_t version;
	struct book *now = desk_book(d, &version);
	enum outcome o = OUT_OK;

	book_unref(&now);
	desk_forget_old(d);
	if (version > 0)
		o = book_at_version(s, version, &b, e);
	if (o != OUT_OK || b == NULL)
		return o;
	if (d->next_book != NULL)
		book_unref(&d->next_book);
	d->next_book = b;
	d->next_version = version;
	return OUT_OK;
}

enum outcome
desk_zone_day(struct desk *d, struct store *s, int64_t now_ms, struct err *e)
{
	char edition[ZONE_EDITION_MAX];
	bool changed = false;
	enum outcome o;

	/* at the start they were looked at; a clock that was set back begins
	 * its day anew */
	if (d->zone_ms == 0 || d->zone_ms > now_ms + DAY_MS)
		d->zone_ms = now_ms + DAY_MS;
	if (now_ms < d->zone_ms)
		return OUT_OK;
	d->zone_ms = now_ms + DAY_MS;
	(void)zone_edition(edition);
	o = clocks_zone(s, edition, now_ms, &changed, e);
	if (o == OUT_OK && changed) {
		log_info("zone.edition", "zone data is now '%s'", edition);
		o = read_again(d, s, e);
	}
	return o;
}
