#!/usr/bin/env bash
# Checks everything: restores, builds with warnings as errors, checks the formatting and runs all tests. Needs the .NET 10 SDK,
# a package registry, and the brokers and servers that the tests run, which it installs with Debian's package manager where they are missing. The last
# line is always "N passed, N failed, N skipped"; the exit code is 0 only where every stage went well, each test project ran tests, and
# none failed. Logs and results are in TestResults/.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
exec < /dev/null

solution=Orchestrator.sln
results=$PWD/TestResults
at_once=3               # test projects that run beside each other; the longest wait more than they work
hang=5m                 # a single test that takes longer hangs
longest=20m             # a test project that takes longer hangs and is ended

# The same output everywhere, whatever the machine's language and libraries, and no build process that outlives this one.
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 LC_ALL=C
# Everything here lives for seconds or minutes: counting what code does first costs a quarter of the processor time and is not repaid.
export DOTNET_TieredPGO=0
# Much is compiled for a short time: writing each piece of code through a second mapping takes a twentieth. And with more work than
# processors, a thread that looks for more by itself takes a tenth from those that have some.
export DOTNET_EnableWriteXorExecute=0 DOTNET_ThreadPool_UnfairSemaphoreSpinLimit=0
# A process that dies of a fault of its own leaves a report of its stacks.
export DOTNET_EnableCrashReportOnly=1 DOTNET_DbgEnableMiniDump=1 DOTNET_DbgMiniDumpName=/tmp/orch.crash.%p
# One compiler serves the whole build, whatever the machine's setting: loaded anew for each project it would cost thrice the time.
export UseSharedCompilation=true MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 MSBUILDTERMINALLOGGER=off

passed=0 failed=0 skipped=0 ok=yes
scratch=$(mktemp -d /tmp/orch.XXXXXX) || exit 1
# No test may touch the journal of who runs it. The path is short: that of a socket has room for 107 bytes.
export ORCHESTRATOR_STATE=$scratch/state
if [ -z "${HOME:-}" ] || [ ! -w "$HOME" ]; then
  export HOME=$scratch/home
  mkdir -p "$HOME"
fi

finish() {
  local left
  left=$(jobs -p)
  [ -z "$left" ] || kill $left 2> /dev/null
  rm -rf "$scratch"
  echo
  echo "$passed passed, $failed failed, $skipped skipped"
  trap - EXIT
  if [ "$ok" = yes ] && [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]; then exit 0; else exit 1; fi
}
trap finish EXIT
trap 'ok=no; exit 1' INT TERM HUP

give_up() {
  echo "test.sh: $1" >&2
  ok=no
  exit 1
}

# stage TITLE COMMAND...: shows the output only where the command fails, and how long it took.
stage() {
  local title=$1 begin=$SECONDS
  shift
  printf '%-22s ' "$title"
  if "$@" > "$results/$title.log" 2>&1; then
    echo "$((SECONDS - begin)) s"
  else
    echo "FAILED after $((SECONDS - begin)) s"
    awk '!seen[$0]++' "$results/$title.log"          # a build's summary repeats every error
    return 1
  fi
}

# obituary PROJECT: what is known of a test host that died without a word.
obituary() {
  mv "$results/$1.log" "$results/$1.died.log"
  grep -v -e '^ *Passed ' "$results/$1.died.log" | tail -n 15 | cut -c 1-500
  for report in /tmp/orch.crash.*.crashreport.json; do
    [ -e "$report" ] || continue
    echo "crash report: $(grep -o -e '"method_name" *: *"[^"]*"' -e '"ExceptionType" *: *"[^"]*"' "$report" | head -n 40 | tr '\n' ' ')"
    mv "$report" "$results/"
  done
  cat /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory.peak 2> /dev/null | tr '\n' ' '
  free -m 2> /dev/null
}

# counters TRX: total, passed and failed of a result file; zeros where there is none.
counters() {
  { grep -o '<Counters [^>]*>' "$1" 2> /dev/null || true; } | tr ' /' '\n\n' | awk -F '[="]+' '
    { n[$1] += $2 }
    END { print n["total"] + 0, n["passed"] + 0, n["failed"] + n["error"] + n["timeout"] + n["aborted"] }'
}

