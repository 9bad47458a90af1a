/*
 * book_parse: the grammar of the desk book. Every rule has a place to go on
 * from after an error, so that one reading finds all of them.
 *
 * Meaning is not here: build_* makes the tree, check_* looks at it.
 */

%code requires {
#include "rules/book_build.h"
}

%code {
#include "rules/book_scan.h"

static void yyerror(struct text_span *at, void *scanner, struct build *p,
		    const char *text);
}

%define api.pure full
%define api.prefix {book_yy}
%define api.location.type {struct text_span}
%define parse.error custom
%define parse.lac full
%locations
%param {void *scanner}
%parse-param {struct build *p}

%code requires {
#define BOOK_YYMAXDEPTH 2000
}
%code top {
#define YYMAXDEPTH 2000
}

%code provides {
#define YYLLOC_DEFAULT(Cur, Rhs, N)                                            \
	((Cur) = build_span((N) != 0 ? YYRHSLOC(Rhs, 1) : YYRHSLOC(Rhs, 0),    \
			    YYRHSLOC(Rhs, N), (N) != 0))
}

%union {
	struct word word;
	struct span span;
	struct cond *cond;
	int64_t number;
	unsigned mask;
}

%token END 0 "the end of the book"
%token <word> STRING "a string in quotes"
%token <word> PATTERN "a /pattern/"
%token <word> WORD "a word"
%token <word> DATE "a date (2026-12-25)"
%token <number> TIME "a time (09:00)"
%token <number> DURATION "a duration (4h, 15m)"
%token <number> PERCENT "a percentage (75%)"
%token <mask> WEEKDAY "a weekday (mon)"
%token BAD "something unreadable"
%token QUEUE "queue" CALENDAR "calendar" POLICY "policy" RULE "rule"
%token REPLY "reply" TITLE "title" TIMEZONE "timezone" CLOSED "closed"
%token ON "on" VIA "via" FIRST "first" NEXT "next" RESPONSE "response"
%token RESOLUTION "resolution" WARN "warn" AT "at" LEFT "left" IF "if"
%token THEN "then" EXAMPLE "example" COUNTEREXAMPLE "counterexample"
%token IS "is" MATCHES "matches" CONTAINS "contains" EXACT "exact"
%token AND "and" OR "or" NOT "not" CHANNEL "channel" MAILBOX "mailbox"
%token SENDER "sender" SUBJECT "subject" BODY "body" FROM "from"
%token REASON "reason" PRIORITY "priority" TAG "tag" STOP "stop"
%token LANGUAGE "language" TEXT "text"
%token LBRACE "{" RBRACE "}" LPAREN "(" RPAREN ")" COMMA "," DASH "-"

%type <cond> cond
%type <mask> fields field days weekdays channels channel exact
%type <span> span
%left OR
%left AND
%precedence NOT

%%

book: %empty | book decl { yyerrok; } | book error { build_lost(p); };

open: LBRACE { yyerrok; };

decl: queue | calendar | policy | rule | reply;

queue_head: QUEUE STRING { build_queue(p, &$2); }
	| QUEUE error { build_lost(p); build_queue(p, NULL); };
queue: queue_head open queue_items RBRACE;
queue_items: %empty | queue_items queue_item { yyerrok; }
	| queue_items error;
queue_item: TITLE STRING { build_queue_title(p, &$2); };

calendar_head: CALENDAR STRING { build_calendar(p, &$2); }
	| CALENDAR error { build_lost(p); build_calendar(p, NULL); };
calendar: calendar_head open calendar_items RBRACE;
calendar_items: %empty | calendar_items calendar_item { yyerrok; }
	| calendar_items error;
calendar_item: TIMEZONE STRING { build_zone(p, &$2); }
	| weekdays { build_hours(p, $1); } spans
	| CLOSED closed_dates
	| ON DATE { build_date(p, &$2, false); } spans;
closed_dates: DATE { build_date(p, &$1, true); }
	| closed_dates COMMA DATE { build_date(p, &$3, true); };
weekdays: days | weekdays COMMA days { $$ = $1 | $3; };
days: WEEKDAY { $$ = 1U << $1; }
	| WEEKDAY DASH WEEKDAY { $$ = build_days($1, $3); };
spans: span { build_hours_span(p, &$1); }
	| spans COMMA span { build_hours_span(p, &$3); };
span: TIME DASH TIME { $$ = build_time_span(p, $1, $3, &@1); };

policy_head: POLICY STRING { build_policy(p, &$2); }
	| POLICY error { build_lost(p); build_policy(p, NULL); };
policy: policy_head open policy_items RBRACE;
policy_items: %empty | policy_items policy_item { yyerrok; }
	| policy_items error;
policy_item: VIA channels { build_policy_via(p, $2); }
	| CALENDAR STRING { build_policy_calendar(p, &$2); }
	| FIRST RESPONSE DURATION { build_budget(p, BUDGET_FIRST, $3, &@3); }
	| NEXT RESPONSE DURATION { build_budget(p, BUDGET_NEXT, $3, &@3); }
	| RESOLUTION DURATION { build_budget(p, BUDGET_RESOLUTION, $2, &@2); }
	| WARN AT warnings;
