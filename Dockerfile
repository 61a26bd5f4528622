# --- build: a virtual environment that holds the daemon, its locked dependencies, and no pip ---------
FROM python:3.11-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1
WORKDIR /src

# The tools that build stay here. Locks go before the code, so that a change of code builds fast.
RUN python3 -m venv /build && python3 -m venv --without-pip /opt/upbit-monitor
COPY requirements/ requirements/
RUN /build/bin/pip install --require-hashes -r requirements/build.txt \
 && /build/bin/pip --python /opt/upbit-monitor/bin/python install --require-hashes -r requirements/run.txt

COPY pyproject.toml README.md LICENSE ./
COPY daemon/ daemon/
RUN /build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheel . \
 && /build/bin/pip --python /opt/upbit-monitor/bin/python install --no-deps --no-index /wheel/*.whl

# --- run: nobody in particular, on a root that may be read-only ------------------------------------
FROM python:3.11-slim-bookworm

ENV PATH="/opt/upbit-monitor/bin:${PATH}" \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    UPBIT_MONITOR_CONFIG_FILE=/etc/upbit-monitor/upbit-monitor.yml \
    UPBIT_MONITOR_STATE_DIRECTORY=/var/lib/upbit-monitor \
    UPBIT_MONITOR_WEB_LISTEN_ADDRESS=0.0.0.0:10931

COPY --from=build /opt/upbit-monitor /opt/upbit-monitor
COPY config/upbit-monitor.yml /etc/upbit-monitor/upbit-monitor.yml

# The end of a 418 is kept here. A volume can be written though the root cannot.
RUN install -d -m 0700 -o 65532 -g 65532 /var/lib/upbit-monitor
VOLUME /var/lib/upbit-monitor

USER 65532:65532
EXPOSE 10931
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["upbit-monitor", "healthcheck"]
ENTRYPOINT ["upbit-monitor"]
CMD ["run"]

# docker build --build-arg VERSION=0.1.0 --build-arg REVISION="$(git rev-parse HEAD)" .
ARG VERSION=unknown
ARG REVISION=unknown
ENV UPBIT_MONITOR_REVISION="${REVISION}"
LABEL org.opencontainers.image.title="upbit-monitor" \
      org.opencontainers.image.description="Watches the Upbit REST API and shows it as Prometheus metrics and JSON logs." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
