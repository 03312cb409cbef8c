#!/bin/sh
# run.sh BUILD: boots a kernel of Debian's in a virtual machine, in software, with control groups v2 as a plain Debian
# has them, and runs guest.sh there; its TAP comes out here. The guest's root is this host's own, read-only, with a
# layer in memory on top, so what lies in BUILD runs there as it is. To be chosen by the environment:
: "${VM_KERNEL:=linux-image-amd64}" # the package; linux-image-6.12-amd64 is another
: "${VM_ONLY:=.}" # a pattern for the names of the tests
: "${VM_SECONDS:=3600}" # then the machine is switched off
build=$1 folder=$1/vm
mkdir -p "$folder" || exit 1
PATH=$PATH:/usr/sbin:/sbin

# ---- the kernel, out of its package ----

release=$(apt-cache depends "$VM_KERNEL" | sed -n 's/.*Depends: linux-image-\([0-9].*\)/\1/p' | head -n 1)
[ -n "$release" ] || { echo "apt-cache knows no $VM_KERNEL: try apt-get update" >&2; exit 1; }
kernel=$folder/kernel-$release
if ! [ -e "$kernel/whole" ]; then
	echo "# fetching linux-image-$release"
	rm -rf "$kernel" && mkdir -p "$kernel" &&
		(cd "$kernel" && apt-get download -qq "linux-image-$release" 2>/dev/null) &&
		dpkg-deb -x "$kernel"/*.deb "$kernel" && rm "$kernel"/*.deb &&
		depmod -b "$kernel" "$release" && touch "$kernel/whole" || exit 1
fi

# ---- the initramfs: a shell, the modules that lead to the root, and init ----

tree=$(mktemp -d) || exit 1
trap 'rm -rf "$tree" "$folder/disk"' EXIT
mkdir "$tree/bin" "$tree/modules"
cp "$(command -v busybox)" "$tree/bin/busybox"
install -m 755 tests/vm/init "$tree/init"
for module in virtio_pci virtio_blk 9pnet_virtio 9p ext4 crc32c_generic overlay; do
	modprobe -d "$kernel" -S "$release" --show-depends "$module"
done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++' | nl -w 3 -n rz | while read -r number file; do
	cp "$file" "$tree/modules/$number-${file##*/}"
done
(cd "$tree" && find . | cpio --quiet -o -H newc) >"$folder/initramfs" || exit 1

# ---- the guest ----

truncate -s 8G "$folder/disk" && mke2fs -q -F -t ext4 "$folder/disk" || exit 1
# The first serial line is the kernel's, the second is the tests'. A panic is an end too (-no-reboot).
timeout -k 10 "$VM_SECONDS" qemu-system-x86_64 -accel tcg,thread=multi -cpu max -m 2G -smp 2 \
	-nodefaults -display none -no-reboot -nic none \
	-kernel "$kernel/boot/vmlinuz-$release" -initrd "$folder/initramfs" \
	-append "console=ttyS0 panic=-1 quiet REPOSITORY=$PWD BUILD=$build ONLY=$VM_ONLY" \
	-serial "file:$folder/console" -chardev stdio,id=tap,signal=off -serial chardev:tap \
	-virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap \
	-drive "file=$folder/disk,format=raw,if=virtio,cache=unsafe" </dev/null | tee "$folder/tap"

# ---- what came of it: a plan that was kept, and no failure ----

plan=$(sed -n 's/^1\.\.\([0-9]*\)$/\1/p' "$folder/tap")
[ -n "$plan" ] || { echo "Bail out! the guest did not come to its end; its console: $folder/console"; exit 1; }
! grep -q '^not ok' "$folder/tap" && [ "$(grep -c '^ok' "$folder/tap")" = "$plan" ]
