#!/usr/bin/env bash
# Shows that a region can be stopped without clients noticing. Needs ./run in another terminal (or
# ./run -d); BASE_URL, APP, DATA say where, when it is elsewhere.
set -u
cd "$(dirname "$0")/.."
base=${BASE_URL:-http://localhost:8080}
app=${APP:-apps/property-listing.toml}
data=${DATA:-data/property-listing}
failures=0

step() { # what it shows, a command that is true when it does
  if eval "$2"; then
    echo "[PASS] $1"
  else
    echo "[FAIL] $1"
    failures=$((failures + 1))
  fi
}
answers() { curl -s -m 5 "$base$1" | grep -q "$2"; }
version_of() { curl -s -m 5 "$base$1" | sed -n 's/.*"version":\([0-9]*\).*/\1/p'; }
eventually() { # a command, tried until it is true or ten seconds have passed
  for _ in $(seq 200); do
    eval "$1" && return 0
    read -r -t 0.05 _ < <(:) || true
    [ $SECONDS -lt $((started + 60)) ] || return 1
  done
  return 1
}
started=$SECONDS

step 'both regions are healthy' 'answers /us/health \"us\" && answers /eu/health \"eu\"'
step 'us stops' 'build/atoll stop "$app" us --data "$data"'
step '/us/health is answered by eu' 'answers /us/health \"eu\"'
version=$(version_of /us/properties/40)
step 'a PUT to /us is served' "curl -s -m 5 -X PUT $base/us/properties/40 -H 'Content-Type: application/json' \
  -d '{\"price\":400000,\"version\":$version}' | grep -q '\"version\":$((version + 1))'"
step 'the log of the gateway names the region that answered' \
  'tail -n 1 "$data/logs/gateway.log" | grep -q "PUT /us/properties/40.* upstream="'
step 'us starts again' 'build/atoll start "$app" us --data "$data"'
step '/us/health is answered by us' 'eventually "answers /us/health \\\"us\\\""'
step 'us has caught up' 'eventually "[ \"\$(version_of /us/properties/40)\" = $((version + 1)) ]"'
exit $((failures > 0))
