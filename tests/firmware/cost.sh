#!/usr/bin/env bash
# Instructions that a byte, and a heartbeat, cost on a Cortex-M4, beside vte; as docs/EMBEDDING.md has them, to a tenth.
set -euo pipefail
cd "$(dirname "$0")"
. ../toolchain.sh
need qemu-system-arm qemu-system-arm
bare_cargo build "$M4" --release --quiet -p cost
counted=$(timeout 120 qemu-system-arm -machine mps2-an386 -nographic -monitor none -serial none -icount shift=0 \
    -semihosting-config enable=on,target=native -kernel "target/$M4/release/cost" </dev/null)
echo "$counted"
awk -v counted="$counted" '
    BEGIN { lines = split(counted, line, "\n"); for (i = 1; i <= lines; i++) { split(line[i], word, " "); wanted[word[1]] = line[i] } }
    $1 in wanted && $0 ~ /^(text|coloured|flood) +scanner|^heartbeat +[0-9]/ {
        fields = split(wanted[$1], new, " ")
        for (i = 2; i <= fields; i++) if (new[i] ~ /^[0-9]+$/ && (10 * new[i] > 11 * $i + 5 || 10 * new[i] < 9 * $i - 5)) {
            print "docs/EMBEDDING.md says " $0; wrong = 1
        }
        delete wanted[$1]
    }
    END { for (name in wanted) { print "docs/EMBEDDING.md has no line of " name; wrong = 1 }; exit wrong }' ../../docs/EMBEDDING.md
