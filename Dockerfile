FROM python:3.13-slim
WORKDIR /app
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONUNBUFFERED=1
# The lock alone first: code changes more often than what it stands on. It is whole, so nothing is
# resolved: older pips would look past it for `coverage[toml]` once a newer release is out.
COPY requirements.lock ./
RUN pip install --no-deps --require-hashes --requirement requirements.lock
COPY . ./
RUN pip install --no-deps --no-build-isolation --editable . \
    && useradd --system --uid 10001 sinequanon \
    && install --directory --owner sinequanon /data
USER sinequanon
ENV SINEQUANON_DATABASE_URL=sqlite:////data/sinequanon.db
VOLUME /data
EXPOSE 8000
CMD ["sinequanon", "serve", "--prepare", "--host", "0.0.0.0", "--port", "8000"]
