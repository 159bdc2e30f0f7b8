#!/usr/bin/env bash
# Installs the daemons that some tests talk to (net-snmp, lldpd, exporters and a collector of flows) and what they stand on. Needs root and a Debian; elsewhere it
# says so and the tests that need them skip themselves loudly.
set -u
packages="snmpd snmp lldpd iproute2 iputils-ping nfdump softflowd pmacct"
missing=$(for package in $packages; do dpkg -s "$package" >/dev/null 2>&1 || printf '%s ' "$package"; done)
[ -z "$missing" ] && { echo "all there: $packages"; exit 0; }
[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || { echo "SKIPPED: not root on a Debian; missing: $missing"; exit 1; }
# The packages' own services must not start here: the tests start their own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then printf '#!/bin/sh\nexit 101\n' >"$policy"; chmod +x "$policy"; trap 'rm -f "$policy"' EXIT; fi
apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
