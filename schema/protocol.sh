#!/bin/sh
# Print PROTOCOL.md with its generated part made anew from the tables:
#   sh schema/protocol.sh > schema/PROTOCOL.md.new && mv schema/PROTOCOL.md.new schema/PROTOCOL.md
# With --check: compare, and say so if the page is behind.
set -eu
here=$(dirname "$0")
page() {
	sed '/^<!-- made from the tables: begin -->$/q' "$here/PROTOCOL.md"
	echo
	awk -v mode=methods -f "$here/gen.awk" "$here/wire/methods.tbl"
	echo
	awk -v mode=events -f "$here/gen.awk" "$here/wire/events.tbl"
	echo
	echo '<!-- made from the tables: end -->'
}
if [ "${1-}" = --check ]; then
	if page | cmp -s - "$here/PROTOCOL.md"; then
		echo "PROTOCOL.md is what the tables say"
		exit 0
	fi
	echo "schema/PROTOCOL.md is behind its tables: see schema/protocol.sh" >&2
	exit 1
fi
page
