#!/usr/bin/env bash
# who-panics.sh TARGET [FEATURES]: links the image in spite of its panics, and prints which functions reach one.
set -euo pipefail
target=$1
cd "$(dirname "$0")"
. ../toolchain.sh
CARGO_PROFILE_RELEASE_DEBUG=1 bare_cargo rustc "$target" --release -p nopanic --features "${2:-}" \
    --target-dir target/who -- -C link-arg=--defsym=stillwire_a_panic_can_be_reached=0 2>&1 | grep -A9 ^error || true
"$(llvm_tool objdump)" --disassemble --demangle --line-numbers --no-show-raw-insn "target/who/$target/release/nopanic" |
    awk '/^[0-9a-f]+ <.*>:$/ { caller = $0 } /^; / { line = $0 }
        /\tblx?[ \t].*<.*(panicking|panic_fmt|_fail|unwrap_failed|expect_failed)/ { print caller "\n    " line "\n    " $0 }'
