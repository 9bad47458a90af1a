/*
 * text_build: the grammar's calls for saved replies and shop policies, whose
 * texts have languages.
 */

#include <string.h>

#include "rules/book_build.h"
#include "rules/complain.h"

static void
add_text(struct build *p, struct ptrs *texts, const struct word *language,
	 const struct word *text)
{
	struct text_node *t;
	const char *code = language != NULL ? language->text : NULL;
	size_t i;

	for (i = 0; i < texts->n; i++) {
		const struct text_node *other = texts->at[i];
		const char *have = other->language.text;

		if ((have == NULL) != (code == NULL) ||
		    (have != NULL && strcmp(have, code) != 0))
			continue;
		if (code == NULL)
			complain(p->errs, text->at, "leave one of them out",
				 "a second 'text'");
		else
			complain(p->errs, language->at, "leave one of them out",
				 "a second text in '%.10s'", code);
		return;
	}
	if (texts->n == TREE_LANGUAGES_MAX) {
		complain(p->errs, text->at, NULL, "more than %d texts",
			 TREE_LANGUAGES_MAX);
		return;
	}
	t = BUILD_NEW(p, struct text_node);
	if (language != NULL)
		t->language = *language;
	t->text = *text;
	ptrs_add(&p->book->arena, texts, t);
}

void
build_reply(struct build *p, const struct word *name)
{
	p->reply = BUILD_NEW(p, struct reply_node);
	build_add(p, &p->book->replies, p->reply, &p->reply->name, name,
		  "reply");
}

void
build_reply_title(struct build *p, const struct word *title)
{
	(void)build_once_only(p, &p->reply->title, title, "title");
}

void
build_reply_language(struct build *p, const struct word *language)
{
	(void)build_once_only(p, &p->reply->language, language, "language");
}

void
build_reply_text(struct build *p, const struct word *language,
		 const struct word *text)
{
	add_text(p, &p->reply->texts, language, text);
}

/* Is there a template in that language already? */
static bool
has_template(struct build *p, const struct word *language,
	     const struct word *name)
{
	const struct ptrs *all = &p->reply->templates;
	const char *code = language != NULL ? language->text : NULL;
	size_t i;

	for (i = 0; i < all->n; i++) {
		const struct template_node *other = all->at[i];
		const char *have = other->language.text;

		if ((have == NULL) != (code == NULL) ||
		    (have != NULL && strcmp(have, code) != 0))
			continue;
		if (code == NULL)
			complain(p->errs, name->at, "leave one of them out",
				 "a second 'template'");
		else
			complain(p->errs, language->at, "leave one of them out",
				 "a second template in '%.10s'", code);
		return true;
	}
	return false;
}

void
build_template(struct build *p, const struct word *language,
	       const struct word *name)
{
	/* one that is refused takes its values all the same */
	p->template = BUILD_NEW(p, struct template_node);
	p->template->name = *name;
	if (language != NULL)
		p->template->language = *language;
	if (has_template(p, language, name))
		return;
	if (p->reply->templates.n == TREE_LANGUAGES_MAX)
		complain(p->errs, name->at, NULL, "more than %d templates",
			 TREE_LANGUAGES_MAX);
	else
		ptrs_add(&p->book->arena, &p->reply->templates, p->template);
}

void
build_template_value(struct build *p, const struct word *text)
{
	struct word *w;

	if (p->template->values.n == TREE_PARAMETERS_MAX) {
		complain(p->errs, text->at, NULL, "more than %d parameters",
			 TREE_PARAMETERS_MAX);
		return;
	}
	w = BUILD_NEW(p, struct word);
	*w = *text;
	ptrs_add(&p->book->arena, &p->template->values, w);
}

void
build_template_header(struct build *p, const struct word *text)
{
	(void)build_once_only(p, &p->template->header, text, "header");
}

void
build_shop_policy(struct build *p, const struct word *name)
{
	p->shop = BUILD_NEW(p, struct shop_policy_node);
	build_add(p, &p->book->shop_policies, p->shop, &p->shop->name, name,
		  "shop policy");
}

void
build_shop_title(struct build *p, const struct word *title)
{
	(void)build_once_only(p, &p->shop->title, title, "title");
}

void
build_shop_language(struct build *p, const struct word *language)
{
	(void)build_once_only(p, &p->shop->language, language, "language");
}

void
build_shop_since(struct build *p, const struct word *date)
{
	int64_t day;

	if (!build_date_days(date->text, &day))
		complain(p->errs, date->at, "dates are written 2026-12-25",
			 "no such date: %s", date->text);
	(void)build_once_only(p, &p->shop->since, date, "since");
}

void
build_shop_text(struct build *p, const struct word *language,
		const struct word *text)
{
	add_text(p, &p->shop->texts, language, text);
}
