#!/usr/bin/env bash
# Builds the gateway, for `tests/tests/gateway`. Its panic handler calls what does not exist, so that it only links if no
# panic can be reached.
set -euo pipefail
cd "$(dirname "$0")"
. ../toolchain.sh
bare_cargo build "$M4" --release --quiet -p gateway
