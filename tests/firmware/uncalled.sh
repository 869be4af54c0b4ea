#!/usr/bin/env bash
# Every public function of the core is called in nopanic/src: as often as there are functions of a
# name, at the least. Functions in traits and tests are not looked for.
set -euo pipefail
cd "$(dirname "$0")"

calls=$(grep -rhv '^ *//' nopanic/src | grep -oE '\b[a-z_0-9]+(::<[^>]*>)?\(' | sed -E 's/(::<.*)?\($//' | sort | uniq -c)
functions=$(find ../../core/src -name '*.rs' -exec sed -s '/^#\[cfg(test)\]/,$d' {} + |
    grep -oP '^\s*pub (const )?(unsafe )?(extern "C" )?fn \K[a-z_0-9]+' | sort | uniq -c)
echo "$functions" | awk '{ total += $1 } END { print total " public functions" }'

status=0
while read -r count name; do
    called=$(awk -v name="$name" '$2 == name { print $1 }' <<<"$calls")
    if [ "${called:-0}" -lt "$count" ]; then
        echo "nopanic/src calls $name() ${called:-0} times; core has $count public functions of that name"
        status=1
    fi
done <<<"$functions"
exit $status
