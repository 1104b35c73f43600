//! What every `crypto::KeyStore` must do.
//!
//! Keys here are bytes that no cipher made: a store never looks into them.

use std::sync::Arc;

use anyhow::{Result, ensure};
use crypto::{KeyStore, MAX_BATCH, MasterTag, Rewrap, StoredSubjectKey, StoredWorkspaceKey, SubjectRow, Wrapped};
use futures::future::try_join_all;
use kernel::{SubjectId, WorkspaceId};

use super::timed::each_rule;

type Store = Arc<dyn KeyStore>;

const OLD: MasterTag = MasterTag([0xfe; 8]);
const NEW: MasterTag = MasterTag([0x01; 8]);

/// Runs every rule on a store that `make` gives; it may be the same one each time.
///
/// # Errors
/// The first rule that is broken, by its name.
pub async fn keys(make: impl AsyncFn() -> Store) -> Result<()> {
    each_rule!(make;
        a_workspace_has_its_own_keys_by_version,
        a_version_that_is_there_stays,
        subjects_have_the_keys_that_were_stored,
        a_key_that_is_there_stays_and_is_given_back,
        an_erasure_stands_for_ever,
        subjects_of_two_workspaces_are_two_subjects,
        a_rewrap_replaces_only_what_was_read,
        a_workspace_key_is_rewrapped_only_as_it_was_read,
        subject_keys_are_listed_by_who_wrapped_them,
        workspace_keys_are_listed_by_who_wrapped_them,
        a_full_batch_fits_and_an_empty_one_does_nothing,
        of_many_who_store_at_once_one_wins_and_all_hear_of_it,
        an_erasure_wins_over_a_rewrap_at_the_same_time,
    );
    Ok(())
}

/// Every byte value occurs, also those that end or break text.
fn wrapped(mark: u8) -> Wrapped {
    Wrapped((0..60_u8).map(|at| at.wrapping_mul(73).wrapping_add(mark)).collect())
}

fn workspace_key(workspace: WorkspaceId, version: u32, mark: u8) -> StoredWorkspaceKey {
    StoredWorkspaceKey { workspace, version, master: OLD, wrapped: wrapped(mark) }
}

fn subject_key(subject: SubjectId, mark: u8) -> StoredSubjectKey {
    StoredSubjectKey { subject, version: 1, wrapped_by: 1, wrapped: wrapped(mark) }
}

/// In rising order.
fn subjects<const N: usize>() -> [SubjectId; N] {
    let mut subjects = std::array::from_fn(|_| SubjectId::new());
    subjects.sort();
    subjects
}

async fn stored(store: &Store, workspace: WorkspaceId, subjects: &[SubjectId]) -> Result<Vec<SubjectRow>> {
    store.subject_keys(workspace, subjects).await.map_err(anyhow::Error::from_boxed)
}

async fn add(store: &Store, workspace: WorkspaceId, keys: &[StoredSubjectKey]) -> Result<Vec<SubjectRow>> {
    store.add_subject_keys(workspace, keys).await.map_err(anyhow::Error::from_boxed)
}

async fn erase(store: &Store, workspace: WorkspaceId, subjects: &[SubjectId]) -> Result<u64> {
    store.erase(workspace, subjects).await.map_err(anyhow::Error::from_boxed)
}

async fn rewrap(store: &Store, changes: &[Rewrap]) -> Result<u64> {
    store.rewrap(changes).await.map_err(anyhow::Error::from_boxed)
}

async fn add_workspace_keys(store: &Store, keys: &[StoredWorkspaceKey]) -> Result<()> {
    for key in keys {
        store.add_workspace_key(key).await.map_err(anyhow::Error::from_boxed)?;
    }
    Ok(())
}

async fn workspace_keys(store: &Store, workspace: WorkspaceId) -> Result<Vec<StoredWorkspaceKey>> {
    store.workspace_keys(workspace).await.map_err(anyhow::Error::from_boxed)
}

async fn a_workspace_has_its_own_keys_by_version(store: Store) -> Result<()> {
    let (mine, others) = (WorkspaceId::new(), WorkspaceId::new());
    ensure!(workspace_keys(&store, mine).await?.is_empty());
    // Ten comes after two: versions are numbers.
    let keys = [1, 2, 10].map(|version| workspace_key(mine, version, u8::try_from(version).unwrap_or(0)));
    for at in [1, 2, 0] {
        add_workspace_keys(&store, &keys[at..=at]).await?;
    }
    add_workspace_keys(&store, &[workspace_key(others, 3, 9)]).await?;
    ensure!(workspace_keys(&store, mine).await? == keys);
    ensure!(workspace_keys(&store, others).await? == [workspace_key(others, 3, 9)]);
    Ok(())
}

