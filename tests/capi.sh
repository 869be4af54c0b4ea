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

# capi_c SOURCE PROGRAM [ARG…]: a C program with the library, for this machine, with what finds mistakes in C.
capi_c() {
    local source=$1 program=$2
    shift 2
    gcc "${C_WARNINGS[@]}" -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -I $CAPI "$@" \
        "$source" $CAPI/desktop/capi/libstillwire_capi.a -o "$program"
}

# The module is all there is: it asks the page for nothing, a panic included, and gives what the header says.
capi_wasm() {
    capi_library "$WASM" cdylib || return
    python3 tests/wasm.py $CAPI/bare/$WASM/capi/stillwire_capi.wasm
}
