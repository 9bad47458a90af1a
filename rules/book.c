#include "rules/book.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "rules/book_build.h"
#include "rules/book_check.h"
#include "rules/calendar.h"
#include "rules/complain.h"
#include "rules/match.h"
#include "rules/pattern.h"
#include "rules/promises.h"
#include "rules/rule_index.h"

const char *
channel_name(size_t i)
{
	return i < TREE_CHANNELS ? field_channels[i] : NULL;
}

unsigned
channel_bit(const char *name)
{
	size_t i;

	for (i = 0; i < TREE_CHANNELS; i++)
		if (strcmp(field_channels[i], name) == 0)
			return 1U << i;
	return 0;
}

static void
cond_release(struct cond *c)
{
	if (c == NULL)
		return;
	pattern_free(&c->pattern);
	cond_release(c->a);
	cond_release(c->b);
}

static void
list_release(struct list_node *n)
{
	size_t i;

	for (i = 0; i < n->entries.n; i++)
		pattern_free(&((struct entry_node *)n->entries.at[i])->pattern);
}

static void
book_free(struct book *b)
{
	struct scratch *s;
	size_t i;

	while ((s = scratch_pop(&b->idle)) != NULL)
		scratch_free(&s);
	for (i = 0; i < b->rules.n; i++)
		cond_release(((struct rule_node *)b->rules.at[i])->cond);
	for (i = 0; i < b->lists.n; i++)
		list_release(b->lists.at[i]);
	for (i = 0; i < b->calendars.n; i++)
		calendar_free(&((struct calendar_node *)b->calendars.at[i])
				       ->calendar);
	rule_index_free(&b->index);
	(void)pthread_mutex_destroy(&b->lock);
	arena_release(&b->arena);
	mem_free(b);
}

struct book *
book_ref(struct book *b)
{
	(void)atomic_fetch_add(&b->refs, 1);
	return b;
}

void
book_unref(struct book **b)
{
	if (*b != NULL && atomic_fetch_sub(&(*b)->refs, 1) == 1)
		book_free(*b);
	*b = NULL;
}

enum reading {
	READ_ALL,
	READ_TRUSTED, /* patterns are not timed, examples not run */
	READ_PROMISES /* without rules, lists and replies */
};

static enum outcome
read_text(const char *text, size_t n, enum reading how, struct book **book_out,
	  struct book_errors *errs)
{
	struct loc top = { 1, 1 };
	struct build p = { .errs = errs, .text = text, .n = n };

	if (n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
		p.text += 3;
		p.n -= 3;
	}
	if (how != READ_PROMISES && !pattern_jit()) {
		complain(errs, top, "install a PCRE2 that was built with JIT",
			 "patterns cannot be made machine code here");
		return OUT_PERM;
	}
	if (n > BOOK_BYTES_MAX) {
		complain(errs, top, NULL, "a book over %d KiB",
			 BOOK_BYTES_MAX / 1024);
		return OUT_PERM;
	}
	if (!utf8_valid(p.text, p.n)) {
		complain(errs, complain_bad_byte(p.text, p.n),
			 "save the file as UTF-8",
			 "a byte that is not UTF-8 text");
		return OUT_PERM;
	}
	p.book = mem_new(1, sizeof *p.book);
	atomic_init(&p.book->refs, 1);
	p.book->budget_us = RULE_BUDGET_US;
	(void)pthread_mutex_init(&p.book->lock, NULL);
	build_read(&p);
	if (how == READ_PROMISES)
		book_check_promises(&p);
	else
		book_check(&p, how == READ_TRUSTED);
	if (errs->n != 0) {
		complain_sort(errs);
		book_unref(&p.book);
		return OUT_PERM;
	}
	p.book->index = rule_index_new(p.book);
	*book_out = p.book;
	return OUT_OK;
}

enum outcome
book_read(const char *text, size_t n, struct book **book_out,
	  struct book_errors *errs)
{
	return read_text(text, n, READ_ALL, book_out, errs);
}

enum outcome
book_read_trusted(const char *text, size_t n, struct book **book_out,
		  struct book_errors *errs)
{
	return read_text(text, n, READ_TRUSTED, book_out, errs);
}

enum outcome
book_promises_read(const char *text, size_t n, struct book **book_out,
		   struct book_errors *errs)
{
	char *copy = mem_new(n + 1, 1);
	enum outcome o;

	if (n != 0)
		memcpy(copy, text, n);
	promises_cut(copy, n);
	o = read_text(copy, n, READ_PROMISES, book_out, errs);
	mem_free(copy);
	return o;
}
