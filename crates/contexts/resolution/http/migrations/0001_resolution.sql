CREATE TABLE resolution_results (
    workspace_id UUID NOT NULL,
    run_id UUID NOT NULL,
    finished_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, run_id));

CREATE INDEX resolution_results_newest ON resolution_results (workspace_id, finished_at);

CREATE TABLE resolution_items (
    workspace_id UUID NOT NULL,
    run_id UUID NOT NULL,
    place BIGINT NOT NULL,
    item TEXT NOT NULL,
    PRIMARY KEY (workspace_id, run_id, place));
