# Atoll's images. `node` serves one region; `gateway` is the NGINX in front of all of them:
#   docker build --target node --tag atoll:0.1.0 .
#   docker build --target gateway --tag atoll-gateway:0.1.0 .
# docker-compose.yml builds both.

FROM debian:12.12-slim AS build
WORKDIR /src
COPY tools/install tools/install
RUN tools/install run
# What the program is made of, and no more: a change of anything else compiles nothing.
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake
COPY tools/build tools/web-assets tools/
COPY web web
COPY src src
RUN tools/build release -DREEF_TESTS=OFF -DREEF_BENCH=OFF atoll && strip build/atoll

# What both have: the program, its libraries, the apps, and nobody's rights.
FROM debian:12.12-slim AS program
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        ca-certificates libfmt9 libpq5 libprometheus-cpp-core1.0 librabbitmq4 librdkafka1 libre2-9 \
        libspdlog1.10 libsqlite3-0 libssl3 libtomlplusplus3 libxxhash0 libzstd1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --home-dir /srv/atoll atoll \
    && install --directory --owner atoll --group atoll /srv/atoll/data /srv/atoll/secret
COPY --from=build /src/build/atoll /usr/local/bin/atoll
COPY --chmod=755 apps /srv/atoll/apps
WORKDIR /srv/atoll

FROM program AS gateway
RUN apt-get update \
    && apt-get install --yes --no-install-recommends nginx \
    && rm -rf /var/lib/apt/lists/*
COPY --chmod=755 deploy/gateway /usr/local/bin/atoll-gateway
USER atoll
# NGINX answers what is under way, and then ends.
STOPSIGNAL SIGQUIT
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=4s --start-period=20s --retries=3 \
    CMD ["atoll", "health", "http://127.0.0.1:8080/health"]
CMD ["atoll-gateway", "apps/property-listing.toml"]

FROM program AS node
COPY --chmod=755 deploy/peer-secret /usr/local/bin/atoll-peer-secret
USER atoll
# A container is reached at an address of its own; the app's file says 127.0.0.1.
ENV HOST=0.0.0.0 PORT=8000
EXPOSE 8000
VOLUME /srv/atoll/data
HEALTHCHECK --interval=5s --timeout=4s --start-period=60s --retries=3 \
    CMD ["sh", "-c", "exec atoll health http://127.0.0.1:$PORT/health"]
CMD ["atoll", "serve", "apps/property-listing.toml"]
