#!/bin/sh
# mailservers.sh: a Dovecot and a Postfix of our own for tests, on loopback.
#
#   mailservers.sh can                       0 if they can run here, else why not
#   mailservers.sh start DIR PORT [USER...]  prints a JSON object, see below
#   mailservers.sh token DIR USER            an XOAUTH2 token, good for an hour
#   mailservers.sh cert DIR NAME             serve certificate NAME from now on:
#                                            good, wrong, expired, unknown
#   mailservers.sh kick DIR                  cut all IMAP sessions
#   mailservers.sh stop DIR
#
# With MAILSERVERS_OWNER=PID they are stopped when that process has ended.
#
# Ports: IMAP = PORT (clear, STARTTLS), IMAPS = PORT + 1, SMTP = PORT + 2
# (STARTTLS), SMTPS = PORT + 3, Dovecot's log-ins for Postfix = PORT + 4.
# USER's password is USER-secret, mails for USER@localhost arrive in USER's
# INBOX; mail for se-fue@localhost is taken and comes back. With SMTP_CLEAR in
# the environment Postfix also listens on that port, in clear and with log-ins.
# {"imap","imaps","smtp","smtps","ca","mail"}: ca is the file that signs "good",
# "wrong" and "expired"; mail is the folder of the Maildirs. Needs root: Postfix
# will not run otherwise.
set -eu
umask 022
PATH=$PATH:/usr/sbin:/sbin
verb=${1:?verb}

base64url() {
	openssl base64 -A | tr '+/' '-_' | tr -d '='
}

# certificate FILE NAME DAYS-FROM DAYS-TO: signed by the CA of this folder.
certificate() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" \
		-subj "/CN=$2"
	openssl ca -batch -notext -config ca.cnf -name desk -in "$1.csr" \
		-out "$1.pem" -startdate "$(day "$3")" -enddate "$(day "$4")" \
		-extfile "$1.ext"
}

# day N: N days from now, as ASN.1 writes it.
day() {
	date -u -d "$1 days" +%Y%m%d%H%M%SZ
}

certificates() {
	cat >ca.cnf <<-END
	[desk]
	database = index
	new_certs_dir = .
	certificate = ca.pem
	private_key = ca.key
	serial = serial
	default_md = sha256
	policy = any
	unique_subject = no
	[any]
	commonName = supplied
	END
	: >index
	echo 01 >serial
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem \
		-subj '/CN=Authority of the tests' -days 3650 \
		-addext basicConstraints=critical,CA:TRUE \
		-addext keyUsage=critical,keyCertSign,cRLSign
	echo 'subjectAltName=DNS:localhost,IP:127.0.0.1' >good.ext
	echo 'subjectAltName=DNS:wrong.example' >wrong.ext
	cp good.ext expired.ext
	certificate good localhost -1 3650
	certificate wrong wrong.example -1 3650
	certificate expired localhost -30 -2
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout unknown.key \
		-out unknown.pem -subj /CN=localhost -days 3650 \
		-addext subjectAltName=DNS:localhost
}

# use NAME: both servers read these two files when they (re)start.
use() {
	cat "$dir/tls/$1.pem" >"$dir/tls/now.pem"
	cat "$dir/tls/$1.key" >"$dir/tls/now.key"
}

