# shellcheck shell=bash
# Where compilers and programs come from. Sourced by tests/run, which has set ROOT.
#
# Bare-metal targets need a `core` for them: rustup's where it has been added
# (`rustup target add thumbv6m-none-eabi thumbv7em-none-eabihf wasm32-unknown-unknown`), else Debian's compiler, whose
# package of Rust's sources lets cargo build `core` itself.

M0=thumbv6m-none-eabi
M4=thumbv7em-none-eabihf
WASM=wasm32-unknown-unknown

# need PROGRAM PACKAGE…: the program is there afterwards, or this says what is missing and fails.
need() {
    local program=$1
    shift
    command -v "$program" >/dev/null && return
    install_debian "$@" && command -v "$program" >/dev/null && return
    echo "missing: '$program' (Debian: apt-get install $*)" >&2
    return 1
}

# need_python MODULE PACKAGE [PIP]: some Python has the module afterwards: the one on the path, Debian's, or one in target/python
# that is made here. Otherwise this says what is missing and fails.
need_python() {
    local module=$1 package=$2 pip=${3:-$1} made=target/python/bin/python3
    has_python "$module" && return
    install_debian "$package" && has_python "$module" && return
    python3 -m venv target/python && $made -m pip install --quiet "$pip" && has_python "$module" && return
    echo "missing: Python's module '$module' (Debian: apt-get install $package; else: pip install $pip)" >&2
    return 1
}

has_python() {
    local python
    for python in python3 /usr/bin/python3 target/python/bin/python3; do
        "$python" -c "import $1" 2>/dev/null && return
    done
    return 1
}

install_debian() {
    command -v apt-get >/dev/null || return 1
    local sudo=
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null && sudo -n true 2>/dev/null || return 1
        sudo=sudo
    fi
    echo "installing $*" >&"${TALK:-2}"
    local log
    log=$(mktemp)
    $sudo env DEBIAN_FRONTEND=noninteractive bash -c '
        apt-get install -y --no-install-recommends "$@" ||
            { apt-get update && apt-get install -y --no-install-recommends "$@"; }' - "$@" >"$log" 2>&1 ||
        { tail -n 20 "$log" >&2; rm -f "$log"; return 1; }
    rm -f "$log"
}

has_rustup_target() {
    [ -d "$(rustc --print target-libdir --target "$1" 2>/dev/null)" ]
}

# Chooses BARE=rustup or BARE=debian, once.
choose_bare() {
    [ -n "${BARE:-}" ] && return
    if has_rustup_target $M0 && has_rustup_target $M4 && has_rustup_target $WASM; then
        BARE=rustup
        return
    fi
    if ! { [ -x /usr/bin/cargo ] && [ -d "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library/core" ] &&
        command -v ld.lld >/dev/null; } 2>/dev/null; then
        install_debian rustc-web cargo-web rust-web-src lld || {
            echo "missing: a compiler for $M0, $M4 and $WASM. Either 'rustup target add $M0 $M4 $WASM'," >&2
            echo "or Debian's: apt-get install rustc-web cargo-web rust-web-src lld" >&2
            return 1
        }
    fi
    BARE=debian
}

# bare_cargo COMMAND TARGET [ARG…]: cargo for a bare-metal target.
bare_cargo() {
    local command=$1 target=$2
    shift 2
    choose_bare || return
    if [ "$BARE" = rustup ]; then
        cargo "$command" --target "$target" "$@"
        return
    fi
    # A rustup shim earlier on the path must not be taken for any step of this build.
    env -u RUSTUP_TOOLCHAIN -u RUSTFLAGS PATH="/usr/bin:$PATH" RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
        CARGO_TARGET_THUMBV6M_NONE_EABI_LINKER=ld.lld CARGO_TARGET_THUMBV7EM_NONE_EABIHF_LINKER=ld.lld \
        CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld \
        /usr/bin/cargo "$command" -Zbuild-std=core --target "$target" "$@"
}

# The nm, size and objdump that read ARM images: LLVM's under any name Debian gives it.
llvm_tool() {
    local tool
    for tool in "llvm-$1" "llvm-$1-22" "llvm-$1-14"; do
        if command -v "$tool"; then
            return
        fi
    done
    need "llvm-$1" llvm >&2 && command -v "llvm-$1"
}
