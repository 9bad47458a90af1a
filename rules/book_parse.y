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
	struct ptrs *list;
	struct asked *asked;
	struct quantity quantity;
	struct duration duration;
	struct promised promised;
	int64_t number;
	unsigned mask;
}

%token END 0 "the end of the book"
%token <word> STRING "a string in quotes"
%token <word> PATTERN "a /pattern/"
%token <word> WORD "a word"
%token <word> FIELD "a field (subject, order.total)"
%token <word> FLAG "a flag (customer.known)"
%token <word> DATE "a date (2026-12-25)"
%token <word> NUMBER "a number"
%token <number> TIME "a time (09:00)"
%token <duration> DURATION "a duration (4h, 15m)"
%token <number> PERCENT "a percentage (75%)"
%token <mask> WEEKDAY "a weekday (mon)"
%token BAD "something unreadable"
%token <word> QUEUE "queue" TEAM "team" LIST "list" CALENDAR "calendar"
%token <word> POLICY "policy" SHOP "shop" RULE "rule" REPLY "reply"
%token <word> INCLUDE "include" TITLE "title" MEMBERS "members"
%token <word> TIMEZONE "timezone" CLOSED "closed" ON "on" VIA "via"
%token <word> FIRST "first" NEXT "next" RESPONSE "response"
%token <word> RESOLUTION "resolution" WARN "warn" ESCALATE "escalate"
%token <word> AT "at" LEFT "left" BREACH "breach" AFTER "after"
%token <word> EVERY "every" DAY "day" OPEN "open" IN "in" IF "if"
%token <word> THEN "then" EXAMPLE "example" COUNTEREXAMPLE "counterexample"
%token <word> IS "is" MATCHES "matches" CONTAINS "contains" EXACT "exact"
%token <word> AND "and" OR "or" NOT "not" HEADER "header" CLOCK_TIME "time"
%token <word> FROM "from" REASON "reason" PRIORITY "priority" TAG "tag"
%token <word> UNTAG "untag" STATE "state" ASSIGN "assign" SEND "send"
%token <word> NOTE "note" NOTIFY "notify" AGENT "agent" WEBHOOK "webhook" FALLBACK "fallback"
%token <word> LINK "link" ORDER "order" ASK "ask" FOR "for" WITH "with"
%token <word> SNOOZE "snooze" ONCE "once" PER "per" CUSTOMER "customer"
%token <word> STOP "stop" LANGUAGE "language" SINCE "since" TEXT "text"
%token <word> PROACTIVE "proactive" CLAIM "claim" WORKING "working"
%token <word> DAYS "days" PAUSES "pauses" WHILE "while" NEVER "never"
%token <word> REOPEN "reopen" TEMPLATE "template"
%token LBRACE "{" RBRACE "}" LPAREN "(" RPAREN ")" COMMA "," DASH "-"
%token LESS "<" AT_MOST "<=" EQUAL "=" AT_LEAST ">=" MORE ">"

%type <word> word code field_word capture event every_word
%type <cond> cond cond_time
%type <list> fields values
%type <asked> field
%type <quantity> quantity
%type <promised> budget
%type <number> compare clock
%type <mask> days weekdays channels channel exact states state
%type <span> span
%type <word> in_calendar
%precedence ALONE
%left OR
%left AND
%precedence NOT

%%

book: %empty | book decl { yyerrok; } | book error { build_lost(p); };

open: LBRACE { yyerrok; };

decl: queue | team | list | calendar | policy | shop_policy | rule | reply
	| INCLUDE STRING { build_include(p, &$2); };

/* Keywords that may also be somebody's word: a state, a channel, ... */
word: WORD | OPEN | CLOSED | STATE | RESOLUTION | ORDER | CUSTOMER | AGENT
	| CLOCK_TIME | DAY | PROACTIVE | CLAIM | WORKING | DAYS | PAUSES
	| WHILE | NEVER | REOPEN | TEMPLATE;
/* ... and a language: Icelandic is "is", Odia is "or". */
code: word | IS | OR;

