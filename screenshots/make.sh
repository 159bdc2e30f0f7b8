#!/usr/bin/env bash
# make.sh          draws every picture of this folder anew from the demo scenario (fixed seed, clock and moment)
# make.sh --check  fails, and names them, when pictures differ from what the program draws now
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/.."
noctop=${NOCTOP:-target/release/noctop}
[ -x "$noctop" ] || { echo "build first: cargo build --release" >&2; exit 1; }

# name | screen | size | keys | more options
pictures='overview|overview|120x36|
overview-80x24|overview|80x24|
topology|topology|120x36|
topology-80x24|topology|80x24|
topology-tree|topology|120x36|v
devices|devices|120x36|
device|device|120x36|
interfaces|interfaces|120x36|
interface|interface|120x36|
interface-week|interface|120x36|t t t w
flows|flows|120x36|
flows-80x24|flows|80x24|
wireless|wireless|120x36|
wireless-80x24|wireless|80x24|
device-80x24|device|80x24|
device-vlans|devices|120x36|: d e v i c e space a c c - b 1 - 0 1 space v l a n s enter
device-spanning-tree|devices|120x36|: d e v i c e space d i s t - b 1 space s p a n n i n g - t r e e enter
device-inventory|devices|120x36|: d e v i c e space a c c - b 1 - 0 1 space i n v e n t o r y enter
device-chassis|devices|120x36|: d e v i c e space c o r e - 1 enter
device-poe|device|120x36|f f j j j j j
device-power|devices|120x36|: d e v i c e space u p s - 1 space p o w e r enter
device-voice|devices|120x36|: d e v i c e space p b x - 1 space v o i c e enter
device-voice-80x24|devices|80x24|: d e v i c e space p b x - 1 space v o i c e enter
wireless-clients|wireless|120x36|tab
wireless-names|wireless|120x36|tab tab tab
logs|logs|120x36|
vlans|vlans|120x36|
jump|devices|120x36|J c o r e
topology-far|topology|120x36|z
overview-ko|overview|120x36||--lang ko
overview-ascii|overview|80x24||--glyphs ascii
alarms-40x12|alarms|40x12|
discovery|discovery|120x36|
alarms|alarms|120x36|
events|events|120x36|
help|help|120x36|
past|overview|120x36|{ { {'

out=$here
[ "${1:-}" = --check ] && { out=$(mktemp -d); trap 'rm -rf "$out"' EXIT; }
while IFS='|' read -r name screen size keys more; do
  arguments=("$screen" --demo --size "$size" --format svg)
  [ -n "$keys" ] && arguments+=(--keys "$keys")
  # shellcheck disable=SC2206 # options are words
  [ -n "$more" ] && arguments+=($more)
  "$noctop" shot "${arguments[@]}" >"$out/$name.svg"
done <<<"$pictures"
[ "$out" = "$here" ] && { echo "drawn: $(ls "$here"/*.svg | wc -l) pictures"; exit 0; }
stale=0
for picture in "$out"/*.svg; do
  cmp -s "$picture" "$here/$(basename "$picture")" || { echo "not up to date: screenshots/$(basename "$picture")"; stale=1; }
done
[ $stale = 0 ] && echo "pictures are up to date" || { echo "run screenshots/make.sh and look at them"; exit 1; }
