#!/bin/sh
# The command `renkei`, beside the Python of its environment. That is isolated from its first moment: PYTHONPATH,
# PYTHONHOME and their like would bring in foreign code before the program could look at them. A line `#!python -I` would
# do as well, but pip leaves the option out.
here=$(/usr/bin/readlink -f -- "$0") || exit 1
exec "${here%/*}/python" -I -X utf8 -m console "$@"
