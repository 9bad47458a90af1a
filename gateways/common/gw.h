#ifndef POSTIGO_GW_H
#define POSTIGO_GW_H

/*
 * gw: how every gateway starts: common options, log, signals, the role's
 * socket. Not here: loops.
 *
 * Source: gateways/README.md.
 */

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/err.h"
#include "daemon/base/log.h"

/* Exit codes, after sysexits.h. */
#define GW_OK 0
#define GW_USAGE 64
#define GW_DATA 65 /* what came in can never be used */
#define GW_INTERNAL 70
#define GW_UNAVAILABLE 69 /* the daemon refused this program's protocol */
#define GW_TEMP 75        /* not now: try again later */

struct gw_options {
	char *socket; /* path of the role's socket; owned */
	enum log_kind log;
	enum log_level level;
	bool help;
	bool version;
};

/* Defaults: DIR/run/ROLE.sock, DIR from $POSTIGO_DIR or /var/lib/postigo. */
void gw_options_init(struct gw_options *o, const char *role);
void gw_options_release(struct gw_options *o);

/*
 * Take --socket PATH, --log json|journald, --log-level LEVEL, --help or
 * --version at argv[*i]; *i then names the last word that was used.
 *
 * OUT_OK    taken
 * OUT_TEMP  not one of these: the caller's own option
 * OUT_PERM  a value is missing or wrong
 */
enum outcome gw_option(struct gw_options *o, int argc, char **argv, int *i,
		       struct err *e) MUST_CHECK;

/* Open the log, make hashes ready, ignore SIGPIPE and SIGIO. */
void gw_start(const struct gw_options *o, const char *program);

/* A descriptor that is readable at SIGTERM, SIGINT and SIGHUP (they are
 * blocked). Call before any thread starts. -1: none could be made. */
int gw_signals(void);

/* Raise the limit of descriptors to so many, as far as the system lets us. */
void gw_files(unsigned long wanted);

/* The signal that waits at gw_signals()' descriptor; 0: none. */
int gw_signal(int fd);

#endif
