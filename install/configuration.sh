#!/bin/sh
# Puts an example where the service looks for its configuration, unless there is one. Its passwords
# are the service's to read: the group's, where there is that user already (docs/install.md).
set -eu
example=$1 group=ringhall
folder="${DESTDIR:-}/etc/ringhall"

[ ! -e "$folder/ringhall.yaml" ] && [ ! -L "$folder/ringhall.yaml" ] || exit 0
mkdir -p "$folder"
install -m 0640 "$example" "$folder/ringhall.yaml"
if [ -z "${DESTDIR:-}" ]; then
    # The user comes with this installation; where nobody makes it, root starts the node.
    getent group "$group" >/dev/null 2>&1 || ! command -v systemd-sysusers >/dev/null ||
        systemd-sysusers >/dev/null 2>&1 || :
    if [ "$(id -u)" = 0 ] && getent group "$group" >/dev/null 2>&1; then
        chgrp "$group" "$folder" "$folder/ringhall.yaml"
        chmod 0750 "$folder"
    fi
fi
echo "an example is in /etc/ringhall/ringhall.yaml: docs/install.md says what to change"
