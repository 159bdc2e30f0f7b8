#!/usr/bin/env bash
# Makes the Debian package and prints its path. Needs cargo-deb (`cargo install cargo-deb --locked`).
#   .ci/deb.sh              of a binary for the C library of this machine, and of newer ones
#   .ci/deb.sh musl         of a static one, for any Debian or Ubuntu of this processor
#   NOCTOP_BINARY=FILE .ci/deb.sh     of a binary that is there already
# What it holds stands in Cargo.toml, [package.metadata.deb]; what is done with it on a host, in .ci/deb/.
set -euo pipefail
cd "$(dirname "$0")/.."
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
binary=${NOCTOP_BINARY:-$(bash .ci/release.sh "${1:-gnu}")}

stage=target/deb/stage
rm -rf "$stage"
mkdir -p "$stage/units" "$stage/completions"
install -m 755 "$binary" "$stage/noctop"
strip "$stage/noctop"
"$stage/noctop" man --to "$stage/man"
for shell in bash zsh fish; do "$stage/noctop" completions "$shell" > "$stage/completions/$shell"; done
# The unit as it is, at the place where a package's programs are.
sed 's%^ExecStart=[^ ]*/noctop %ExecStart=/usr/bin/noctop %' docs/systemd/noctop.service > "$stage/units/noctop.service"
cp docs/systemd/noctop.sysusers "$stage/units/"
bash .ci/licences.sh > "$stage/licences"
# A commit is a version of its own until there is a release: 0.1.0+git20261126.37e028e
version=$(cargo metadata --no-deps --format-version 1 --locked | sed 's/.*"name":"noctop","version":"\([^"]*\)".*/\1/')
if ! git describe --exact-match --tags HEAD >/dev/null 2>&1; then
    version+="+git$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M).$(git rev-parse --short=7 HEAD)"
fi
printf 'noctop (%s) stable; urgency=medium\n\n  * Changes are listed in /usr/share/doc/noctop/NEWS.md.gz.\n\n -- %s  %s\n' \
    "$version-1" "$(sed -n 's/^maintainer = "\(.*\)"$/\1/p' Cargo.toml)" "$(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")" > "$stage/changelog"
cargo deb --no-build --no-strip --deb-version "$version-1" --output target/deb/ >&2
find target/deb -maxdepth 1 -name "noctop_${version}-1_*.deb"
