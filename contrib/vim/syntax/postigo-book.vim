" Vim syntax file
" Language: Postigo desk book, postigo-book(5)
" Files: *.book

if exists('b:current_syntax')
  finish
endif

let s:save = &cpo
set cpo&vim

syn iskeyword @,48-57,_,.
syn case match

syn keyword bookTodo contained TODO FIXME XXX
syn match bookComment /#.*$/ contains=bookTodo,@Spell

" What a book is made of, and what stands in it.
syn keyword bookThing queue team list calendar policy shop rule reply include
syn keyword bookItem title members timezone closed via calendar
syn keyword bookItem first next response resolution proactive claim
syn keyword bookItem warn escalate breach working days pauses while never reopen
syn keyword bookItem language since text template on every once per customer
syn keyword bookItem if then example counterexample stop after left at in
syn match bookWord /\<contains\>/
syn keyword bookWord is matches exact from and or not open with for
syn keyword bookAction assign priority tag untag reason state send note notify
syn keyword bookAction fallback webhook link ask snooze order agent nobody

syn keyword bookField channel mailbox sender subject body header page
syn keyword bookField attachment.name attachment.type attachments
syn keyword bookField customer.name customer.incidents customer.orders
syn keyword bookField customer.known assigned robot author messages age waiting
syn keyword bookField state.before assignee clock clock.left
syn keyword bookField can_reply
syn keyword bookField order.number order.state order.lines order.age
syn keyword bookField order.delay return.state
syn keyword bookField order.total order.found time day

syn keyword bookValue email chat whatsapp phone form api
syn keyword bookValue low normal high urgent
syn keyword bookValue new pending_customer on_hold snoozed solved spam merged
syn keyword bookDay mon tue wed thu fri sat sun weekday hour

syn match bookNumber /\<\d\+\(\.\d\+\)\?%\?\>\?/
syn match bookTime /\<\d\{1,2}:\d\d\>/
syn match bookDate /\<\d\{4}-\d\d-\d\d\>/
syn match bookDuration /\<\(\d\+[dhms]\)\+\>/

syn match bookEscape contained /\\./
syn match bookVariable contained /{[a-z_.]\+}/
syn region bookString start=/"/ skip=/\\./ end=/"/ oneline contains=bookEscape,bookVariable,@Spell
syn region bookText start=/"""/ end=/"""/ contains=bookVariable,@Spell
syn region bookPattern start=/\/[^ ]/ms=s skip=/\\./ end=/\// oneline contains=bookEscape,bookGroup
syn match bookGroup contained /(?<[a-z_]\+>/

" A book may be long, its texts too.
syn sync minlines=200

hi def link bookTodo Todo
hi def link bookComment Comment
hi def link bookThing Structure
hi def link bookItem Statement
hi def link bookWord Operator
hi def link bookAction Function
hi def link bookField Identifier
hi def link bookValue Constant
hi def link bookDay Constant
hi def link bookNumber Number
hi def link bookTime Number
hi def link bookDate Number
hi def link bookDuration Number
hi def link bookEscape SpecialChar
hi def link bookVariable Special
hi def link bookGroup Special
hi def link bookString String
hi def link bookText String
hi def link bookPattern PreProc

let b:current_syntax = 'postigo-book'
let &cpo = s:save
unlet s:save
