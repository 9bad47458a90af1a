#ifndef POSTIGO_NOTIFY_H
#define POSTIGO_NOTIFY_H

/*
 * notify: tell a service manager how the daemon is: one datagram to the
 * socket in NOTIFY_SOCKET. Source: sd_notify(3).
 */

/* "READY=1" and the like; nothing happens if nobody listens. */
void notify_send(const char *state);

/* "RELOADING=1" with the monotonic instant that it asks for. */
void notify_reloading(void);

#endif
