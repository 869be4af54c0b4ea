#!/usr/bin/env bash
# A day of the gateway in QEMU's virtual time, which jumps from deadline to deadline: it is told as day/expected.txt has it.
set -euo pipefail
cd "$(dirname "$0")"
. ../toolchain.sh
need qemu-system-arm qemu-system-arm
bare_cargo build "$M4" --release --quiet -p day
timeout 300 qemu-system-arm -machine mps2-an386 -nographic -monitor none -serial none -icount shift=0,sleep=off \
    -semihosting-config enable=on,target=native -kernel "target/$M4/release/day" </dev/null |
    diff -u day/expected.txt -
