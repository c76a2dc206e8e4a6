#!/usr/bin/env bash
# Everything worth measuring on a GPU host, the most important first, each step bounded: about six minutes on an H100.
#
#   OUT=results/gpu bash bench/on-gpu.sh                     after npm ci and npm run build, in the project's root
#   STEPS="info verify" ADAPTER=software bash bench/on-gpu.sh    some of the steps; a rehearsal on a software driver
#
# Writes OUT/steps.txt (seconds and the last line of each step), one log and, where there is one, one JSON file a step.
# PyTorch is measured beside purigrad where the host's python3 has torch: CUDA with float32 and with TF32.
set -u
: "${OUT:?name the folder for the results, OUT=DIR}"
mkdir -p "$OUT"
[ -f .gpu/enter.sh ] && . .gpu/enter.sh # a host without a network brings node, npm packages and the Vulkan loader along
adapter=${ADAPTER:-hardware}

# step NAME SECONDS COMMAND...
step() {
  local name=$1 limit=$2 begun=$SECONDS
  shift 2
  case " ${STEPS:-info verify tests start tune peers bench full} " in *" $name "*) ;; *) return ;; esac
  timeout "$limit" "$@" > "$OUT/$name.txt" 2>&1
  echo "$name: exit code $?, $((SECONDS - begun)) s, $(tail -n 1 "$OUT/$name.txt")" | tee -a "$OUT/steps.txt"
}

step info 40 node dist/cli.js info --adapter "$adapter" --json "$OUT/info.json"
step verify 90 node dist/cli.js verify --adapter "$adapter" --json "$OUT/verify.json"
step tests 240 node test/run.mjs --built --node .both
step start 120 node dist/cli.js start --adapter "$adapter" --out "$OUT/start"
step tune 90 node dist/cli.js tune --adapter "$adapter" --json "$OUT/tune.json"
step peers 300 node dist/bench-peers.js --engines purigrad,torch --adapter "$adapter" --limit 8 --samples-ms 10 \
  --json "$OUT/peers.json"
step bench 400 node dist/bench.js --adapter "$adapter" --json "$OUT/bench.json"
step full 300 node dist/cli.js reproduce all --preset full --adapter "$adapter" --out "$OUT/mnist"
