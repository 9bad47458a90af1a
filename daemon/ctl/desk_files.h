#ifndef POSTIGO_DESK_FILES_H
#define POSTIGO_DESK_FILES_H

/*
 * desk_files: what the supervisor leaves beside the sockets, and reading it.
 * DIR/run/serve.json is
 *   {"pid", "since", "console", "chat": url or null, "processes":
 *    [{"name", "pid", "since", "restarts"}]}
 * replaced whole at each change, gone when the supervisor has ended.
 */

#include <jansson.h>

struct ctl;

/* serve.json of the desk behind the control socket; NULL: nobody supervises
 * it, or the one who wrote it is gone. A new reference. */
json_t *serve_read(const struct ctl *c);

/* The console's address, "http://127.0.0.1:8480" if nobody says (free it). */
char *console_url(const struct ctl *c);

/* Path of a file beside the control socket (free it). */
char *beside_socket(const struct ctl *c, const char *name);

/*
 * A program of Postigo: beside this one, or where `make install` puts it.
 * The path (free it), or NULL.
 */
char *program_find(const char *name);

#endif
