# Camadas in a container: docs/host.md. On the CPU; `--build-arg DEVICE=cuda` for a GPU.
FROM python:3.11-slim-bookworm

# Where pip takes torch from: empty for its own settings, else an index of PyTorch's, which has small builds for CPUs.
ARG TORCH_INDEX=""
ARG DEVICE=cpu
# Not empty: Ray and PostgreSQL's driver too, for several machines.
ARG HOSTING=""

RUN useradd --create-home --uid 10001 camadas && install -d -o camadas /home/camadas/cache
WORKDIR /app
COPY requirements.txt requirements-hosting.txt ./
# As in the Makefile: torch by pip, the rest from the full pins by uv.
RUN python -m venv .venv \
    && .venv/bin/pip install --no-cache-dir --quiet ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} \
        $(grep -E '^torch==' requirements.txt) \
    && .venv/bin/pip install --no-cache-dir --quiet $(grep -E '^uv==' requirements.txt) \
    && .venv/bin/uv pip install --no-cache --compile-bytecode --quiet --python .venv/bin/python --no-deps -r requirements.txt \
    && if [ -n "$HOSTING" ]; then \
        .venv/bin/uv pip install --no-cache --compile-bytecode --quiet --python .venv/bin/python --no-deps -r requirements-hosting.txt; \
    fi
COPY streamlit_app.py pyproject.toml LICENSE ./
COPY .streamlit .streamlit
COPY docs/licences.md docs/
COPY checkpoints checkpoints
COPY locale locale
COPY core core
COPY ui ui
COPY pages pages
# The file system is read-only: what is not compiled now would be at each start of each process.
RUN .venv/bin/python -m compileall -q core ui pages

ENV CAMADAS_DEVICE=$DEVICE CAMADAS_LOG=json CAMADAS_CACHE=/home/camadas/cache PYTHONDONTWRITEBYTECODE=1
USER camadas
EXPOSE 8501
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD [".venv/bin/python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:8501' + ('/' + os.environ.get('STREAMLIT_SERVER_BASE_URL_PATH', '').strip('/')).rstrip('/') + '/_stcore/health', timeout=4)"]
CMD [".venv/bin/streamlit", "run", "streamlit_app.py", "--server.address", "0.0.0.0", "--server.port", "8501"]
