#!/usr/bin/env bash
# bench/nightly.sh [TIMES]: every depth of bench/Chaos and every guard of bench/Guards, one after the other: some two hours on two cores.
# TIMES, a fraction like 0.1, takes so much of each depth, and no guards where it is less than 1. Whatever fails, the rest is run; exit code 1 then.
set -u
cd "$(dirname "$0")/.."
times=${1:-1}
failed=0

of() { awk -v all="$1" -v times="$times" 'BEGIN { n = int(all * times); print n < 1 ? 1 : n }'; }

run() {
    echo "== $*"
    "$@" || { failed=1; echo "== failed: $*"; }
}

dotnet build Orchestrator.sln -c Release -v quiet --nologo || exit 2
chaos=bench/Chaos/bin/Release/net10.0/Orchestrator.Chaos.Bench.dll
run dotnet "$chaos" simulation "$(of 10000)"
run dotnet "$chaos" files "$(of 20)"
run dotnet "$chaos" processes "$(of 200)"
if awk -v times="$times" 'BEGIN { exit !(times >= 1) }'; then
    run dotnet bench/Guards/bin/Release/net10.0/Orchestrator.Guards.Bench.dll
fi
exit "$failed"
