#!/usr/bin/env bash
# Shows that a region can be stopped without clients noticing. Needs ./run in another terminal (or
# ./run -d); BASE_URL, APP, DATA say where, when it is elsewhere.
set -u
cd "$(dirname "$0")/.."
base=${BASE_URL:-http://localhost:8080}
app=${APP:-apps/property-listing.toml}
data=${DATA:-data/property-listing}
failures=0

step() { # what it shows, and the command that is true when it does
  local title=$1
  shift
  if "$@"; then
    echo "[PASS] $title"
  else
    echo "[FAIL] $title"
    failures=$((failures + 1))
  fi
}
fleet() { build/atoll "$1" "$app" us --data "$data"; }
answered_by() { curl -s -m 30 "$base/$1/health" | grep -q "\"region\":\"$2\""; }
both_healthy() { answered_by us us && answered_by eu eu; }
version() { curl -s -m 30 "$base/us/properties/40" | sed -n 's/.*"version":\([0-9]*\).*/\1/p'; }
is_at_version() { [ "$(version)" = "$1" ]; }
put() {
  curl -s -m 30 -X PUT "$base/us/properties/40" -H 'Content-Type: application/json' \
    -d "{\"price\":400000,\"version\":$1}" | grep -q "\"version\":$(($1 + 1)),"
}
is_logged() { tail -n 1 "$data/logs/gateway.log" | grep -q 'PUT /us/properties/40.* upstream='; }
eventually() { # within a minute
  local end=$((SECONDS + 60))
  until "$@"; do [ $SECONDS -lt $end ] || return 1; done
}

step 'both regions are healthy' eventually both_healthy
step 'us stops' fleet stop
step '/us/health is answered by eu' answered_by us eu
before=$(version)
step 'a PUT to /us is served' put "$before"
step "the gateway's log names who answered" eventually is_logged
step 'us starts again' fleet start
step '/us/health is answered by us' eventually answered_by us us
step 'us has caught up' eventually is_at_version $((before + 1))
exit $((failures > 0))