warnings: warning | warnings COMMA warning;
warning: PERCENT { build_warning(p, true, $1, &@1); }
	| DURATION LEFT { build_warning(p, false, $1, &@1); };

channels: channel | channels COMMA channel { $$ = $1 | $3; };
channel: WORD { $$ = build_channel(p, &$1); };

rule_head: RULE STRING { build_rule(p, &$2); }
	| RULE error { build_rule(p, NULL); };
rule: rule_head open rule_items RBRACE;
rule_items: %empty | rule_items rule_item { yyerrok; }
	| rule_items error { build_broken(p); };
rule_item: ON WORD { build_event(p, &$2); }
	| ON WORD VIA channels { build_event(p, &$2); build_rule_via(p, $4); }
	| IF cond { build_if(p, $2, &@2); }
	| THEN { yyerrok; } actions
	| EXAMPLE { build_example(p, false, &@1); } example
	| COUNTEREXAMPLE { build_example(p, true, &@1); } example;

cond: cond OR cond { $$ = build_cond(p, COND_OR, $1, $3, &@$); }
	| cond AND cond { $$ = build_cond(p, COND_AND, $1, $3, &@$); }
	| NOT cond { $$ = build_cond(p, COND_NOT, $2, NULL, &@$); }
	| LPAREN cond RPAREN { $$ = $2; }
	| CHANNEL IS channels { $$ = build_cond_channel(p, $3, &@$); }
	| MAILBOX IS STRING { $$ = build_cond_mailbox(p, &$3, &@$); }
	| fields MATCHES PATTERN exact
		{ $$ = build_cond_text(p, $1, &$3, false, $4); }
	| fields CONTAINS STRING exact
		{ $$ = build_cond_text(p, $1, &$3, true, $4); }
	| error { $$ = build_cond_channel(p, 0, &@$); };
fields: field | fields OR field { $$ = $1 | $3; };
field: SENDER { $$ = 1U << RULE_FIELD_SENDER; }
	| SUBJECT { $$ = 1U << RULE_FIELD_SUBJECT; }
	| BODY { $$ = 1U << RULE_FIELD_BODY; };
exact: %empty { $$ = 0; } | EXACT { $$ = 1; };

actions: action | actions COMMA { yyerrok; } action
	| actions STOP { build_stop(p); };
action: REASON WORD { build_action(p, ACTION_REASON, &$2); }
	| QUEUE STRING { build_action(p, ACTION_QUEUE, &$2); }
	| PRIORITY WORD { build_action(p, ACTION_PRIORITY, &$2); }
	| TAG STRING { build_action(p, ACTION_TAG, &$2); }
	| POLICY STRING { build_action(p, ACTION_POLICY, &$2); }
	| REPLY STRING { build_action(p, ACTION_REPLY, &$2); }
	| STOP { build_stop(p); }
	| error { build_broken(p); };

example: STRING { build_example_field(p, EXAMPLE_BODY, &$1); }
	| example_fields;
example_fields: example_field | example_fields example_field;
example_field: SUBJECT STRING { build_example_field(p, EXAMPLE_SUBJECT, &$2); }
	| BODY STRING { build_example_field(p, EXAMPLE_BODY, &$2); }
	| FROM STRING { build_example_field(p, EXAMPLE_FROM, &$2); }
	| MAILBOX STRING { build_example_field(p, EXAMPLE_MAILBOX, &$2); }
	| CHANNEL WORD { build_example_field(p, EXAMPLE_CHANNEL, &$2); };

reply_head: REPLY STRING { build_reply(p, &$2); }
	| REPLY error { build_lost(p); build_reply(p, NULL); };
reply: reply_head open reply_items RBRACE;
reply_items: %empty | reply_items reply_item { yyerrok; }
	| reply_items error;
reply_item: TITLE STRING { build_reply_field(p, REPLY_TITLE, &$2); }
	| LANGUAGE WORD { build_reply_field(p, REPLY_LANGUAGE, &$2); }
	| TEXT STRING { build_reply_field(p, REPLY_TEXT, &$2); };

%%

static int
yyreport_syntax_error(const yypcontext_t *ctx, void *scanner, struct build *p)
{
	yysymbol_kind_t kinds[YYNTOKENS];
	const char *names[YYNTOKENS];
	yysymbol_kind_t got = yypcontext_token(ctx);
	int n = yypcontext_expected_tokens(ctx, kinds, YYNTOKENS);
	int i;

	(void)scanner;
	if (n < 0)
		return n;
	for (i = 0; i < n; i++)
		names[i] = yysymbol_name(kinds[i]);
	/* the scanner has already said what it could not read */
	if (got != YYSYMBOL_BAD)
		build_syntax_error(p, yypcontext_location(ctx),
				   got != YYSYMBOL_YYEMPTY ? yysymbol_name(got)
							   : "",
				   names, (size_t)n);
	return 0;
}

static void
yyerror(struct text_span *at, void *scanner, struct build *p, const char *text)
{
	(void)scanner;
	build_error(p, at, text);
}
