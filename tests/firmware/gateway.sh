#!/usr/bin/env bash
# Builds the gateway, for `tests/tests/gateway`, and weighs it. Its panic handler calls what does not exist, so that it only
# links if no panic can be reached.
set -euo pipefail
cd "$(dirname "$0")"
. ../toolchain.sh
need python3 python3
RUSTC_BOOTSTRAP=1 bare_cargo rustc "$M4" --profile small --quiet -p gateway -- -Zemit-stack-sizes
image=target/$M4/small/gateway
history=8192

# As docs/EMBEDDING.md has it, to a tenth.
status=0
noted() {
    local name=$1 bytes=$2 noted
    noted=$(awk -v name="$name" '$1 == "gateway" && $2 == name { print $3 }' ../../docs/EMBEDDING.md)
    echo "gateway $name $bytes B"
    if ((10 * bytes > 11 * ${noted:-0} || 10 * bytes < 9 * ${noted:-0})); then
        echo "docs/EMBEDDING.md says ${noted:-nothing}"
        status=1
    fi
}
section() {
    "$(llvm_tool size)" --format=sysv "$image" | awk -v names="$1" '$1 ~ names { sum += $2 } END { print sum + 0 }'
}
noted flash "$(section '^\.(vector_table|text|rodata|data)$')"
noted static $(($(section '^\.(data|bss|uninit)$') - history))
# Of calls into the core, but for `pump`; of `pump`, which calls all of it; and of the main loop.
for of in call:'stillwire(?!4pump)' pump:stillwire4pump stack:'^main$'; do
    deepest=$(./stack.py "$(llvm_tool objdump)" "$(llvm_tool readobj)" "$image" "${of#*:}")
    noted "${of%%:*}" "$deepest"
done
exit $status
