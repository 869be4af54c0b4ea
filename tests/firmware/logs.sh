#!/usr/bin/env bash
# What a firmware logs with defmt, run in QEMU and decoded with the formats in its image, reads as logs/expected.txt has it.
set -euo pipefail
cd "$(dirname "$0")"
. ../toolchain.sh
need qemu-system-arm qemu-system-arm
DEFMT_LOG=trace bare_cargo build "$M4" --release --quiet -p logs
image=target/$M4/release/logs
timeout 60 qemu-system-arm -machine mps2-an386 -nographic -monitor none -serial none \
    -semihosting-config enable=on,target=native -kernel "$image" </dev/null >"$image.frames"
cargo run --quiet -p decode -- "$image" <"$image.frames" | diff -u logs/expected.txt -
