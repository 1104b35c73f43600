CREATE TABLE jobs (
    workspace_id UUID NOT NULL,
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'queued',
    priority BIGINT NOT NULL,
    run_at BIGINT NOT NULL,
    attempt BIGINT NOT NULL DEFAULT 0,
    uncounted BIGINT NOT NULL DEFAULT 0,
    max_attempts BIGINT,
    worker UUID,
    args BYTEA NOT NULL,
    unique_key TEXT,
    unique_until BIGINT,
    batch UUID,
    correlation_id UUID,
    causation_id UUID,
    traceparent TEXT,
    enqueued_at BIGINT NOT NULL,
    started_at BIGINT,
    ended_at BIGINT,
    cancel_at BIGINT,
    done BIGINT,
    total BIGINT,
    unit TEXT,
    rate DOUBLE PRECISION,
    progress_at BIGINT,
    checkpoint BYTEA,
    log TEXT,
    result BYTEA,
    error TEXT,
    PRIMARY KEY (workspace_id, id));

CREATE INDEX jobs_waiting ON jobs (kind, priority, run_at, id) WHERE state IN ('queued', 'failed');

CREATE INDEX jobs_running ON jobs (worker) WHERE state = 'running';

CREATE INDEX jobs_live ON jobs (workspace_id, id) WHERE ended_at IS NULL;

CREATE INDEX jobs_unwell ON jobs (workspace_id, id) WHERE state IN ('dead', 'cancelled');

CREATE INDEX jobs_ended ON jobs (ended_at) WHERE state IN ('succeeded', 'cancelled');

CREATE INDEX jobs_batch ON jobs (workspace_id, batch) WHERE batch IS NOT NULL;

CREATE UNIQUE INDEX jobs_unique ON jobs (workspace_id, kind, unique_key) WHERE unique_until IS NOT NULL;

CREATE TABLE job_batches (
    workspace_id UUID NOT NULL,
    id UUID NOT NULL,
    total BIGINT NOT NULL,
    remaining BIGINT NOT NULL,
    callback UUID,
    created_at BIGINT NOT NULL,
    ended_at BIGINT,
    PRIMARY KEY (workspace_id, id));

CREATE INDEX job_batches_ended ON job_batches (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE job_schedules (
    workspace_id UUID NOT NULL,
    name TEXT NOT NULL,
    cron TEXT NOT NULL,
    kind TEXT NOT NULL,
    args BYTEA NOT NULL,
    priority BIGINT NOT NULL,
    next_at BIGINT,
    PRIMARY KEY (workspace_id, name));

CREATE INDEX job_schedules_next ON job_schedules (next_at) WHERE next_at IS NOT NULL;

CREATE TABLE job_workers (
    id UUID PRIMARY KEY,
    started_at BIGINT NOT NULL,
    leased_until BIGINT NOT NULL);

CREATE TABLE job_pauses (
    kind TEXT PRIMARY KEY,
    paused_at BIGINT NOT NULL);

CREATE TABLE job_rates (
    kind TEXT PRIMARY KEY,
    full_at BIGINT NOT NULL);
