#!/bin/sh
# cyrus.sh: a Cyrus IMAP server of our own for tests, on loopback.
#
#   cyrus.sh can               0 if it can run here, else why not
#   cyrus.sh fetch PREFIX PACKAGE...
#                              unpack these packages there, and the libraries
#                              that they need and the system lacks
#   cyrus.sh start DIR PORT    prints {"imap","imaps","lmtp","auth"}
#   cyrus.sh stop DIR
#
# It is taken from POSTIGO_CYRUS, a PREFIX of fetch, or from the system. With
# CYRUS_OWNER=PID it is stopped when that process has ended.
#
# Ports: IMAP = PORT (clear), IMAPS = PORT + 1, LMTP = PORT + 2. DIR/tls has
# now.pem and now.key (mailservers.sh makes them). Who may log in is asked of the
# Unix socket "auth" as one asks saslauthd; INBOX is made at the first log-in.
set -eu
umask 022
PATH=$PATH:/usr/sbin:/sbin
verb=${1:?verb}
prefix=${POSTIGO_CYRUS-}

absent() {
	[ -x "$prefix/usr/lib/cyrus/bin/imapd" ] || {
		echo "there is no Cyrus (tests/lib/cyrus.sh fetch)"
		return
	}
	[ "$(id -u)" -eq 0 ] || {
		echo "Cyrus needs root"
		return
	}
	LD_LIBRARY_PATH=$prefix/usr/lib/$(libraries) \
		ldd "$prefix/usr/lib/cyrus/bin/imapd" |
		sed -n 's/^[[:space:]]*\(.*\) => not found.*/Cyrus lacks \1/p' | head -n 1
}

# The folder of this machine's libraries: x86_64-linux-gnu.
libraries() {
	gcc -print-multiarch 2>/dev/null || dpkg-architecture -qDEB_HOST_MULTIARCH
}

files() {
	cat >"$dir/imapd.conf" <<-END
	configdirectory: $dir/cyrus
	defaultpartition: default
	partition-default: $dir/cyrus/spool
	cyrus_user: mail
	cyrus_group: mail
	admins: cyrus
	servername: localhost
	altnamespace: yes
	unixhierarchysep: yes
	autocreate_quota: 0
	autocreate_inbox_folders: Sent
	allowplaintext: yes
	sasl_mech_list: PLAIN LOGIN
	sasl_pwcheck_method: saslauthd
	sasl_saslauthd_path: $dir/cyrus/auth
	tls_server_cert: $dir/tls/now.pem
	tls_server_key: $dir/tls/now.key
	idlesocket: $dir/cyrus/socket/idle
	lmtpsocket: $dir/cyrus/socket/lmtp
	munge8bit: no
	popminpoll: 0
	sievedir: $dir/cyrus/sieve
	END
	run="$dir/prefix/usr/lib/cyrus/bin"
	cat >"$dir/cyrus.conf" <<-END
	START {
	  recover cmd="$run/ctl_cyrusdb -C $dir/imapd.conf -r"
	}
	SERVICES {
	  imap cmd="$run/imapd -C $dir/imapd.conf" listen="127.0.0.1:$port" prefork=1
	  imaps cmd="$run/imapd -C $dir/imapd.conf -s" listen="127.0.0.1:$((port + 1))" prefork=1
	  lmtp cmd="$run/lmtpd -C $dir/imapd.conf -a" listen="127.0.0.1:$((port + 2))" prefork=1
	}
	EVENTS {
	  checkpoint cmd="$run/ctl_cyrusdb -C $dir/imapd.conf -c" period=30
	}
	DAEMON {
	  idled cmd="$run/idled -C $dir/imapd.conf"
	}
	END
}

case $verb in
can)
	why=$(absent)
	[ -z "$why" ] || {
		echo "$why"
		exit 1
	}
	;;
fetch)
	mkdir -p "${2:?prefix}"
	cd "$2"
	shift 2
	wanted="$* $(apt-cache depends --no-recommends --no-suggests \
		--no-conflicts --no-breaks --no-replaces --no-enhances "$@" |
		sed -n 's/^ *|\{0,1\}Depends: \(lib[a-z0-9.+-]*\)$/\1/p' | sort -u)"
	for p in $wanted; do
		case $p in
		lib*) dpkg-query -W -f '${db:Status-Status}\n' "$p" 2>/dev/null |
			grep -qx installed && continue ;;
		esac
		apt-get download "$p" >fetch.log 2>&1 || {
			cat fetch.log >&2
			exit 1
		}
	done
	for p in *.deb; do
		dpkg -x "$p" .
		rm -f "$p"
	done
	;;
start)
	mkdir -p "${2:?folder}"
	dir=$(cd "$2" && pwd)
	port=${3:?first port}
	chmod 755 "$dir"
	# it gives up root: what it runs must be readable for everybody
	mkdir -p "$dir/prefix/usr" "$dir/cyrus/socket" "$dir/cyrus/spool" \
		"$dir/cyrus/sieve"
	cp -R "$prefix/usr/lib" "$dir/prefix/usr/" 2>/dev/null ||
		cp -R "$prefix/usr/lib/cyrus" "$dir/prefix/usr/lib/"
	chown -R mail:mail "$dir/cyrus"
	chmod 644 "$dir/tls/now.key"
	files
	LD_LIBRARY_PATH=$dir/prefix/usr/lib/$(libraries)
	export LD_LIBRARY_PATH
	setsid "$dir/prefix/usr/lib/cyrus/bin/master" -C "$dir/imapd.conf" \
		-M "$dir/cyrus.conf" -p "$dir/master.pid" \
		>"$dir/log" 2>&1 </dev/null &
	if [ -n "${CYRUS_OWNER-}" ]; then
		setsid sh "$0" watch "$dir" "$CYRUS_OWNER" \
			>/dev/null 2>&1 </dev/null &
	fi
	printf '{"imap":%d,"imaps":%d,"lmtp":%d,"auth":"%s"}\n' \
		"$port" $((port + 1)) $((port + 2)) "$dir/cyrus/auth"
	;;
watch)
	dir=${2:?folder}
	while kill -0 "${3:?process}" 2>/dev/null && [ -d "$dir" ]; do
		sleep 2
	done
	[ ! -d "$dir" ] || sh "$0" stop "$dir"
	;;
stop)
	dir=$(cd "${2:?folder}" && pwd)
	[ ! -s "$dir/master.pid" ] || kill "$(cat "$dir/master.pid")" || true
	;;
*)
	sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
	exit 64
	;;
esac
