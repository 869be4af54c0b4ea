#!/usr/bin/env bash
# smoke.sh TARGET: the smoke image, run in QEMU, prints what smoke/expected.txt says.
set -euo pipefail
target=$1
cd "$(dirname "$0")"
. ../toolchain.sh
need qemu-system-arm qemu-system-arm
bare_cargo build "$target" --release --quiet -p smoke
case $target in
    "$M0") machine=microbit ;;
    *) machine=mps2-an386 ;;
esac
timeout 60 qemu-system-arm -machine $machine -nographic -monitor none -serial none \
    -semihosting-config enable=on,target=native -kernel "target/$target/release/smoke" </dev/null |
    diff -u smoke/expected.txt -