async fn a_version_that_is_there_stays(store: Store) -> Result<()> {
    let workspace = WorkspaceId::new();
    add_workspace_keys(&store, &[workspace_key(workspace, 1, 1), workspace_key(workspace, 1, 2)]).await?;
    ensure!(workspace_keys(&store, workspace).await? == [workspace_key(workspace, 1, 1)]);
    Ok(())
}

async fn subjects_have_the_keys_that_were_stored(store: Store) -> Result<()> {
    let (workspace, [first, unknown, last]) = (WorkspaceId::new(), subjects());
    let keys = [subject_key(last, 2), subject_key(first, 1)];
    add(&store, workspace, &keys).await?;
    let [key_of_last, key_of_first] = keys.map(SubjectRow::Key);
    let found = stored(&store, workspace, &[last, unknown, first]).await?;
    ensure!(found == [key_of_first.clone(), key_of_last], "by subject, without the unknown: {found:?}");
    ensure!(stored(&store, workspace, &[first]).await? == [key_of_first], "only who was asked for");
    Ok(())
}

async fn a_key_that_is_there_stays_and_is_given_back(store: Store) -> Result<()> {
    let (workspace, [there, new]) = (WorkspaceId::new(), subjects());
    add(&store, workspace, &[subject_key(there, 1)]).await?;
    let given = add(&store, workspace, &[subject_key(new, 2), subject_key(there, 2)]).await?;
    ensure!(given == [subject_key(there, 1), subject_key(new, 2)].map(SubjectRow::Key), "{given:?}");
    ensure!(stored(&store, workspace, &[there, new]).await? == given);
    Ok(())
}

async fn an_erasure_stands_for_ever(store: Store) -> Result<()> {
    let (workspace, [known, unknown, untouched]) = (WorkspaceId::new(), subjects());
    add(&store, workspace, &[subject_key(known, 1), subject_key(untouched, 2)]).await?;
    ensure!(erase(&store, workspace, &[unknown, known]).await? == 2, "those without a key are marked too");
    ensure!(erase(&store, workspace, &[known, unknown]).await? == 0, "they were marked before");

    let erased = [known, unknown].map(SubjectRow::Erased);
    let given = add(&store, workspace, &[subject_key(known, 3), subject_key(unknown, 3)]).await?;
    ensure!(given == erased, "nobody gets a key again: {given:?}");
    ensure!(stored(&store, workspace, &[known, unknown]).await? == erased);
    ensure!(stored(&store, workspace, &[untouched]).await? == [SubjectRow::Key(subject_key(untouched, 2))]);
    Ok(())
}

async fn subjects_of_two_workspaces_are_two_subjects(store: Store) -> Result<()> {
    let (mine, others, [subject]) = (WorkspaceId::new(), WorkspaceId::new(), subjects());
    add(&store, mine, &[subject_key(subject, 1)]).await?;
    ensure!(stored(&store, others, &[subject]).await?.is_empty());
    ensure!(add(&store, others, &[subject_key(subject, 2)]).await? == [SubjectRow::Key(subject_key(subject, 2))]);
    ensure!(erase(&store, others, &[subject]).await? == 1);
    ensure!(stored(&store, mine, &[subject]).await? == [SubjectRow::Key(subject_key(subject, 1))]);
    Ok(())
}

/// The same key under version 2 of its workspace's key.
fn under_two(key: &StoredSubjectKey, mark: u8) -> StoredSubjectKey {
    StoredSubjectKey { wrapped_by: 2, wrapped: wrapped(mark), ..key.clone() }
}

