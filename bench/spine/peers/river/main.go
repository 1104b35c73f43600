// River on PostgreSQL: `river single|bulk JOBS` enqueues no-op jobs and works them in the same process.
//
// single: a statement, so a transaction, for each job, from eight callers. bulk: a thousand jobs a call.
// Retries, leases, schedules and maintenance are on, as they come.
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"golang.org/x/sync/errgroup"
)

const (
	callers    = 8
	batch      = 1000
	maxWorkers = 1000
	// The defaults (100 ms, 1 s) would bound a client at maxWorkers jobs per 100 ms; they cost less CPU only when idle.
	cooldown = 10 * time.Millisecond
	patience = 10 * time.Minute
)

type noop struct{}

func (noop) Kind() string { return "noop" }

type worker struct {
	river.WorkerDefaults[noop]
	done *atomic.Int64
}

func (w *worker) Work(context.Context, *river.Job[noop]) error {
	w.done.Add(1)
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "river:", err)
		os.Exit(1)
	}
}

func run() error {
	jobs, err := strconv.Atoi(os.Args[2])
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL")+"?pool_max_conns=16")
	if err != nil {
		return err
	}
	defer pool.Close()
	client, done, err := open(ctx, pool)
	if err != nil {
		return err
	}
	if err := client.Start(ctx); err != nil {
		return err
	}
	if err := enqueue(ctx, client, os.Args[1], jobs); err != nil {
		return err
	}
	for done.Load() < int64(jobs) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		time.Sleep(10 * time.Millisecond)
	}
	// Waits until the last results are stored.
	if err := client.Stop(ctx); err != nil {
		return err
	}
	return verify(ctx, pool, jobs)
}

func open(ctx context.Context, pool *pgxpool.Pool) (*river.Client[pgx.Tx], *atomic.Int64, error) {
	driver := riverpgxv5.New(pool)
	migrator, err := rivermigrate.New(driver, nil)
	if err != nil {
		return nil, nil, err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return nil, nil, err
	}
	if _, err := pool.Exec(ctx, "TRUNCATE river_job"); err != nil {
		return nil, nil, err
	}
	done := new(atomic.Int64)
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{done: done})
	client, err := river.NewClient(driver, &river.Config{
		Queues:            map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: maxWorkers}},
		Workers:           workers,
		FetchCooldown:     cooldown,
		FetchPollInterval: 10 * cooldown,
	})
	return client, done, err
}

func enqueue(ctx context.Context, client *river.Client[pgx.Tx], mode string, jobs int) error {
	if mode == "bulk" {
		for ; jobs > 0; jobs -= batch {
			if _, err := client.InsertManyFast(ctx, parameters(min(jobs, batch))); err != nil {
				return err
			}
		}
		return nil
	}
	group, ctx := errgroup.WithContext(ctx)
	for caller := range callers {
		group.Go(func() error {
			for job := caller; job < jobs; job += callers {
				if _, err := client.Insert(ctx, noop{}, nil); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

func parameters(jobs int) []river.InsertManyParams {
	params := make([]river.InsertManyParams, jobs)
	for i := range params {
		params[i].Args = noop{}
	}
	return params
}

func verify(ctx context.Context, pool *pgxpool.Pool, jobs int) error {
	var completed int
	row := pool.QueryRow(ctx, "SELECT count(*) FROM river_job WHERE state = 'completed'")
	if err := row.Scan(&completed); err != nil {
		return err
	}
	if completed != jobs {
		return fmt.Errorf("%d of %d jobs are stored as completed", completed, jobs)
	}
	return nil
}
