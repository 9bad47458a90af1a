#!/bin/sh
# planted: the tests must find the bugs that they are for. One build for each
# bug of configure's --enable-planted-bug; the test that is named beside it has
# to fail, and for that reason.
set -u
: "${POSTIGO_SRCDIR:?}" "${POSTIGO_BUILDDIR:?}"
command -v node >/dev/null 2>&1 || {
	echo "planted: skipped, there is no node"
	exit 77
}
rc=0

build() {
	mkdir -p "$dir" || return 1
	(cd "$dir" && "$POSTIGO_SRCDIR/configure" --disable-ui \
		--enable-planted-bug="$bug" &&
		make postigod tests/shim/record.so tests/shim/fault.so) \
		>"$dir/log" 2>&1
}

# find BUG TEST REASON: REASON is what the failed test says
find_bug() {
	bug=$1 test=$2 reason=$3
	dir=$POSTIGO_BUILDDIR/planted-$bug
	build || {
		tail -n 20 "$dir/log"
		echo "planted: $bug does not build"
		rc=1
		return
	}
	scratch=$(mktemp -d) || exit 1 # of a test that fails, much is left
	POSTIGO_BUILDDIR=$dir POWER_IMAGES=25 POWER_SCRATCH=$scratch \
		node --test --test-timeout=300000 \
		"$POSTIGO_SRCDIR/tests/$test" >"$dir/test.log" 2>&1
	failed=$?
	rm -rf "$scratch"
	if [ $failed -eq 0 ]; then
		echo "planted: $bug was not found by $test"
		rc=1
	elif grep -q "$reason" "$dir/test.log"; then
		echo "planted: $bug was found by $test"
	else
		tail -n 40 "$dir/test.log"
		echo "planted: $bug: $test failed for another reason"
		rc=1
	fi
}

power=power/power.plain.mjs
lost='was acknowledged and is there 0 times'
if command -v strace >/dev/null 2>&1; then
	find_bug answer-early bus/durable.test.mjs 'the response\|a sync lies'
	find_bug sync-off bus/durable.test.mjs 'the response\|a sync lies'
fi
find_bug answer-early $power "$lost"
find_bug sync-off $power "$lost"
find_bug skip-folder-sync $power 'its octets .* are lost'
find_bug commit-before-file $power 'its octets .* are lost'
find_bug forget-dedup $power 'is there 2 times\|offered again:\|its repeat'
find_bug ignore-failed-sync power/fault.plain.mjs 'the daemon ended with'
exit $rc
