#!/bin/sh
# thread: what threads share is in order. In a tree with gcc's thread sanitizer
# run the unit programs in which threads meet, the gateways that have several,
# and a desk on which everything happens at once (thread.mjs): it may report
# nothing. A race that is planted has to be reported by the last one.
#
#   sh tests/long/thread.sh
#
# POSTIGO_LONG_SECONDS: so long for the desk; else until its goal.
set -u
: "${POSTIGO_SRCDIR:?}" "${POSTIGO_BUILDDIR:?}"
tree=$POSTIGO_BUILDDIR/thread
units='engine tally pressure pool backup backtest search smtp stream'
suites='shop/live whatsapp/hook mail/gateway'
rc=0

skip() {
	echo "thread: skipped, $1"
	exit 77
}
command -v node >/dev/null 2>&1 || skip 'there is no node'
mkdir -p "$tree" || exit 1
echo 'int main(void) { return 0; }' >"$tree/probe.c"
if ! ${CC-gcc} -fsanitize=thread -o "$tree/probe" "$tree/probe.c" \
	2>"$tree/probe.log" || ! "$tree/probe"; then
	skip 'there is no thread sanitizer'
fi

# build DIR BUG TARGET...
build() {
	dir=$1 bug=$2
	shift 2
	mkdir -p "$dir" || exit 1
	(cd "$dir" && "$POSTIGO_SRCDIR/configure" --disable-ui \
		--enable-sanitize=thread --enable-planted-bug="$bug" &&
		make -j"$(nproc)" "$@") >"$dir/log" 2>&1 && return
	tail -n 20 "$dir/log"
	echo "thread: $dir does not build"
	exit 1
}

# watched DIR NAME SECONDS COMMAND...: its reports are DIR/report.*, what it
# says $log.
watched() {
	dir=$1 log=$1/$(echo "$2" | tr / _).log seconds=$3
	shift 3
	rm -f "$dir"/report.*
	TSAN_OPTIONS="exitcode=66 log_path=$dir/report" \
		POSTIGO_BUILDDIR=$dir POSTIGO_SANITIZED=1 \
		POSTIGO_LONG_DIR=${POSTIGO_LONG_DIR-$tree/state} \
		timeout "$seconds" "$@" >"$log" 2>&1
}

# silent NAME SECONDS COMMAND...: it passes, and nothing is reported.
silent() {
	name=$1
	shift
	if watched "$tree" "$name" "$@" && ! ls "$tree"/report.* 2>/dev/null; then
		echo "thread: $name: nothing reported"
		return
	fi
	cat "$tree"/report.* 2>/dev/null | head -n 200
	tail -n 40 "$log"
	echo "thread: $name failed"
	rc=1
}

set -- all
for unit in $units; do set -- "$@" "tests/unit/test_$unit"; done
build "$tree" no "$@"
for unit in $units; do
	silent "test_$unit" 900 "$tree/tests/unit/test_$unit"
done
for suite in $suites; do
	silent "$suite" 900 node --test "$POSTIGO_SRCDIR/tests/$suite.test.mjs"
done
silent desk $((${POSTIGO_LONG_SECONDS-7200} + 900)) \
	node --test "$POSTIGO_SRCDIR/tests/long/thread.mjs"
grep '^# thread:' "$tree/desk.log"

# the same with a race in it
planted=$tree/planted
build "$planted" count-unlocked postigod
(
	export POSTIGO_LONG_SECONDS=1 POSTIGO_LONG_DIR="$planted/state"
	watched "$planted" desk 1800 \
		node --test "$POSTIGO_SRCDIR/tests/long/thread.mjs"
)
if grep -qs tally_sums "$planted"/report.*; then
	echo 'thread: count-unlocked was found'
else
	tail -n 40 "$planted/desk.log"
	echo 'thread: count-unlocked was not found'
	rc=1
fi
exit $rc
