#ifndef POSTIGO_TEXT_H
#define POSTIGO_TEXT_H

/*
 * text: what the pages of the console that are made on the server say, in
 * Spanish and English.
 */

enum text {
	TEXT_LOGIN_TITLE,
	TEXT_EMAIL,
	TEXT_PASSWORD,
	TEXT_ENTER,
	TEXT_REFUSED,
	TEXT_TOO_MANY,
	TEXT_DOWN,
	TEXT_FORM_OLD,
	TEXT_LINK_TITLE,
	TEXT_LINK_HELP,
	TEXT_LINK_BUTTON,
	TEXT_LINK_DEAD,
	TEXT_OUT,
	TEXT_NO_SCRIPT,
	TEXT_NOT_BUILT,
	TEXT_OPENING,
	TEXT_OPEN,
	TEXT_OTHER_LANGUAGE,
	TEXT_COUNT
};

/* language: "es" or "en"; anything else is "es". Static. */
const char *text_get(enum text t, const char *language);

#endif