queue_head: QUEUE STRING { build_queue(p, &$2); }
	| QUEUE error { build_lost(p); build_queue(p, NULL); };
queue: queue_head open queue_items RBRACE;
queue_items: %empty | queue_items queue_item { yyerrok; }
	| queue_items error;
queue_item: TITLE STRING { build_queue_title(p, &$2); }
	| TEAM STRING { build_queue_team(p, &$2); };

team_head: TEAM STRING { build_team(p, &$2); }
	| TEAM error { build_lost(p); build_team(p, NULL); };
team: team_head open team_items RBRACE;
team_items: %empty | team_items team_item { yyerrok; }
	| team_items error;
team_item: TITLE STRING { build_team_title(p, &$2); }
	| CALENDAR STRING { build_team_calendar(p, &$2); }
	| MEMBERS members;
members: member | members COMMA member;
member: STRING { build_team_member(p, &$1); };

list_head: LIST STRING { build_list(p, &$2); }
	| LIST error { build_lost(p); build_list(p, NULL); };
list: list_head open entries RBRACE | list_head open entries COMMA RBRACE
	| list_head open RBRACE
	| list_head open error { build_list_broken(p); } RBRACE;
entries: entry | entries COMMA { yyerrok; } entry;
entry: PATTERN exact { build_entry(p, &$1, false, $2); }
	| STRING exact { build_entry(p, &$1, true, $2); };

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
	| clock { build_promise(p, (enum book_clock)$1); } budgets
	| PAUSES RESOLUTION WHILE states { build_pauses(p, $4, &@1); }
	| PAUSES RESOLUTION NEVER { build_pauses(p, 0, &@1); }
	| REOPEN RESOLUTION WORD { build_reopen(p, &$3); }
	| WARN AT warnings
	| ESCALATE clock { build_step(p, (enum book_clock)$2, &@1); } when
		THEN actions;
warnings: warning | warnings COMMA warning;
warning: PERCENT { build_warning_percent(p, (int)$1, &@1); }
	| DURATION LEFT { build_warning_left(p, &$1, &@1); };
clock: FIRST RESPONSE { $$ = BOOK_CLOCK_FIRST_RESPONSE; }
	| NEXT RESPONSE { $$ = BOOK_CLOCK_NEXT_RESPONSE; }
	| RESOLUTION { $$ = BOOK_CLOCK_RESOLUTION; }
	| PROACTIVE { $$ = BOOK_CLOCK_PROACTIVE; }
	| CLAIM { $$ = BOOK_CLOCK_CLAIM; };
budgets: budget { build_budget(p, NULL, &$1, &@1); }
	| budgets COMMA word budget { build_budget(p, &$3, &$4, &@4); };
budget: DURATION { $$ = (struct promised){ .time = $1 }; }
	| DURATION OPEN { $$ = (struct promised){ .time = $1, .open = true }; }
	| DASH DURATION
		{ $$ = (struct promised){ .time = $2, .negative = true }; }
	| NUMBER WORKING days_word { $$ = (struct promised){ .days = $1 }; }
	| DASH NUMBER WORKING days_word
		{ $$ = (struct promised){ .days = $2, .negative = true }; }
	| NUMBER days_word
		{ $$ = (struct promised){ .days = $1, .bare = true }; }
	| NUMBER { $$ = (struct promised){ .days = $1, .bare = true }; };
days_word: DAY | DAYS;
states: state | states COMMA state { $$ = $1 | $3; };
state: word { $$ = build_pause(p, &$1); };
when: AT PERCENT { build_step_when(p, BOOK_AT_PERCENT, $2, NULL, &@2); }
	| AT BREACH { build_step_when(p, BOOK_AT_BREACH, 0, NULL, &@2); }
	| DURATION LEFT { build_step_when(p, BOOK_LEFT, 0, &$1, &@1); }
	| DURATION AFTER BREACH
		{ build_step_when(p, BOOK_AFTER_BREACH, 0, &$1, &@1); };

