#!/bin/bash
# Unpacks the images of the archive on standard input into the node's containerd, so that a node boots with them in place.
set -euo pipefail


containerd --log-level warn &
daemon=$!
for _ in $(seq 50); do
  ctr version >/dev/null 2>&1 && break
  sleep 0.2
done
# Pinned images survive the kubelet's cleaning up; compressed layers are not kept beside the unpacked ones.
ctr --namespace k8s.io images import --local --all-platforms --discard-unpacked-layers \
  --label io.cri-containerd.pinned=pinned -
ctr --namespace k8s.io content prune references
kill "$daemon"
wait "$daemon" || true
