#!/usr/bin/env bash
# nopanic.sh TARGET: the image that calls every public function links, so that no panic can be
# reached, and holds no symbol of the panic machinery; with one panic added it does not link.
set -euo pipefail
target=$1
cd "$(dirname "$0")"
. ../toolchain.sh
undefined=stillwire_a_panic_can_be_reached

for features in "" many defmt; do
    if ! log=$(bare_cargo build "$target" --release --quiet -p nopanic --features "$features" 2>&1); then
        echo "$log"
        ! grep -q "undefined symbol: $undefined" <<<"$log" ||
            echo "a panic can be reached; by whom: tests/firmware/who-panics.sh $target $features"
        exit 1
    fi
    if "$(llvm_tool nm)" --demangle "target/$target/release/nopanic" |
        grep -E 'core::panicking|rust_begin_unwind|panic_fmt|unwrap_failed|expect_failed|_index_fail|_index_.*fail'; then
        echo "the image holds these symbols (features '$features')"
        exit 1
    fi
done

if log=$(bare_cargo build "$target" --release --quiet -p nopanic --features canary --target-dir target/canary 2>&1); then
    echo "the canary linked: this proof proves nothing"
    exit 1
fi
grep -q "undefined symbol: $undefined" <<<"$log" || { echo "the canary failed for another reason: $log"; exit 1; }