shop_head: SHOP POLICY STRING { build_shop_policy(p, &$3); }
	| SHOP error { build_lost(p); build_shop_policy(p, NULL); };
shop_policy: shop_head open shop_items RBRACE;
shop_items: %empty | shop_items shop_item { yyerrok; }
	| shop_items error;
shop_item: TITLE STRING { build_shop_title(p, &$2); }
	| LANGUAGE code { build_shop_language(p, &$2); }
	| SINCE DATE { build_shop_since(p, &$2); }
	| TEXT STRING { build_shop_text(p, NULL, &$2); }
	| TEXT code STRING { build_shop_text(p, &$2, &$3); };

channels: channel | channels COMMA channel { $$ = $1 | $3; };
channel: word { $$ = build_channel(p, &$1); };

rule_head: RULE STRING { build_rule(p, &$2); }
	| RULE error { build_rule(p, NULL); };
rule: rule_head open rule_items RBRACE;
rule_items: %empty | rule_items rule_item { yyerrok; }
	| rule_items error { build_broken(p); };
rule_item: ON on { build_on(p, &@2); }
	| ON on VIA channels { build_on(p, &@2); build_rule_via(p, $4); }
	| IF cond { build_if(p, $2, &@2); }
	| THEN { yyerrok; build_then(p); } actions
	| ONCE PER CUSTOMER IN DURATION { build_once(p, &$5, &@5); }
	| EXAMPLE { build_example(p, false, &@1); } example
	| COUNTEREXAMPLE { build_example(p, true, &@1); } example;

on: event { build_event(p, &$1); }
	| EVERY every_word in_calendar { build_hourly(p, &$2, &$3); }
	| EVERY every_word AT TIME in_calendar
		{ build_daily_word(p, &$2, $4, &@4, &$5); }
	| EVERY weekdays AT TIME in_calendar
		{ build_daily(p, $2, $4, &@4, &$5); }
	| DURATION AFTER word { build_after(p, &$1, false, &$3, &@1); }
	| DURATION OPEN AFTER word { build_after(p, &$1, true, &$4, &@1); };
event: word;
every_word: WORD | DAY;
in_calendar: %empty { $$ = (struct word){ .text = NULL }; }
	| IN STRING { $$ = $2; };

cond: cond OR cond { $$ = build_cond(p, COND_OR, $1, $3, &@$); }
	| cond AND cond { $$ = build_cond(p, COND_AND, $1, $3, &@$); }
	| NOT cond { $$ = build_cond(p, COND_NOT, $2, NULL, &@$); }
	| LPAREN cond RPAREN { $$ = $2; }
	| fields MATCHES PATTERN exact
		{ $$ = build_cond_text(p, $1, &$3, false, $4, &@$); }
	| fields MATCHES LIST STRING
		{ $$ = build_cond_list(p, $1, &$4, &@$); }
	| fields CONTAINS STRING exact
		{ $$ = build_cond_text(p, $1, &$3, true, $4, &@$); }
	| fields IS values { $$ = build_cond_word(p, $1, $3, &@$); }
	| fields compare quantity
		{ $$ = build_cond_compare(p, $1, (enum compare)$2, &$3, &@$); }
	| FLAG { $$ = build_cond_flag(p, &$1, &@$); }
	| WORD %prec ALONE { $$ = build_cond_flag(p, &$1, &@$); }
	| cond_time spans in_calendar
		{ $$ = build_cond_in(p, $1, &$3, &@$); }
	| DAY IS weekdays in_calendar
		{ $$ = build_cond_day(p, $3, &$4, &@$); }
	| OPEN IN STRING { $$ = build_cond_open(p, &$3, &@$); }
	| error { $$ = build_cond_error(p, &@$); };
cond_time: CLOCK_TIME IS { $$ = build_cond_time(p, &@$); };
fields: field { $$ = build_fields(p, NULL, $1); }
	| field OR fields { $$ = build_fields(p, $3, $1); }
	| WORD { $$ = build_fields(p, NULL, build_asked(p, &$1, NULL)); }
	| WORD OR fields { $$ = build_fields(p, $3, build_asked(p, &$1, NULL)); };
