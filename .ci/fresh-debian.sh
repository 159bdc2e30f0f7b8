#!/usr/bin/env bash
# Installs a package into a fresh Debian with systemd and nothing else, and follows the manual until there is a map:
#   .ci/fresh-debian.sh FILE.deb
# Needs root, mmdebstrap and systemd-container; snmpd and lldpd of this host play a switch, in a network namespace of their own.
# FRESH_TAR keeps the fresh system between two runs.
set -euo pipefail
deb=$(readlink -f "$1")
name=pack-fresh
dir=$(mktemp -d)
# lldpd reads its configuration as another user.
chmod 755 "$dir"
tar=${FRESH_TAR:-$dir/fresh.tar}
[ -s "$tar" ] || mmdebstrap --variant=minbase --include=systemd,systemd-sysv,dbus bookworm "$tar"
mkdir "$dir/host"
tar -C "$dir/host" -xf "$tar"
cp "$deb" "$dir/host/srv/"

running=()
finish() {
    [ "$?" = 0 ] || tail -n 5 "$dir"/boot.log "$dir"/switch/*.log 2>/dev/null || true
    for pid in "${running[@]}"; do kill "$pid" 2>/dev/null || true; done
    ip netns pids "$name" 2>/dev/null | xargs -r kill 2>/dev/null || true
    [ -z "${leader:-}" ] || kill -s SIGRTMIN+4 "$leader" 2>/dev/null || true
    wait 2>/dev/null || true
    ip netns del "$name" 2>/dev/null || true
    rm -rf "$dir"
}
trap finish EXIT

say() { printf '\n[%6.1f s] %s\n' "$(awk -v now="$(date +%s%N)" -v begun="$begun" 'BEGIN { print (now - begun) / 1e9 }')" "$*"; }
begun=$(date +%s%N)

# The fresh system, with one port; its other end is a switch.
systemd-nspawn -q -D "$dir/host" -M "$name" --register=no --keep-unit --network-veth --boot --console=pipe < /dev/null > "$dir/boot.log" 2>&1 &
nspawn=$!
until leader=$(pgrep -P "$nspawn" -x systemd); do sleep 0.2; kill -0 "$nspawn"; done
inside() { nsenter -t "$leader" -a -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=xterm-256color LANG=C.UTF-8 HOME=/root "$@"; }
echo "a fresh Debian boots, process $leader"
until inside systemctl is-active -q multi-user.target; do sleep 0.2; kill -0 "$nspawn"; done
port=ve-$name
ip netns add "$name"
ip link set "$port" netns "$name" name ge0
ip -n "$name" link set lo up
ip -n "$name" link set ge0 up
ip -n "$name" addr add 10.77.0.1/24 dev ge0
nsenter -t "$leader" -n ip link set host0 up
nsenter -t "$leader" -n ip link set lo up
nsenter -t "$leader" -n ip addr add 10.77.0.2/24 dev host0
mkdir "$dir/switch"
printf 'agentaddress udp:10.77.0.1:161\nrocommunity s3same 10.77.0.0/24\nsysName sw-1\nsysLocation rack 7\nmaster agentx\nagentXSocket %s/agentx\n' "$dir/switch" > "$dir/switch/snmpd.conf"
ip netns exec "$name" snmpd -f -C -c "$dir/switch/snmpd.conf" -I -smux -Lf "$dir/switch/snmpd.log" -p "$dir/switch/snmpd.pid" & running+=($!)
mkdir -p /run/lldpd
printf 'configure system hostname sw-1\nconfigure lldp tx-interval 2\nconfigure lldp portidsubtype ifname\n' > "$dir/switch/lldpd.conf"
for _ in $(seq 50); do [ -S "$dir/switch/agentx" ] && break; sleep 0.2; done
ip netns exec "$name" lldpd -d -x -X "$dir/switch/agentx" -u "$dir/switch/lldpd.sock" -O "$dir/switch/lldpd.conf" -k 2> "$dir/switch/lldpd.log" & running+=($!)

# Until the daemon serves consoles.
served() { for _ in $(seq 100); do inside test -S /run/noctop/noctop.sock && return; sleep 0.1; done; return 1; }

begun=$(date +%s%N)
say 'apt install ./noctop.deb'
inside bash -c "cd /srv && DEBIAN_FRONTEND=noninteractive apt-get install -y ./$(basename "$deb")" 2>&1 | sed -n '/^Setting up noctop/p;/rror/p;/arning/p'
say 'systemctl is-active noctop; noctop config check'
inside systemctl is-active noctop || { inside journalctl -u noctop --no-pager | tail -n 20; exit 1; }
inside noctop config check
served
inside ls -ld /etc/noctop /etc/noctop/noctop.toml /var/lib/noctop /run/noctop /run/noctop/noctop.sock
inside ps -o user,nlwp,cmd -C noctop 2>/dev/null || inside bash -c 'for p in /proc/[0-9]*; do [ "$(cat $p/comm 2>/dev/null)" = noctop ] && grep -E "^(Uid|CapEff|NoNewPrivs)" $p/status; done'
say 'this host and whom its ports hear'
for _ in $(seq 40); do inside noctop shot topology --size 100x24 > "$dir/map" 2>&1 || true; grep -q 'sw-1' "$dir/map" && break; sleep 1; done
cat "$dir/map"
grep -q 'sw-1' "$dir/map"
say 'a target and its community in the configuration; systemctl restart noctop'
inside bash -c 'install -m 0400 -o noctop -g noctop /dev/stdin /etc/noctop/community <<< s3same'
inside bash -c 'cat >> /etc/noctop/noctop.toml' <<'TOML'

[[credential]]
name = "campus"
version = "2c"
community = "file:/etc/noctop/community"

[discovery]
targets = ["10.77.0.1"]
scope = ["10.77.0.0/24"]
TOML
inside noctop config check
inside systemctl restart noctop
for _ in $(seq 60); do inside noctop devices > "$dir/devices" 2>&1 || true; grep -q 'sw-1' "$dir/devices" && break; sleep 1; done
for _ in $(seq 60); do inside noctop links > "$dir/links" 2>&1 || true; grep -q 'sw-1' "$dir/links" && break; sleep 1; done
say 'the map'
cat "$dir/devices" "$dir/links"
inside noctop shot topology --size 100x24
grep -q 'sw-1' "$dir/links"
say 'noctop demo: a simulated campus'
inside bash -c 'TMPDIR=/tmp noctop demo --connect /tmp/demo.sock --plain > /dev/null 2>&1 < <(sleep 60) & echo $! > /tmp/demo.pid; for i in $(seq 50); do sleep 0.2; noctop --connect /tmp/demo.sock shot topology --size 120x30 > /tmp/map 2>/dev/null && grep -q dist- /tmp/map && break; done; cat /tmp/map; kill $(cat /tmp/demo.pid)'
say 'man, completions'
inside bash -c 'ls /usr/share/man/man1/noctop* 2>/dev/null | wc -l; bash -n /usr/share/bash-completion/completions/noctop && echo completions are sound' || true
say 'apt remove: the configuration and history stay'
inside bash -c 'apt-get remove -y noctop > /dev/null 2>&1; ls -d /etc/noctop/noctop.toml /var/lib/noctop/VERSION; systemctl is-active noctop || true'
say 'installed again: it goes on with the history that is there'
inside bash -c "cd /srv && apt-get install -y ./$(basename "$deb")" > /dev/null 2>&1
inside systemctl is-active noctop
served
inside noctop devices
say 'apt purge: nothing of its own is left'
inside bash -c 'apt-get purge -y noctop > /dev/null 2>&1; ls -d /var/lib/noctop /etc/noctop/noctop.toml /etc/noctop 2>&1 || true'
say 'done'
