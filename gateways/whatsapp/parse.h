#ifndef POSTIGO_WHATSAPP_PARSE_H
#define POSTIGO_WHATSAPP_PARSE_H

/*
 * parse: `postigo-whatsapp parse [FILE...]`: what wa_read() makes of bodies,
 * one line of JSON for each file (standard input without one), in their order.
 * Nothing else is needed: no daemon, no settings.
 *
 * A line is {file, facts} or {file, error}. Ends with 0 if every body could be
 * read, 1 if one could not, 2 if a file could not be opened.
 */
int parse_main(int argc, char **argv);

#endif
