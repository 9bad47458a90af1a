#ifndef POSTIGO_STORE_POOL_H
#define POSTIGO_STORE_POOL_H

/*
 * pool: where SQLite takes small pieces of memory from. Each request runs in a
 * savepoint, for which SQLite keeps each page that it changes in pieces of a
 * kilobyte: some 250 pieces a contact, which the C library gives out and takes
 * back one by one, slowly. Here each thread keeps the last ones that it gave
 * back.
 *
 * Invariants: a piece is handed to one owner at a time; a thread keeps at most
 * POOL_KEPT octets, and gives them back when it ends; what is given back in
 * another thread is kept there.
 */

#define POOL_PIECE 2048 /* larger ones are the C library's */
#define POOL_KEPT (256 * 1024)

/*
 * From now on SQLite takes its memory here. Before the first store is opened;
 * refused, without harm, once SQLite runs. Does nothing in a build with
 * sanitizers, which look at each piece.
 */
void pool_start(void);

#endif
