#!/bin/sh
# How prove runs a test file: a script by sh, a program by itself.
case $1 in
*.t) exec sh "$@" ;;
*) exec "$@" ;;
esac
