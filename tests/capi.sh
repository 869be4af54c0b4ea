# shellcheck shell=bash
# The C interface, core/capi: its header, its libraries, and C programs made of them. Sourced by tests/run.

CAPI=target/capi
# What a C user builds with; nothing may be said about our header with these.
C_WARNINGS=(-std=c11 -Wall -Wextra -Wpedantic -Wconversion -Wundef -Wstrict-prototypes -Werror)

# The header, with the sizes that the library asserts.
capi_header() {
    mkdir -p $CAPI
    cargo run --quiet -p stillwire-capi --example header -- $CAPI/stillwire.h
}

# capi_library TARGET TYPE: the static library, or the module for pages, for bare metal or wasm.
capi_library() {
    bare_cargo rustc "$1" --profile capi --quiet -p stillwire-capi --features panic-handler --crate-type "$2" \
        --target-dir $CAPI/bare
}

# The library for this machine.
capi_desktop() {
    cargo rustc --profile capi --quiet -p stillwire-capi --features panic-handler --crate-type staticlib \
        --target-dir $CAPI/desktop
}

# capi_c PROGRAM SOURCE…: a C program with the library, for this machine, with what finds mistakes in C.
capi_c() {
    local program=$1
    shift
    gcc "${C_WARNINGS[@]}" -D_GNU_SOURCE -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -I $CAPI \
        "$@" $CAPI/desktop/capi/libstillwire_capi.a -o "$program"
}

# The gateway in C for a Cortex-M4. It links only if no panic can be reached.
capi_firmware() {
    local examples=core/capi/examples/gateway
    capi_library "$M4" staticlib || return
    arm-none-eabi-gcc "${C_WARNINGS[@]}" -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16 -Os -g \
        -ffunction-sections -fdata-sections -Wl,--gc-sections,-z,noexecstack -nostartfiles --specs=nosys.specs -I $CAPI \
        -T $examples/mps2.ld $examples/gateway.c $examples/mps2.c $CAPI/bare/$M4/capi/libstillwire_capi.a \
        -o $CAPI/gateway-firmware || return
    arm-none-eabi-size $CAPI/gateway-firmware
}

# The module is all there is: it asks the page for nothing, a panic included, and gives what the header says.
capi_wasm() {
    capi_library "$WASM" cdylib || return
    python3 tests/wasm.py $CAPI/bare/$WASM/capi/stillwire_capi.wasm
}
