#!/bin/sh
# promtool.sh FOLDER: puts Prometheus' own checker of metrics into FOLDER, out of Debian's package and without
# installing that, for it would start a server. Where it cannot be had, its test says so and goes on.
folder=$1
[ -x "$folder/promtool" ] && exit 0
command -v promtool >/dev/null && exit 0
scratch=$(mktemp -d) || exit 0
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$folder"
(cd "$scratch" && apt-get download -qq prometheus >/dev/null 2>&1) &&
	dpkg-deb --fsys-tarfile "$scratch"/prometheus_*.deb |
	tar -xO ./usr/bin/promtool >"$scratch/promtool" 2>/dev/null &&
	chmod 755 "$scratch/promtool" && mv "$scratch/promtool" "$folder/promtool" ||
	echo "promtool cannot be had from here: the metrics are checked without it"
exit 0