async fn a_rewrap_replaces_only_what_was_read(store: Store) -> Result<()> {
    let (workspace, others) = (WorkspaceId::new(), WorkspaceId::new());
    let [good, changed, erased, unknown, foreign] = subjects().map(|subject| subject_key(subject, 1));
    add(&store, workspace, &[good.clone(), changed.clone(), erased.clone(), foreign.clone()]).await?;
    add(&store, others, &[subject_key(foreign.subject, 7)]).await?;
    erase(&store, workspace, &[erased.subject]).await?;

    let change =
        |workspace, old: &StoredSubjectKey| Rewrap::Subject { workspace, old: old.clone(), new: under_two(old, 2) };
    let read_otherwise = StoredSubjectKey { wrapped: wrapped(5), ..changed.clone() };
    let batch = [
        change(workspace, &read_otherwise),
        change(workspace, &erased),
        change(workspace, &good),
        change(workspace, &unknown),
        change(others, &foreign),
    ];
    ensure!(rewrap(&store, &batch).await? == 1, "one of five stood as it was read");
    ensure!(rewrap(&store, &batch).await? == 0, "and not any more");

    let all = [good.subject, changed.subject, erased.subject, unknown.subject, foreign.subject];
    let expected = [
        SubjectRow::Key(under_two(&good, 2)),
        SubjectRow::Key(changed),
        SubjectRow::Erased(erased.subject),
        SubjectRow::Key(foreign.clone()),
    ];
    ensure!(stored(&store, workspace, &all).await? == expected);
    let elsewhere = stored(&store, others, &all).await?;
    ensure!(elsewhere == [SubjectRow::Key(subject_key(foreign.subject, 7))], "{elsewhere:?}");
    Ok(())
}

async fn a_workspace_key_is_rewrapped_only_as_it_was_read(store: Store) -> Result<()> {
    let (workspace, others) = (WorkspaceId::new(), WorkspaceId::new());
    let [one, two] = [1, 2].map(|version| workspace_key(workspace, version, 1));
    add_workspace_keys(&store, &[one.clone(), two.clone(), workspace_key(others, 1, 7)]).await?;
    let new = |old: &StoredWorkspaceKey| StoredWorkspaceKey { master: NEW, wrapped: wrapped(2), ..old.clone() };
    let change = |old: &StoredWorkspaceKey| Rewrap::Workspace { old: old.clone(), new: new(old) };
    let batch = [change(&one), change(&workspace_key(workspace, 2, 5)), change(&workspace_key(others, 1, 1))];
    ensure!(rewrap(&store, &batch).await? == 1);
    ensure!(workspace_keys(&store, workspace).await? == [new(&one), two]);
    ensure!(workspace_keys(&store, others).await? == [workspace_key(others, 1, 7)]);
    Ok(())
}

async fn subject_keys_are_listed_by_who_wrapped_them(store: Store) -> Result<()> {
    let (workspace, others) = (WorkspaceId::new(), WorkspaceId::new());
    let [a, b, c, erased, d, current] = subjects().map(|subject| subject_key(subject, 1));
    let (b, current) = (under_two(&b, 2), StoredSubjectKey { wrapped_by: 10, ..current });
    let all = [d.clone(), current, erased.clone(), c.clone(), b.clone(), a.clone()];
    add(&store, workspace, &all).await?;
    add(&store, others, &[subject_key(SubjectId::new(), 1)]).await?;
    erase(&store, workspace, &[erased.subject]).await?;

    let list = async |version, after: Option<&StoredSubjectKey>, limit| {
        let after = after.map(|key| key.subject);
        let listed = store.subject_keys_before(workspace, version, after, limit).await;
        listed.map_err(anyhow::Error::from_boxed)
    };
    ensure!(list(10, None, 10).await? == [a.clone(), b.clone(), c.clone(), d.clone()]);
    ensure!(list(10, None, 2).await? == [a.clone(), b.clone()]);
    ensure!(list(10, Some(&b), 1).await? == std::slice::from_ref(&c));
    ensure!(list(10, Some(&c), 10).await? == std::slice::from_ref(&d));
    ensure!(list(10, Some(&d), 10).await?.is_empty());
    ensure!(list(2, None, 10).await? == [a, c, d]);
    ensure!(list(1, None, 10).await?.is_empty());
    Ok(())
}

