#ifndef POSTIGO_RESTORE_CMD_H
#define POSTIGO_RESTORE_CMD_H

/*
 * restore_cmd: `postigod --restore` and `--verify`: restores and says on
 * standard output what came of it, on standard error what went wrong.
 *
 * Exit codes: 0; 65 what is there is no whole backup; 73 the folder holds
 * something; 75 try again; 70 what was restored cannot be opened.
 */

#include <stdbool.h>

/* Restore a backup into the folder dir. The exit code. */
int restore_command(const char *from, const char *dir, bool channels_on,
		    bool json);

/*
 * Restore a backup into a fresh folder beside it, silently but for errors.
 * dir  its path (mem_free), if the exit code is 0
 */
int restore_beside(const char *from, char **dir, bool json);

/* Take away the desk that restore_beside() made. */
void restore_remove(const char *dir);

#endif
