/*
 * What the make gives single programs on the command line, for clang-tidy,
 * which sees one file at a time.
 */
#ifndef LIBEXECDIR
#define LIBEXECDIR "/usr/libexec"
#endif
#ifndef CONSOLE_ASSETS
#define CONSOLE_ASSETS "/usr/share/postigo/console"
#endif
#ifndef CHAT_ASSETS
#define CHAT_ASSETS "/usr/share/postigo/chat"
#endif
