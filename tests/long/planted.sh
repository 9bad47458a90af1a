#!/bin/sh
# planted: the test of syncs before responses must find the bugs that it is
# for. Two builds with a planted bug each; durable.test.mjs has to fail on both.
set -u
: "${POSTIGO_SRCDIR:?}" "${POSTIGO_BUILDDIR:?}"
command -v strace >/dev/null 2>&1 || {
	echo "planted: skipped, there is no strace"
	exit 77
}
rc=0
for bug in answer-early sync-off; do
	dir=$POSTIGO_BUILDDIR/planted-$bug
	mkdir -p "$dir" || exit 1
	(cd "$dir" && "$POSTIGO_SRCDIR/configure" --disable-ui \
		--enable-planted-bug=$bug && make postigod) >"$dir/log" 2>&1 || {
		tail -n 20 "$dir/log"
		echo "planted: $bug does not build"
		exit 1
	}
	if POSTIGO_BUILDDIR=$dir node --test --test-timeout=60000 \
		"$POSTIGO_SRCDIR/tests/bus/durable.test.mjs" \
		>"$dir/test.log" 2>&1; then
		echo "planted: $bug was not found"
		rc=1
	elif grep -q "the response\|a sync lies" "$dir/test.log"; then
		echo "planted: $bug was found"
	else
		tail -n 40 "$dir/test.log"
		echo "planted: $bug: the test failed for another reason"
		rc=1
	fi
done
exit $rc
