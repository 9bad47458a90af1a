#ifndef POSTIGO_CHAT_TEXT_H
#define POSTIGO_CHAT_TEXT_H

/*
 * text: what the pages say that are made on the server, in Spanish and
 * English. What the panel says is in widget/.
 */

enum text {
	TEXT_TITLE,
	TEXT_NO_SCRIPT,
	TEXT_NOT_BUILT,
	TEXT_NO_SITE,
	TEXT_AWAY,
	TEXT_COUNT
};

/* language: "es" or "en"; anything else is "es". Static. */
const char *text_get(enum text t, const char *language);

#endif
