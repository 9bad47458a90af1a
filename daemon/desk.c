#include "daemon/desk.h"

#include <stdio.h>

#include "daemon/store/fact.h"
#include "daemon/turn.h"
#include "rules/book.h"

struct book *
desk_book(struct desk *d, int64_t *version_out)
{
	struct book *b;

	/* The turn sees what it is about to make true. */
	if (turn_here() && d->next_book != NULL) {
		if (version_out != NULL)
			*version_out = d->next_version;
		return book_ref(d->next_book);
	}
	(void)pthread_mutex_lock(&d->book_lock);
	b = book_ref(d->book);
	if (version_out != NULL)
		*version_out = d->book_version;
	(void)pthread_mutex_unlock(&d->book_lock);
	return b;
}

static void
team_of(void *arg, const char *queue, char out[FACT_NAME])
{
	struct book *b = desk_book(arg, NULL);
	const struct book_queue *q = book_queue(b, queue);

	(void)snprintf(out, FACT_NAME, "%s",
		       q != NULL && q->team != NULL ? q->team : "");
	book_unref(&b);
}

void
desk_teams(struct desk *d, struct store *s)
{
	fact_teams(s, team_of, d);
}

void
desk_leave_book(struct desk *d)
{
	struct book *b;

	(void)pthread_mutex_lock(&d->book_lock);
	b = d->left_book;
	d->left_book = NULL;
	(void)pthread_mutex_unlock(&d->book_lock);
	book_unref(&b);
}
