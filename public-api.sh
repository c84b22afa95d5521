#!/usr/bin/env bash
# Brings PublicAPI.Unshipped.txt of each library up to date with its code: what is new is added, what is gone is removed. Look at the difference before it is
# committed: what stands in PublicAPI.Shipped.txt was released, and others build on it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

declared=(src/*/PublicAPI.Unshipped.txt)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
dotnet restore Orchestrator.sln -p:Configuration=Release -v quiet
# Each is compiled anew, once, with those that it builds on before it.
for library in "${declared[@]%/*}"; do rm -f "$library/obj/Release/net10.0/Orchestrator.${library##*/}.dll"; done
for library in "${declared[@]%/*}"; do
  dotnet build "$library" -c Release --no-restore -v quiet -p:WarningsNotAsErrors='RS0016%3BRS0017' >> "$log" ||
    { grep -E 'error' "$log" | sort -u >&2; exit 1; }
done
for file in "${declared[@]}"; do
  library=${file%/*}
  lines() { { grep -oE "/$library/.*warning $1: Symbol '.*' is (not )?part of the declared" "$log" || true; } | sed -E "s/.*Symbol '(.*)' is (not )?part of the declared/\1/" | sort -u; }
  { echo '#nullable enable'
    { tail -n +2 "$file" | grep -v -x -F -f <(lines RS0017; echo) || true; lines RS0016; } | LC_ALL=C sort -u
  } > "$file.new"
  mv "$file.new" "$file"
done
