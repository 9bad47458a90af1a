#!/bin/sh
# debootstrap: the README's two commands in fresh folders of Debian 12 and
# Debian 13, in which only debootstrap's smallest system was before.
#
#   sh tests/long/debootstrap.sh [--full] [--keep] [SUITE...]
#
#   --full   the second command whole; else documents and two suites, for
#            the whole run takes up to 25 minutes in each folder
#   --keep   leave the folders
#   SUITE    bookworm, trixie; both if none is named
#
# From the environment:
#   DEBIAN_MIRROR                where the archive is; else debootstrap's own choice
#   POSTIGO_DEBOOTSTRAP_CACHE    CACHE/SUITE is copied if it is there
#   POSTIGO_DEBOOTSTRAP_OVERLAY  laid over each folder: what apt needs to know
#                                here (etc/apt/apt.conf.d/...)
#   POSTIGO_DEBOOTSTRAP_TMP      where the folders are made (/var/tmp)
# Certificates named by NODE_EXTRA_CA_CERTS are taken along.
#
# Needs root, debootstrap and Debian's archive; 77 where one is missing.
set -u
export LC_ALL=C
src=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
if [ "${POSTIGO_PRIVATE-}" != yes ]; then
	skip=
	[ "$(id -u)" -eq 0 ] || skip='not root'
	PATH=$PATH:/usr/sbin:/sbin
	command -v debootstrap >/dev/null 2>&1 || skip='no debootstrap'
	unshare --mount true 2>/dev/null || skip='no private mounts here'
	if [ -n "$skip" ]; then
		echo "debootstrap: skipped, $skip"
		exit 77
	fi
	POSTIGO_PRIVATE=yes
	export POSTIGO_PRIVATE PATH
	exec unshare --mount --propagation private sh "$0" "$@"
fi
full=0 keep=0 suites=
while [ $# -gt 0 ]; do
	case $1 in
	--full) full=1 ;;
	--keep) keep=1 ;;
	-*)
		echo "debootstrap: no such option '$1'" >&2
		exit 64
		;;
	*) suites="$suites $1" ;;
	esac
	shift
done
work=$(mktemp -d "${POSTIGO_DEBOOTSTRAP_TMP-/var/tmp}/postigo-fresh.XXXXXX") ||
	exit 1
root='' pid=''

cleanup() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null
	[ -z "$root" ] || unmount
	if [ "$keep" -eq 1 ]; then
		echo "debootstrap: left in $work"
	else
		rm -rf --one-file-system "$work"
	fi
}
trap cleanup EXIT
trap 'exit 130' INT TERM

unmount() {
	for _m in proc dev/shm; do
		! mountpoint -q "$root/$_m" || umount -l "$root/$_m"
	done
}

say() {
	echo "$suite: $*"
}

