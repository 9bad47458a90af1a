#ifndef POSTIGO_ABSENCE_H
#define POSTIGO_ABSENCE_H

/*
 * absence: does a subject say that a program answered for somebody who is
 * away. The last resort for programs that set no header.
 *
 * Not here: texts. A person may write "I am out of the office" too.
 */

#include <stdbool.h>

/*
 * Only well-known forms in some twenty languages count, at the subject's
 * start or end; accents and case do not matter. A form that ordinary words
 * may go on from ("out of office chairs") counts where it stands by itself.
 *
 * subject  decoded, UTF-8
 */
bool absence_subject(const char *subject);

#endif
