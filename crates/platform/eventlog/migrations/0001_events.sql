CREATE TABLE events (
    seq {seq},
    workspace_id UUID NOT NULL,
    stream TEXT NOT NULL,
    version BIGINT NOT NULL,
    event_id UUID NOT NULL UNIQUE,
    type TEXT NOT NULL,
    schema_version BIGINT NOT NULL,
    payload BYTEA NOT NULL,
    fact_type TEXT,
    fact BYTEA,
    actor TEXT NOT NULL,
    correlation_id UUID NOT NULL,
    causation_id UUID,
    traceparent TEXT,
    occurred_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    UNIQUE (workspace_id, stream, version));

CREATE TABLE sealed (
    position {key},
    seq BIGINT NOT NULL,
    workspace_id UUID NOT NULL,
    number BIGINT NOT NULL,
    hash BYTEA NOT NULL);

CREATE TABLE chains (
    workspace_id UUID PRIMARY KEY,
    number BIGINT NOT NULL,
    hash BYTEA NOT NULL);

CREATE TABLE sealer (
    id {key},
    position BIGINT NOT NULL,
    low BIGINT NOT NULL,
    high BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    cluster TEXT NOT NULL);

INSERT INTO sealer (id, position, low, high, seq, cluster) VALUES (1, 0, 0, 0, 0, '');

CREATE TABLE snapshots (
    workspace_id UUID NOT NULL,
    stream TEXT NOT NULL,
    version BIGINT NOT NULL,
    state_version BIGINT NOT NULL,
    state BYTEA NOT NULL,
    PRIMARY KEY (workspace_id, stream));

CREATE TABLE idempotency (
    workspace_id UUID NOT NULL,
    key TEXT NOT NULL,
    fingerprint BYTEA NOT NULL,
    stream TEXT NOT NULL,
    version BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, key));

CREATE TABLE cursors (
    name TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    position BIGINT NOT NULL,
    rebuilds BIGINT NOT NULL,
    problem TEXT);
