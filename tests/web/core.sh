#!/usr/bin/env bash
# core.sh [FILE]: the core's client as a module for the page, runner-std/web/stillwire.wasm unless another FILE is named. To be run,
# and the result committed, whenever core/src or core/capi/src has changed; `tests/run web` says so if it was forgotten.
#
# It imports nothing, so no panic and no allocator is in it: both would have to be asked of the page.
set -euo pipefail
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
cd "$ROOT"
# shellcheck source=tests/toolchain.sh
. tests/toolchain.sh
into=${1:-runner-std/web/stillwire.wasm}
made=target/page/$WASM/capi/libstillwire_capi.a

# Debian's compiler, always: with another one the bytes are others.
if ! [ -x /usr/bin/cargo ] || ! [ -d "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library/core" ]; then
    install_debian rustc-web cargo-web rust-web-src
fi
need wasm-ld lld
BARE=debian
# For size. If the linker finds at this level that a panic can be reached, and at the profile's own, "s", it does not: that one is as
# good, and a fifth larger.
CARGO_PROFILE_CAPI_OPT_LEVEL=z bare_cargo rustc $WASM --locked --profile capi --quiet -p stillwire-capi --features panic-handler \
    --crate-type staticlib --target-dir target/page
exports=$(grep -oh 'extern "C" fn sw_client_[a-z_]*' core/capi/src/client.rs | awk '{ print "--export=" $4 }')
# shellcheck disable=SC2086
wasm-ld --no-entry --gc-sections --strip-all -O2 $exports --export=sw_abi_version --export=__heap_base \
    -z stack-size=16384 "$made" -o "$made.wasm"
python3 tests/web/seal.py "$made.wasm" "$into" "$(/usr/bin/rustc --version)"
