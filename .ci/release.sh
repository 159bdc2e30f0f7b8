#!/usr/bin/env bash
# A release binary that does not tell where it was built, and comes out the same from the same commit, compiler and C compiler:
#   .ci/release.sh          for this machine's C library: target/dist/release/noctop
#   .ci/release.sh musl     static, runs on any Linux of this machine's processor: target/dist/ARCH-unknown-linux-musl/release/noctop
# Prints the path of the binary. musl needs `rustup target add ARCH-unknown-linux-musl` and the package musl-tools.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo_home=${CARGO_HOME:-$HOME/.cargo}
export CARGO_INCREMENTAL=0 CARGO_TARGET_DIR=target/dist
export RUSTFLAGS="--remap-path-prefix=$PWD=/noctop --remap-path-prefix=$cargo_home=/cargo"
# What a build would tell of itself: names of symbols that hold the folder's (a backtrace of a release has addresses), and the time that C code is compiled at.
export CARGO_PROFILE_RELEASE_STRIP=symbols
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
# ring and mimalloc compile C: its paths are mapped as well.
export CFLAGS="-ffile-prefix-map=$PWD=/noctop -ffile-prefix-map=$cargo_home=/cargo"
target=()
binary=target/dist/release/noctop
if [ "${1:-}" = musl ]; then
    triple=$(uname -m)-unknown-linux-musl
    target=(--target "$triple")
    binary=target/dist/$triple/release/noctop
fi
cargo build --release --locked --bin noctop "${target[@]}" >&2
if [ "${1:-}" = musl ] && ! file -L "$binary" | grep -Eq 'static(-pie|ally) linked'; then
    echo "$binary is not static: $(file -L "$binary")" >&2
    exit 1
fi
echo "$binary"
