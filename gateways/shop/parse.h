#ifndef POSTIGO_SHOP_PARSE_H
#define POSTIGO_SHOP_PARSE_H

/*
 * parse: `postigo-shop parse --kind KIND [--topic TOPIC] [--zone ZONE]
 * [--country COUNTRY] [--delivered] [FILE...]`: what the reader of a kind of
 * connection makes of bodies, one line of JSON for each file (standard input
 * without one), in their order. Nothing else is needed: no daemon, no settings.
 *
 * A line is {file, facts} or {file, error, retry}; an order's raw text is left
 * out. Ends with 0 if every body could be read, 1 if one could not, 2 if an
 * option is wrong or a file could not be opened.
 */
int parse_main(int argc, char **argv);

#endif
