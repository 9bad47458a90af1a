#ifndef POSTIGO_HUMAN_H
#define POSTIGO_HUMAN_H

/*
 * human: which outgoing messages are a human's answer, for statements of
 * daemon/store alone: an agent's own, and what was sent from the phone, unless
 * that is older than what the customer waits for. A sign that an agent put to
 * a message answers nothing. The message's table is m.
 */
#define HUMAN_ANSWER                                                           \
	"((m.author = 'agent' "                                                \
	"AND json_extract(m.whatsapp, '$.kind') IS NOT 'reaction') "           \
	"OR (json_extract(m.whatsapp, '$.echo') = 1 "                          \
	"AND json_extract(m.whatsapp, '$.late') IS NULL))"

#endif
