#!/usr/bin/env bash
# CIFAR-10 at the paper's width on a GPU host: networks that do not need each other are trained side by side, then one
# process makes every table and figure. On an H200 the trainings took eight minutes beside each other.
#
#   OUT=out/cifar10-gpu bash bench/cifar-on-gpu.sh        after npm ci, npm run build and purigrad data cifar10
#   PRESET=slice OUT=/tmp/slice bash bench/cifar-on-gpu.sh    a rehearsal on the images that come with a clone
#
# DATA=DIR takes CIFAR-10's files from there, ADAPTER another adapter. What is finished is kept: run it again to go on.
set -u
: "${OUT:?name the folder for the results, OUT=DIR}"
[ -f .gpu/enter.sh ] && . .gpu/enter.sh # a host without a network brings node, npm packages and the Vulkan loader along
common=(--dataset cifar10 --preset "${PRESET:-gpu}" --adapter "${ADAPTER:-hardware}" --out "$OUT" --resume)
[ -n "${DATA:-}" ] && common+=(--data "$DATA")
mkdir -p "$OUT"
for nets in pgd-7 cnn free,fast,fast-zero vae,cvae,cvae+g,vae+g,cvae+g-ring,dae; do
  node dist/cli.js train --net "$nets" "${common[@]}" > "$OUT/train-${nets%%,*}.log" 2>&1 &
done
wait
node dist/cli.js reproduce all "${common[@]}"
