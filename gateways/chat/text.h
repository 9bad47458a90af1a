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
	/* of an order's page */
	TEXT_ORDER,
	TEXT_ORDER_OTHER, /* the other language's own name */
	TEXT_ORDER_STATE,
	TEXT_ORDER_PLACED,
	TEXT_ORDER_PAYMENT,
	TEXT_ORDER_PROMISED,
	TEXT_ORDER_SHIPMENTS,
	TEXT_ORDER_TRACK,
	TEXT_ORDER_LINES,
	TEXT_ORDER_ITEM,
	TEXT_ORDER_QUANTITY,
	TEXT_ORDER_AMOUNT,
	TEXT_ORDER_SUBTOTAL,
	TEXT_ORDER_DISCOUNT,
	TEXT_ORDER_SHIPPING,
	TEXT_ORDER_TAX,
	TEXT_ORDER_TOTAL,
	TEXT_ORDER_REFUNDED,
	TEXT_ORDER_RETURNS,
	TEXT_ORDER_ADDRESS,
	TEXT_ORDER_AS_OF,
	TEXT_ORDER_ENDED,
	TEXT_ORDER_UNKNOWN,
	TEXT_ORDER_MANY,
	TEXT_COUNT
};

/* language: "es" or "en"; anything else is "es". Static. */
const char *text_get(enum text t, const char *language);

#endif
