#!/bin/sh
# Started by `tarscli supervisor`; exec, so that the server gets the signals itself.
exec "${PYTHON:-python3}" "$TARS_PATH/bin/hello_server.py" --config="$TARS_PATH/conf/HelloServer.conf"