dovecot_files() {
	mkdir -p "$dir/dovecot/run" "$dir/dovecot/keys/default/HS256"
	openssl rand -hex 32 >"$dir/key"
	tr -d '\n' <"$dir/key" | openssl base64 -A \
		>"$dir/dovecot/keys/default/HS256/default"
	cat >"$dir/dovecot/tokens.conf" <<-END
	introspection_mode = local
	local_validation_key_dict = fs:posix:prefix=$dir/dovecot/keys/
	username_attribute = email
	END
	for u; do
		echo "$u:{PLAIN}$u-secret"
	done >"$dir/dovecot/users"
	cat >"$dir/dovecot/dovecot.conf" <<-END
	base_dir = $dir/dovecot/run
	state_dir = $dir/dovecot/run
	log_path = $dir/dovecot/log
	protocols = imap
	listen = 127.0.0.1
	mail_location = maildir:$dir/mail/%n
	mail_uid = mail
	mail_gid = mail
	first_valid_uid = 1
	ssl = yes
	ssl_cert = <$dir/tls/now.pem
	ssl_key = <$dir/tls/now.key
	disable_plaintext_auth = no
	login_trusted_networks =
	auth_failure_delay = 0
	auth_mechanisms = plain login xoauth2
	default_process_limit = 50
	passdb {
	  driver = passwd-file
	  args = username_format=%n $dir/dovecot/users
	  mechanisms = plain login
	}
	passdb {
	  driver = oauth2
	  args = $dir/dovecot/tokens.conf
	  mechanisms = xoauth2
	}
	userdb {
	  driver = static
	  args = uid=mail gid=mail home=$dir/mail/%n
	}
	namespace inbox {
	  inbox = yes
	  separator = /
	  mailbox Sent {
	    auto = create
	    special_use = \\Sent
	  }
	}
	service imap-login {
	  chroot =
	  inet_listener imap {
	    port = $port
	  }
	  inet_listener imaps {
	    port = $((port + 1))
	    ssl = yes
	  }
	}
	service auth {
	  inet_listener {
	    address = 127.0.0.1
	    port = $((port + 4))
	  }
	}
	service anvil {
	  # no growing delay for an address whose passwords fail
	  unix_listener anvil-auth-penalty {
	    mode = 0
	  }
	}
	service stats {
	  client_limit = 200
	}
	END
}

postfix_files() {
	mkdir -p "$dir/postfix/queue" "$dir/postfix/data"
	chown postfix "$dir/postfix/data"
	boxes=
	for u; do
		boxes="$boxes {$u@localhost=$u/}"
	done
	cat >"$dir/postfix/main.cf" <<-END
	compatibility_level = 3.6
	queue_directory = $dir/postfix/queue
	data_directory = $dir/postfix/data
	maillog_file = $dir/postfix/log
	maillog_file_prefixes = $dir
	mail_owner = postfix
	setgid_group = postdrop
	command_directory = /usr/sbin
	daemon_directory = /usr/lib/postfix/sbin
	shlib_directory = /usr/lib/postfix
	inet_interfaces = 127.0.0.1
	inet_protocols = ipv4
	myhostname = localhost
	mydestination =
	default_transport = error:no mail leaves this machine
	virtual_mailbox_domains = localhost
	virtual_mailbox_base = $dir/mail
	virtual_mailbox_maps = inline:{$boxes }
	virtual_uid_maps = static:$(id -u mail)
	virtual_gid_maps = static:$(id -g mail)
	virtual_alias_maps = inline:{ {se-fue@localhost=nadie-aqui@localhost} }
	virtual_minimum_uid = 1
	recipient_delimiter = +
	virtual_mailbox_limit = 0
	message_size_limit = 60000000
	smtpd_tls_cert_file = $dir/tls/now.pem
	smtpd_tls_key_file = $dir/tls/now.key
	smtpd_tls_security_level = may
	smtpd_tls_auth_only = yes
	smtpd_sasl_auth_enable = yes
	smtpd_sasl_type = dovecot
	smtpd_sasl_path = inet:127.0.0.1:$((port + 4))
	smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
	smtpd_client_connection_count_limit = 0
	smtpd_client_connection_rate_limit = 0
	smtpd_error_sleep_time = 0
	END
	cat >"$dir/postfix/master.cf" <<-END
	127.0.0.1:$((port + 2)) inet n - n - - smtpd
	127.0.0.1:$((port + 3)) inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
	pickup unix n - n 60 1 pickup
	cleanup unix n - n - 0 cleanup
	qmgr unix n - n 300 1 qmgr
	tlsmgr unix - - n 1000? 1 tlsmgr
	rewrite unix - - n - - trivial-rewrite
	bounce unix - - n - 0 bounce
	defer unix - - n - 0 bounce
	trace unix - - n - 0 bounce
	virtual unix - n n - - virtual
	error unix - - n - - error
	anvil unix - - n - 1 anvil
	postlog unix-dgram n - n - 1 postlogd
	proxymap unix - - n - - proxymap
	proxywrite unix - - n - 1 proxymap
	END
	[ -z "${SMTP_CLEAR-}" ] ||
		echo "127.0.0.1:$SMTP_CLEAR inet n - n - - smtpd" \
			"-o smtpd_tls_security_level=none" \
			"-o smtpd_tls_auth_only=no" >>"$dir/postfix/master.cf"
}

