#ifndef POSTIGO_ASCII_H
#define POSTIGO_ASCII_H

/*
 * ascii: letters of ASCII, whatever the locale. All other octets are left as
 * they are, so UTF-8 stays what it was. Mail addresses are compared so: other
 * letters are other mailboxes.
 */

/* A to Z as a to z. */
char ascii_lower(char c);

/* a to z as A to Z. */
char ascii_upper(char c);

/* ascii_lower() of all of s, in place. */
void ascii_fold(char *s);

#endif
