# syntax=docker/dockerfile:1
FROM python:3.13-slim AS build
ARG TORCH_INDEX_URL=https://download.pytorch.org/whl/cpu
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/footnote
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY bot bot
COPY retrieval retrieval
COPY prompts prompts
COPY seeds seeds
# The CPU build of PyTorch first: the default one brings gigabytes for graphics cards.
RUN /opt/footnote/bin/pip install --constraint constraints.txt --index-url "$TORCH_INDEX_URL" torch \
 && /opt/footnote/bin/pip install --constraint constraints.txt .

FROM python:3.13-slim
RUN useradd --create-home --uid 1000 footnote \
 && install -d -o footnote -g footnote /data
COPY --from=build /opt/footnote /opt/footnote
ENV PATH=/opt/footnote/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    FOOTNOTE_DATA_DIR=/data
USER footnote
WORKDIR /home/footnote
VOLUME /data
HEALTHCHECK --interval=1m --timeout=30s CMD ["footnote", "doctor", "--quiet"]
ENTRYPOINT ["footnote"]
CMD ["chat"]