# become COMMAND...: this shell becomes it, in the folder, with nothing of this
# environment.
become() {
	_ca=
	[ ! -f "$root/etc/extra-ca.pem" ] ||
		_ca='NODE_EXTRA_CA_CERTS=/etc/extra-ca.pem'
	# shellcheck disable=SC2086
	exec chroot "$root" env -i HOME=/root LANG=C.UTF-8 $_ca \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

inside() {
	(become "$@")
}

installed() {
	inside dpkg-query -W -f '${Package} ${Installed-Size}\n' | sort
}

# The smallest system, then the checkout as a clone would bring it.
fresh() {
	mkdir -p "$root" || return 1
	_had=${POSTIGO_DEBOOTSTRAP_CACHE-}/$suite
	if [ "$_had" != "/$suite" ] && [ -d "$_had" ]; then
		cp -a "$_had/." "$root" || return 1
	else
		debootstrap --variant=minbase "$suite" "$root" \
			${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} >"$root.log" 2>&1 || {
			tail -n 5 "$root.log"
			return 1
		}
	fi
	[ ! -f /etc/resolv.conf ] || cp -L /etc/resolv.conf "$root/etc/"
	[ -z "${POSTIGO_DEBOOTSTRAP_OVERLAY-}" ] ||
		cp -a "$POSTIGO_DEBOOTSTRAP_OVERLAY/." "$root" || return 1
	[ ! -f "${NODE_EXTRA_CA_CERTS-}" ] ||
		cp -L "$NODE_EXTRA_CA_CERTS" "$root/etc/extra-ca.pem"
	mkdir -p "$root/postigo" "$root/dev/shm"
	mount -t proc proc "$root/proc" || return 1
	mount -t tmpfs tmpfs "$root/dev/shm" || return 1
	if [ -e "$src/.git" ]; then
		git -c safe.directory='*' -C "$src" archive HEAD
	else
		(cd "$src" && find . -type f -print0 | tar --null -cf - -T -)
	fi | tar -xf - -C "$root/postigo"
}

# Who still runs in the folder?
alive() {
	for _p in /proc/[0-9]*; do
		[ "$(readlink "$_p/root")" != "$root" ] ||
			tr '\0' ' ' <"$_p/cmdline"
	done
}

# The first command, until it prints its line; a look at the desk; its end.
quickstart() {
	rm -f "$root/line"
	installed >"$root.before"
	cp "$root/var/lib/dpkg/status" "$root/var/lib/dpkg/status.before"
	become sh -c 'cd /postigo && exec sh contrib/quickstart --json \
		--dir /root/desk --port-base "$1"' quickstart "$port" \
		>"$root/line" 2>"$root.talk" &
	pid=$!
	_left=1800
	while [ ! -s "$root/line" ] && kill -0 "$pid" 2>/dev/null &&
		[ "$_left" -gt 0 ]; do
		_left=$((_left - 1))
		sleep 1
	done
	grep -e '^With what they need' -e '^Building' "$root.talk"
	if [ ! -s "$root/line" ]; then
		tail -n 40 "$root.talk"
		return 1
	fi
	sizes
	inside node /postigo/tests/long/fresh.mjs /line \
		/postigo/build-quickstart/tree/postigo || return 1
	kill -TERM "$pid"
	wait "$pid"
	_rc=$?
	pid=
	# The shop looks twice a second whether the desk is there.
	_left=20
	while _alive=$(alive) && [ -n "$_alive" ] && [ "$_left" -gt 0 ]; do
		_left=$((_left - 1))
		sleep 1
	done
	if [ -n "$_alive" ] || [ "$_rc" -ne 0 ]; then
		say "SIGTERM: exit code $_rc; still there: '$_alive'"
		return 1
	fi
	say "SIGTERM: exit code 0, no process is left"
}

# What it brought: everything, and what of it a desk needs to run: the packages
# of the libraries that the programs load, and what apt brings with these.
sizes() {
	installed >"$root.after"
	comm -13 "$root.before" "$root.after" | total 'to build and to run'
	inside sh -c 'cd /postigo/build-quickstart/tree &&
		ldd postigo postigod postigo-mail postigo-mime postigo-console postigo-whatsapp |
		sed -n "s/.*=> \(\/[^ ]*\).*/\1/p" | sort -u |
		while read -r f; do
			g=$(readlink -f "$f")
			dpkg -S "$f" "$g" "/usr$f" "/usr$g" 2>/dev/null
		done | cut -d: -f1 | sort -u' >"$root.libs"
	# shellcheck disable=SC2046
	inside apt-get install -s --no-install-recommends \
		-o Dir::State::status=/var/lib/dpkg/status.before \
		$(cat "$root.libs") tzdata 2>/dev/null |
		sed -n 's/^Inst \([^ ]*\) (.*/\1/p' | sort -u |
		join - "$root.after" | total 'to run'
}

# total WHAT: of lines "package kilobytes".
total() {
	awk -v head="$suite: installed $1" '
	{ n++; kb += $2; if (n <= 60) what = what " " $1 }
	END {
		printf "%s: %d packages, %.1f MB\n", head, n, kb / 1024
		if (n <= 60) print " " what
	}'
}

# run OPTION...: the second command.
run() {
	inside sh -c 'cd /postigo && exec nice sh tests/run "$@"' run "$@" \
		</dev/null >"$root.run" 2>&1
	_rc=$?
	say "tests/run $*: $(tail -n 1 "$root.run")"
	[ "$_rc" -eq 0 ] || tail -n 100 "$root.run"
	return "$_rc"
}

second() {
	if [ "$full" -eq 1 ]; then
		run
		return
	fi
	for _one in docs base ctl; do
		run --only "$_one" || return 1
	done
}

bad=0 port=8580
for suite in ${suites:-bookworm trixie}; do
	root=$work/$suite
	if ! fresh; then
		echo "debootstrap: skipped, could not make a folder of $suite"
		[ "$bad" -ne 0 ] || bad=77
	elif quickstart && second; then
		say "both commands passed"
	else
		say "FAILED"
		bad=1
	fi
	unmount
	[ "$keep" -eq 1 ] || rm -rf --one-file-system "$root"
	port=$((port + 100))
done
exit "$bad"
