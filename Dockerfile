# Both stages start from one image, pinned by its version; raise it here for fixes of Debian and Python.
ARG PYTHON=3.13.13-slim-trixie

FROM python:${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/sinequanon
WORKDIR /source
# The lock alone first: code changes more often than its dependencies. It is complete, so nothing is
# resolved: older pips would look past it for `coverage[toml]` once a newer release is out.
COPY requirements.lock ./
RUN /opt/sinequanon/bin/pip install --no-deps --require-hashes --requirement requirements.lock
COPY . ./
RUN /opt/sinequanon/bin/pip install --no-deps --no-build-isolation . \
    && /opt/sinequanon/bin/pip uninstall --yes pip setuptools

FROM python:${PYTHON}
RUN useradd --system --uid 10001 sinequanon && install --directory --owner sinequanon --mode 700 /data
COPY --from=build /opt/sinequanon /opt/sinequanon
ENV PATH=/opt/sinequanon/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    SINEQUANON_DATABASE_URL=sqlite:////data/sinequanon.db
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["python", "-c", "import urllib.request as r; r.build_opener(r.ProxyHandler({})).open('http://127.0.0.1:8000/readyz', timeout=4)"]
# It writes nothing but /data and /tmp, makes no registry and loads no demo data:
# `db upgrade` makes an empty one, `serve --prepare --host 0.0.0.0` one with the seed.
ENTRYPOINT ["sinequanon"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
