#!/usr/bin/env bash
# Draws the pictures of README: the report of the run that README shows, in light and dark.
#
#   docs/pictures/make.sh            with `fsm` and chromium (or CHROMIUM=google-chrome) on the path
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fsm run specs/band_limited_hedging.yml --quiet --out "$folder/run" >"$folder/said"
for theme in light dark; do
    name=docs/pictures/report-$theme.png
    "${CHROMIUM:-chromium}" --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1240,1800 \
        --virtual-time-budget=8000 --screenshot="$PWD/$name" "file://$folder/run/report.html?theme=$theme" 2>"$folder/log" ||
        { cat "$folder/log" >&2; exit 1; }
    echo "$name, $(wc -c <"$name") bytes"
done
