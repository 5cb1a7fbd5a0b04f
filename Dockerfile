FROM python:3.11-slim-bookworm AS build
WORKDIR /build
COPY requirements.lock ./
RUN python -m venv /opt/pwsync \
 && /opt/pwsync/bin/pip install --no-cache-dir --disable-pip-version-check \
    --require-hashes --only-binary :all: -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY browsers browsers
RUN /opt/pwsync/bin/pip install --no-cache-dir --disable-pip-version-check \
    --no-deps --no-build-isolation .

FROM python:3.11-slim-bookworm
RUN apt-get update \
 && apt-get install -y --no-install-recommends chromium-headless-shell fonts-wqy-microhei \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --create-home --home-dir /var/lib/pwsync pwsync \
 && chmod 700 /var/lib/pwsync
COPY --from=build /opt/pwsync /opt/pwsync
ENV PATH=/opt/pwsync/bin:$PATH PWSYNC_DATA_DIR=/var/lib/pwsync PYTHONUNBUFFERED=1
USER pwsync
WORKDIR /var/lib/pwsync
VOLUME /var/lib/pwsync
STOPSIGNAL SIGTERM
ENTRYPOINT ["pwsync"]
CMD ["--help"]
