#!/usr/bin/env bash
# The drivers that docs/EMBEDDING.md shows, for Embassy and RTIC, compile for a Cortex-M4.
set -euo pipefail
cd "$(dirname "$0")"
. ../toolchain.sh
bare_cargo check "$M4" --release --quiet -p drivers --lib --example rtic
