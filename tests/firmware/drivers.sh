#!/usr/bin/env bash
# The drivers that docs/EMBEDDING.md shows, for Embassy and RTIC, compile for a Cortex-M4; that for RTIC, run in QEMU, hears a console
# boot and says when it has gone still.
set -euo pipefail
cd "$(dirname "$0")"
. ../toolchain.sh
need qemu-system-arm qemu-system-arm
bare_cargo build "$M4" --release --quiet -p drivers
printf 'U-Boot 2026.07\r\n[    0.000000] Linux\r\nopenwrt login: ' |
    timeout 120 qemu-system-arm -machine mps2-an386 -display none -monitor none -serial stdio \
        -semihosting-config enable=on,target=native -kernel "target/$M4/release/rtic" |
    diff -u drivers/expected.txt -
