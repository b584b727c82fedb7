# syntax=docker/dockerfile:1
FROM python:3.13-slim AS build
ARG TORCH_INDEX_URL=https://download.pytorch.org/whl/cpu
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_CONSTRAINT=/src/constraints.txt PIP_CACHE_DIR=/var/cache/pip
WORKDIR /src
RUN python -m venv /opt/footnote
COPY constraints.txt ./
# PyTorch's default build brings gigabytes for graphics cards. The CPU build is taken where its index answers; that index
# has not every version of what PyTorch needs, which therefore comes with the rest.
RUN --mount=type=cache,target=/var/cache/pip \
    /opt/footnote/bin/pip install --no-deps --index-url "$TORCH_INDEX_URL" --retries 1 --timeout 15 torch \
 || echo "PyTorch: no index of CPU builds in reach, taking the build that pip finds."
# What Footnote needs is a layer of its own, which stays when only Footnote has changed.
COPY pyproject.toml ./
RUN --mount=type=cache,target=/var/cache/pip \
    python -c "import tomllib; p = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
e = p['optional-dependencies']; print(*p['dependencies'], *e['postgresql'], *e['sentence-transformers'], sep='\n')" > requirements.txt \
 && /opt/footnote/bin/pip install --requirement requirements.txt
COPY README.md LICENSE ./
COPY bot bot
COPY retrieval retrieval
COPY prompts prompts
COPY seeds seeds
RUN --mount=type=cache,target=/var/cache/pip \
    /opt/footnote/bin/pip install --no-deps . \
 && /opt/footnote/bin/pip check \
 && /opt/footnote/bin/pip uninstall --yes pip

FROM python:3.13-slim
LABEL org.opencontainers.image.title="Footnote" \
      org.opencontainers.image.description="Answers questions about documents, with footnotes that open the exact words" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --create-home --uid 1000 footnote \
 && install -d -m 700 -o footnote -g footnote /data
COPY --from=build /opt/footnote /opt/footnote
ENV PATH=/opt/footnote/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    FOOTNOTE_DATA_DIR=/data \
    HF_HOME=/data/models
USER 1000:1000
WORKDIR /home/footnote
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["footnote"]
CMD ["chat"]
