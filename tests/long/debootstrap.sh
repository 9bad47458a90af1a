#!/bin/sh
# The README's two commands in fresh folders of Debian 12 and Debian 13: only
# what debootstrap makes is there before. Needs root, debootstrap and Debian's
# archive; says why it is skipped where one is missing.
#
# From the environment: DEBIAN_MIRROR (http://deb.debian.org/debian), SUITES
# ("bookworm trixie"), DEBOOTSTRAP_RUN=0 leaves the second command out.
set -u
: "${POSTIGO_SRCDIR:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${DEBIAN_MIRROR=http://deb.debian.org/debian}" "${SUITES=bookworm trixie}"
: "${DEBOOTSTRAP_RUN=1}"
PATH=$PATH:/usr/sbin:/sbin
if [ "$(id -u)" -ne 0 ]; then
	echo "debootstrap: SKIPPED, not root"
	exit 77
fi
if ! command -v debootstrap >/dev/null 2>&1; then
	echo "debootstrap: SKIPPED, there is no debootstrap"
	exit 77
fi
work=$(mktemp -d /var/tmp/postigo-debootstrap.XXXXXX) || exit 1
root=''
bad=0

unmount() {
	for m in proc dev/pts dev/shm dev; do
		mountpoint -q "$root/$m" 2>/dev/null && umount -l "$root/$m"
	done
}
trap '[ -z "$root" ] || unmount; rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT TERM

# The checkout as a clone would bring it: tracked files alone.
copy() {
	mkdir -p "$root/postigo"
	(cd "$POSTIGO_SRCDIR" && if [ -e .git ]; then
		git -c safe.directory='*' ls-files -z
	else
		find . -type f -print0
	fi | tar --null -cf - -T -) | tar -xf - -C "$root/postigo"
}

# fresh SUITE: a folder with its smallest system.
fresh() {
	debootstrap --variant=minbase --include=ca-certificates "$1" "$root" \
		"$DEBIAN_MIRROR" >"$work/$1.log" 2>&1 || {
		tail -n 5 "$work/$1.log"
		return 1
	}
	[ ! -f /etc/resolv.conf ] || cp -L /etc/resolv.conf "$root/etc/resolv.conf"
	cp /etc/hosts "$root/etc/hosts"
	mount -t proc proc "$root/proc" &&
		mount --bind /dev "$root/dev" &&
		mount --bind /dev/shm "$root/dev/shm"
}

# The first command: runs until it prints its line, then Ctrl-C.
quickstart() {
	port=$1
	chroot "$root" sh -c "cd /postigo && exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		HOME=/root LANG=C.UTF-8 sh contrib/quickstart --json \
		--port-base $port" >"$root/line" 2>"$root/talk" &
	pid=$!
	left=1200
	while [ ! -s "$root/line" ] && kill -0 "$pid" 2>/dev/null &&
		[ "$left" -gt 0 ]; do
		left=$((left - 1))
		sleep 1
	done
	kill -INT "$pid" 2>/dev/null
	wait "$pid"
	rc=$?
	grep -q '"console": "http://127' "$root/line" || {
		tail -n 30 "$root/talk"
		return 1
	}
	[ "$rc" -eq 0 ]
}

# The second.
run() {
	chroot "$root" sh -c 'cd /postigo && exec env -i HOME=/root CI=true \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 sh tests/run' \
		>"$root/run.log" 2>&1
	rc=$?
	tail -n 1 "$root/run.log"
	[ "$rc" -eq 0 ] || grep -A20 -e '^---' "$root/run.log" | head -n 80
	return "$rc"
}

port=19480
for suite in $SUITES; do
	root=$work/$suite
	port=$((port + 100))
	if ! fresh "$suite"; then
		echo "debootstrap: SKIPPED, could not make a folder of $suite"
		[ "$bad" -ne 0 ] || bad=77
		unmount
		continue
	fi
	copy
	if quickstart "$port"; then
		echo "$suite: quickstart runs"
	else
		echo "$suite: quickstart FAILED"
		bad=1
	fi
	if [ "$DEBOOTSTRAP_RUN" -eq 1 ]; then
		if run; then
			echo "$suite: tests/run passed"
		else
			echo "$suite: tests/run FAILED"
			bad=1
		fi
	fi
	unmount
	rm -rf --one-file-system "$root"
done
exit "$bad"
