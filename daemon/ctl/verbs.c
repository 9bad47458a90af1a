/*
 * The table of verbs: names, usage, and what the help says. Sorted as the
 * help prints it.
 */

#include "daemon/ctl/ctl.h"

#define NO_OPTIONS NULL, 0, 0, false

const struct verb verb_table[] = {
	{ "serve", "[OPTION...]",
	  "run the daemon and its gateways in the foreground",
	  "postigo --dir /srv/desk serve --console-listen 127.0.0.1:8480",
	  serve_options, 0, 0, false, verb_serve },
	{ "status", "", "what runs, what waits, what fails",
	  "postigo status --json", NO_OPTIONS, verb_status },
	{ "check", "[--config FILE]",
	  "read the settings file; check the store of a running daemon",
	  "postigo check --config /etc/postigo/postigo.conf", check_options, 0,
	  0, false, verb_check },

	{ "incident list", "[OPTION...]", "incidents, most urgent first",
	  "postigo incident list --queue devoluciones", incident_list_options,
	  0, 0, false, verb_incident_list },
	{ "incident show", "ID", "one incident with its whole conversation",
	  "postigo incident show P-42 --json", NULL, 1, 1, false,
	  verb_incident_show },

	{ "book check", "FILE", "read a desk book and run its examples",
	  "postigo book check desk.book", NULL, 1, 1, false, verb_book_check },
	{ "book apply", "FILE [--base N] [--note TEXT]",
	  "make a desk book the one that decides",
	  "postigo book apply desk.book --note 'Christmas hours'",
	  book_apply_options, 1, 1, false, verb_book_apply },
	{ "book export", "[FILE]", "write the applied desk book",
	  "postigo book export desk.book", NULL, 0, 1, false,
	  verb_book_export },
	{ "book diff", "FILE", "what applying a file would change",
	  "postigo book diff desk.book", NULL, 1, 1, false, verb_book_diff },

	{ "connection list", "", "mailboxes and other channels",
	  "postigo connection list", NO_OPTIONS, verb_connection_list },
	{ "connection add", "--json FILE | NAME KIND [KEY=VALUE]...",
	  "add a channel",
	  "postigo connection add ventas maildir "
	  "address=ventas@tienda.example in=/var/mail/ventas "
	  "out=/var/mail/out",
	  connection_add_options, 0, CTL_WORDS_MAX, false,
	  verb_connection_add },
	{ "connection remove", "NAME", "remove a channel that was never used",
	  "postigo connection remove ventas", NULL, 1, 1, false,
	  verb_connection_remove },
	{ "connection test", "NAME", "try a channel now and say how it went",
	  "postigo connection test ventas", NULL, 1, 1, false,
	  verb_connection_test },
	{ "connection enable", "NAME", "use a channel again",
	  "postigo connection enable ventas", NULL, 1, 1, false,
	  verb_connection_enable },
	{ "connection disable", "NAME", "stop using a channel",
	  "postigo connection disable ventas", NULL, 1, 1, false,
	  verb_connection_disable },

	{ "user add", "EMAIL --name NAME [OPTION...]", "add a person of staff",
	  "postigo user add ana@tienda.example --name Ana --role lead --link",
	  user_add_options, 1, 1, false, verb_user_add },
	{ "user list", "", "the people of staff", "postigo user list",
	  NO_OPTIONS, verb_user_list },
	{ "user disable", "EMAIL", "end a person's sessions and log-ins",
	  "postigo user disable ana@tienda.example", NULL, 1, 1, false,
	  verb_user_disable },
	{ "user link", "EMAIL [--url URL]", "make a one-time log-in link",
	  "postigo user link ana@tienda.example", user_link_options, 1, 1,
	  false, verb_user_link },
	{ "user passwd", "EMAIL [--password-stdin]", "set a new password",
	  "postigo user passwd ana@tienda.example --password-stdin <file",
	  user_passwd_options, 1, 1, false, verb_user_passwd },

	{ "token create", "EMAIL --label TEXT",
	  "make an API token with a person's rights",
	  "postigo token create ana@tienda.example --label reports",
	  token_options, 1, 1, false, verb_token_create },
	{ "token revoke", "ID", "end an API token", "postigo token revoke 3",
	  NULL, 1, 1, false, verb_token_revoke },

	{ "mail", "COMMAND [ARGUMENT...]",
	  "run the mail gateway's program: submit, parse",
	  "postigo mail submit --connection ventas <message.eml", NULL, 0,
	  CTL_WORDS_MAX, true, verb_mail },
	{ "events", "[--from N] [--follow]", "what happened, one line each",
	  "postigo events --from 0 --json", events_options, 0, 0, false,
	  verb_events },
	{ "backup", "DIR", "copy the store while the desk works",
	  "postigo backup /backup/2026-01-05", NULL, 1, 1, false, verb_backup },
	{ "desk", "[--name NAME] [--language CODE]",
	  "show or set the desk's name and language",
	  "postigo desk --name 'Tienda Sol' --language es", desk_options, 0, 0,
	  false, verb_desk },
	{ "call", "METHOD [PARAMS] [--token-file FILE]",
	  "call a method of the bus and print its result",
	  "postigo call incident.get '{\"id\": 42}'", call_options, 1, 2, false,
	  verb_call },
};

const size_t verb_count = sizeof(verb_table) / sizeof(verb_table[0]);
