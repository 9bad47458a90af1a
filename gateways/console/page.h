#ifndef POSTIGO_PAGE_H
#define POSTIGO_PAGE_H

/*
 * page: the pages that are made on the server: log-in, one-time link,
 * log-out, and the shell that the console's program fills. They work without
 * JavaScript, but for the last.
 */

struct hit;
struct console;

void page_shell(struct console *c, struct hit *h);      /* GET / */
void page_login(struct console *c, struct hit *h);      /* GET /login */
void page_login_post(struct console *c, struct hit *h); /* POST /login */
void page_link(struct console *c, struct hit *h);       /* GET /login/link */
void page_link_post(struct console *c, struct hit *h);  /* POST of it */
void page_logout(struct console *c, struct hit *h);     /* POST /logout */

/* Built from login.css. */
extern const char page_css[];
extern const unsigned long page_css_len;

#endif
