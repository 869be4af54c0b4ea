#!/usr/bin/env bash
# Every relative link in the documents leads to a file.
set -euo pipefail
cd "$(dirname "$0")/.."
status=0
while IFS= read -r document; do
    [ ! -L "$document" ] || continue # its links are those of the file that it leads to
    while IFS= read -r link; do
        file=${link%%#*}
        [ -z "$file" ] || [ -e "$(dirname "$document")/$file" ] || { echo "$document: no such file: $link"; status=1; }
    done < <(sed '/^ *```/,/^ *```/d' "$document" | grep -oP '\]\(\K[^)\s]+' | grep -vE '^[a-z]+:' || true)
done < <(git ls-files '*.md')
exit $status
