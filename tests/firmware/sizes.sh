#!/usr/bin/env bash
# What the core costs: flash bytes (code and constants, less those of an image without the core) and
# bytes of state, from release images at opt-level "s" with LTO.
set -euo pipefail
cd "$(dirname "$0")"
. ../toolchain.sh
nm=$(llvm_tool nm) size=$(llvm_tool size)

flash() {
    "$size" --format=sysv "$1" | awk '$1 ~ /^\.(text|rodata|ARM\.ex|data)/ { sum += $2 } END { print sum + 0 }'
}

# Each image keeps its machines in one static named STATE.
state() {
    printf "%d" $((16#$("$nm" --print-size "$1" | awk '$NF == "STATE" { print $2 }')))
}

images=(strip scanner scanner_idle)
status=0
for target in $M0 $M4; do
    bare_cargo build "$target" --release --quiet -p footprint
    folder=target/$target/release
    base=$(flash "$folder/baseline")
    for image in "${images[@]}"; do
        bytes=$(($(flash "$folder/$image") - base))
        printf '%-22s %-13s flash %6d B  state %5d B\n' "$target" "$image" "$bytes" "$(state "$folder/$image")"
        noted=$(awk -v target="$target" -v image="$image" '$1 == target && $2 == image { print $4 }' ../../docs/EMBEDDING.md)
        if ((10 * bytes > 11 * ${noted:-0} || 10 * bytes < 9 * ${noted:-0})); then
            echo "docs/EMBEDDING.md says ${noted:-nothing} for the flash of this image"
            status=1
        fi
    done
done
exit $status