field: field_word { $$ = build_asked(p, &$1, NULL); }
	| HEADER STRING { $$ = build_asked(p, &$1, &$2); };
field_word: FIELD | QUEUE | TEAM | POLICY | PRIORITY | REASON | TAG
	| STATE | LANGUAGE;
compare: LESS { $$ = COMPARE_LESS; } | AT_MOST { $$ = COMPARE_AT_MOST; }
	| EQUAL { $$ = COMPARE_EQUAL; } | AT_LEAST { $$ = COMPARE_AT_LEAST; }
	| MORE { $$ = COMPARE_MORE; };
quantity: NUMBER { $$ = build_number(&$1, NULL, false); }
	| NUMBER WORD { $$ = build_number(&$1, &$2, false); }
	| DASH NUMBER { $$ = build_number(&$2, NULL, true); }
	| DURATION { $$ = build_length(&$1, false, &@1); }
	| DASH DURATION { $$ = build_length(&$2, true, &@1); };
values: code { $$ = build_values(p, NULL, &$1, false); }
	| STRING { $$ = build_values(p, NULL, &$1, true); }
	| values COMMA code { $$ = build_values(p, $1, &$3, false); }
	| values COMMA STRING { $$ = build_values(p, $1, &$3, true); };
exact: %empty { $$ = 0; } | EXACT { $$ = 1; };

actions: action | actions COMMA { yyerrok; } action
	| actions STOP { build_stop(p, &@2); };
action: REASON word { build_action(p, ACTION_REASON, &$2); }
	| PRIORITY word { build_action(p, ACTION_PRIORITY, &$2); }
	| STATE word { build_action(p, ACTION_STATE, &$2); }
	| QUEUE STRING { build_action(p, ACTION_QUEUE, &$2); }
	| TEAM STRING { build_action(p, ACTION_TEAM, &$2); }
	| POLICY STRING { build_action(p, ACTION_POLICY, &$2); }
	| ASSIGN STRING { build_action(p, ACTION_ASSIGN, &$2); }
	| ASSIGN WORD { build_assign_nobody(p, &$2); }
	| TAG STRING { build_action(p, ACTION_TAG, &$2); }
	| UNTAG STRING { build_action(p, ACTION_UNTAG, &$2); }
	| REPLY STRING { build_action(p, ACTION_REPLY, &$2); }
	| SEND REPLY STRING { build_action(p, ACTION_SEND, &$3); }
	| NOTE STRING { build_action(p, ACTION_NOTE, &$2); }
	| NOTIFY TEAM STRING STRING { build_notify(p, &$2, &$3, &$4); }
	| NOTIFY AGENT STRING STRING { build_notify(p, &$2, &$3, &$4); }
	| FALLBACK { build_fallback(p, &$1); }
	| WEBHOOK STRING { build_action(p, ACTION_WEBHOOK, &$2); }
	| LINK ORDER STRING { build_action(p, ACTION_LINK_ORDER, &$3); }
	| LINK ORDER LBRACE capture RBRACE { build_link_order(p, &$4); }
	| ASK FOR ORDER WITH STRING { build_action(p, ACTION_ASK_ORDER, &$5); }
	| SNOOZE DURATION { build_snooze(p, &$2, &@2); }
	| STOP { build_stop(p, &@1); }
	| error { build_broken(p); };
capture: word | FIELD | FLAG;

example: STRING { build_example_body(p, &$1); } example_more
	| example_fields;
example_more: %empty | example_fields;
example_fields: example_field | example_fields example_field;
example_field: FROM STRING { build_example_field(p, &$1, &$2); }
	| field_word STRING { build_example_field(p, &$1, &$2); }
	| field_word code { build_example_field(p, &$1, &$2); }
	| field_word quantity { build_example_number(p, &$1, &$2); }
	| HEADER STRING STRING { build_example_header(p, &$2, &$3); }
	| FLAG { build_example_flag(p, &$1, true); }
	| NOT FLAG { build_example_flag(p, &$2, false); }
	| AT DATE TIME { build_example_at(p, &$2, $3); };

