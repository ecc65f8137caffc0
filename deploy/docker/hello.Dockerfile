# The example server on the base image.
#
#   docker build -f deploy/docker/hello.Dockerfile --build-arg BASE=tars2py-base -t tars2py-hello .
ARG BASE=tars2py-base
FROM python:3.12-slim-bookworm AS stubs
WORKDIR /src
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY tars2py tars2py
COPY templates templates
COPY runtime runtime
COPY registry_impl registry_impl
COPY cli cli
COPY examples/hello examples/hello
RUN pip install --no-cache-dir ".[compiler]" \
 && tars2py examples/hello/Hello.tars --out /stubs

FROM ${BASE}
ARG SERVER_VERSION=unknown
ENV SERVER_VERSION=${SERVER_VERSION}
COPY --chown=10001:10001 --from=stubs /stubs /tars/bin/
COPY --chown=10001:10001 --chmod=0755 examples/hello/start.sh /tars/bin/start.sh
COPY --chown=10001:10001 examples/hello/hello_server.py examples/hello/_server_meta.yaml /tars/bin/