async fn workspace_keys_are_listed_by_who_wrapped_them(store: Store) -> Result<()> {
    let mut workspaces = [WorkspaceId::new(), WorkspaceId::new()];
    workspaces.sort();
    let keys = workspaces.map(|workspace| [1, 2, 10].map(|version| workspace_key(workspace, version, 1))).concat();
    add_workspace_keys(&store, &keys).await?;
    let moved = StoredWorkspaceKey { master: NEW, ..keys[1].clone() };
    rewrap(&store, &[Rewrap::Workspace { old: keys[1].clone(), new: moved.clone() }]).await?;

    // The store may be full of others' keys.
    let list = async |master| {
        let (mut mine, mut after) = (Vec::new(), None);
        loop {
            let page = store.workspace_keys_not_under(master, after, 2).await.map_err(anyhow::Error::from_boxed)?;
            let Some(last) = page.last() else { return anyhow::Ok(mine) };
            ensure!(page.len() <= 2, "a page has its limit");
            ensure!(after < Some((last.workspace, last.version)), "pages go on");
            after = Some((last.workspace, last.version));
            mine.extend(page.into_iter().filter(|key| workspaces.contains(&key.workspace)));
        }
    };
    let mut under_old = keys.clone();
    under_old.remove(1);
    ensure!(list(NEW).await? == under_old);
    ensure!(list(OLD).await? == [moved]);
    Ok(())
}

async fn a_full_batch_fits_and_an_empty_one_does_nothing(store: Store) -> Result<()> {
    let workspace = WorkspaceId::new();
    let mut subjects: Vec<_> = (0..MAX_BATCH).map(|_| SubjectId::new()).collect();
    subjects.sort();
    let keys: Vec<_> = subjects.iter().map(|subject| subject_key(*subject, 1)).collect();
    let rows: Vec<_> = keys.iter().cloned().map(SubjectRow::Key).collect();
    ensure!(add(&store, workspace, &keys).await? == rows);
    ensure!(stored(&store, workspace, &subjects).await? == rows);
    let changes: Vec<_> =
        keys.into_iter().map(|old| Rewrap::Subject { workspace, new: under_two(&old, 2), old }).collect();
    ensure!(rewrap(&store, &changes).await? == MAX_BATCH as u64);
    ensure!(erase(&store, workspace, &subjects).await? == MAX_BATCH as u64);

    ensure!(add(&store, workspace, &[]).await?.is_empty() && stored(&store, workspace, &[]).await?.is_empty());
    ensure!(rewrap(&store, &[]).await? + erase(&store, workspace, &[]).await? == 0);
    Ok(())
}

async fn of_many_who_store_at_once_one_wins_and_all_hear_of_it(store: Store) -> Result<()> {
    let (workspace, subjects) = (WorkspaceId::new(), subjects::<20>());
    let storing = (0..8_u8).map(|who| {
        let (store, keys) = (Arc::clone(&store), subjects.map(|subject| subject_key(subject, who)));
        tokio::spawn(async move {
            add_workspace_keys(&store, &[workspace_key(workspace, 1, who)]).await?;
            // From both ends, so that two who lock row by row meet in the middle.
            let keys: Vec<_> = if who % 2 == 0 { keys.into() } else { keys.into_iter().rev().collect() };
            anyhow::Ok((add(&store, workspace, &keys).await?, workspace_keys(&store, workspace).await?))
        })
    });
    let heard = try_join_all(storing).await?.into_iter().collect::<Result<Vec<_>>>()?;
    let there = (stored(&store, workspace, &subjects).await?, workspace_keys(&store, workspace).await?);
    ensure!((there.0.len(), there.1.len()) == (20, 1));
    ensure!(heard.iter().all(|each| *each == there), "each heard what is there");
    Ok(())
}

async fn an_erasure_wins_over_a_rewrap_at_the_same_time(store: Store) -> Result<()> {
    let (workspace, subjects) = (WorkspaceId::new(), subjects::<20>());
    let keys = subjects.map(|subject| subject_key(subject, 1));
    add(&store, workspace, &keys).await?;
    let tasks = keys.into_iter().rev().map(|old| {
        let (store, subject) = (Arc::clone(&store), old.subject);
        let changes = [Rewrap::Subject { workspace, new: under_two(&old, 2), old }];
        tokio::spawn(async move {
            let erased = [subject];
            let both = futures::future::try_join(rewrap(&store, &changes), erase(&store, workspace, &erased));
            both.await.map(|(_, erased)| erased)
        })
    });
    let erased = try_join_all(tasks).await?.into_iter().collect::<Result<Vec<_>>>()?;
    ensure!(erased == [1; 20]);
    ensure!(stored(&store, workspace, &subjects).await? == subjects.map(SubjectRow::Erased));
    Ok(())
}
