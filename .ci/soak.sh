#!/usr/bin/env bash
# Runs a daemon against a simulated network that sends everything, and judges whether it could go on for years:
#   .ci/soak.sh [MINUTES] [DEVICES]      60 minutes, 2,000 devices
# NOCTOP_BINARY names the binary (else target/release/noctop), SOAK_DIR where the store, the samples (samples.csv) and the logs stay.
# Fails where memory, descriptors or threads grow, a poll is missed, or a datagram is dropped. Everything is on loopback.
set -euo pipefail
cd "$(dirname "$0")/.."
minutes=${1:-60} devices=${2:-2000}
noctop=$(realpath "${NOCTOP_BINARY:-target/release/noctop}")
dir=${SOAK_DIR:-$(mktemp -d)}
mkdir -p "$dir"
# Growth is judged behind these: a block of samples is open for 60 polls, which is half an hour, and until then there are ever more of them. All devices are
# discovered anew each 15 minutes, as that takes most memory for a short time.
warm=$((minutes / 2 > 35 ? 35 : minutes / 2))
every=15
snmp=${SOAK_SNMP_PORT:-21161} flows=${SOAK_FLOW_PORT:-22055} syslog=${SOAK_SYSLOG_PORT:-25514} traps=${SOAK_TRAP_PORT:-25162}
network=${SOAK_NETWORK:-127.90.0.0/16}

cat > "$dir/noctop.toml" <<TOML
[[credential]]
name = "sim"
version = "2c"
community = "public"
[discovery]
targets = ["${network}"]
scope = ["${network}"]
port = $snmp
own_host = false
interval = "15m"
[polling]
interval = "30s"
[flows]
listen = ["127.0.0.1:$flows"]
[syslog]
listen = ["udp:127.0.0.1:$syslog"]
[traps]
listen = ["127.0.0.1:$traps"]
TOML

running=()
finish() { for pid in "${running[@]}"; do kill "$pid" 2>/dev/null || true; done; wait 2>/dev/null || true; }
trap finish EXIT

"$noctop" sim --devices "$devices" --listen "$network:$snmp" --flows "127.0.0.1:$flows" --syslog "127.0.0.1:$syslog" \
    --traps "127.0.0.1:$traps" > "$dir/devices.txt" 2> "$dir/sim.log" &
running+=($!)
while ! grep -q 'answer SNMP' "$dir/sim.log"; do sleep 0.2; kill -0 "${running[0]}"; done
# Targets are those that answer: a sweep of 65,536 addresses is not what is measured here.
first=$(head -1 "$dir/devices.txt") last=$(tail -1 "$dir/devices.txt")
sed -i "s#^targets = .*#targets = [\"${first%%:*}-${last%%:*}\"]#" "$dir/noctop.toml"
common=(--config "$dir/noctop.toml" --data "$dir/store" --connect "$dir/noctop.sock")
sim() { "$noctop" "${common[@]}" "$@"; }
"$noctop" "${common[@]}" daemon 2> "$dir/daemon.log" &
daemon=$!
running+=("$daemon")
while [ ! -S "$dir/noctop.sock" ]; do sleep 0.2; kill -0 "$daemon"; done

# A busy host may let a question wait longer than the command that asks it: it is asked again, and counted.
unanswered=0
ask() { until sim "$@" 2>> "$dir/asked.log"; do unanswered=$((unanswered + 1)); kill -0 "$daemon"; sleep 1; done; }