absent() {
	for p in dovecot doveadm postfix openssl; do
		command -v "$p" >/dev/null 2>&1 || {
			echo "there is no $p"
			return
		}
	done
	[ "$(id -u)" -eq 0 ] || echo "mail servers need root"
}

case $verb in
can)
	why=$(absent)
	[ -z "$why" ] || {
		echo "$why"
		exit 1
	}
	;;
start)
	mkdir -p "${2:?folder}"
	dir=$(cd "$2" && pwd)
	port=${3:?first port}
	shift 3
	[ $# -gt 0 ] || set -- ana tienda
	chmod 755 "$dir"
	mkdir -p "$dir/tls" "$dir/mail"
	chown mail:mail "$dir/mail"
	(cd "$dir/tls" && certificates) >"$dir/tls/log" 2>&1 || {
		cat "$dir/tls/log" >&2
		exit 1
	}
	use good
	dovecot_files "$@"
	postfix_files "$@"
	dovecot -c "$dir/dovecot/dovecot.conf" >"$dir/dovecot/start" 2>&1 </dev/null || {
		cat "$dir/dovecot/start" >&2
		exit 1
	}
	postfix -c "$dir/postfix" start >"$dir/postfix/start" 2>&1 </dev/null || {
		cat "$dir/postfix/start" >&2
		exit 1
	}
	if [ -n "${MAILSERVERS_OWNER-}" ]; then
		setsid sh "$0" watch "$dir" "$MAILSERVERS_OWNER" \
			>/dev/null 2>&1 </dev/null &
	fi
	printf '{"imap":%d,"imaps":%d,"smtp":%d,"smtps":%d,"ca":"%s","mail":"%s"}\n' \
		"$port" $((port + 1)) $((port + 2)) $((port + 3)) \
		"$dir/tls/ca.pem" "$dir/mail"
	;;
token)
	dir=${2:?folder}
	user=${3:?user}
	now=$(date +%s)
	head=$(printf '{"alg":"HS256","typ":"JWT"}' | base64url)
	claims=$(printf '{"sub":"%s","email":"%s","iat":%d,"exp":%d}' \
		"$user" "$user" $((now - 60)) $((now + 3600)) | base64url)
	mark=$(printf %s "$head.$claims" | openssl dgst -sha256 \
		-hmac "$(cat "$dir/key")" -binary | base64url)
	echo "$head.$claims.$mark"
	;;
cert)
	dir=$(cd "${2:?folder}" && pwd)
	use "${3:?name}"
	doveadm -c "$dir/dovecot/dovecot.conf" reload >"$dir/dovecot/reload" 2>&1
	postfix -c "$dir/postfix" reload >"$dir/postfix/reload" 2>&1
	;;
watch)
	dir=${2:?folder}
	while kill -0 "${3:?process}" 2>/dev/null && [ -d "$dir" ]; do
		sleep 2
	done
	[ ! -d "$dir" ] || sh "$0" stop "$dir"
	;;
kick)
	doveadm -c "${2:?folder}/dovecot/dovecot.conf" kick '*' >/dev/null 2>&1 ||
		true
	;;
stop)
	dir=$(cd "${2:?folder}" && pwd)
	doveadm -c "$dir/dovecot/dovecot.conf" stop >/dev/null 2>&1 || true
	postfix -c "$dir/postfix" stop >/dev/null 2>&1 || true
	;;
*)
	sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
	exit 64
	;;
esac
