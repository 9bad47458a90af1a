#ifndef POSTIGO_WEBHOOK_HOOK_H
#define POSTIGO_WEBHOOK_HOOK_H

/*
 * hook: the webhook connections of the desk, as the daemon says them: where
 * each goes and with which secret it is signed. Secrets are in memory alone.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define HOOKS_MAX 200
#define HOOK_POSTS_MAX 8 /* under way to one of them */

struct bus;

struct hook {
	char *name;
	char *url;
	char *ca_file; /* NULL: the system's certificates */
	char *secret;
	size_t busy;  /* posts under way */
	bool gone;    /* freed when nothing is under way */
	bool said;    /* its state was reported */
	bool said_ok; /* as what */
};

struct hooks {
	struct hook *list[HOOKS_MAX];
	size_t count;
};

/* Take over a list of MyConnection (methods.tbl). What is under way keeps its
 * old one. */
void hooks_set(struct hooks *h, const json_t *connections);

/* NULL: there is none of that name. */
struct hook *hooks_find(const struct hooks *h, const char *name);

/* A post to it has ended: how the connection does is told, when that is
 * another thing than before. */
void hook_told(struct hook *k, struct bus *bus, bool ok, const char *detail);

/* Free those that are gone and not busy. */
void hooks_sweep(struct hooks *h);
void hooks_release(struct hooks *h);

#endif
