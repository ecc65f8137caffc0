# The registry: QueryObj and Registry on 17890, pages for people and probes on 9325.
#
#   docker build -f deploy/docker/registry.Dockerfile -t tars2py-registry .
FROM python:3.12-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY tars2py tars2py
COPY templates templates
COPY runtime runtime
COPY registry_impl registry_impl
COPY cli cli
RUN python -m venv /opt/tars2py \
 && /opt/tars2py/bin/pip install --no-cache-dir --no-compile ".[registry,mysql,uvloop]" \
 && /opt/tars2py/bin/python -m compileall -q -j 0 /opt/tars2py/lib \
 && /opt/tars2py/bin/pip uninstall --yes --quiet pip

FROM python:3.12-slim-bookworm
RUN groupadd --gid 10001 tars \
 && useradd --uid 10001 --gid 10001 --home-dir /tars --no-create-home --shell /usr/sbin/nologin tars \
 && install -d -o 10001 -g 10001 /tars /tars/data
COPY --from=build /opt/tars2py /opt/tars2py
ENV PATH=/opt/tars2py/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TARS_PATH=/tars
WORKDIR /tars
USER 10001:10001
EXPOSE 17890 9325
CMD ["tarsregistry", "serve"]
