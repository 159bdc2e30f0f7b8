#!/usr/bin/env bash
# Prints the licences of everything that is linked into noctop, with their texts, as the packages carry them.
set -euo pipefail
cd "$(dirname "$0")/.."
sources=${CARGO_HOME:-$HOME/.cargo}/registry/src
echo 'noctop is linked with the Rust packages below. Each stands under the licence that is named with it; their texts follow.'
echo
list=$(cargo tree --locked --edges normal --prefix none --format '{p}|{l}' | sed 's/ (\*)//; s/ (proc-macro)//' | grep -v '^noctop ' | sort -u)
echo "$list" | sed 's/ v/ /; s/|/: /'
# The same text stands in many packages: each is printed once, with the packages that carry it.
declare -A carriers=() texts=()
while IFS='|' read -r package _; do
    name=${package% v*} version=${package##* v}
    for file in "$sources"/*/"$name-$version"/{LICEN[CS]E,COPYING,COPYRIGHT,NOTICE,UNLICENSE}*; do
        [ -f "$file" ] || continue
        sum=$(tr -s '[:space:]' ' ' < "$file" | sha256sum | cut -d' ' -f1)
        carriers[$sum]+="$name $version, "
        texts[$sum]=$file
    done
done <<< "$list"
for sum in $(for sum in "${!carriers[@]}"; do printf '%s|%s\n' "${carriers[$sum]}" "$sum"; done | sort | sed 's/.*|//'); do
    printf '\n%s\n%s:\n\n' '------------------------------------------------------------------------' "${carriers[$sum]%, }"
    tr -d '\r\f' < "${texts[$sum]}"
done