reply_head: REPLY STRING { build_reply(p, &$2); }
	| REPLY error { build_lost(p); build_reply(p, NULL); };
reply: reply_head open reply_items RBRACE;
reply_items: %empty | reply_items reply_item { yyerrok; }
	| reply_items error;
reply_item: TITLE STRING { build_reply_title(p, &$2); }
	| LANGUAGE code { build_reply_language(p, &$2); }
	| TEXT STRING { build_reply_text(p, NULL, &$2); }
	| TEXT code STRING { build_reply_text(p, &$2, &$3); }
	| template_head template_items;

template_head: TEMPLATE STRING { build_template(p, NULL, &$2); }
	| TEMPLATE code STRING { build_template(p, &$2, &$3); };
template_items: %empty | template_items template_item;
template_item: WITH template_values
	| HEADER STRING { build_template_header(p, &$2); };
template_values: STRING { build_template_value(p, &$1); }
	| template_values COMMA STRING { build_template_value(p, &$3); };

%%

/* Some tokens stand for others in "expected ...": a list of all the words
 * that may be a field or a value would tell nobody anything. */
static const yysymbol_kind_t values[] = {
	YYSYMBOL_OPEN,	   YYSYMBOL_CLOSED, YYSYMBOL_STATE,
	YYSYMBOL_RESOLUTION, YYSYMBOL_ORDER,  YYSYMBOL_CUSTOMER,
	YYSYMBOL_AGENT,	   YYSYMBOL_CLOCK_TIME, YYSYMBOL_DAY,
	YYSYMBOL_IS,	   YYSYMBOL_OR,	    YYSYMBOL_PROACTIVE,
	YYSYMBOL_CLAIM,	   YYSYMBOL_WORKING, YYSYMBOL_DAYS,
	YYSYMBOL_PAUSES,   YYSYMBOL_WHILE,  YYSYMBOL_NEVER,
	YYSYMBOL_REOPEN,   YYSYMBOL_TEMPLATE
};
static const yysymbol_kind_t fields[] = {
	YYSYMBOL_QUEUE,	   YYSYMBOL_TEAM,   YYSYMBOL_POLICY,
	YYSYMBOL_PRIORITY, YYSYMBOL_REASON, YYSYMBOL_TAG,
	YYSYMBOL_STATE,	   YYSYMBOL_LANGUAGE, YYSYMBOL_WORD
};

static bool
among(yysymbol_kind_t k, const yysymbol_kind_t *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (list[i] == k)
			return true;
	return false;
}

static size_t
shown(const yysymbol_kind_t *kinds, size_t n, const char **names)
{
	bool word = among(YYSYMBOL_WORD, kinds, n);
	bool field = among(YYSYMBOL_FIELD, kinds, n);
	size_t count = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (field &&
		    among(kinds[i], fields, sizeof fields / sizeof *fields))
			continue;
		if (word && !field &&
		    among(kinds[i], values, sizeof values / sizeof *values))
			continue;
		names[count++] = yysymbol_name(kinds[i]);
	}
	return count;
}

static int
yyreport_syntax_error(const yypcontext_t *ctx, void *scanner, struct build *p)
{
	yysymbol_kind_t kinds[YYNTOKENS];
	const char *names[YYNTOKENS];
	yysymbol_kind_t got = yypcontext_token(ctx);
	int n = yypcontext_expected_tokens(ctx, kinds, YYNTOKENS);

	(void)scanner;
	if (n < 0)
		return n;
	/* the scanner has already said what it could not read */
	if (got != YYSYMBOL_BAD)
		build_syntax_error(p, yypcontext_location(ctx),
				   got != YYSYMBOL_YYEMPTY ? yysymbol_name(got)
							   : "",
				   names, shown(kinds, (size_t)n, names));
	return 0;
}

static void
yyerror(struct text_span *at, void *scanner, struct build *p, const char *text)
{
	(void)scanner;
	build_error(p, at, text);
}
