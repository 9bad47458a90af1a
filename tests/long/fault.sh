#!/bin/sh
# fault: every failure below the daemon, for each method: allocations of SQLite
# and jansson, accesses of SQLite to its files, system calls on files, each
# once and from then on.
#
#   sh tests/long/fault.sh
#
# With POSTIGO_LONG_SECONDS only as many failures of each case, spread over all
# of them and others each time, as that allows.
set -u
bin=${POSTIGO_BUILDDIR:?}/tests/fault/test_fault_methods
seconds=${POSTIGO_LONG_SECONDS-}
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
if [ -z "$seconds" ]; then
	set -- --all
else
	# some 200 cases and kinds, some 200 failures a second
	set -- --points $((seconds / 2 + 1)) --seed "$(date +%s)"
fi
echo "fault: $*"
"$bin" "$@" >"$log" 2>&1
rc=$?
grep -v '^ok ' "$log" | cut -c1-400
awk '
/^(not )?ok [1-9]/ {
	for (i = 2; i <= NF; i++)
		if ($i ~ /^points,?$/)
			n += $(i - 1)
	cases++
}
END { print "fault: " cases " cases, " n " failures" }' "$log"
exit "$rc"
