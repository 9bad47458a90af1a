#ifndef POSTIGO_SETTINGS_H
#define POSTIGO_SETTINGS_H

/*
 * settings: postigo.conf, read by every program of Postigo: paths, addresses
 * and ceilings. Nothing in it is what a manager would change, and no secret.
 *
 * All errors of a file are found at once, each with file:line and a hint; a
 * file with an error gives no settings at all.
 * Source: contrib/postigo.conf; postigo.conf(5).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/wire/method.h"

#define SETTINGS_BYTES (256 * 1024) /* ceiling of the file */
#define SETTINGS_ERRORS_MAX 50
#define SETTINGS_RESERVE_AUTO (-1)

/* Programs that listen on the network. */
enum face {
	FACE_CONSOLE,
	FACE_CHAT,
	FACE_WHATSAPP,
	FACE_SHOP,
	FACE_COUNT
};

struct face_settings {
	char *address; /* literal IPv4 or IPv6 */
	int port;
	char *certificate; /* path, or "" */
	char *key;         /* path, or "" */
	char *url;         /* public address, or "" */
};

struct settings {
	char *data_dir;
	char *run_dir;
	enum log_kind log_kind;
	enum log_level log_level;
	size_t peers;    /* connections of one role */
	int64_t reserve; /* bytes of disk; SETTINGS_RESERVE_AUTO: by its size */
	bool user_named[ROLE_COUNT];
	uid_t user[ROLE_COUNT];
	struct face_settings face[FACE_COUNT];
};

struct settings_errors {
	char *list[SETTINGS_ERRORS_MAX]; /* "FILE:LINE: TEXT (HINT)" */
	size_t n;
};

/*
 * Read a file, or take the embedded defaults.
 *
 * path  NULL: the defaults
 * dir   stands for "data" whatever the file says, or NULL
 * out   settings_free() it; NULL unless OUT_OK
 * errs  zeroed by the caller; settings_errors_release() it
 *
 * OUT_PERM  errs says why
 */
enum outcome settings_read(const char *path, const char *dir,
			   struct settings **out,
			   struct settings_errors *errs) MUST_CHECK;
void settings_free(struct settings **s);
void settings_errors_release(struct settings_errors *errs);

/* May this user connect to the role's socket, because a setting says so? */
bool settings_user_may(const struct settings *s, enum role role, uid_t uid);
/* Does a setting name a user for the role? */
bool settings_user_named(const struct settings *s, enum role role);

#endif