# ended PROJECT CODE: counts what a test project said; shows its log where something is wrong, without the tests that passed.
ended() {
  local project=$1 code=$2 took=$((SECONDS - begun[$1])) total pass fail
  read -r total pass fail < <(counters "$results/$project.trx")
  passed=$((passed + pass)) failed=$((failed + fail)) skipped=$((skipped + total - pass - fail))
  if [ "$code" -eq 0 ] && [ "$fail" -eq 0 ] && [ "$total" -gt 0 ]; then
    printf '%-22s %d s, %d passed\n' "$project" "$took" "$pass"
    return
  fi
  if [ "$fail" -eq 0 ] && [ -z "${again[$project]:-}" ] && grep -q 'Test host process crashed' "$results/$project.log"; then
    # No test failed, the process that ran them died: what killed it is shown, and the project is run once more, by itself.
    again[$project]=yes
    passed=$((passed - pass)) skipped=$((skipped - total + pass + fail))
    printf '%-22s ITS TEST HOST DIED after %d s and %d passed tests; it is run once more\n' "$project" "$took" "$pass"
    obituary "$project"
    return
  fi
  ok=no
  printf '%-22s FAILED after %d s, %d passed, %d failed; the whole log is TestResults/%s.log\n' "$project" "$took" "$pass" "$fail" "$project"
  # xUnit says each failure twice, and deep stacks repeat their lines.
  grep -v -e '^ *Passed ' -e '^\[xUnit\.net ' "$results/$project.log" | awk '!seen[$0]++' | cut -c 1-1000 | head -n 300
  [ "$total" -gt 0 ] || echo "test.sh: no test of $project ran" >&2
  [ "$code" -ne 124 ] || echo "test.sh: $project took longer than $longest and was ended" >&2
}

start() {
  local project=$1
  begun[$project]=$SECONDS
  timeout --kill-after=10s "$longest" \
    dotnet test "tests/$project/bin/Release/net10.0/Orchestrator.$project.dll" --nologo \
    --logger "trx;LogFileName=$project.trx" --logger 'console;verbosity=normal' --results-directory "$results" \
    --blame-hang-timeout "$hang" --blame-hang-dump-type none > "$results/$project.log" 2>&1 &
  running[$!]=$project
}

await_one() {
  local pid code=0
  wait -n -p pid || code=$?
  ended "${running[$pid]}" "$code"
  unset "running[$pid]"
}

# need COMMAND PACKAGE: a program of Debian's that the tests run, or a file of a package that has none.
need() {
  command -v "$1" > /dev/null 2>&1 || [ -e "$1" ] || missing+=("$2")
}

install() {
  local root=()
  [ "$(id -u)" -eq 0 ] || root=(sudo -n)
  export DEBIAN_FRONTEND=noninteractive
  "${root[@]}" apt-get -o DPkg::Lock::Timeout=300 update &&
    "${root[@]}" apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"
}

# build: the compiler that served it ends with it.
build() {
  local code=0
  dotnet build "$solution" -c Release --no-restore --nologo -v quiet -warnaserror || code=$?
  dotnet build-server shutdown --vbcscompiler
  return "$code"
}

command -v dotnet > /dev/null 2>&1 ||
  give_up 'there is no dotnet on the PATH: install the .NET 10 SDK (https://dotnet.microsoft.com/download/dotnet/10.0)'
version=$(dotnet --version 2>&1) || give_up "there is no SDK that this project can be built with, the .NET 10 SDK is needed: $version"
{ rm -rf "$results" && mkdir -p "$results"; } || give_up "the folder $results cannot be written"
echo "SDK $version, $(nproc) processors"

missing=()
need nats-server nats-server                                  # the tests of the network need a real broker
need puppet puppet-agent                                      # the emulated nodes are held against the real agent
need /usr/share/puppetserver/puppetserver.jar puppetserver        # signs certificates and compiles catalogs
need /usr/share/puppetdb/puppetdb.jar puppetdb                # sites are derived from it
need /usr/lib/ruby/vendor_ruby/puppet/util/puppetdb.rb puppet-terminus-puppetdb   # with which the server fills it
need pg_lsclusters postgresql                                 # in which it keeps what it has
need chromium chromium                                        # opens the page
[ "${#missing[@]}" -eq 0 ] || stage packages install "${missing[@]}" ||
  give_up "apt-get could not install ${missing[*]}, see above: the tests run these programs"
stage restore dotnet restore "$solution" -p:Configuration=Release ||
  give_up 'the packages could not be restored, see above: the package registry must be within reach and, in CI, each packages.lock.json up to date'
stage build build ||
  give_up 'the build has errors or warnings, see above'
# Style and analyzers are the build's; as a folder, because loading the solution once more takes longer than the build.
stage formatting dotnet format whitespace . --folder --verify-no-changes --exclude TestResults ||
  { ok=no; echo 'test.sh: the formatting is not that of .editorconfig: "dotnet format whitespace . --folder" mends it' >&2; }

declare -A begun=() running=() again=()
# Those that take longest come first, so that none is left to run alone at the end.
for project in $({ printf '%s\n' RealPuppet.Tests EndToEnd.Tests Actors.Tests Web.Tests Network.Tests; cd tests && ls -d -- *.Tests; } | awk '!seen[$0]++'); do
  [ "${#running[@]}" -lt "$at_once" ] || await_one
  start "$project"
done
while [ "${#running[@]}" -gt 0 ]; do await_one; done
for project in "${!again[@]}"; do
  start "$project"
  await_one
done
echo "all in $SECONDS s"
