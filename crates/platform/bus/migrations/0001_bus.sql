CREATE TABLE subscriptions (
    name TEXT PRIMARY KEY,
    position BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    holder UUID,
    held_until BIGINT NOT NULL);

CREATE TABLE held_facts (
    workspace_id UUID NOT NULL,
    subscriber TEXT NOT NULL,
    stream TEXT NOT NULL,
    version BIGINT NOT NULL,
    event_id UUID NOT NULL,
    position BIGINT NOT NULL,
    fact_type TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'dead', 'queued')),
    attempts BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    failed_at BIGINT,
    error TEXT,
    edited BYTEA,
    PRIMARY KEY (workspace_id, subscriber, stream, version));

CREATE UNIQUE INDEX held_facts_event ON held_facts (workspace_id, event_id, subscriber);
CREATE INDEX held_facts_stream ON held_facts (subscriber, stream);
CREATE INDEX held_facts_due ON held_facts (subscriber, due_at) WHERE state = 'waiting';
CREATE INDEX held_facts_dead ON held_facts (workspace_id, position, subscriber) WHERE state = 'dead';

CREATE TABLE inbox (
    workspace_id UUID NOT NULL,
    event_id UUID NOT NULL,
    subscriber TEXT NOT NULL,
    position BIGINT NOT NULL,
    handled_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, event_id, subscriber));

CREATE INDEX inbox_age ON inbox (subscriber, handled_at);
