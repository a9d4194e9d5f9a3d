#!/bin/sh
# The pages and reports under maps/ are what `build` makes today, byte for byte.
set -eu
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
.venv/bin/pingshan-geo build -o "$fresh" >/dev/null
.venv/bin/pingshan-geo --catalogue examples/demo-town build -o "$fresh" >/dev/null
for file in maps/*; do
  name=$(basename "$file")
  [ "$name" = README.md ] && continue
  cmp "$file" "$fresh/$name" || { echo "$file is not what build makes: run make"; exit 1; }
done
