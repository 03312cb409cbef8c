#!/bin/sh
# Installs what is missing; says so, and asks for root only then. Each argument is a Debian package, or
# COMMAND:PACKAGE,PACKAGE for packages that are wanted only where nothing else provides the command.
missing=
for item in "$@"; do
	case $item in
	*:*)
		command -v "${item%%:*}" >/dev/null ||
			missing="$missing $(echo "${item#*:}" | tr ',' ' ')"
		;;
	*)
		dpkg-query -W -f '${Status}' "$item" 2>/dev/null | grep -q 'ok installed' ||
			missing="$missing $item"
		;;
	esac
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
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	$missing >/dev/null || exit 1
