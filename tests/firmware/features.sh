#!/usr/bin/env bash
# What each feature of the core costs, as docs/EMBEDDING.md has it to a tenth: an image with and without it, or one that uses it beside
# one that does nothing.
set -euo pipefail
cd "$(dirname "$0")"
. ../toolchain.sh
size=$(llvm_tool size)
status=0

# weigh IMAGE SECTIONS: bytes.
weigh() {
    "$size" --format=sysv "$1" | awk -v names="$2" '$1 ~ names { sum += $2 } END { print sum + 0 }'
}
FLASH='^\.(vector_table|text|rodata|data)$'
STATIC='^\.(data|bss|uninit)$'

# gateway FEATURES: its flash and static RAM.
gateway() {
    RUSTC_BOOTSTRAP=1 bare_cargo rustc "$M4" --profile small --quiet -p gateway --features "$1" -- -Zemit-stack-sizes
    echo $(($(weigh target/$M4/small/gateway "$FLASH"))) $(($(weigh target/$M4/small/gateway "$STATIC")))
}

# footprint FEATURES IMAGE: its flash.
footprint() {
    bare_cargo build "$M4" --release --quiet -p footprint --features "$1"
    weigh "target/$M4/release/$2" '^\.(text|rodata|ARM\.ex|data)'
}

# noted FEATURE WHAT BYTES
noted() {
    local noted
    noted=$(awk -v feature="$1" -v what="$2" '$1 == "feature" && $2 == feature && $3 == what { print $4 }' ../../docs/EMBEDDING.md)
    echo "feature $1 $2 $3 B"
    if ((10 * $3 > 11 * ${noted:--1} || 10 * $3 < 9 * ${noted:--1})); then
        echo "docs/EMBEDDING.md says ${noted:-nothing}"
        status=1
    fi
}

read -r flash static < <(gateway "")
read -r flash_many static_many < <(gateway many)
read -r flash_one static_one < <(gateway one-line)
read -r flash_pace static_pace < <(gateway pace)
noted one-line flash "$flash_one"
noted one-line static $((static_one - 8192))
noted many flash $((flash_many - flash))
noted many static $((static_many - static))
noted pace flash $((flash_pace - flash))
noted pace static $((static_pace - static))
plain=$(footprint "" scanner_idle)
noted defmt flash $(($(footprint defmt scanner_idle) - plain))
noted embedded-io,critical-section flash $(($(footprint embedded-io,critical-section scanner_idle) - plain))
empty=$(footprint critical-section baseline)
noted critical-section flash-used $(($(footprint critical-section isr) - empty))
exit $status
