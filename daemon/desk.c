#include "daemon/desk.h"

#include "daemon/engine_p.h"
#include "rules/book.h"

struct book *
desk_book(struct desk *d, int64_t *version_out)
{
	struct book *b;

	/* The turn sees what it is about to make true. */
	if (d->engine != NULL &&
	    pthread_equal(pthread_self(), d->engine->turn_thread) &&
	    d->next_book != NULL) {
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
