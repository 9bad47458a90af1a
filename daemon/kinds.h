#ifndef POSTIGO_KINDS_H
#define POSTIGO_KINDS_H

/*
 * kinds: which connections there can be, and what each needs. One table;
 * schema/PROTOCOL.md, "Connections", says the same in words.
 */

#include <jansson.h>
#include <stdbool.h>

#include "daemon/base/err.h"
#include "daemon/wire/method.h"

struct kind;

#define KIND_SETTING_MAX 1000 /* characters of a setting */
#define KIND_TEXTS_MAX 4000   /* octets of a text of several lines */
#define KIND_SECRET_MAX 4000  /* characters of a secret */

/* NULL: no such kind. */
const struct kind *kind_find(const char *name);
enum role kind_role(const struct kind *k);

/* Is that setting of the kind a whole number? */
bool kind_is_number(const struct kind *k, const char *name);

/* Is it true or false? */
bool kind_is_flag(const struct kind *k, const char *name);

/* Is it an object of texts, of several lines as they like, by language? */
bool kind_is_texts(const struct kind *k, const char *name);

/*
 * Check settings: an object with every needed member, no unknown one, each
 * of its form, and what one says about another.
 * OUT_PERM  code "bad_params"; the text names every member that is wrong
 */
enum outcome kind_settings(const struct kind *k, const json_t *settings,
			   struct err *e) MUST_CHECK;

/*
 * Settings that reach into the machine (files that are read, programs that
 * run) are for whoever works on it, not for a person in the console: are they
 * as they were, or gone?
 * before    settings as stored, NULL for a new connection
 * OUT_PERM  code "not_allowed"
 */
enum outcome kind_local(const struct kind *k, const json_t *before,
			const json_t *after, struct err *e) MUST_CHECK;

/*
 * Check names and values of secrets; null (remove it) passes.
 * OUT_PERM  code "bad_params"
 */
enum outcome kind_secrets(const struct kind *k, const json_t *secrets,
			  struct err *e) MUST_CHECK;

/*
 * Are the secrets there that the kind cannot do without?
 * secrets   all that it has, or NULL
 * OUT_PERM  code "bad_params"
 */
enum outcome kind_needs(const struct kind *k, const json_t *secrets,
			struct err *e) MUST_CHECK;

#endif
