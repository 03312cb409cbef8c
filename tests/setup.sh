#!/bin/sh
# Installs the Debian packages named as arguments that are missing; says so, and asks for root only then.
missing=
for package in "$@"; do
	dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
		missing="$missing $package"
done
[ -z "$missing" ] && exit 0

echo "Installing what is missing:$missing"
as_root=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || {
		echo "Please run as root: apt-get install$missing" >&2
		exit 1
	}
	as_root=sudo
fi
$as_root apt-get update -qq || exit 1
# shellcheck disable=SC2086 # one word a package
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing \
	>/dev/null || exit 1
