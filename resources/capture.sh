#!/bin/sh
# Collects what a running board says of its DMA memory into one archive, for `carveout import`. Needs root and changes nothing
# (debugfs is mounted where it is not, and unmounted again). usage: sh capture.sh [ARCHIVE.tar.gz]
set -u
archive=${1:-carveout-capture.tar.gz}
work=$(mktemp -d) || exit 1
out=$work/capture
mounted=
finish() {
  [ -n "$mounted" ] && umount /sys/kernel/debug
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM
mkdir "$out"

[ "$(id -u)" = 0 ] || echo "capture: not root, some files will be missing or without addresses" >&2
if [ ! -d /sys/kernel/debug/tracing ] && [ ! -d /sys/kernel/debug/cma ]; then
  mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null && mounted=yes
fi

# take NAME PATH: a copy, whatever the file's size claims to be
take() { [ -r "$2" ] && cat "$2" >"$out/$1" 2>/dev/null || rm -f "$out/$1"; }
take_tree() {
  [ -d "$2" ] || return 0
  find "$2" -type f 2>/dev/null | while IFS= read -r file; do
    mkdir -p "$out/$1/$(dirname "${file#"$2"/}")"
    take "$1/${file#"$2"/}" "$file"
  done
}

dmesg >"$out/dmesg" 2>/dev/null
uname -a >"$out/uname"
for name in cmdline iomem meminfo zoneinfo buddyinfo pagetypeinfo vmallocinfo vmstat swaps version; do take "proc-$name" "/proc/$name"; done
take fdt.dtb /sys/firmware/fdt
take config.gz /proc/config.gz
[ -f "$out/config.gz" ] || take config "/boot/config-$(uname -r)"
take_tree cma /sys/kernel/debug/cma
take_tree mm-cma /sys/kernel/mm/cma
take_tree swiotlb /sys/kernel/debug/swiotlb
take_tree dma_pools /sys/kernel/debug/dma_pools
take_tree memblock /sys/kernel/debug/memblock
take trace /sys/kernel/debug/tracing/trace

tar -C "$work" -czf "$archive" capture && echo "capture: $archive"
