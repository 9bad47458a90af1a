#!/usr/bin/perl
# serve.pl: the sample shop, on loopback alone, until whoever started it ends.
#
#   serve.pl PORT CHAT PARENT
#
#   CHAT    origin of the chat, put where pages say @CHAT@
#   PARENT  process that started it
#
# Needs perl-base only. Pages and style come from the folder of this file and
# are read once; nothing in a request reaches a path.
use strict;
use warnings;
use IO::Socket::INET;

my ($port, $chat, $parent) = @ARGV;
die "usage: serve.pl PORT CHAT PARENT\n"
	unless ($parent // '') =~ /^\d+$/ && ($port // '') =~ /^\d+$/ && ($chat // '') =~ m{^https?://[\w.:\[\]-]+$};
(my $dir = $0) =~ s{[^/]*$}{};
my $policy = "default-src 'none'; style-src 'self'; script-src $chat; " .
	"frame-src $chat; base-uri 'none'; form-action 'none'; " .
	"frame-ancestors 'none'";
my %type = (html => 'text/html; charset=utf-8', css => 'text/css; charset=utf-8');
my %file;

for my $name (qw(index.html envios.html shop.css)) {
	open my $in, '<', ($dir || './') . $name or die "cannot read $name: $!\n";
	local $/;
	$file{"/$name"} = <$in>;
	$file{"/$name"} =~ s/\@CHAT\@/$chat/g;
}
$file{'/'} = $file{'/index.html'};

my $server = IO::Socket::INET->new(
	LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 32, ReuseAddr => 1,
) or die "cannot listen on port $port: $!\n";
$SIG{PIPE} = 'IGNORE';
$SIG{CHLD} = 'IGNORE';

# One request, of at most 8 KiB in at most 5 seconds.
sub request {
	my ($client) = @_;
	my $head = '';
	my $end = time + 5;
	until ($head =~ /\r?\n\r?\n/) {
		my $ready = '';
		vec($ready, fileno($client), 1) = 1;
		my $left = $end - time;
		return if $left <= 0 || length $head > 8192;
		return unless select($ready, undef, undef, $left);
		return unless sysread($client, $head, 4096, length $head);
	}
	return $head;
}

sub answer {
	my ($client, $status, $headers, $body) = @_;
	my $text = "HTTP/1.1 $status\r\n" .
		"Content-Length: " . length($body) . "\r\n" .
		"X-Content-Type-Options: nosniff\r\n" .
		"Referrer-Policy: strict-origin-when-cross-origin\r\n" .
		"Content-Security-Policy: $policy\r\n" .
		"Cache-Control: no-cache\r\nConnection: close\r\n$headers\r\n$body";
	my $sent = 0;
	while ($sent < length $text) {
		my $ready = '';
		vec($ready, fileno($client), 1) = 1;
		return unless select(undef, $ready, undef, 5);
		my $n = syswrite($client, $text, length($text) - $sent, $sent);
		return unless $n;
		$sent += $n;
	}
}

sub serve {
	my ($client) = @_;
	my $head = request($client) // return;
	my ($method, $path) = $head =~ m{^(GET|HEAD) (/[^ ?]*)};
	my ($host) = $head =~ /^Host: *([^\r\n]*)/mi;
	if (!defined $path) {
		answer($client, '405 Method Not Allowed', '', '');
	} elsif (($host // '') =~ /^127\./) {
		# The chat knows the shop by this name.
		answer($client, '302 Found', "Location: http://localhost:$port$path\r\n", '');
	} elsif (!defined $file{$path}) {
		answer($client, '404 Not Found', "Content-Type: text/plain\r\n", "not here\n");
	} else {
		my ($end) = $path =~ /\.(\w+)$/;
		answer($client, '200 OK', 'Content-Type: ' . $type{$end // 'html'} . "\r\n",
			$method eq 'GET' ? $file{$path} : '');
	}
}

while (getppid == $parent) {
	my $ready = '';
	vec($ready, fileno($server), 1) = 1;
	next unless select($ready, undef, undef, 0.5) > 0;
	my $client = $server->accept or next;
	# A browser that opens a connection and says nothing holds up nobody.
	my $child = fork;
	if (!$child) {
		close $server if defined $child;
		serve($client);
		exit if defined $child;
	}
	close $client;
}
