FROM debian:bookworm-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates python3 python3-venv
WORKDIR /build
COPY requirements.lock ./
RUN python3 -m venv /opt/pwsync \
 && /opt/pwsync/bin/pip install --no-cache-dir --disable-pip-version-check \
    --require-hashes --no-deps --only-binary :all: -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY browsers browsers
RUN /opt/pwsync/bin/pip install --no-cache-dir --disable-pip-version-check \
    --no-deps --no-build-isolation . \
 && /opt/pwsync/bin/pip uninstall --yes --quiet hatchling pip setuptools

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
    ca-certificates chromium-headless-shell fonts-wqy-microhei libatomic1 python3 \
 && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/*.log /var/log/apt \
 && groupadd --gid 10001 pwsync \
 && useradd --uid 10001 --gid pwsync --no-create-home --home-dir /var/lib/pwsync \
    --shell /usr/sbin/nologin pwsync \
 && install --directory --owner pwsync --group pwsync --mode 700 \
    /var/lib/pwsync /var/lib/pwsync/backups \
 && install --directory --owner pwsync --group nogroup --mode 2750 /tokens
COPY --from=build /opt/pwsync /opt/pwsync
ENV PATH=/opt/pwsync/bin:$PATH \
    PWSYNC_DATA_DIR=/var/lib/pwsync \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER pwsync
WORKDIR /var/lib/pwsync
VOLUME /var/lib/pwsync
STOPSIGNAL SIGTERM
# What every command needs; the server has a better one in compose.yaml.
HEALTHCHECK --interval=60s --timeout=20s --start-period=90s CMD ["pwsync", "db", "check"]
ENTRYPOINT ["pwsync"]
CMD ["--help"]