# One line of figures: of the process by /proc, of its collectors by `status`.
sample() {
    local rss fds threads cpu polling collectors store
    rss=$(awk '/^VmRSS/ { print $2 }' "/proc/$daemon/status")
    threads=$(awk '/^Threads/ { print $2 }' "/proc/$daemon/status")
    # Files of flows are a cache of at most 48 (history/flows/disk.rs), which fills within hours.
    fds=$(find "/proc/$daemon/fd" -mindepth 1 ! -lname '*/flows/*' | wc -l)
    cpu=$(awk '{ print $14 + $15 }' "/proc/$daemon/stat")
    # As consoles come and go: an attached command asks and leaves.
    ask interfaces --sort in --limit 20 > /dev/null
    ask status > "$dir/status.txt"
    ask status --format csv > "$dir/status.csv"
    polling=$(sed -nE 's/^polling ([0-9]+) devices: ([0-9]+) polls, ([0-9]+) answered, ([0-9]+) missed, ([0-9]+) skipped; ([0-9]+) backed off.*/\1,\2,\3,\4,\5,\6/p' "$dir/status.txt")
    collectors=$(awk -F, 'NR > 1 { got[$1] = $2; lost += $5 + $6 } END { printf "%d,%d,%d,%d", got["flow"], got["syslog"], got["trap"], lost }' "$dir/status.csv")
    # A file may go between being listed and being looked at.
    store=$( (du -sk "$dir/store" 2> /dev/null || true) | cut -f1)
    echo "$SECONDS,$rss,$fds,$threads,$cpu,${polling:-0,0,0,0,0,0},$collectors,$store"
}
echo 'secs,rss_kib,fds,threads,cpu_ticks,devices,polls,answered,missed,skipped,backed_off,flow_datagrams,syslog,traps,dropped,store_kib' > "$dir/samples.csv"
SECONDS=0
while [ "$SECONDS" -lt $((minutes * 60)) ]; do
    sleep "$every"
    kill -0 "$daemon" || { echo "the daemon ended: $(tail -5 "$dir/daemon.log")"; exit 1; }
    sample >> "$dir/samples.csv"
done

begun=$(date +%s%N)
kill -TERM "$daemon"
wait "$daemon" && ended=0 || ended=$?
echo "$noctop: $devices devices, $minutes minutes, of which $warm to warm up; samples are in $dir/samples.csv"
awk -F, -v warm=$((warm * 60)) -v ended="$ended" -v unanswered="$unanswered" -v ending=$((($(date +%s%N) - begun) / 1000000)) -v hz="$(getconf CLK_TCK)" '
    function row(name, figure, wanted, is_met) {
        printf "%-34s %-52s %-28s %s\n", name, figure, wanted, is_met == "" ? "" : is_met ? "ok" : "FAILED"
        if (is_met != "" && !is_met) failed = 1
    }
    NR == 1 { next }
    $1 >= warm {
        n++
        if (n == 1) { split($0, first, ","); fdmin = $3; thmin = $4 }
        rss[n] = $2; fds[n] = $3; at[n] = $1
        if ($3 > fdmax) fdmax = $3
        if ($4 > thmax) thmax = $4
        sx += $1; sy += $2; sxx += $1 * $1; sxy += $1 * $2
    }
    { split($0, last, ",") }
    END {
        # Of each quarter the mean: a single sample falls into a flush or beside one.
        quarter = int(n / 4); if (quarter < 1) quarter = 1
        for (i = 1; i <= quarter; i++) { early += rss[i] / quarter; late += rss[n - quarter + i] / quarter; fe += fds[i] / quarter; fl += fds[n - quarter + i] / quarter }
        growth = 100 * (late - early) / early
        slope = n > 1 ? (n * sxy - sx * sy) / (n * sxx - sx * sx) * 3600 / 1024 : 0
        span = last[1] - first[1]
        row("devices that are polled", last[6])
        row("memory, first and last quarter", sprintf("%.1f and %.1f MiB, %+.1f %%, %+.1f MiB/h", early / 1024, late / 1024, growth, slope), "within 5 %", growth <= 5 && growth >= -5)
        row("descriptors, first and last quarter", sprintf("%.1f and %.1f, at most %d", fe, fl, fdmax), "no growth", fl <= fe + 1)
        row("threads", sprintf("%d at first, at most %d", first[4], thmax), "no growth", thmax <= first[4] + 4)
        row("polls", sprintf("%d, %d answered", last[7] - first[7], last[8] - first[8]))
        row("polls not answered", last[9] - first[9], "none", last[9] == first[9])
        row("polls left out or late", last[10] - first[10], "none", last[10] == first[10])
        row("datagrams of flows, syslog, traps", sprintf("%d, %d, %d", last[12] - first[12], last[13] - first[13], last[14] - first[14]), "some of each", last[12] > first[12] && last[13] > first[13] && last[14] > first[14])
        row("datagrams dropped", last[15], "none", last[15] == 0)
        row("questions asked once more", unanswered)
        row("processor", sprintf("%.1f %% of one", span > 0 ? 100 * (last[5] - first[5]) / hz / span : 0))
        row("store", sprintf("%.1f MiB, %+.1f MiB/h", last[16] / 1024, span > 0 ? (last[16] - first[16]) / 1024 * 3600 / span : 0))
        row("end by SIGTERM", sprintf("exit code %d after %.1f s", ended, ending / 1000), "0 within 5 s", ended == 0 && ending <= 5000)
        exit failed
    }' "$dir/samples.csv"
