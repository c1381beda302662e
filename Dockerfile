# syntax=docker/dockerfile:1
# The service in a small image: one program, no shell, no root.
#
#   docker build -t offhook .
#   docker run --rm -p 127.0.0.1:8080:8080 -v offhook:/var/lib/offhook offhook

ARG RUST_VERSION=1.95

FROM rust:${RUST_VERSION}-slim-bookworm AS build
WORKDIR /source
COPY . .
# The caches live outside of the image: a second build compiles only what changed.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/source/target \
    cargo build --locked --release --package offhook \
    && install -D --mode=0755 target/release/offhook /image/usr/bin/offhook \
    && install -d --mode=0700 /image/var/lib/offhook

FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="offhook" \
      org.opencontainers.image.description="Tells who, or what, picked up a telephone call" \
      org.opencontainers.image.licenses="Apache-2.0 OR MIT" \
      org.opencontainers.image.source="https://github.com/offhook/offhook"
COPY --from=build --chown=65532:65532 /image/ /
# Inside of a container the service must listen on all addresses. Without TLS of its own it refuses to, unless told that
# something before it does TLS: this is that word. It holds nobody off: callers need a key all the same.
ENV OFFHOOK_HTTP_BIND=0.0.0.0:8080 \
    OFFHOOK_HTTP_INSECURE=true \
    OFFHOOK_STORAGE_FOLDER=/var/lib/offhook
USER 65532:65532
WORKDIR /var/lib/offhook
VOLUME /var/lib/offhook
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["/usr/bin/offhook", "health", "--url", "http://127.0.0.1:8080"]
ENTRYPOINT ["/usr/bin/offhook"]
CMD ["serve"]
